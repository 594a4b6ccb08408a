// A conversation as text: handed to the template in the form that it takes, and held against what the row says.

internal import JSON

/// Renders conversations and says what of them is not in the text.
struct ConversationText {
    let renderer: any ConversationRenderer
    let encoder: any TextEncoder

    /// What became of a conversation.
    struct Rendered {
        var parts: [RenderedPart]
        var remarks: [RowRemark]
        var turnsWithoutEnd: Int
    }

    /// The texts of a conversation with the places of its answers.
    ///
    /// - Parameter withPrompts: the prompts carry loss, too: one text, and no turn is looked for.
    func rendered(
        _ messages: [JSONValue], trained: [Int], extra: JSONObject, withPrompts: Bool, _ place: RowPlace
    ) throws(DatasetError) -> Rendered {
        let pieces = RowPieces(messages, trained: trained, extra: extra)
        let given = MessageForm.Input(messages: messages, extra: extra)
        let (form, input) = try handed(given, pieces, place)
        var turns = TurnRenderer(renderer: renderer, encoder: encoder)
        let parts =
            withPrompts
            ? [
                RenderedPart(
                    text: try turns.render(input.messages[...], generationPrompt: false, input.extra, place), spans: [])
            ]
            : try turns.parts(input.messages, trained: trained, extra: input.extra, place: place)
        var answers: [Int: [UInt8]] = [:]
        for part in parts {
            for span in part.spans { answers[span.message] = Array(part.text[span.range.lowerBound..<span.ownEnd]) }
        }
        let missing = pieces.missing(
            in: parts.map(\.text), answers: answers, unheard: unheard(given, form, pieces, place))
        if let lost = missing.lostAnswers.first {
            throw DatasetError(
                .noTarget, place,
                "message \(lost), the assistant's: the chat template renders nothing of it (\(Self.says(messages[lost])))",
                hint: "only its end token would be trained; give a data.chat_template that renders it, or \"weight\": 0"
            )
        }
        var remarks = missing.remarks
        if form.contains(.joinedParts) { remarks.append(RowRemark(.joinedParts)) }
        return Rendered(parts: parts, remarks: remarks, turnsWithoutEnd: turns.turnsWithoutEnd)
    }

    /// What inference sees before the turn `index`.
    func prompt(
        before index: Int, _ messages: [JSONValue], _ trained: [Int], _ extra: JSONObject, _ place: RowPlace
    ) throws(DatasetError) -> [UInt8] {
        let pieces = RowPieces(messages, trained: trained, extra: extra)
        let (_, input) = try handed(MessageForm.Input(messages: messages, extra: extra), pieces, place)
        return try TurnRenderer(renderer: renderer, encoder: encoder).prompt(
            before: index, input.messages, input.extra, place)
    }

    /// The form in which the template takes the conversation and loses least of it: as it is, where that loses nothing.
    private func handed(
        _ input: MessageForm.Input, _ pieces: RowPieces, _ place: RowPlace
    ) throws(DatasetError) -> (MessageForm, MessageForm.Input) {
        let candidates = MessageForm.candidates(input)
        guard candidates.count > 1 else { return ([], input) }
        let turns = TurnRenderer(renderer: renderer, encoder: encoder)
        var best: (form: MessageForm, input: MessageForm.Input, lost: Int)?
        var refusal: DatasetError?
        for form in candidates {
            let changed = form.apply(to: input)
            do throws(DatasetError) {
                let text = try turns.render(changed.messages[...], generationPrompt: false, changed.extra, place)
                let lost = Self.lost(text, pieces, changed, unheard: unheard(input, form, pieces, place))
                if lost < best?.lost ?? Int.max { best = (form, changed, lost) }
                if lost == 0 { break }
            } catch {
                if error.isEndlessTemplate { throw error }
                refusal = refusal ?? error
            }
        }
        if let best { return (best.form, best.input) }
        throw refusal ?? DatasetError(.template, place, "the chat template cannot render this conversation")
    }

    /// How much a text lacks; a list that was printed as a list counts as all of it.
    private static func lost(
        _ text: [UInt8], _ pieces: RowPieces, _ input: MessageForm.Input, unheard: Set<Int>
    ) -> Int {
        let hasParts = input.messages.contains { $0["content"]?.array != nil }
        if hasParts, text.holds(Array("{'type': '".utf8)) { return pieces.pieces.count + 1 }
        return pieces.missing(in: [text], answers: [:], unheard: unheard).remarks.count { $0.kind != .earlierReasoning }
    }

    /// Pieces that the template leaves out, of those whose words prove nothing where they are found: a piece that is rendered
    /// shows the mark that was put into it.
    private func unheard(
        _ input: MessageForm.Input, _ form: MessageForm, _ pieces: RowPieces, _ place: RowPlace
    ) -> Set<Int> {
        let turns = TurnRenderer(renderer: renderer, encoder: encoder)
        let doubtful = pieces.doubtful
        var sets = [doubtful]
        // A template may refuse a tool that it does not know by name.
        let texts = pieces.doubtfulTexts
        if texts.count < doubtful.count { sets.append(texts) }
        for marked in sets where !marked.isEmpty {
            let conversation = MarkedConversation(input, marking: marked)
            let changed = form.apply(to: conversation.input)
            func rendered(upTo end: Int) -> [UInt8]? {
                try? turns.render(changed.messages[..<end], generationPrompt: false, changed.extra, place)
            }
            guard let whole = rendered(upTo: changed.messages.count) else { continue }
            // A turn may be rendered whole as long as none follows it, and it is trained so.
            let missing = conversation.unheard(in: [whole])
            let ends = Set(missing.compactMap { pieces.trainedTurn(ofPiece: $0) }).sorted()
            return Set(conversation.unheard(in: [whole] + ends.compactMap { rendered(upTo: $0 + 1) }))
        }
        return []
    }

    /// What a message holds, in a few words.
    private static func says(_ message: JSONValue) -> String {
        let calls = (message["tool_calls"]?.array ?? []).compactMap { ($0["function"] ?? $0)["name"]?.string }
        let what =
            (MessageText.of(message).isBlank ? [] : ["its text"])
            + (MessageText.reasoning(of: message).isBlank ? [] : ["its reasoning"])
            + (calls.isEmpty ? [] : ["a call of \(calls[0])"])
        return what.joined(separator: ", ")
    }
}
