// Meng et al., "SimPO: Simple Preference Optimization with a Reference-Free Reward", 2024.

import Recipes

extension PairPreference {
    /// SimPO as a recipe has it: rewards are means over tokens, and the chosen answer's is to exceed the other's by γ.
    static func simpo(_ train: TrainSection) -> PairPreference {
        let settings = train.preferences, beta = train.beta, score = RatioScore(alphaPO: settings.alpha)
        return PairPreference(
            SigmoidLoss(
                beta: beta, score: score, smoothing: settings.labelSmoothing ?? 0, target: settings.simpoGamma / beta),
            against: nil, weighting: .mean, likelihood: Likelihood(weight: settings.cpoAlpha ?? 0)
        ) { beta * score.curve($0).value }
    }
}
