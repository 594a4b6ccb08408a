// By which pieces a token comes about when a text is merged to it: they stay, or the text would no longer become the token.

/// The merges of a byte-pair vocabulary.
struct MergePaths {
    /// Two neighbours and what they join to, best first; or, where scores say what is best, none of these.
    private let pairs: [Pair: (rank: Double, joined: Int)]
    private let scores: [Float]?
    private let texts: [[UInt8]?]
    private let ids: [[UInt8]: Int]

    private struct Pair: Hashable {
        let left: Int
        let right: Int
    }

    /// - Parameters:
    ///   - texts: of the tokens, by number.
    ///   - merges: pairs of texts, best first.
    init(_ texts: [[UInt8]?], merges: [(left: [UInt8], right: [UInt8])]) {
        self.init(texts, scores: nil) { ids in
            var pairs: [Pair: (rank: Double, joined: Int)] = [:]
            for (rank, merge) in merges.enumerated() {
                guard let left = ids[merge.left], let right = ids[merge.right],
                    let joined = ids[merge.left + merge.right]
                else { continue }
                let pair = Pair(left: left, right: right)
                // Of a pair that stands twice the later is the one that counts.
                pairs[pair] = (Double(rank), joined)
            }
            return pairs
        }
    }

    /// Any two whose join is a token merge, that of the best score first.
    init(_ texts: [[UInt8]?], scores: [Float]) { self.init(texts, scores: scores) { _ in [:] } }

    private init(
        _ texts: [[UInt8]?], scores: [Float]?, _ pairs: ([[UInt8]: Int]) -> [Pair: (rank: Double, joined: Int)]
    ) {
        var ids: [[UInt8]: Int] = [:]
        for (id, text) in texts.enumerated() {
            if let text, ids[text] == nil { ids[text] = id }
        }
        self.texts = texts
        self.scores = scores
        self.ids = ids
        self.pairs = pairs(ids)
    }

    /// All tokens that stand there at some time while the text of token `id` is merged; characters that are none are left out.
    func steps(to id: Int) -> Set<Int> {
        guard id < texts.count, let text = texts[id] else { return [] }
        var symbols = String(decoding: text, as: UTF8.self).unicodeScalars.map { ids[Array(String($0).utf8)] }
        var seen = Set(symbols.compactMap(\.self))
        while let (place, joined) = best(symbols) {
            symbols.replaceSubrange(place...place + 1, with: [joined])
            seen.insert(joined)
        }
        return seen
    }

    /// The leftmost of the best pairs.
    private func best(_ symbols: [Int?]) -> (place: Int, joined: Int)? {
        var best: (rank: Double, place: Int, joined: Int)?
        for place in symbols.indices.dropLast() {
            guard let left = symbols[place], let right = symbols[place + 1], let found = merge(left, right) else {
                continue
            }
            if best.map({ found.rank < $0.rank }) ?? true { best = (found.rank, place, found.joined) }
        }
        return best.map { ($0.place, $0.joined) }
    }

    private func merge(_ left: Int, _ right: Int) -> (rank: Double, joined: Int)? {
        guard let scores else { return pairs[Pair(left: left, right: right)] }
        guard let a = texts[left], let b = texts[right], let joined = ids[a + b] else { return nil }
        return (-Double(scores[joined]), joined)
    }
}
