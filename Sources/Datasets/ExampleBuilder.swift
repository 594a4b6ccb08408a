// Rows → sequences of tokens with loss masks. The rule is the same for training and for scoring.

internal import JSON

/// Turns rows into sequences and counts what happens on the way.
public struct ExampleBuilder: Sendable {
    let encoder: any TextEncoder
    let renderer: (any ConversationRenderer)?
    let settings: DataSettings

    public init(encoder: any TextEncoder, renderer: (any ConversationRenderer)?, settings: DataSettings) {
        self.encoder = encoder
        self.renderer = renderer
        self.settings = settings
    }

    /// The sequences of one row, none where it is dropped; `report` counts.
    public func examples(of row: DataRow, counting report: inout DatasetReport) throws(DatasetError)
        -> [TokenizedExample]
    {
        let outcome = try outcome(of: row)
        report.count(outcome, of: row, settings)
        return outcome.examples
    }

    /// What becomes of one row; nothing is counted yet.
    func outcome(of row: DataRow) throws(DatasetError) -> DatasetReport.Outcome {
        if let task = settings.task { return try outcome(of: row, task) }
        var outcome = DatasetReport.Outcome()
        outcome.remarks = row.remarks.filter { !isHeard($0) }
        guard !row.isWithoutLoss else {
            outcome.hasNoTarget = true
            return outcome
        }
        let (sequences, cutCount) = try fittedSequences(of: row, &outcome)
        let isPair = row.content.isPair
        outcome.isSplit = sequences.count > 1 && !isPair
        for (number, sequence) in sequences.enumerated() {
            var sequence = sequence
            let length = sequence.ids.count + (number == 0 ? cutCount : 0)
            if sequence.ids.count > settings.maxLength {
                if settings.tooLong == .chunk, case .document = row.content {
                    let chunks = chunks(sequence, of: row)
                    outcome.examples += chunks
                    outcome.fullTokenCounts += chunks.map(\.ids.count)
                    continue
                }
                switch settings.tooLong {
                case .error, .chunk, .truncatePrompt: throw tooLong(row, length)
                case .drop:
                    outcome.isDropped = true
                    outcome.droppedTokenCounts.append(length)
                    continue
                case .truncate:
                    outcome.isTruncated = true
                    if sequence.isTarget[settings.maxLength...].contains(true) { outcome.isAnswerCut = true }
                    sequence.ids.removeSubrange(settings.maxLength...)
                    sequence.isTarget.removeSubrange(settings.maxLength...)
                }
            }
            // An end token alone is no answer: whoever trains on it learns to say nothing.
            guard let firstOwn = sequence.firstOwnTarget, firstOwn < sequence.ids.count else {
                outcome.hasNoTarget = true
                outcome.droppedTokenCounts.append(length)
                continue
            }
            outcome.fullTokenCounts.append(length)
            outcome.examples.append(example(sequence, row, part: outcome.examples.count))
        }
        if isPair { outcome.dropHalfPairs() }
        return outcome
    }

    private func example(_ sequence: Sequence, _ row: DataRow, part: Int) -> TokenizedExample {
        guard let rating = sequence.rating else {
            return TokenizedExample(
                ids: sequence.ids, isTarget: sequence.isTarget, place: row.place, index: row.index, part: part)
        }
        return TokenizedExample(
            read: sequence.ids, isRead: sequence.isTarget, wanted: [rating], place: row.place, index: row.index,
            part: part)
    }

    /// Whether the template knows what the decoder did not.
    private func isHeard(_ remark: RowRemark) -> Bool {
        switch remark.kind {
        case .unreadMember: renderer?.reads(remark.detail) == true
        case .unknownRole: ["'", "\""].contains { renderer?.reads($0 + remark.detail + $0) == true }
        default: false
        }
    }

    /// The sequences of a row, its prompt shortened where that is asked for; `cutCount`: the tokens that it lost.
    private func fittedSequences(
        of row: DataRow, _ outcome: inout DatasetReport.Outcome
    ) throws(DatasetError) -> (sequences: [Sequence], cutCount: Int) {
        let whole = outcome
        let sequences = try sequences(of: row, &outcome)
        let longest = sequences.longest
        guard settings.tooLong == .truncatePrompt, longest > settings.maxLength else { return (sequences, 0) }
        let cut = PromptCut(encoder: encoder, settings, maximumTokens: settings.maxLength) {
            (row) throws(DatasetError) -> Int in
            var ignored = whole
            return try self.sequences(of: row, &ignored).longest
        }
        guard let shorter = try cut.fitted(row) else { return (sequences, 0) }
        outcome = whole
        outcome.isPromptCut = true
        outcome.answersCut = row.answerCount - shorter.answerCount
        let fitting = try self.sequences(of: shorter, &outcome)
        return (fitting, longest - fitting.longest)
    }

