// Texts for the head of a task: the tokenizer's own tokens of a text, no template, and which rows the head reads.

extension ExampleBuilder {
    /// What becomes of a row for a task's head; nothing is counted yet.
    func outcome(of row: DataRow, _ task: RowTask) throws(DatasetError) -> DatasetReport.Outcome {
        if case .spans(let tagged) = row.answer { return try outcome(of: row, tagged) }
        if case .preference(let pair) = row.content { return try outcome(of: row, pair, task) }
        var outcome = DatasetReport.Outcome()
        outcome.remarks = row.remarks
        guard !row.isWithoutLoss, case .document(let text) = row.content else {
            outcome.hasNoTarget = true
            return outcome
        }
        if case .texts(let group) = row.answer { return try groupOutcome(of: row, [text] + group.others, group, task) }
        let encoded = plainTokens(text)
        guard !encoded.ids.isEmpty else {
            throw DatasetError(.noTarget, row.place, "the text has no token, so there is nothing to read")
        }
        let length = encoded.ids.count
        guard let kept = try fitted(encoded.ids, row, &outcome) else { return outcome }
        var example = TokenizedExample(read: kept, isRead: task.marks(kept.count), place: row.place, index: row.index)
        switch row.answer {
        case .number(let value): example.wanted = [Float(value)]
        case .classes(let names): example.wantedNames = names
        case .spans, .texts, nil: break
        }
        outcome.examples = [example]
        outcome.fullTokenCounts = [length]
        return outcome
    }

    /// The tokens of a text that may be too long: nil where the row is dropped.
    func fitted(
        _ ids: [Int32], _ row: DataRow, _ outcome: inout DatasetReport.Outcome
    ) throws(DatasetError) -> [Int32]? {
        guard ids.count > settings.maxLength else { return ids }
        switch settings.tooLong {
        case .error, .chunk, .truncatePrompt:
            throw DatasetError(
                .tooLong, row.place, "\(ids.count) tokens where data.max_length allows \(settings.maxLength)",
                hint: "raise data.max_length, or set data.too_long: truncate | drop")
        case .drop:
            outcome.isDropped = true
            outcome.droppedTokenCounts.append(ids.count)
            return nil
        case .truncate:
            outcome.isTruncated = true
            // What the tokenizer puts behind a text stays behind it.
            let end = encoder.isSpecialToken(ids[ids.count - 1]) ? 1 : 0
            return Array(ids[..<(settings.maxLength - end)] + ids[(ids.count - end)...])
        }
    }
}
