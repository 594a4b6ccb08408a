// Hong et al., "ORPO: Monolithic Preference Optimization without Reference Model", 2024.

import Recipes

extension PairPreference {
    /// ORPO as a recipe has it: the likelihood of the prompt with its chosen answer, beside the odds of the two answers.
    static func orpo(_ train: TrainSection) -> PairPreference {
        let beta = train.beta
        return PairPreference(
            OddsRatioLoss(beta: beta), against: nil, weighting: .mean,
            likelihood: Likelihood(weight: 1, ofPrompts: true)
        ) { beta * $0 }
    }
}