    private func tooLong(_ row: DataRow, _ length: Int) -> DatasetError {
        let isCut = settings.tooLong == .truncatePrompt
        let message = "\(length) tokens where data.max_length allows \(settings.maxLength)"
        if isCut, case .document = row.content {
            return DatasetError(
                .tooLong, row.place, message + ", and a text has no prompt to cut",
                hint: "raise data.max_length, or set data.too_long: truncate | chunk | drop")
        }
        return DatasetError(
            .tooLong, row.place, message + (isCut ? ", and cutting the prompt is not enough" : ""),
            hint: "raise data.max_length, or set data.too_long: "
                + (isCut ? "drop" : "truncate_prompt | truncate | drop"))
    }

    /// A document as sequences of the largest length. Each begins with the last token of the one before, which carries no loss
    /// there, so that every token but the document's first is predicted exactly once.
    private func chunks(_ sequence: Sequence, of row: DataRow) -> [TokenizedExample] {
        var chunks: [TokenizedExample] = []
        var start = 0
        while start < sequence.ids.count - 1 {
            let end = min(start + settings.maxLength, sequence.ids.count)
            chunks.append(
                TokenizedExample(
                    ids: Array(sequence.ids[start..<end]), isTarget: (start..<end).map { $0 > start }, place: row.place,
                    index: row.index, part: chunks.count))
            start = end - 1
        }
        return chunks
    }

    // MARK: Prompts

    /// What inference sees of a row — everything before its last trained answer — and that answer; `nil` for documents.
    public func prompt(of row: DataRow) throws(DatasetError) -> (ids: [Int32], reference: String)? {
        let row = settings.context.map(row.reading) ?? row
        if let start = settings.startToken, case .completion(_, let completion) = row.content {
            return (try source(of: row, start), completion)
        }
        switch row.content {
        case .document, .preference, .rated: return nil
        case .completion(let prompt, let completion):
            return (
                withOneBegin(encoder.encodeText(prompt, addSpecialTokens: false, parseSpecial: true)).ids, completion
            )
        case .conversation(let messages, let turns, let extra):
            guard let trained = turns.last else { return nil }
            let conversations = ConversationText(renderer: try template(row.place), encoder: encoder)
            let text = try conversations.prompt(before: trained, messages, turns, extra, row.place)
            return (chatTokens(text).ids, MessageText.of(messages[trained]))
        }
    }

    /// The row as it would be with `answer` in place of its last trained answer, for comparing answers by likelihood.
    public func replacingAnswer(of row: DataRow, with answer: String) -> DataRow {
        var row = row
        switch row.content {
        case .document, .preference, .rated: break
        case .completion(let prompt, _): row.content = .completion(prompt: prompt, completion: answer)
        case .conversation(var messages, let trained, let extra):
            guard let last = trained.last, var object = messages[last].object else { return row }
            object["content"] = .string(answer)
            messages[last] = .object(object)
            row.content = .conversation(messages: Array(messages[...last]), trained: [last], extra: extra)
        }
        return row
    }

    // MARK: Sequences

    struct Sequence {
        var ids: [Int32]
        var isTarget: [Bool]
        /// The first token with loss that is not merely the end of an answer.
        var firstOwnTarget: Int?
        /// How good the answer is; nil where rows do not say it.
        var rating: Float?
    }

    private func sequences(of row: DataRow, _ outcome: inout DatasetReport.Outcome) throws(DatasetError) -> [Sequence] {
        let row = settings.context.map(row.reading) ?? row
        if let start = settings.startToken { return [try sourceAndAnswer(row, start, &outcome)] }
        switch row.content {
        case .document(let text):
            var encoded = plainTokens(text)
            appendEnd(to: &encoded, text, &outcome)
            return [everyTokenButTheFirst(encoded)]
        case .completion(let prompt, let completion):
            outcome.isUnseparated = !RowRendering.isSeparated(prompt, completion)
            return [try self.completion(prompt, completion, row.place, &outcome)]
        case .conversation(let messages, let trained, let extra):
            return try conversation(messages, trained, extra, row.place, &outcome)
        case .preference(let preference): return try pair(preference, row.place, &outcome)
        case .rated(let messages, let rating): return [try rated(messages, rating, row.place, &outcome)]
        }
    }

    private func completion(
        _ prompt: String, _ completion: String, _ place: RowPlace, _ outcome: inout DatasetReport.Outcome
    ) throws(DatasetError) -> Sequence {
        let text = prompt + completion
        var encoded = plainTokens(text)
        // An end that the completion writes itself is the answer's end, too.
        let ownCount = encoded.ids.count - (encoded.ids.last == encoder.endID ? 1 : 0)
        appendEnd(to: &encoded, text, &outcome)
        if settings.trainOnPrompt { return everyTokenButTheFirst(encoded) }
        var mask = AnswerMask(encoded, of: Array(text.utf8), isMark: isMark)
        let own = mask.addCompletion(behind: plainTokens(prompt).ids, border: prompt.utf8.count, ownCount: ownCount)
        outcome.straddlingTokens += mask.straddlingTokens
        guard let own else { throw noOwnToken(of: "the answer", place) }
        return Sequence(ids: encoded.ids, isTarget: mask.isTarget, firstOwnTarget: own)
    }

