// Which tokens stand for which words: a head reads each word at its first token.

/// The words of a text as its tokens part them.
public struct WordTokens: Sendable, Equatable {
    /// In Unicode scalars. Words that begin with one token are one word here; those without any token are none.
    public private(set) var words: [Range<Int>] = []
    /// Of each word, its first token.
    public private(set) var tokens: [Int] = []
    /// Words without a token: signs that the tokenizer drops.
    public private(set) var lost = 0
    /// Words that begin with the same token as the one before them.
    public private(set) var joined = 0

    /// - Parameter words: in their order, apart.
    init(_ words: [Range<Int>], of text: String, _ encoded: EncodedText) {
        var bytes = [0]
        for scalar in text.unicodeScalars { bytes.append(bytes[bytes.count - 1] + UTF8.width(scalar)) }
        var token = 0
        for word in words {
            let range = bytes[word.lowerBound]..<bytes[word.upperBound]
            // Offsets ascend, but for tokens that stand for nothing.
            while token < encoded.offsets.count,
                encoded.offsets[token].isEmpty || encoded.offsets[token].upperBound <= range.lowerBound
            { token += 1 }
            guard token < encoded.offsets.count, encoded.offsets[token].lowerBound < range.upperBound else {
                lost += 1
                continue
            }
            if tokens.last == token {
                joined += 1
                self.words[self.words.count - 1] = self.words[self.words.count - 1].lowerBound..<word.upperBound
            } else {
                self.words.append(word)
                tokens.append(token)
            }
        }
    }

    /// Keeps the words whose first token is one of the first `count`.
    /// - Returns: how many words go.
    mutating func cut(to count: Int) -> Int {
        let kept = tokens.firstIndex { $0 >= count } ?? tokens.count
        defer {
            words.removeSubrange(kept...)
            tokens.removeSubrange(kept...)
        }
        return tokens.count - kept
    }
}

extension UTF8 {
    /// Bytes of a scalar.
    fileprivate static func width(_ scalar: Unicode.Scalar) -> Int { String(scalar).utf8.count }
}
