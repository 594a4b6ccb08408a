// The nearest known key to a mistyped one.

internal import Spelling

/// Among `candidates`, the one that `word` was probably meant to be: at most a third of its letters off, or a longer or shorter
/// form of it.
func nearest(to word: String, among candidates: [String]) -> String? {
    let names = candidates.sorted()
    let lowercased = names.map { $0.lowercased() }
    let most = max(1, min(word.count, 64) / 3)
    if let found = Spelling.nearest(to: String(word.lowercased().prefix(64)), among: lowercased, most: most),
        let index = lowercased.firstIndex(of: found)
    {
        return names[index]
    }
    guard word.count > 3 else { return nil }
    return names.first { $0.hasPrefix(word) || $0.hasSuffix("_" + word) || word.hasPrefix($0 + "_") }
}
