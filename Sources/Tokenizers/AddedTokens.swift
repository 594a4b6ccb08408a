// Tokens that are found in the text before anything else happens to it: special tokens, and words added to a vocabulary.

/// One token of `added_tokens`.
struct AddedToken: Sendable {
    var id: Int32
    var content: [UInt8]
    /// A token of the protocol rather than of the text; left out of decoding on request, and only found where asked for.
    var isSpecial: Bool
    var singleWord = false
    var leftStrip = false
    var rightStrip = false
    /// Looked for in the normalised text rather than in the input.
    var isNormalized = false
}

/// Which match wins where two overlap.
enum OverlapRule: Sendable {
    /// The leftmost, and of those that start there the longest (Hugging Face).
    case leftmostLongest
    /// The longest anywhere (llama.cpp looks for each token in turn, longest first).
    case longestFirst
}

/// Finds a set of tokens in texts.
struct AddedTokenFinder: Sendable {
    private let tokens: [AddedToken]
    private let rule: OverlapRule
    private let table: ByteTable
    /// The lengths of tokens that start with each byte, descending.
    private let lengths: [[Int]]

    init(_ tokens: [AddedToken], rule: OverlapRule) {
        self.tokens = tokens.filter { !$0.content.isEmpty }
        self.rule = rule
        var table = ByteTable(minimumCapacity: tokens.count)
        var lengths = [Set<Int>](repeating: [], count: 256)
        for (index, token) in self.tokens.enumerated() {
            table.set(token.content, to: Int32(index))
            lengths[Int(token.content[0])].insert(token.content.count)
        }
        self.table = table
        self.lengths = lengths.map { $0.sorted(by: >) }
    }

    var isEmpty: Bool { tokens.isEmpty }

    /// The tokens in `text`, left to right, and where they stand, the white space they swallow included. As in Hugging Face, a token
    /// may begin within the white space that the one before it swallowed.
    func matches(in text: [UInt8], includeSpecial: Bool) -> [(id: Int32, range: Range<Int>)] {
        guard !tokens.isEmpty else { return [] }
        let found =
            rule == .leftmostLongest
            ? leftmostLongest(in: text) : longestFirst(in: text, includeSpecial: includeSpecial)
        var result: [(id: Int32, range: Range<Int>)] = []
        var end = 0
        for (index, range) in found {
            let token = tokens[index]
            if token.isSpecial && !includeSpecial { continue }
            if token.singleWord && !standsAlone(range, in: text) { continue }
            var (lower, upper) = (range.lowerBound, range.upperBound)
            if token.leftStrip { lower = min(upper, max(end, skipSpaceBackward(in: text, from: lower))) }
            if token.rightStrip { upper = skipSpaceForward(in: text, from: upper) }
            result.append((token.id, lower..<upper))
            end = upper
        }
        return result
    }

    private func leftmostLongest(in text: [UInt8]) -> [(Int, Range<Int>)] {
        var result: [(Int, Range<Int>)] = []
        text.withUnsafeBufferPointer { buffer in
            var position = 0
            while position < buffer.count {
                if let (index, length) = longest(in: buffer, at: position) {
                    result.append((index, position..<position + length))
                    position += length
                } else {
                    position += 1
                }
            }
        }
        return result
    }

    private func longest(in text: UnsafeBufferPointer<UInt8>, at position: Int) -> (Int, Int)? {
        for length in lengths[Int(text[position])] where position + length <= text.count {
            if let index = table.find(UnsafeBufferPointer(rebasing: text[position..<position + length])) {
                return (Int(index), length)
            }
        }
        return nil
    }

    private func longestFirst(in text: [UInt8], includeSpecial: Bool) -> [(Int, Range<Int>)] {
        var all: [(Int, Range<Int>)] = []
        text.withUnsafeBufferPointer { buffer in
            for position in buffer.indices {
                for length in lengths[Int(buffer[position])] where position + length <= buffer.count {
                    let candidate = UnsafeBufferPointer(rebasing: buffer[position..<position + length])
                    guard let index = table.find(candidate) else { continue }
                    if tokens[Int(index)].isSpecial && !includeSpecial { continue }
                    all.append((Int(index), position..<position + length))
                }
            }
        }
        all.sort { ($1.1.count, $0.0, $0.1.lowerBound) < ($0.1.count, $1.0, $1.1.lowerBound) }
        var taken = [Bool](repeating: false, count: text.count)
        var result: [(Int, Range<Int>)] = []
        for (index, range) in all where !taken[range].contains(true) {
            for position in range { taken[position] = true }
            result.append((index, range))
        }
        return result.sorted { $0.1.lowerBound < $1.1.lowerBound }
    }

    private func standsAlone(_ range: Range<Int>, in text: [UInt8]) -> Bool {
        if range.lowerBound > 0 {
            var start = range.lowerBound - 1
            while start > 0, text[start] & 0xC0 == 0x80 { start -= 1 }
            if UTF8Scan.scalar(in: text, at: start).0.isWordCharacter { return false }
        }
        return range.upperBound == text.count || !UTF8Scan.scalar(in: text, at: range.upperBound).0.isWordCharacter
    }

    private func skipSpaceBackward(in text: [UInt8], from position: Int) -> Int {
        var position = position
        while position > 0 {
            var start = position - 1
            while start > 0, text[start] & 0xC0 == 0x80 { start -= 1 }
            guard UTF8Scan.scalar(in: text, at: start).0.properties.isWhitespace else { break }
            position = start
        }
        return position
    }

    private func skipSpaceForward(in text: [UInt8], from position: Int) -> Int {
        var position = position
        while position < text.count {
            let (scalar, length) = UTF8Scan.scalar(in: text, at: position)
            guard scalar.properties.isWhitespace else { break }
            position += length
        }
        return position
    }
}
