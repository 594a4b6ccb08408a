// Which bytes of a rendered conversation carry loss: found by rendering prefixes of it, never by searching for tokens.

internal import JSON

/// A text with the bytes that carry loss.
struct RenderedPart: Equatable {
    var text: [UInt8]
    /// Ascending, disjoint.
    var spans: [Range<Int>]
}

/// Renders a conversation and finds its trained turns.
///
/// For each trained turn the template is asked twice: for the messages before it with the generation prompt — what inference
/// would see — and for the messages up to it. What the second has beyond the first is the turn. Where a template renders
/// a turn differently once more messages follow (reasoning taken out of the history, say), the turn becomes a sequence of its
/// own, so that it is always trained behind the very text that inference would put before it.
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
        var span: Range<Int>
    }

    mutating func parts(
        _ messages: [JSONValue], trained: [Int], extra: JSONObject, place: RowPlace
    ) throws(DatasetError) -> [RenderedPart] {
        var turns: [Turn] = []
        for index in trained { turns.append(try turn(index, messages, extra, place)) }
        guard let last = turns.last else { return [] }
        let full = try render(messages[...], generationPrompt: false, extra, place)
        let isWhole = full.starts(with: last.text[..<last.span.upperBound])
        var main = RenderedPart(text: isWhole ? full : last.text, spans: [])
        var parts: [RenderedPart] = []
        for turn in turns {
            if main.text.starts(with: turn.text[..<turn.span.upperBound]) {
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
            throw DatasetError(.template, place, "the chat template cannot render this conversation: \(error)")
        }
    }

    private mutating func turn(
        _ index: Int, _ messages: [JSONValue], _ extra: JSONObject, _ place: RowPlace
    ) throws(DatasetError) -> Turn {
        let prompt = try render(messages[..<index], generationPrompt: true, extra, place)
        let upToTurn = try render(messages[...index], generationPrompt: false, extra, place)
        guard upToTurn.count > prompt.count, upToTurn.starts(with: prompt) else {
            throw DatasetError(
                .notAPrefix, place,
                "the chat template does not render message \(index) behind the prompt that it gives at inference",
                hint: "training on it would teach a text that inference never sees; give another data.chat_template")
        }
        let tail = Array(upToTurn[prompt.count...])
        let end = endOfTurn(in: tail, content: messages[index]["content"]?.string ?? "")
        return Turn(text: upToTurn, span: prompt.count..<(prompt.count + end))
    }

    /// Where the turn ends in `tail`, the text behind the generation prompt: behind its end-of-turn token, which is the first
    /// special token behind the message's own text. White space that the template puts behind it does not belong to the turn.
    private mutating func endOfTurn(in tail: [UInt8], content: String) -> Int {
        let encoded = encoder.encodeText(
            String(decoding: tail, as: UTF8.self), addSpecialTokens: false, parseSpecial: true)
        let special = zip(encoded.ids, encoded.offsets).filter { encoder.isSpecialToken($0.0) && !$0.1.isEmpty }.map(
            \.1)
        if let contentEnd = Self.endOfLast(Array(content.trimmingWhiteSpace.utf8), in: tail, outside: special),
            let marker = special.first(where: { $0.lowerBound >= contentEnd })
        {
            return marker.upperBound
        }
        if let marker = special.last { return marker.upperBound }
        turnsWithoutEnd += 1
        return (tail.lastIndex { !Self.isWhiteSpace($0) } ?? tail.count - 1) + 1
    }

    private static func isWhiteSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    /// Behind the last place at which `pattern` stands in `text`, begun and ended outside of `marks` (an answer "end" stands in
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
