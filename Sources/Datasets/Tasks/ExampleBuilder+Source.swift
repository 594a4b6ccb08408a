// Rows of models that read one text with an encoder and write another: what is read, what writing begins with, what is written.
//
// Both are texts of their own, as the tokenizer ends them; no template stands around them. Loss is of what is written.

extension ExampleBuilder {
    /// The sequence of a row: its prompt, `start`, its answer with an end.
    func sourceAndAnswer(
        _ row: DataRow, _ start: Int32, _ outcome: inout DatasetReport.Outcome
    ) throws(DatasetError) -> Sequence {
        guard case .completion(let prompt, let answer) = row.content else {
            throw DataSettings.noSource(row.place, "the row is \(Self.words(for: row.content))")
        }
        let source = try source(prompt, start, row.place)
        var written = plainTokens(answer)
        appendEnd(to: &written, answer, &outcome)
        guard let own = written.ids.firstIndex(where: { !isMark($0) }) else {
            throw noOwnToken(of: "the answer", row.place)
        }
        return Sequence(
            ids: source + written.ids,
            isTarget: source.map { _ in false } + written.ids.map { _ in true }, firstOwnTarget: source.count + own)
    }

    /// What such a model has before it writes: `text` as tokens, then `start`.
    func source(_ text: String, _ start: Int32, _ place: RowPlace) throws(DatasetError) -> [Int32] {
        let ids = plainTokens(text).ids
        guard ids.contains(where: { !isMark($0) }) else {
            throw DatasetError(
                .empty, place, "the prompt has no token that says something, so there is nothing to read")
        }
        guard !ids.contains(start) else {
            throw DatasetError(
                .unsupported, place, "the prompt holds token \(start), with which the model begins to write",
                hint: "take the special token's name out of the text")
        }
        return ids + [start]
    }

    /// What a row asks of such a model.
    func source(of row: DataRow, _ start: Int32) throws(DatasetError) -> [Int32] {
        switch row.content {
        case .completion(let prompt, _): return try source(prompt, start, row.place)
        case .document(let text): return try source(text, start, row.place)
        case .conversation, .preference, .rated:
            throw DataSettings.noSource(row.place, "the row is \(Self.words(for: row.content))")
        }
    }

    private static func words(for content: DataRow.Content) -> String {
        switch content {
        case .document: "a text"
        case .completion: "a prompt and its completion"
        case .conversation: "a conversation"
        case .preference: "a pair of answers"
        case .rated: "a rated answer"
        }
    }
}

extension DataSettings {
    /// Throws where rows of the form, which is known, do not say what is read and what is written, for a model that has both.
    func requireSource(_ place: RowPlace) throws(DatasetError) {
        guard startToken != nil else { return }
        guard [.promptCompletion, .alpaca, .classification].contains(format) else {
            throw Self.noSource(place, "the rows have data.format: \(format.rawValue)")
        }
        guard !trainOnPrompt else {
            throw DatasetError(
                .unsupported, place,
                (trainOn == .all ? "data.train_on: all" : "data.train_on_prompt: true")
                    + ": the model's encoder reads the prompt, and nothing writes it",
                hint: "leave it out: loss is of the answer")
        }
    }

    fileprivate static func noSource(_ place: RowPlace, _ found: String) -> DatasetError {
        DatasetError(
            .unsupported, place, found + ", and the model reads one text and writes another (task: seq2seq)",
            hint:
                "give rows of prompt and completion, or of instruction and output; data.template builds them of other "
                + "fields, data.prompt_style: plain leaves them texts")
    }
}
