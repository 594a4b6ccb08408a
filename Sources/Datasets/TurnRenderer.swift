// Which bytes of a rendered conversation carry loss: found by rendering prefixes of it, never by searching for tokens.

internal import ChatTemplates
internal import JSON

/// Where a trained turn lies in its text.
struct AnswerSpan: Equatable {
    /// The bytes that carry loss, the end of the turn with them.
    var range: Range<Int>
    /// Where the end of the turn begins: before it stands what the turn itself says.
    var ownEnd: Int
    /// The number of the turn's message.
    var message: Int
}

/// A text with the bytes that carry loss.
struct RenderedPart: Equatable {
    var text: [UInt8]
    /// Ascending, disjoint.
    var spans: [AnswerSpan]
}

/// Renders a conversation and finds its trained turns.
///
/// For each trained turn the template is asked twice: for the messages before it with the generation prompt — what inference
/// would see — and for the messages up to it. What the second has beyond the first is the turn. Where a template renders
/// a turn differently once more messages follow (reasoning taken out of the history, say), the turn becomes a sequence of its
/// own, so that it is always trained after the very text that inference would put before it.
struct TurnRenderer {
    let renderer: any ConversationRenderer
    let encoder: any TextEncoder
    /// Turns in which the template writes no end-of-turn token.
    private(set) var turnsWithoutEnd = 0

    init(renderer: any ConversationRenderer, encoder: any TextEncoder) {
        self.renderer = renderer
        self.encoder = encoder
    }

    private struct Turn {
        /// The conversation up to this turn.
        var text: [UInt8]
        var span: AnswerSpan

        var trainedText: ArraySlice<UInt8> { text[..<span.range.upperBound] }
    }

    mutating func parts(
        _ messages: [JSONValue], trained: [Int], extra: JSONObject, place: RowPlace
    ) throws(DatasetError) -> [RenderedPart] {
        var turns: [Turn] = []
        for index in trained { turns.append(try turn(index, messages, extra, place)) }
        guard let last = turns.last else { return [] }
        let full = try render(messages[...], generationPrompt: false, extra, place)
        let isWhole = full.starts(with: last.trainedText)
        var main = RenderedPart(text: isWhole ? full : last.text, spans: [])
        var parts: [RenderedPart] = []
        for turn in turns {
            if main.text.starts(with: turn.trainedText) {
                main.spans.append(turn.span)
            } else {
                parts.append(RenderedPart(text: turn.text, spans: [turn.span]))
            }
        }
        return parts + [main]
    }

    /// The whole conversation as the template renders it.
    func render(
        _ messages: ArraySlice<JSONValue>, generationPrompt: Bool, _ extra: JSONObject, _ place: RowPlace
    ) throws(DatasetError) -> [UInt8] {
        do {
            return Array(
                try renderer.renderConversation(Array(messages), addGenerationPrompt: generationPrompt, extra: extra)
                    .utf8)
        } catch {
            let isEndless = (error as? TemplateError)?.fault == .limit
            throw DatasetError(
                isEndless ? .endlessTemplate : .template, place,
                "\(renderer.name) cannot render this conversation: \(error)",
                hint: isEndless ? "give another one with data.chat_template" : nil)
        }
    }

    /// What inference sees before the turn `index`.
    func prompt(
        before index: Int, _ messages: [JSONValue], _ extra: JSONObject, _ place: RowPlace
    ) throws(DatasetError) -> [UInt8] {
        do throws(DatasetError) {
            let prompt = try render(messages[..<index], generationPrompt: true, extra, place)
            guard !messages[..<index].contains(where: { $0["role"]?.string == "user" }) else { return prompt }
            // Many templates put a system message of their own before the first message only where there is one.
            return opening(of: index, messages, extra, place, unless: prompt) ?? prompt
        } catch {
            // Others cannot render a conversation of no message, or of a system prompt alone, but one that begins with the
            // assistant: there the prompt is what they put before its first word.
            guard !error.isEndlessTemplate, let opening = opening(of: index, messages, extra, place) else {
                throw error
            }
            return opening
        }
    }

    /// What the template puts before the first word of the turn `index`, which opens the conversation; `nil` where that cannot be
    /// told, or where the conversation up to the turn begins with `prompt` as it should.
    private func opening(
        of index: Int, _ messages: [JSONValue], _ extra: JSONObject, _ place: RowPlace, unless prompt: [UInt8]? = nil
    ) -> [UInt8]? {
        guard let upToTurn = try? render(messages[...index], generationPrompt: false, extra, place),
            !(prompt.map { upToTurn.starts(with: $0) } ?? false),
            let start = start(of: index, in: upToTurn, messages, extra, place)
        else { return nil }
        return Array(upToTurn[..<start])
    }

