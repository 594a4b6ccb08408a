// What a splitting pre-tokenizer looks for.

/// A pattern, and how its matches are found.
enum SplitPattern: Sendable {
    enum ScalarClass: Sendable { case numeric, whitespace, punctuation }

    case regex(RegularExpression)
    case literal([UInt8])
    /// Each character of a class is a match of its own.
    case scalars(ScalarClass)
    /// White space, apart from runs of word characters and runs of others, which are gaps of their own (`\w+|[^\w\s]+`).
    case scalarRuns

    /// The pattern of GPT-2.
    static let gpt2 = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

    /// `{"String": …}` or `{"Regex": …}`.
    init(_ node: LocatedJSON) throws(TokenizerError) {
        if let pattern = node.optional("Regex") {
            self = .regex(try RegularExpression(try pattern.string(), place: pattern.path))
        } else {
            self = .literal(try node.required("String").bytes())
        }
    }

    /// Cuts every word of `split` further.
    func apply(to split: inout WordSplit, _ behavior: SplitBehavior, invert: Bool) {
        var result: [Range<Int>] = []
        result.reserveCapacity(split.words.count * 2)
        var parts: [(range: Range<Int>, isMatch: Bool)] = []
        for word in split.words {
            parts.removeAll(keepingCapacity: true)
            var position = word.lowerBound
            forEachMatch(in: split.text.bytes, word) { match in
                if match.lowerBound > position { parts.append((position..<match.lowerBound, invert)) }
                parts.append((match, !invert))
                position = match.upperBound
            }
            if position < word.upperBound { parts.append((position..<word.upperBound, invert)) }
            behavior.pieces(parts, into: &result)
        }
        split.words = result
    }

    /// Calls `body` with each match in `bytes[range]`, left to right.
    func forEachMatch(in bytes: [UInt8], _ range: Range<Int>, _ body: (Range<Int>) -> Void) {
        switch self {
        case .regex(let regex): bytes.withUnsafeBufferPointer { regex.matches(in: $0, range, body) }
        case .literal(let literal):
            guard !literal.isEmpty else { return }
            var position = range.lowerBound
            while position + literal.count <= range.upperBound {
                if bytes[position..<position + literal.count].elementsEqual(literal) {
                    body(position..<position + literal.count)
                    position += literal.count
                } else {
                    position += 1
                }
            }
        case .scalars(let members): UTF8Scan.forEach(in: bytes, range) { if members.contains($0) { body($1) } }
        case .scalarRuns:
            // Zero-width matches stand where a run of one kind meets a run of the other.
            var previous: Bool?
            UTF8Scan.forEach(in: bytes, range) { scalar, place in
                if scalar.properties.isWhitespace {
                    body(place)
                    previous = nil
                } else {
                    let isWord = scalar.isWordCharacter
                    if let previous, previous != isWord { body(place.lowerBound..<place.lowerBound) }
                    previous = isWord
                }
            }
        }
    }
}

extension SplitPattern.ScalarClass {
    func contains(_ scalar: Unicode.Scalar) -> Bool {
        switch self {
        case .numeric: scalar.isNumeric
        case .whitespace: scalar.properties.isWhitespace
        case .punctuation: scalar.isBertPunctuation
        }
    }
}
