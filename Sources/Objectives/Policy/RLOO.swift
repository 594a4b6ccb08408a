// REINFORCE with the other answers as the baseline (Ahmadian et al., "Back to Basics: Revisiting REINFORCE-Style Optimization for
// Learning from Human Feedback in LLMs", 2024).

public import Models

/// Learns from answers of the model's own: the mean over answers of −min(r · A, clip(r) · A), where A is the answer's advantage and r
/// the ratio of the whole answer's probability to what it was when it was written.
///
/// The distance from the reference is in the rewards already.
public struct RLOO: PolicyObjective {
    public let measures: [Measure]
    let clip: PolicyClip
    let temperature: Double
    private let told: [String]

    /// - Parameters:
    ///   - temperature: at which answers are written: what logits are divided by.
    ///   - told: names of what is told of each answer.
    public init(clip: PolicyClip, temperature: Double, told: [String]) {
        self.clip = clip
        self.temperature = temperature
        self.told = told
        measures =
            Measure.ofAnswers(told) + [
                Measure("clipped", isToldInSteps: true, higherIsBetter: false) { sums in
                    sums["answers"] > 0 ? sums["clipped"] / sums["answers"] : nil
                }
            ]
    }

    public func weight(targets: Int) -> Int { 1 }

    public func sums(_ pass: ObjectivePass) throws -> LossSums {
        try pass.run { rows in
            let losses = try rows.tokenLosses(temperature: temperature)
            guard !rows.measures else {
                if pass.gradientScale != nil { _ = try rows.tokenLosses(weights: [], temperature: temperature) }
                return LossSums()
            }
            var found = FoundTokens(rows)
            let outcomes = found.answers.indices.map { answer in
                let old = found.answers[answer].old.map { $0.reduce(0) { $0 + Double($1) } }
                return clip.outcome(
                    logRatio: old.map { -losses.sums[answer] - $0 } ?? 0,
                    advantage: Double(found.answers[answer].advantage))
            }
            for (answer, outcome) in outcomes.enumerated() { found.add(outcome, share: 1, to: answer) }
            try rows.checkFinite(found.losses)
            if let scale = pass.gradientScale {
                // By −log p, the loss of one token.
                let weights = zip(outcomes, found.counts).flatMap { outcome, count in
                    Array(repeating: -Float(outcome.slope * Double(scale)), count: count)
                }
                _ = try rows.tokenLosses(weights: weights, temperature: temperature)
            }
            return found.sums(told, weight: weight)
        }
    }
}
