// What a recipe's model learns, by its task.

public import Recipes

extension Recipe {
    /// What the model learns.
    public var learnt: any Objective {
        let loss = ClassLoss(isBalanced: head.classWeights == .balanced, gamma: head.focalGamma)
        switch task {
        case .classify: return head.multiLabel ? MultiLabelClassification(loss) : Classification(loss)
        case .regress:
            return learnsRewards
                ? RewardModel(centering: train.preferences.centerRewards) : Regression()
        case .tag: return Tagging(loss)
        case .generate, .seq2seq: return train.learnt(mostTokens: data.maxLength)
        case .embed: return learntOfVectors
        }
    }

    /// What the rows as they stand teach: of a model that learns from answers of its own, their likelihood.
    public var learntOfRows: any Objective { train.objective.writesAnswers ? CrossEntropyObjective() : learnt }

    /// What held-out rows are scored by: that of what is learnt which asks nothing of the training rows, so that models with another
    /// head, or none, are scored alike. The head of a task is without weights of classes and without focus.
    public var scored: any Objective {
        guard task.hasHead else { return learntOfRows }
        var plain = self
        (plain.head.classWeights, plain.head.focalGamma) = (HeadSection().classWeights, HeadSection().focalGamma)
        return plain.learnt
    }
}
