// Merges as scores. A tokenizer.json lists which pieces merge, the first first; llama.cpp merges any two whose join is a piece, the
// best score first. The two are one where the list holds every such pair and ranks them by what they join to.

/// The scores of a vocabulary's pieces, by id.
struct GGUFScores {
    let values: [Float]

    /// - Parameters:
    ///   - texts: by id.
    ///   - isPiece: of each id, whether it is a piece that texts are merged to.
    ///   - merges: the list `$.model.merges`.
    init(_ texts: [[UInt8]], isPiece: [Bool], merges: LocatedJSON) throws(TokenizerError) {
        var ids = ByteTable(minimumCapacity: texts.count)
        for (id, text) in texts.enumerated() { ids.set(text, to: Int32(id)) }
        let listed = try Self.listed(merges, ids)
        for (id, text) in texts.enumerated() where isPiece[id] {
            for cut in text.indices.dropFirst() where text[cut] & 0xC0 != 0x80 {
                guard let left = ids.find(Array(text[..<cut])), isPiece[Int(left)],
                    let right = ids.find(Array(text[cut...])), isPiece[Int(right)],
                    !listed.pairs.contains(Pair(left: left, right: right))
                else { continue }
                let pieces = [text[..<cut], text[cut...]].map { "`\(String(decoding: $0, as: UTF8.self))`" }
                throw GGUFStages.refusal(
                    merges, "\(pieces.joined(separator: " and ")), which join to a piece and yet do not merge,")
            }
        }
        values = Self.values(listed.spans, count: texts.count)
    }

    private struct Pair: Hashable {
        let left: Int32
        let right: Int32
    }

    /// The pairs, and between which ranks each piece is joined to.
    private static func listed(
        _ merges: LocatedJSON, _ ids: ByteTable
    ) throws(TokenizerError) -> (pairs: Set<Pair>, spans: [Int32: ClosedRange<Int>]) {
        var pairs = Set<Pair>(), spans: [Int32: ClosedRange<Int>] = [:]
        for (rank, merge) in try merges.elements().enumerated() {
            let (left, right) = try BPEModel.parts(of: merge)
            guard let leftID = ids.find(left), let rightID = ids.find(right), let joined = ids.find(left + right) else {
                throw merge.error("merges what are no tokens of the model")
            }
            pairs.insert(Pair(left: leftID, right: rightID))
            spans[joined] = (spans[joined]?.lowerBound ?? rank)...rank
        }
        return (pairs, spans)
    }

    /// The earlier a piece's merges, the better its score. Pieces whose merges stand among one another's have one score: so they had
    /// where the list was made of scores.
    private static func values(_ spans: [Int32: ClosedRange<Int>], count: Int) -> [Float] {
        var values = [Float](repeating: 0, count: count)
        var score: Float = 0, end = -1
        for (id, span) in spans.sorted(by: { $0.value.lowerBound < $1.value.lowerBound }) {
            if span.lowerBound > end { score -= 1 }
            end = max(end, span.upperBound)
            values[Int(id)] = score
        }
        return values
    }
}
