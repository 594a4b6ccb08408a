internal import Kernels
public import Recipes
public import Tensors

/// AdamW whose moments are codes of 8 bits, as `bitsandbytes.optim.AdamW8bit` keeps them (Dettmers et al. 2022): a quarter of the memory.
/// Small matrices keep theirs as numbers, as there.
public struct AdamW8bit: OptimiserRule {
    /// Numbers of a matrix from which on its moments are codes.
    private static let leastCount = 4096

    private let adam: AdamHyperparameters
    private let ofSmall: AdamW

    public init(_ train: TrainSection) {
        adam = AdamHyperparameters(train)
        ofSmall = AdamW(train)
    }

    /// Codes of the running means of the gradient and of its square, each with the scales of its blocks.
    public static func states(rows: Int, columns: Int) -> [OptimiserState] {
        let count = rows * columns
        guard count >= leastCount else { return AdamW.states(rows: rows, columns: columns) }
        let blocks = (count + DynamicCodes.blockSize - 1) / DynamicCodes.blockSize
        return ["first_moment", "second_moment"].flatMap { name in
            [
                OptimiserState(name + "_codes", rows: rows, columns: columns, kind: .codes),
                OptimiserState(name + "_scales", rows: 1, columns: blocks, kind: .neverNegative),
            ]
        }
    }

    public func update(
        _ values: Matrix, gradients: Matrix, states: [Matrix], in step: OptimiserStep, scratch: Workspace
    ) {
        guard states.count == 4 else {
            return ofSmall.update(values, gradients: gradients, states: states, in: step, scratch: scratch)
        }
        BlockwiseAdamWUpdate.apply(
            values: values, gradients: gradients, first: .init(codes: states[0].bytes, scales: states[1].floats),
            second: .init(codes: states[2].bytes, scales: states[3].floats), adam.step(step))
    }
}
