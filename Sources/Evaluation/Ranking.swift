// How good a ranked list of documents is, for one question; over many questions, the mean.

/// What is said of a ranking.
public enum Ranking {
    /// Places of `scores` from the highest to the lowest; of equal ones the first comes first.
    public static func order(_ scores: [Double]) -> [Int] {
        scores.indices.sorted { scores[$0] != scores[$1] ? scores[$0] > scores[$1] : $0 < $1 }
    }

    /// Normalised discounted cumulative gain (Järvelin and Kekäläinen, 2002), gains linear, discounts by log₂; 0 without relevant documents.
    ///
    /// - Parameters:
    ///   - relevances: of the documents in the order of the ranking.
    ///   - all: of all relevant documents, those that the ranking does not have included.
    public static func nDCG(_ relevances: [Double], all: [Double], at limit: Int = 10) -> Double {
        let ideal = gain(all.sorted(by: >), limit)
        return ideal > 0 ? gain(relevances, limit) / ideal : 0
    }

    private static func gain(_ relevances: [Double], _ limit: Int) -> Double {
        relevances.prefix(limit).enumerated().reduce(0) { $0 + $1.element / binaryLogarithm(Double($1.offset + 2)) }
    }

    /// 1 / the place of the first relevant document; 0 where there is none among the first `limit`.
    public static func reciprocalRank(_ isRelevant: [Bool], at limit: Int = 10) -> Double {
        isRelevant.prefix(limit).firstIndex(of: true).map { 1 / Double($0 + 1) } ?? 0
    }

    /// The share of all `count` relevant documents that are among the first `limit`; 0 where there are none.
    public static func recall(_ isRelevant: [Bool], of count: Int, at limit: Int) -> Double {
        count > 0 ? Double(isRelevant.prefix(limit).count { $0 }) / Double(count) : 0
    }
}
