internal import Kernels
public import Recipes
public import Tensors

/// Lion, evolved sign momentum (Chen et al. 2023): each value moves by the learning rate, up or down. It keeps half of what Adam
/// keeps, and its authors take a learning rate 3 to 10 times smaller and a weight decay as many times larger.
public struct Lion: OptimiserRule {
    private let beta1: Double
    private let beta2: Double

    public init(_ train: TrainSection) { (beta1, beta2) = (train.adamBeta1, train.adamBeta2) }

    /// A running mean of the gradient.
    public static func states(rows: Int, columns: Int) -> [OptimiserState] {
        [OptimiserState("momentum", rows: rows, columns: columns)]
    }

    public func update(
        _ values: Matrix, gradients: Matrix, states: [Matrix], in step: OptimiserStep, scratch: Workspace
    ) {
        LionUpdate.apply(
            values: values.floats, gradients: gradients.floats, momentum: states[0].floats,
            gradientScale: step.gradientScale, learningRate: step.learningRate, beta1: beta1, beta2: beta2,
            weightDecay: step.weightDecay)
    }
}
