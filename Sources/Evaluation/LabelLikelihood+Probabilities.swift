// How sure a model is of a label, against the others that it could have chosen.

extension LabelLikelihood {
    /// The probability of each label where one of them must be the answer: exp(−loss) of each, over the sum of all.
    ///
    /// - Parameter lossSums: of each label, the sum over its tokens; nats.
    /// - Returns: numbers that add up to one; NaN throughout where a loss is none.
    public static func probabilities(lossSums: [Double]) -> [Double] {
        guard let least = lossSums.min(), !lossSums.contains(where: \.isNaN) else { return lossSums.map { _ in .nan } }
        let weights = lossSums.map { exponential(least - $0) }
        let sum = weights.reduce(0, +)
        return weights.map { $0 / sum }
    }

    /// The probability of a label that may stand beside others: 1 / (1 + exp(−logit)).
    public static func probability(logit: Double) -> Double { 1 / (1 + exponential(-logit)) }
}
