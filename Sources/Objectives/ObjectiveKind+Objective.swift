// What a recipe calls an objective, and the objective.

public import Recipes

extension TrainSection {
    /// What the recipe's model learns.
    /// - Parameter mostTokens: of a sequence.
    public func learnt(mostTokens: Int) -> any Objective {
        switch objective {
        case .crossEntropy: CrossEntropyObjective()
        case .dpo: PairPreference.dpo(self).ofSteps
        case .cpo: PairPreference.cpo(self)
        case .simpo: PairPreference.simpo(self)
        case .orpo: PairPreference.orpo(self)
        case .kto: KTO(self, mostTokens: mostTokens)
        case .grpo:
            GRPO(
                mean, beta: policyBeta, weighsDistance: policy.useBiasCorrectionKL, clip: clip,
                temperature: policy.temperature, told: toldOfAnswers)
        case .rloo: RLOO(clip: clip, temperature: policy.temperature, told: toldOfAnswers)
        case .reward: RewardModel(centering: preferences.centerRewards)
        }
    }
    /// Of what grpo's loss is the mean.
    private var mean: PolicyMean {
        switch weightedLossTypes.first?.type {
        case .grpo: .grpo
        case .bnpo: .bnpo
        case .drGRPO: .drGRPO(maximumTokens: policy.maxCompletionLength)
        default: .dapo
        }
    }

    private var clip: PolicyClip { PolicyClip(low: policy.epsilon, high: policy.epsilonHigh ?? policy.epsilon) }
}
