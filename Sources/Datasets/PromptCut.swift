// Shortening what a row asks so that its answer stays whole: `too_long: truncate_prompt`.

internal import JSON

/// Cuts the oldest text of a row's prompt until the row fits.
///
/// Answers, system messages and what the template writes are never cut. In a conversation of several exchanges the oldest
/// question loses its beginning; where nothing of it would be left, the exchange goes as a whole. Of the last question at least
/// one token stays: what would need more does not fit. What an encoder reads loses its end, since its beginning says what is to be
/// done with it.
struct PromptCut {
    let encoder: any TextEncoder
    let maximumTokens: Int
    /// Whether the end of a prompt goes, and not its beginning.
    private let cutsEnd: Bool
    /// Tokens of the row's longest sequence.
    let length: (DataRow) throws(DatasetError) -> Int

    init(
        encoder: any TextEncoder, _ settings: DataSettings, maximumTokens: Int,
        length: @escaping (DataRow) throws(DatasetError) -> Int
    ) {
        self.encoder = encoder
        self.maximumTokens = maximumTokens
        cutsEnd = settings.startToken != nil
        self.length = length
    }

    /// The row that fits; `nil` where no cut of its prompt is enough.
    func fitted(_ row: DataRow) throws(DatasetError) -> DataRow? {
        var row = row
        while true {
            let excess = try length(row) - maximumTokens
            guard excess > 0 else { return row }
            guard let content = shortened(row.content, by: excess) else { return nil }
            row.content = content
        }
    }

    private func shortened(_ content: DataRow.Content, by excess: Int) -> DataRow.Content? {
        switch content {
        case .completion(let prompt, let completion):
            return cut(prompt, by: excess).map { .completion(prompt: $0, completion: completion) }
        case .conversation(let messages, let trained, let extra):
            guard let last = trained.last else { return nil }
            let asked = messages[..<last]
            let start = asked.firstIndex { !Self.isSystem($0) } ?? last
            guard let next = Self.nextExchange(asked, after: start) else {
                return cut(messages, start..<last, trained, by: excess).map {
                    .conversation(messages: $0, trained: trained, extra: extra)
                }
            }
            if let shorter = cut(messages, start..<next, trained, by: excess) {
                return .conversation(messages: shorter, trained: trained, extra: extra)
            }
            var rest = messages
            rest.removeSubrange(start..<next)
            let kept = trained.filter { $0 >= next }.map { $0 - (next - start) }
            return .conversation(messages: rest, trained: kept, extra: extra)
        case .document, .preference, .rated: return nil
        }
    }

    /// Where the exchange after the one that begins at `start` begins.
    private static func nextExchange(_ messages: ArraySlice<JSONValue>, after start: Int) -> Int? {
        messages.indices.first { $0 > start && isUser(messages[$0]) && !isUser(messages[$0 - 1]) }
    }

    /// The messages with less text in those of `range` that carry no loss, from the oldest on; `nil` where none would be left.
    private func cut(
        _ messages: [JSONValue], _ range: Range<Int>, _ trained: [Int], by excess: Int
    ) -> [JSONValue]? {
        var messages = messages
        var left = excess
        for number in range where !trained.contains(number) && !Self.isSystem(messages[number]) {
            guard let text = messages[number]["content"]?.string, !text.isEmpty else { continue }
            let shorter = cut(text, by: left)
            if shorter == nil { left -= tokens(text).ids.count }
            guard var message = messages[number].object else { continue }
            message["content"] = .string(shorter ?? "")
            messages[number] = .object(message)
            if shorter != nil { return messages }
        }
        return nil
    }

    /// `text` without its first `count` tokens, or without its last; `nil` where no token would be left.
    private func cut(_ text: String, by count: Int) -> String? {
        let offsets = tokens(text).offsets
        let bytes = Array(text.utf8)
        guard count < offsets.count else { return nil }
        if cutsEnd {
            // A character may be of several tokens, and a token of no text.
            var end = min(offsets[offsets.count - max(1, count)].lowerBound, bytes.count - 1)
            while end > 0, bytes[end] & 0xC0 == 0x80 { end -= 1 }
            return end > 0 ? String(decoding: bytes[..<end], as: UTF8.self) : nil
        }
        // A token may begin within a character.
        let start = bytes[offsets[max(1, count)].lowerBound...].firstIndex { $0 & 0xC0 != 0x80 } ?? bytes.count
        return start < bytes.count ? String(decoding: bytes[start...], as: UTF8.self) : nil
    }

    private func tokens(_ text: String) -> EncodedText {
        encoder.encodeText(text, addSpecialTokens: false, parseSpecial: true)
    }

    private static func isSystem(_ message: JSONValue) -> Bool { RowDecoder.isSystem(message) }
    private static func isUser(_ message: JSONValue) -> Bool { message["role"]?.string == "user" }
}
