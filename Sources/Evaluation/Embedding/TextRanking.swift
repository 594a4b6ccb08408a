// How well vectors find what belongs together: each first text asks for its second among all texts of the held-out rows.

internal import Foundation
internal import Kernels
public import Objectives
internal import Tensors

/// Held-out pairs as questions over one corpus: every second text, and every text that belongs to no row's first.
///
/// Equal texts are one. A question that several rows ask is asked once and has all their texts as its right ones.
public struct TextRanking {
    /// The rows that ask a question for the first time, ascending.
    public let numbers: [Int]
    private let ranks: [[Int]]
    private let relevant: [Int]

    /// The deepest place that is looked at.
    private static let depth = 10
    /// Questions that are asked together.
    private static let asked = 256

    /// - Parameters:
    ///   - vectors: of the texts of all rows.
    ///   - numbers: of the rows.
    public init(_ vectors: TextVectors, numbers rows: [Int]) {
        precondition(rows.count == vectors.rowCount)
        let identities = vectors.identities, firsts = vectors.firstTexts
        // Each different text has one place in the corpus.
        var places: [Int: Int] = [:], corpus: [Int] = []
        var questions: [Int: Int] = [:], asking: [Int] = [], right: [Set<Int>] = []
        for (row, (first, count)) in zip(firsts, vectors.textCounts).enumerated() {
            for text in first + 1..<first + count where places[identities[text]] == nil {
                places[identities[text]] = corpus.count
                corpus.append(text)
            }
            guard let place = places[identities[first + 1]] else { continue }
            if let question = questions[identities[first]] {
                right[question].insert(place)
            } else {
                questions[identities[first]] = asking.count
                asking.append(row)
                right.append([place])
            }
        }
        numbers = asking.map { rows[$0] }
        relevant = right.map(\.count)
        var ranks: [[Int]] = []
        let table = Self.unit(vectors, corpus)
        for start in stride(from: 0, to: asking.count, by: Self.asked) {
            let range = start..<min(start + Self.asked, asking.count)
            let found = Self.nearest(Self.unit(vectors, asking[range].map { firsts[$0] }), table, vectors.width)
            ranks += zip(found, right[range]).map { list, right in list.indices.filter { right.contains(list[$0]) } }
        }
        self.ranks = ranks
    }

    /// nDCG@10, MRR@10, and the shares of right texts among the first 1, 5 and 10.
    public var metrics: [RowMetric] {
        let hits = ranks.map { ranks in (0..<Self.depth).map(ranks.contains) }
        let gains = zip(hits, relevant).map { hits, count in
            Ranking.nDCG(hits.map { $0 ? 1 : 0 }, all: Array(repeating: 1, count: count), at: Self.depth)
        }
        let recalls = [1, 5, 10].map { limit in
            RowMetric.mean(
                "recall_at_\(limit)", zip(hits, relevant).map { Ranking.recall($0, of: $1, at: limit) })
        }
        let metrics: [RowMetric] =
            [.mean("ndcg_at_10", gains), .mean("mrr_at_10", hits.map { Ranking.reciprocalRank($0, at: Self.depth) })]
            + recalls
        return metrics.map { $0.numbered(numbers) }
    }

    /// The vectors of `texts`, with a length of 1.
    private static func unit(_ vectors: TextVectors, _ texts: [Int]) -> [Float] {
        let width = vectors.width
        return texts.flatMap { text -> [Float] in
            let vector = vectors.values[text * width..<(text + 1) * width]
            let length = max(vector.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot(), 1e-12)
            return vector.map { Float(Double($0) / length) }
        }
    }

    /// For each question the places of the nearest texts, the nearest first; of equally near ones the first.
    private static func nearest(_ questions: [Float], _ corpus: [Float], _ width: Int) -> [[Int]] {
        let (rows, columns) = (questions.count / width, corpus.count / width)
        let workspace = Workspace()
        return workspace.scoped {
            let left = workspace.matrix(rows: rows, columns: width)
            let right = workspace.matrix(rows: columns, columns: width)
            let scores = workspace.matrix(rows: rows, columns: columns)
            _ = left.floats.update(from: questions)
            _ = right.floats.update(from: corpus)
            Products.timesTransposed(left, right, into: scores)
            return (0..<rows).map { first(scores.rows($0..<$0 + 1).floats) }
        }
    }

    private static func first(_ scores: UnsafeMutableBufferPointer<Float>) -> [Int] {
        var best: [Int] = []
        for place in scores.indices {
            guard best.count < depth || scores[place] > scores[best[best.count - 1]] else { continue }
            let at = best.firstIndex { scores[place] > scores[$0] } ?? best.count
            best.insert(place, at: at)
            if best.count > depth { best.removeLast() }
        }
        return best
    }
}
