// What a recipe's model learns, by its task.

public import Recipes

extension Recipe {
    /// What the model learns.
    public var learnt: any Objective {
        let loss = ClassLoss(isBalanced: head.classWeights == .balanced, gamma: head.focalGamma)
        switch task {
        case .classify: return head.multiLabel ? MultiLabelClassification(loss) : Classification(loss)
        case .regress: return Regression()
        case .tag: return Tagging(loss)
        case .generate, .embed: return train.learnt
        }
    }
}
