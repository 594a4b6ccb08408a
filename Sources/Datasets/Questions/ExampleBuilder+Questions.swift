// What a model reads of a row that asks, as tokens, and what becomes of one that is too long.

internal import JSON
public import Vocabulary

/// A row's question as a model reads it.
public struct QuestionTokens: Sendable {
    public var ids: [Int32]
    /// The row as it is asked.
    public var row: DataRow
    /// Whether text of its prompt was cut away, the oldest or what an encoder reads last, so that the rest fits.
    public var isCut: Bool
}

extension ExampleBuilder {
    /// The tokens of what `row` asks; a text is what stands before its own continuation.
    ///
    /// - Parameters:
    ///   - limit: tokens at most.
    ///   - rule: what becomes of longer ones: `error`, `drop` or `truncate_prompt`.
    /// - Returns: `nil` where the row is too long and is to be left out.
    /// - Throws: `DatasetError` where the row is too long and that is an error, where it asks nothing, and where the template
    ///   cannot render it.
    public func question(
        of row: DataRow, limit: Int, tooLong rule: TooLongRule
    ) throws(DatasetError) -> QuestionTokens? {
        let ids = try questionIDs(of: row)
        guard !ids.isEmpty else {
            throw DatasetError(.empty, row.place, "the row asks nothing: its prompt has no token")
        }
        guard ids.count > limit else { return QuestionTokens(ids: ids, row: row, isCut: false) }
        let message = "the prompt has \(ids.count) tokens where \(limit) are allowed"
        switch rule {
        case .drop: return nil
        case .error:
            throw DatasetError(
                .tooLong, row.place, message,
                hint: "raise data.max_length, up to the model's context, or set data.too_long: truncate_prompt | drop")
        case .truncatePrompt:
            let cut = PromptCut(encoder: encoder, settings, maximumTokens: limit) { (row) throws(DatasetError) -> Int in
                try self.questionIDs(of: row).count
            }
            guard let shorter = try cut.fitted(row) else {
                throw DatasetError(
                    .tooLong, row.place, message + ", and cutting the oldest text is not enough",
                    hint: "raise data.max_length, or set data.too_long: drop")
            }
            return QuestionTokens(ids: try questionIDs(of: shorter), row: shorter, isCut: true)
        case .truncate, .chunk:
            throw DatasetError(
                .unsupported, row.place, "data.too_long: \(rule.rawValue) would cut off what a prompt ends with",
                hint: "set data.too_long: truncate_prompt | drop")
        }
    }

    private func questionIDs(of row: DataRow) throws(DatasetError) -> [Int32] {
        if let start = settings.startToken { return try source(of: row, start) }
        if case .document(let text) = row.content { return plainTokens(text).ids }
        return try prompt(of: row)?.ids ?? []
    }
}
