// Whether a text stands in another, however a template writes it: trimmed, escaped as JSON, broken into other lines.

internal import JSON

/// How much of a text was found.
enum Finding: Sendable { case whole, part, nothing }

/// A text in which others are looked for.
final class SearchedText {
    private let bytes: [UInt8]
    /// Without white space and in small letters, as JSON escapes or templates may change both.
    private lazy var bare = Self.bare(bytes)

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Looks for `text`, then for its lines.
    func find(_ text: String) -> Finding {
        let trimmed = text.trimmingWhiteSpace
        if bytes.holds(Array(trimmed.utf8)) || holdsBare(trimmed) { return .whole }
        let lines = trimmed.split(whereSeparator: \.isNewline).map { String($0).trimmingWhiteSpace }.filter {
            !$0.isEmpty
        }
        guard lines.count > 1 else { return .nothing }
        let found = lines.count(where: holdsBare)
        return found == lines.count ? .whole : found > 0 ? .part : .nothing
    }

    private func holdsBare(_ text: String) -> Bool {
        Self.writings(text).contains { bare.holds(Self.bare(Array($0.utf8))) }
    }

    /// The ways in which templates write a text: as it is, and within JSON.
    private static func writings(_ text: String) -> [String] {
        var writings = [text]
        for asciiOnly in [false, true] {
            let escaped = JSONEscapes.escaped(text, .python(asciiOnly: asciiOnly))
            if escaped != writings[0] { writings.append(escaped) }
        }
        return writings
    }

    private static func bare(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count)
        for byte in bytes where byte > 0x20 { output.append((65...90).contains(byte) ? byte + 32 : byte) }
        return output
    }
}

extension [UInt8] {
    /// Whether `pattern` stands in the bytes; an empty one does.
    func holds(_ pattern: [UInt8]) -> Bool { pattern.isEmpty || lastPlace(of: pattern, before: count) != nil }

    /// The last place at which `pattern` stands wholly before `end`.
    func lastPlace(of pattern: [UInt8], before end: Int) -> Int? {
        guard let first = pattern.first, pattern.count <= end else { return nil }
        return withUnsafeBufferPointer { bytes in
            for start in stride(from: end - pattern.count, through: 0, by: -1)
            where bytes[start] == first && bytes[start..<(start + pattern.count)].elementsEqual(pattern) {
                return start
            }
            return nil
        }
    }
}
