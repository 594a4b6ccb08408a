// Runs of neighbouring tokens, counted.

/// How often each run of `order` neighbours stands in `tokens`.
func nGrams<Token: Hashable>(_ tokens: [Token], _ order: Int) -> [ArraySlice<Token>: Int] {
    guard tokens.count >= order else { return [:] }
    var counts: [ArraySlice<Token>: Int] = [:]
    for start in 0...(tokens.count - order) { counts[tokens[start..<(start + order)], default: 0] += 1 }
    return counts
}

/// How many runs two texts have in common, each as often as it stands in both.
func commonCount<Token: Hashable>(_ left: [ArraySlice<Token>: Int], _ right: [ArraySlice<Token>: Int]) -> Int {
    left.reduce(0) { $0 + min($1.value, right[$1.key] ?? 0) }
}
