internal import Kernels
public import Recipes
public import Tensors

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019), as `torch.optim.AdamW` computes it.
public struct AdamW: OptimiserRule {
    private let beta1: Float
    private let beta2: Float
    private let epsilon: Float

    public init(_ train: TrainSection) {
        (beta1, beta2) = (Float(train.adamBeta1), Float(train.adamBeta2))
        epsilon = Float(train.adamEpsilon)
    }

    /// Running means of the gradient and of its square.
    public static func states(rows: Int, columns: Int) -> [OptimiserState] {
        [
            OptimiserState("first_moment", rows: rows, columns: columns),
            OptimiserState("second_moment", rows: rows, columns: columns, kind: .neverNegative),
        ]
    }

    public func update(
        _ values: Matrix, gradients: Matrix, states: [Matrix], in step: OptimiserStep, scratch: Workspace
    ) {
        AdamWUpdate.apply(
            values: values.floats, gradients: gradients.floats, firstMoments: states[0].floats,
            secondMoments: states[1].floats, gradientScale: step.gradientScale,
            learningRate: Float(step.learningRate), beta1: beta1, beta2: beta2, epsilon: epsilon,
            weightDecay: Float(step.weightDecay), step: step.number)
    }
}
