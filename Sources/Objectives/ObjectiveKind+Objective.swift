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
        }
    }
}
