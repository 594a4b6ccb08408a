// Group relative policy optimisation (Shao et al., "DeepSeekMath: Pushing the Limits of Mathematical Reasoning in Open Language
// Models", 2024), with the means that its successors take.

internal import Foundation
internal import Kernels
public import Models
internal import Tensors

/// Learns from answers of the model's own, which are better or worse than others to the same prompt: of each token
///
/// −min(r · A, clip(r) · A) + β · r · (e^(log ref − log π) − (log ref − log π) − 1),
///
/// where A is the answer's advantage and r the ratio of the token's probability to what it was when the answer was written. That r
/// stands before the distance from the reference makes its gradient that of the divergence (Liu et al., "DeepSeek-V3.2", 2025).
public struct GRPO: PolicyObjective {
    public let measures: [Measure]
    let mean: PolicyMean
    /// How closely the model is held to the reference.
    let beta: Double
    let clip: PolicyClip
    let temperature: Double
    /// Whether r stands before the distance from the reference.
    let weighsDistance: Bool
    private let told: [String]

    /// - Parameters:
    ///   - beta: 0 for no reference.
    ///   - weighsDistance: whether r stands before the distance from the reference, or 1.
    ///   - temperature: at which answers are written: what logits are divided by.
    ///   - told: names of what is told of each answer.
    public init(
        _ mean: PolicyMean, beta: Double, weighsDistance: Bool = true, clip: PolicyClip, temperature: Double,
        told: [String]
    ) {
        self.mean = mean
        self.beta = beta
        self.weighsDistance = weighsDistance
        self.clip = clip
        self.temperature = temperature
        self.told = told
        measures = Measure.ofAnswers(told) + (beta > 0 ? [.ofTokens("kl")] : []) + [.ofTokens("clipped")]
    }

    public func weight(targets: Int) -> Int { mean.weight(targets: targets) }

    public func sums(_ pass: ObjectivePass) throws -> LossSums {
        try pass.run { rows in
            guard !rows.measures else {
                _ = try rows.tokenLosses(weights: pass.gradientScale.map { _ in [] }, temperature: temperature)
                return LossSums()
            }
            var found = FoundTokens(rows)
            rows.forEachRow(
                naming: SparseRows(rows.targets), temperature: temperature, goesBack: pass.gradientScale != nil
            ) { row in
                let token = found.token(row.index), share = mean.share(targets: found.counts[token.answer])
                let outcome = outcome(of: row.logProbabilities[0], at: token, &found)
                found.add(outcome, share: share, to: token.answer)
                row.slopes[0] = outcome.slope * share * Double(pass.gradientScale ?? 0)
                return 0
            }
            try rows.checkFinite(found.losses)
            return found.sums(told, weight: weight)
        }
    }

    /// What one token of an answer comes to, whose probability is now e^`logProbability`.
    private func outcome(
        of logProbability: Double, at token: (answer: Int, place: Int), _ found: inout FoundTokens
    ) -> PolicyClip.Outcome {
        let answer = found.answers[token.answer]
        let logRatio = answer.old.map { logProbability - Double($0[token.place]) } ?? 0
        var outcome = clip.outcome(logRatio: logRatio, advantage: Double(answer.advantage))
        guard beta > 0, let reference = answer.reference else { return outcome }
        let distance = Double(reference[token.place]) - logProbability, ratio = weighsDistance ? exp(logRatio) : 1
        let kl = ratio * (exp(distance) - distance - 1)
        outcome.loss += beta * kl
        outcome.slope += beta * ((weighsDistance ? kl : 0) + ratio * (1 - exp(distance)))
        found.kl[token.answer] += kl
        return outcome
    }
}

/// Of what a step's loss is the mean, as TRL calls it.
public enum PolicyMean: Sendable, Equatable {
    /// Of answers, each being the mean of its tokens.
    case grpo
    /// Of the step's tokens.
    case dapo
    /// Of the tokens of what is taken forward together, which is the step here.
    case bnpo
    /// Of answers, each being the sum of its tokens divided by the most that one may have.
    case drGRPO(maximumTokens: Int)

    func weight(targets: Int) -> Int {
        switch self {
        case .grpo, .drGRPO: 1
        case .dapo, .bnpo: targets
        }
    }

    /// What each of an answer's tokens counts.
    func share(targets: Int) -> Double {
        switch self {
        case .grpo: 1 / Double(max(targets, 1))
        case .dapo, .bnpo: 1
        case .drGRPO(let most): 1 / Double(most)
        }
    }
}

extension Measure {
    /// What is told of answers: means over them.
    static func ofAnswers(_ names: [String]) -> [Measure] {
        (names + ["answer_tokens"]).map { name in
            Measure(name, isToldInSteps: true, digits: 4) { sums in
                sums["answers"] > 0 ? sums[name] / sums["answers"] : nil
            }
        }
    }

    /// A mean over the tokens of all answers.
    static func ofTokens(_ name: String) -> Measure {
        Measure(name, isToldInSteps: true, higherIsBetter: false, digits: 5) { sums in
            sums["answer_tokens"] > 0 ? sums[name] / sums["answer_tokens"] : nil
        }
    }
}