    private func conversation(
        _ messages: [JSONValue], _ trained: [Int], _ extra: JSONObject, _ place: RowPlace,
        _ outcome: inout DatasetReport.Outcome
    ) throws(DatasetError) -> [Sequence] {
        outcome.isConversation = true
        outcome.hasNoSystem = !messages.contains(where: RowDecoder.isSystem)
        let conversations = ConversationText(renderer: try template(place), encoder: encoder)
        let rendered = try conversations.rendered(
            messages, trained: trained, extra: extra, withPrompts: settings.trainOnPrompt, place)
        outcome.remarks += rendered.remarks
        outcome.turnsWithoutEnd += rendered.turnsWithoutEnd
        var sequences: [Sequence] = []
        for part in rendered.parts {
            let encoded = chatTokens(part.text)
            if settings.trainOnPrompt {
                sequences.append(everyTokenButTheFirst(encoded))
                continue
            }
            var mask = AnswerMask(encoded, of: part.text, isMark: isMark)
            var firstOwn: Int?
            for span in part.spans {
                let own = mask.add(span) { chatTokens(Array(part.text[..<span.range.lowerBound])).ids }
                guard let own else { throw noOwnToken(of: "message \(span.message), the assistant's,", place) }
                firstOwn = min(firstOwn ?? own, own)
            }
            outcome.straddlingTokens += mask.straddlingTokens
            sequences.append(Sequence(ids: encoded.ids, isTarget: mask.isTarget, firstOwnTarget: firstOwn))
        }
        return sequences
    }

    /// Whether a token is a mark and no text: a special token, or the end of the sequence.
    func isMark(_ id: Int32) -> Bool { id == encoder.endID || encoder.isSpecialToken(id) }

    func noOwnToken(of answer: String, _ place: RowPlace) -> DatasetError {
        DatasetError(
            .noTarget, place,
            "\(answer) has no token of its own that says something: it joins the prompt's last token, or is special tokens "
                + "and space and no more",
            hint: "only its end token would be trained; let the answer say something, and leave a space or a line end "
                + "between prompt and answer")
    }

    func template(_ place: RowPlace) throws(DatasetError) -> any ConversationRenderer {
        guard let renderer else {
            throw DatasetError(
                .noTemplate, place, "the tokenizer has no chat template, and this row is a conversation",
                hint: settings.promptStyle == .chat
                    ? "give one with data.chat_template; data.prompt_style: plain needs none"
                    : "give one with data.chat_template, or write rows of prompt and completion")
        }
        return renderer
    }

    private func everyTokenButTheFirst(_ encoded: EncodedText) -> Sequence {
        let count = encoded.ids.count
        return Sequence(
            ids: encoded.ids, isTarget: (0..<count).map { $0 > 0 },
            firstOwnTarget: (1..<max(1, count)).first { !isMark(encoded.ids[$0]) })
    }

    // MARK: Beginning and end of sequence

    /// A rendered conversation as tokens: the template writes special tokens itself; a beginning of sequence is added only
    /// where the tokenizer wants one and the template wrote none.
    func chatTokens(_ text: [UInt8]) -> EncodedText {
        withOneBegin(
            encoder.encodeText(String(decoding: text, as: UTF8.self), addSpecialTokens: false, parseSpecial: true))
    }

    private func withOneBegin(_ encoded: EncodedText) -> EncodedText {
        guard encoder.addsBegin, let begin = encoder.beginID, encoded.ids.first != begin else { return encoded }
        var encoded = encoded
        encoded.ids.insert(begin, at: 0)
        encoded.offsets.insert(0..<0, at: 0)
        return encoded
    }

    /// A plain text as tokens, by the tokenizer's own rule, with one beginning of sequence at most.
    func plainTokens(_ text: String) -> EncodedText {
        var encoded = encoder.encodeText(text, addSpecialTokens: true, parseSpecial: true)
        while let begin = encoder.beginID, encoded.ids.count > 1, encoded.ids[0] == begin, encoded.ids[1] == begin {
            encoded.ids.removeFirst()
            encoded.offsets.removeFirst()
        }
        return encoded
    }

    /// Ends the sequence with exactly one end token.
    func appendEnd(to encoded: inout EncodedText, _ text: String, _ outcome: inout DatasetReport.Outcome) {
        guard let end = encoder.endID else {
            outcome.turnsWithoutEnd += 1
            return
        }
        while encoded.ids.count > 1, encoded.ids[encoded.ids.count - 1] == end,
            encoded.ids[encoded.ids.count - 2] == end
        {
            encoded.ids.removeLast()
            encoded.offsets.removeLast()
        }
        guard encoded.ids.last != end else { return }
        let count = text.utf8.count
        encoded.ids.append(end)
        encoded.offsets.append(count..<count)
    }
}

extension [ExampleBuilder.Sequence] {
    /// Tokens of the longest.
    fileprivate var longest: Int { map(\.ids.count).max() ?? 0 }
}
