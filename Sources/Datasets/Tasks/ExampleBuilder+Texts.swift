// A row of several texts as one sequence: the tokens of each text one after the other, the last of each marked.

extension ExampleBuilder {
    /// What becomes of a row of `texts`; nothing is counted yet.
    func groupOutcome(
        of row: DataRow, _ texts: [String], _ group: TextGroup, _ task: RowTask
    ) throws(DatasetError) -> DatasetReport.Outcome {
        var outcome = DatasetReport.Outcome()
        outcome.remarks = row.remarks
        let limit = min(settings.maxLength, task.reading.mostTokens ?? .max)
        var ids: [Int32] = [], isLast: [Bool] = []
        var fullCount = 0
        for text in texts {
            let encoded = plainTokens(task.reading.text(text)).ids
            guard !encoded.isEmpty else {
                throw DatasetError(.noTarget, row.place, "a text has no token, so there is nothing to read")
            }
            fullCount += encoded.count
            guard encoded.count <= limit || settings.tooLong == .truncate || settings.tooLong == .drop else {
                throw tooLong(row, encoded.count, limit)
            }
            let kept = encoded.count > limit ? cut(encoded, to: limit) : encoded
            if kept.count < encoded.count { outcome.isTruncated = true }
            ids += kept
            isLast += kept.indices.map { $0 == kept.count - 1 }
        }
        // A pair of which one side is gone teaches nothing.
        if outcome.isTruncated, settings.tooLong == .drop {
            (outcome.isTruncated, outcome.isDropped) = (false, true)
            outcome.droppedTokenCounts = [fullCount]
            return outcome
        }
        outcome.examples = [
            TokenizedExample(
                read: ids, isRead: isLast, wanted: group.score.map { [Float($0)] } ?? [], place: row.place,
                index: row.index)
        ]
        outcome.fullTokenCounts = [fullCount]
        return outcome
    }

    /// The first tokens; what the tokenizer puts behind a text stays behind it.
    private func cut(_ ids: [Int32], to limit: Int) -> [Int32] {
        let end = encoder.isSpecialToken(ids[ids.count - 1]) ? 1 : 0
        return Array(ids[..<(limit - end)] + ids[(ids.count - end)...])
    }

    private func tooLong(_ row: DataRow, _ count: Int, _ limit: Int) -> DatasetError {
        let who = limit < settings.maxLength ? "the model reads \(limit)" : "data.max_length allows \(limit)"
        return DatasetError(
            .tooLong, row.place, "\(count) tokens in a text, where \(who)",
            hint: (limit < settings.maxLength ? "" : "raise data.max_length, or ")
                + "set data.too_long: truncate | drop")
    }
}
