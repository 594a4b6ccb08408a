// The gradient of the mean loss of some examples, for who looks at it and takes no step.

public import Datasets
internal import Models
internal import Objectives
public import Tensors

/// Takes the gradient of units at an adapter as it stands, without dropout.
public struct MeanGradient {
    private let model: any GradientSource
    private let units: ExampleUnits
    private let plan: MicroBatchPlan
    private let recomputedBlocks: Int
    private let workspace: Workspace

    /// - Parameters:
    ///   - model: adds its gradients into those of the slab of the adapter that acts on it.
    ///   - count: units from the first on.
    ///   - rowLimit: token rows of a micro-batch.
    public init(
        _ model: any GradientSource, _ units: ExampleUnits, first count: Int, rowLimit: Int, recomputedBlocks: Int,
        workspace: Workspace
    ) {
        self.model = model
        self.units = units
        self.recomputedBlocks = recomputedBlocks
        self.workspace = workspace
        plan = MicroBatchPlan(
            lengths: (0..<min(count, units.count)).map { units.rowCount($0, ahead: model.rowsAhead) },
            rowLimit: rowLimit)
    }

    /// Leaves the gradient in `slab`.
    /// - Throws: `ModelError` for a loss that is not finite.
    public func take(_ slab: ParameterSlab) throws {
        slab.zeroGradients()
        let cut = try plan.ranges.map { range in
            model.objective.batch(try range.flatMap(units.examples), sequences: range.flatMap(units.sequences))
        }
        let batches = model.objective.joined(cut).map {
            StepBatch($0, dropout: DropoutKey(seed: 0, stream: 0, firstRow: 0))
        }
        let weight = plan.ranges.joined().reduce(0) {
            $0 + model.objective.weight(targets: units.targetCount($1))
        }
        _ = try StepGradients(
            model: model, gradientScale: Float(1 / Double(max(weight, 1))), recomputedBlocks: recomputedBlocks,
            workspace: workspace
        ).accumulate(batches) { _, error in error }
    }
}
