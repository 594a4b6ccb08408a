// What a recipe calls an objective, and the objective.

public import Recipes

extension TrainSection {
    /// What the recipe's model learns.
    public var learnt: any Objective {
        switch objective {
        case .crossEntropy: CrossEntropyObjective()
        case .dpo: DPO(beta: dpoBeta)
        }
    }
}