    /// Where the turn `index` begins in `text`, which ends with it: after the generation prompt before the place at which
    /// another first word makes another text.
    private func start(
        of index: Int, in text: [UInt8], _ messages: [JSONValue], _ extra: JSONObject, _ place: RowPlace
    ) -> Int? {
        guard !messages[..<index].contains(where: { $0["role"]?.string == "user" }), var turn = messages[index].object
        else { return nil }
        let content = MessageText.of(messages[index]).trimmingWhiteSpace
        turn["content"] = .string((content.hasPrefix("0") ? "1" : "0") + content)
        let other = Array(messages[..<index]) + [.object(turn)]
        guard !content.isEmpty, let changed = try? render(other[...], generationPrompt: false, extra, place) else {
            return nil
        }
        let first = zip(text, changed).prefix { $0 == $1 }.count
        guard let opening = try? generationPrompt(extra, place), !opening.isEmpty else { return first }
        return text.lastPlace(of: opening, before: first).map { $0 + opening.count } ?? first
    }

    /// What the template puts before an answer.
    private func generationPrompt(_ extra: JSONObject, _ place: RowPlace) throws(DatasetError) -> [UInt8] {
        let messages = [RowDecoder.message("user", "a")][...]
        let without = try render(messages, generationPrompt: false, extra, place)
        let with = try render(messages, generationPrompt: true, extra, place)
        return with.starts(with: without) ? Array(with[without.count...]) : []
    }

    private mutating func turn(
        _ index: Int, _ messages: [JSONValue], _ extra: JSONObject, _ place: RowPlace
    ) throws(DatasetError) -> Turn {
        let prompt = try prompt(before: index, messages, extra, place)
        let upToTurn = try render(messages[...index], generationPrompt: false, extra, place)
        guard upToTurn.count > prompt.count, upToTurn.starts(with: prompt) else {
            throw DatasetError(
                .notAPrefix, place,
                "the chat template does not render message \(index) behind the prompt that it gives at inference",
                hint: "training on it would teach a text that inference never sees; give another data.chat_template")
        }
        let tail = Array(upToTurn[prompt.count...])
        // Calls follow the text, and some templates put marks around them that are special tokens: the last one ends the turn.
        let content = messages[index]["tool_calls"] == nil ? MessageText.of(messages[index]) : ""
        let (ownEnd, end) = endOfTurn(in: tail, content: content)
        let span = AnswerSpan(
            range: prompt.count..<(prompt.count + end), ownEnd: prompt.count + ownEnd, message: index)
        return Turn(text: upToTurn, span: span)
    }

    /// Where the turn ends in `tail`, the text after the generation prompt: after its end-of-turn token, which is the first
    /// special token after the message's own text. White space that the template puts after it does not belong to the turn.
    /// `own`: where that token begins.
    private mutating func endOfTurn(in tail: [UInt8], content: String) -> (own: Int, end: Int) {
        let encoded = encoder.encodeText(
            String(decoding: tail, as: UTF8.self), addSpecialTokens: false, parseSpecial: true)
        let special = zip(encoded.ids, encoded.offsets).filter { encoder.isSpecialToken($0.0) && !$0.1.isEmpty }.map(
            \.1)
        if let contentEnd = Self.endOfLast(Array(content.trimmingWhiteSpace.utf8), in: tail, outside: special),
            let marker = special.first(where: { $0.lowerBound >= contentEnd })
        {
            return (marker.lowerBound, marker.upperBound)
        }
        if let marker = special.last { return (marker.lowerBound, marker.upperBound) }
        turnsWithoutEnd += 1
        let end = (tail.lastIndex { !Self.isWhiteSpace($0) } ?? tail.count - 1) + 1
        return (end, end)
    }

    private static func isWhiteSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    /// After the last place at which `pattern` stands in `text`, begun and ended outside of `marks` (an answer "end" stands in
    /// "<|end|>" as well); `nil` for an empty pattern.
    private static func endOfLast(_ pattern: [UInt8], in text: [UInt8], outside marks: [Range<Int>]) -> Int? {
        guard !pattern.isEmpty, pattern.count <= text.count else { return nil }
        func isInside(_ position: Int) -> Bool {
            marks.contains { $0.lowerBound < position && position < $0.upperBound }
        }
        for start in stride(from: text.count - pattern.count, through: 0, by: -1)
        where text[start] == pattern[0] && text[start...].starts(with: pattern) {
            if !isInside(start), !isInside(start + pattern.count) { return start + pattern.count }
        }
        return nil
    }
}

extension DatasetError {
    /// Whether a template was stopped, which every other row would start again.
    var isEndlessTemplate: Bool { problems.contains { $0.kind == .endlessTemplate } }
}
