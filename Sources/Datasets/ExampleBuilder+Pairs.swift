// A row of two answers as two sequences, the better one first; a row whose answer is rated as one.

internal import JSON

extension ExampleBuilder {
    /// Both answers after their prompt.
    ///
    /// An answer is all that follows the prompt with its generation prompt, as far as both are tokens of the sequence: what
    /// the template writes after the answer's end belongs to it, too. So TRL cuts them.
    func pair(
        _ preference: Preference, _ place: RowPlace, _ outcome: inout DatasetReport.Outcome
    ) throws(DatasetError) -> [Sequence] {
        var sides: [(prompt: [Int32], whole: [Int32])] = []
        for answer in [preference.chosen, preference.rejected] {
            sides.append(
                preference.isPlain
                    ? plainSide(preference, answer, &outcome) : try chatSide(preference, answer, place, &outcome))
        }
        let promptCount = sides.map { zip($0.prompt, $0.whole).prefix { $0 == $1 }.count }.min() ?? 0
        // The first token is predicted from nothing.
        let start = max(promptCount, 1)
        var sequences: [Sequence] = []
        for (side, name) in zip(sides, ["chosen", "rejected"]) {
            guard let own = side.whole.indices.first(where: { $0 >= start && !isMark(side.whole[$0]) }) else {
                throw noOwnToken(of: "the \(name) answer", place)
            }
            sequences.append(
                Sequence(
                    ids: side.whole, isTarget: side.whole.indices.map { $0 >= start }, firstOwnTarget: own))
        }
        return sequences
    }

    /// An answer that is rated, after all that stands before it; cut as those of pairs are.
    func rated(
        _ messages: [JSONValue], _ rating: Double, _ place: RowPlace, _ outcome: inout DatasetReport.Outcome
    ) throws(DatasetError) -> Sequence {
        let prompt = Array(messages.dropLast()), answer = Array(messages.suffix(1))
        // Texts need no template.
        let isPlain = renderer == nil && prompt.allSatisfy { $0["role"]?.string == "user" } && prompt.count == 1
        let preference = Preference(prompt: prompt, chosen: answer, rejected: [], extra: JSONObject(), isPlain: isPlain)
        let side = isPlain ? plainSide(preference, answer, &outcome) : try chatSide(preference, answer, place, &outcome)
        let start = max(zip(side.prompt, side.whole).prefix { $0 == $1 }.count, 1)
        guard let own = side.whole.indices.first(where: { $0 >= start && !isMark(side.whole[$0]) }) else {
            throw noOwnToken(of: "the rated answer", place)
        }
        return Sequence(
            ids: side.whole, isTarget: side.whole.indices.map { $0 >= start }, firstOwnTarget: own,
            rating: Float(rating))
    }

    /// Both answers after their prompt, as a head reads them that gives each a number.
    func outcome(
        of row: DataRow, _ pair: Preference, _ task: RowTask
    ) throws(DatasetError) -> DatasetReport.Outcome {
        var outcome = DatasetReport.Outcome()
        outcome.remarks = row.remarks
        for (part, sequence) in try self.pair(pair, row.place, &outcome).enumerated() {
            guard let kept = try fitted(sequence.ids, row, &outcome) else { continue }
            outcome.fullTokenCounts.append(sequence.ids.count)
            outcome.examples.append(
                TokenizedExample(
                    read: kept, isRead: task.marks(kept.count),
                    wanted: part == 0 ? pair.margin.map { [Float($0)] } ?? [] : [], place: row.place, index: row.index,
                    part: part))
        }
        outcome.dropHalfPairs()
        return outcome
    }

    private func chatSide(
        _ preference: Preference, _ answer: [JSONValue], _ place: RowPlace, _ outcome: inout DatasetReport.Outcome
    ) throws(DatasetError) -> (prompt: [Int32], whole: [Int32]) {
        let messages = preference.prompt + answer, start = preference.prompt.count
        let answers = messages.indices.filter { $0 >= start && messages[$0]["role"]?.string == "assistant" }
        outcome.isConversation = true
        outcome.hasNoSystem = !messages.contains(where: RowDecoder.isSystem)
        let conversations = ConversationText(renderer: try template(place), encoder: encoder)
        let rendered = try conversations.rendered(
            messages, trained: answers, extra: preference.extra, withPrompts: false, place)
        for remark in rendered.remarks where !outcome.remarks.contains(remark) { outcome.remarks.append(remark) }
        outcome.turnsWithoutEnd += rendered.turnsWithoutEnd
        let prompt = try conversations.prompt(before: start, messages, answers, preference.extra, place)
        // The conversation up to its last answer stands last.
        return (chatTokens(prompt).ids, chatTokens(rendered.parts.last?.text ?? []).ids)
    }

    private func plainSide(
        _ preference: Preference, _ answer: [JSONValue], _ outcome: inout DatasetReport.Outcome
    ) -> (prompt: [Int32], whole: [Int32]) {
        let (prompt, answer) = (DataRow.joined(preference.prompt), DataRow.joined(answer))
        outcome.isUnseparated = !RowRendering.isSeparated(prompt, answer)
        var encoded = plainTokens(prompt + answer)
        appendEnd(to: &encoded, prompt + answer, &outcome)
        return (plainTokens(prompt).ids, encoded.ids)
    }
}

extension DatasetReport.Outcome {
    /// A pair of which one side is gone teaches nothing: both are.
    mutating func dropHalfPairs() {
        guard examples.count == 1 else { return }
        droppedTokenCounts += fullTokenCounts
        (examples, fullTokenCounts) = ([], [])
    }
}
