// What rules with Adam's moments take from a recipe.

internal import Kernels
internal import Recipes

/// The numbers of a recipe that rules with Adam's moments share.
struct AdamHyperparameters: Sendable {
    let beta1: Double
    let beta2: Double
    let epsilon: Double

    init(_ train: TrainSection) {
        (beta1, beta2, epsilon) = (train.adamBeta1, train.adamBeta2, train.adamEpsilon)
    }

    /// A step of a matrix.
    func step(_ step: OptimiserStep) -> AdamStep {
        AdamStep(
            beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: step.weightDecay,
            learningRate: step.learningRate, gradientScale: step.gradientScale, step: step.number)
    }
}
