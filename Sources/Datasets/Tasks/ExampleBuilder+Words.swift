// Texts for a head that answers words: each word is read at its first token, as transformers' examples do it.

extension ExampleBuilder {
    /// What becomes of a row whose words have tags; nothing is counted yet.
    func outcome(of row: DataRow, _ tagged: TaggedText) throws(DatasetError) -> DatasetReport.Outcome {
        var outcome = DatasetReport.Outcome()
        outcome.remarks = row.remarks
        guard let (ids, length, words) = try read(row, tagged.words, &outcome) else { return outcome }
        let scheme = TagScheme(labels: settings.labels) ?? .bio
        let tags = scheme.tags(spans(of: words.words, tagged, &outcome), count: words.words.count)
        if !settings.labels.isEmpty, let tag = tags.first(where: { !settings.labels.contains($0) }) {
            throw DatasetError(
                .unknownLabel, row.place, "the tag \"\(tag)\" is none of data.labels",
                hint: settings.labels.prefix(12).joined(separator: " | "))
        }
        var isRead = [Bool](repeating: false, count: ids.count)
        for token in words.tokens { isRead[token] = true }
        var example = TokenizedExample(read: ids, isRead: isRead, place: row.place, index: row.index)
        example.wantedNames = tags
        outcome.examples = [example]
        outcome.fullTokenCounts = [length]
        return outcome
    }

    /// A text of which nothing is wanted yet, with the words that a head answers; nil where it is too long and left out.
    public func question(
        _ text: String, words: [Range<Int>], of row: SourceRow, counting report: inout DatasetReport
    ) throws(DatasetError) -> (example: TokenizedExample, words: [Range<Int>])? {
        let row = DataRow(content: .document(text), place: row.place, index: row.index)
        var outcome = DatasetReport.Outcome()
        guard let (ids, length, words) = try read(row, words, &outcome) else {
            report.count(outcome, of: row, settings)
            return nil
        }
        var isRead = [Bool](repeating: false, count: ids.count)
        for token in words.tokens { isRead[token] = true }
        var example = TokenizedExample(read: ids, isRead: isRead, place: row.place, index: row.index)
        // What is wanted is not known, and a loss is not asked for.
        example.wanted = words.tokens.map { _ in 0 }
        outcome.examples = [example]
        outcome.fullTokenCounts = [length]
        report.count(outcome, of: row, settings)
        return (example, words.words)
    }

    /// The words of a row that a head would answer if nothing were cut; of a row that was cut it has answered the first.
    public func readWords(of row: DataRow) -> [Range<Int>] {
        guard case .spans(let tagged) = row.answer, case .document(let text) = row.content else { return [] }
        return WordTokens(tagged.words, of: text, plainTokens(text)).words
    }

    /// The tokens that are kept of a row, how many it has, and its words among them.
    private func read(
        _ row: DataRow, _ words: [Range<Int>], _ outcome: inout DatasetReport.Outcome
    ) throws(DatasetError) -> (ids: [Int32], length: Int, words: WordTokens)? {
        guard !row.isWithoutLoss, case .document(let text) = row.content else {
            outcome.hasNoTarget = true
            return nil
        }
        let encoded = plainTokens(text)
        var read = WordTokens(words, of: text, encoded)
        guard !read.words.isEmpty else {
            throw DatasetError(.noTarget, row.place, "the text has no word with a token, so there is nothing to read")
        }
        outcome.remarks += Array(repeating: RowRemark(.lostWord), count: read.lost)
        outcome.remarks += Array(repeating: RowRemark(.joinedWord), count: read.joined)
        guard let ids = try fitted(encoded.ids, row, &outcome) else { return nil }
        if ids.count < encoded.ids.count {
            let end = encoder.isSpecialToken(encoded.ids[encoded.ids.count - 1]) ? 1 : 0
            let cut = read.cut(to: ids.count - end)
            outcome.remarks += Array(repeating: RowRemark(.cutWord), count: cut)
            guard !read.words.isEmpty else {
                outcome.hasNoTarget = true
                return nil
            }
        }
        return (ids, encoded.ids.count, read)
    }

    /// A row's spans by words. One that parts a word takes all of it, where no span before it does.
    private func spans(
        of words: [Range<Int>], _ tagged: TaggedText, _ outcome: inout DatasetReport.Outcome
    ) -> [TagSpan] {
        let starts = Set(words.map(\.lowerBound)), ends = Set(words.map(\.upperBound))
        let last = words.last?.upperBound ?? 0
        let parted = tagged.spans.count { span in
            span.start < last && !(starts.contains(span.start) && (ends.contains(span.end) || span.end > last))
        }
        outcome.remarks += Array(repeating: RowRemark(.partedWord), count: parted)
        var spans: [TagSpan] = [], numbers: [Int] = []
        for (word, span) in tagged.spanOfWords(words).enumerated() {
            guard let span else { continue }
            if numbers.last == span {
                let last = spans.count - 1
                spans[last] = TagSpan(start: spans[last].start, end: word + 1, type: spans[last].type)
            } else {
                spans.append(TagSpan(start: word, end: word + 1, type: tagged.spans[span].type))
                numbers.append(span)
            }
        }
        return spans
    }
}
