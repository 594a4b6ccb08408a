// Corpus chrF (Popović, "chrF: character n-gram F-score for automatic MT evaluation", 2015) as sacrebleu reports it by default:
// characters without white space, n-grams to 6, recall twice as heavy as precision; chrF++ (2017) adds words and pairs of them.

/// The chrF of a corpus, from numbers of its rows that are added up.
struct ChrF {
    private static let characterOrders = 6
    /// β², by which recall weighs more than precision.
    private static let factor = 4.0

    /// Orders of word n-grams: 0, or 2 for chrF++.
    let wordOrders: Int

    /// n-grams of the answer, of the reference, and of both, for each order.
    var statisticCount: Int { 3 * (Self.characterOrders + wordOrders) }

    /// What a row adds to the corpus.
    func statistics(answer: String, reference: String) -> [Double] {
        let (own, expected) = (Self.characters(answer), Self.characters(reference))
        let (ownWords, expectedWords) = (Self.words(answer), Self.words(reference))
        return (1...Self.characterOrders).flatMap { Self.counts(nGrams(own, $0), nGrams(expected, $0)) }
            + (0..<wordOrders).flatMap { Self.counts(nGrams(ownWords, $0 + 1), nGrams(expectedWords, $0 + 1)) }
    }

    /// n-grams of an order that the reference has none of do not count.
    private static func counts<Token>(_ own: [ArraySlice<Token>: Int], _ expected: [ArraySlice<Token>: Int])
        -> [Double]
    {
        [
            expected.isEmpty ? 0 : Double(own.values.reduce(0, +)), Double(expected.values.reduce(0, +)),
            Double(commonCount(own, expected)),
        ]
    }

    /// The score in 0...100; nil for an empty corpus.
    func score(ofSums sums: UnsafeBufferPointer<Double>) -> Double? {
        var (precision, recall, orders) = (0.0, 0.0, 0.0)
        for order in 0..<(statisticCount / 3) {
            let (own, expected, common) = (sums[3 * order], sums[3 * order + 1], sums[3 * order + 2])
            guard own > 0, expected > 0 else { continue }
            precision += common / own
            recall += common / expected
            orders += 1
        }
        guard orders > 0 else { return sums.contains { $0 > 0 } ? 0 : nil }
        precision /= orders
        recall /= orders
        guard precision + recall > 0 else { return 0 }
        return 100 * (1 + Self.factor) * precision * recall / (Self.factor * precision + recall)
    }

    private static func characters(_ text: String) -> [Unicode.Scalar] { text.unicodeScalars.filter { !isSpace($0) } }

    /// Words by white space, a sign of ASCII at the end set apart, or else one at the beginning.
    private static func words(_ text: String) -> [[Unicode.Scalar]] {
        text.unicodeScalars.split(whereSeparator: isSpace).flatMap { word -> [[Unicode.Scalar]] in
            let word = Array(word)
            guard word.count > 1 else { return [word] }
            if isSign(word[word.count - 1]) { return [Array(word.dropLast()), [word[word.count - 1]]] }
            return isSign(word[0]) ? [[word[0]], Array(word.dropFirst())] : [word]
        }
    }

    private static func isSign(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "!"..."/", ":"..."@", "["..."`", "{"..."~": true
        default: false
        }
    }
}
