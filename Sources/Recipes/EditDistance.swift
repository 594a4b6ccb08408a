// The nearest known key to a mistyped one.

/// Among `candidates`, the one that `word` was probably meant to be: at most a third of its letters off.
func nearest(to word: String, among candidates: [String]) -> String? {
    let limit = max(1, min(word.count, 64) / 3)
    let scored = candidates.map { (candidate: $0, distance: editDistance(word.lowercased(), $0.lowercased())) }
    guard let best = scored.min(by: { ($0.distance, $0.candidate) < ($1.distance, $1.candidate) }),
        best.distance <= limit
    else {
        return candidates.filter { word.count > 3 && ($0.hasPrefix(word) || word.hasPrefix($0 + "_")) }.min()
    }
    return best.candidate
}

/// Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours.
func editDistance(_ left: String, _ right: String) -> Int {
    let a = Array(left.unicodeScalars.prefix(64))
    let b = Array(right.unicodeScalars.prefix(64))
    var beforeLast = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in 0..<a.count {
        var row = [i + 1] + [Int](repeating: 0, count: b.count)
        for j in 0..<b.count {
            row[j + 1] = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { row[j + 1] = min(row[j + 1], beforeLast[j - 1] + 1) }
        }
        (beforeLast, last) = (last, row)
    }
    return last[b.count]
}
