// Which name was probably meant.

/// How far words are from each other, in edits.
public enum Spelling {
    /// Names are compared as far as this; nobody types longer ones.
    private static let longest = 256

    /// Among `candidates`, the one with the fewest edits to `word`, and never more than `most`; of equals the first.
    public static func nearest(to word: String, among candidates: [String], most: Int) -> String? {
        let target = Array(word.unicodeScalars.prefix(longest))
        var best: (name: String, distance: Int)?
        for candidate in candidates {
            let limit = best?.distance ?? most + 1
            let distance = distance(target, Array(candidate.unicodeScalars.prefix(longest)), below: limit)
            if distance < limit { best = (candidate, distance) }
        }
        return best?.name
    }

    /// Insertions, deletions, substitutions and swaps of neighbours that turn one word into the other, no place edited twice;
    /// `limit` where it takes as many or more.
    public static func distance(_ left: String, _ right: String, below limit: Int = .max) -> Int {
        distance(Array(left.unicodeScalars), Array(right.unicodeScalars), below: limit)
    }

    private static func distance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar], below limit: Int) -> Int {
        guard abs(a.count - b.count) < limit else { return limit }
        var beforeLast = [Int](repeating: 0, count: b.count + 1)
        var last = Array(0...b.count)
        var row = last
        var smallestOfLast = 0
        for i in 0..<a.count {
            row[0] = i + 1
            var smallest = row[0]
            for j in 0..<b.count {
                var edits = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { edits = min(edits, beforeLast[j - 1] + 1) }
                row[j + 1] = edits
                smallest = min(smallest, edits)
            }
            // A swap looks two rows back, so two rows must be beyond the limit.
            if smallest >= limit, smallestOfLast >= limit { return limit }
            smallestOfLast = smallest
            (beforeLast, last, row) = (last, row, beforeLast)
        }
        return min(last[b.count], limit)
    }
}
