// What becomes of the stretches that a splitting pattern matched.

/// `behavior` of a splitting pre-tokenizer.
enum SplitBehavior: Sendable {
    case removed, isolated, mergedWithPrevious, mergedWithNext, contiguous

    init(_ node: LocatedJSON) throws(TokenizerError) {
        switch try node.string() {
        case "Removed", "removed": self = .removed
        case "Isolated", "isolated": self = .isolated
        case "MergedWithPrevious", "merged_with_previous": self = .mergedWithPrevious
        case "MergedWithNext", "merged_with_next": self = .mergedWithNext
        case "Contiguous", "contiguous": self = .contiguous
        case let name: throw node.error("unknown behaviour `\(name)`")
        }
    }

    /// The pieces of a stretch that has been cut into matches and gaps, in order. Empty pieces go.
    func pieces(_ parts: [(range: Range<Int>, isMatch: Bool)], into result: inout [Range<Int>]) {
        switch self {
        case .removed: for part in parts where !part.isMatch && !part.range.isEmpty { result.append(part.range) }
        case .isolated: for part in parts where !part.range.isEmpty { result.append(part.range) }
        case .contiguous: append(merged(parts) { $0 == $1 }, to: &result)
        case .mergedWithPrevious: append(merged(parts) { previous, isMatch in isMatch && !previous }, to: &result)
        case .mergedWithNext:
            // Mirrored: the pieces are built from the end.
            var pieces: [Range<Int>] = []
            var previousIsMatch = false
            for part in parts.reversed() {
                if part.isMatch, !previousIsMatch, let last = pieces.last {
                    pieces[pieces.count - 1] = part.range.lowerBound..<last.upperBound
                } else {
                    pieces.append(part.range)
                }
                previousIsMatch = part.isMatch
            }
            append(pieces.reversed(), to: &result)
        }
    }

    private func append(_ pieces: some Sequence<Range<Int>>, to result: inout [Range<Int>]) {
        for piece in pieces where !piece.isEmpty { result.append(piece) }
    }

    /// Joins a part to the piece before it where `joins(previous is match, this is match)`.
    private func merged(_ parts: [(range: Range<Int>, isMatch: Bool)], _ joins: (Bool, Bool) -> Bool) -> [Range<Int>] {
        var pieces: [Range<Int>] = []
        var previous: Bool?
        for part in parts {
            // The first part has no neighbour, but Hugging Face starts from "no match", which matters to `contiguous` only.
            if let before = previous, joins(before, part.isMatch), let last = pieces.last {
                pieces[pieces.count - 1] = last.lowerBound..<part.range.upperBound
            } else {
                pieces.append(part.range)
            }
            previous = part.isMatch
        }
        return pieces
    }
}
