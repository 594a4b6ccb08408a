internal import Kernels
public import Recipes
public import Tensors

/// Adafactor (Shazeer and Stern 2018) as transformers' `Adafactor` computes it with a rate that is given: it keeps a number for each row
/// and each column where Adam keeps two for each value.
///
/// With `train.adafactor_scale_parameter` the rate is of the values' own size, which without decay is `torch.optim.Adafactor`.
public struct Adafactor: OptimiserRule {
    private let settings: AdafactorUpdate.Settings

    public init(_ train: TrainSection) {
        var settings = AdafactorUpdate.Settings()
        settings.scalesByValues = train.adafactorScaleParameter
        self.settings = settings
    }

    /// Means of the squares of each row and each column; of a vector the squares' own.
    public static func states(rows: Int, columns: Int) -> [OptimiserState] {
        guard min(rows, columns) > 1 else {
            return [OptimiserState("squares", rows: rows, columns: columns, kind: .neverNegative)]
        }
        return [
            OptimiserState("row_squares", rows: rows, columns: 1, kind: .neverNegative),
            OptimiserState("column_squares", rows: 1, columns: columns, kind: .neverNegative),
        ]
    }

    public func update(
        _ values: Matrix, gradients: Matrix, states: [Matrix], in step: OptimiserStep, scratch: Workspace
    ) {
        AdafactorUpdate.apply(
            values: values, gradients: gradients, means: states, gradientScale: step.gradientScale,
            learningRate: step.learningRate, weightDecay: step.weightDecay, step: step.number, settings)
    }
}
