internal import Kernels
public import Recipes
public import Tensors

/// AdamW without a schedule (Defazio et al. 2024) as `schedulefree.AdamWScheduleFree` computes it: what is learnt is a mean of all steps.
public struct ScheduleFreeAdamW: OptimiserRule {
    private let adam: AdamHyperparameters

    public init(_ train: TrainSection) { adam = AdamHyperparameters(train) }

    public static let hasMean = true

    /// Where the steps stand, the running mean of the gradient's squares, and two numbers that say how much a step weighs.
    public static func states(rows: Int, columns: Int) -> [OptimiserState] {
        [
            OptimiserState("steps", rows: rows, columns: columns),
            OptimiserState("second_moment", rows: rows, columns: columns, kind: .neverNegative),
            OptimiserState("weights", rows: 1, columns: 2, kind: .neverNegative),
        ]
    }

    public func update(
        _ values: Matrix, gradients: Matrix, states: [Matrix], in step: OptimiserStep, scratch: Workspace
    ) {
        ScheduleFreeUpdate.apply(
            values: values.floats, gradients: gradients.floats, steps: states[0].floats, squares: states[1].floats,
            weights: states[2].floats, adam.step(step))
    }

    public func mean(of values: Matrix, states: [Matrix], into mean: Matrix) {
        ScheduleFreeUpdate.mean(
            values: values.floats, steps: states[0].floats, beta1: adam.beta1, into: mean.floats)
    }
}
