// The gradient of one row at an adapter, as a sketch.

public import Datasets
internal import Models
public import Objectives
public import Tensors

/// Takes the gradients of rows, one after the other, at an adapter as it stands.
public final class RowGradients {
    private let learner: Learner
    private let slab: ParameterSlab
    private let sketch: GradientSketch
    private let recomputedBlocks: Int
    private let workspace: Workspace

    /// - Parameters:
    ///   - slab: of the adapter that is on the learner's model, without dropout.
    ///   - recomputedBlocks: as a training step has them.
    public init(
        _ learner: Learner, _ slab: ParameterSlab, sketch: GradientSketch, recomputedBlocks: Int, workspace: Workspace
    ) {
        self.learner = learner
        self.slab = slab
        self.sketch = sketch
        self.recomputedBlocks = recomputedBlocks
        self.workspace = workspace
    }

    /// The sketch of the gradient of the mean loss of `units`, at length 1; nil where the gradient is zero or no number.
    ///
    /// - Parameter direction: what Adam makes of the gradient; nil: the gradient itself.
    public func sketch(of indices: Range<Int>, in units: ExampleUnits, as direction: AdamDirection?) throws -> [Float]?
    {
        slab.zeroGradients()
        let weight = indices.reduce(0) { $0 + learner.objective.weight(targets: units.targetCount($1)) }
        guard weight > 0 else { return nil }
        for index in indices where units.targetCount(index) > 0 {
            let examples = try units.examples(index)
            _ = try learner.accumulateGradients(
                TokenBatch(examples: examples.map { ($0.ids, $0.isTarget) }),
                gradientScale: Float(1 / Double(weight)), recomputedBlocks: recomputedBlocks, workspace: workspace,
                dropout: DropoutKey(seed: 0, stream: 0, firstRow: 0))
        }
        direction?.replace(slab.gradients)
        return SketchMath.normalised(sketch.sketch(of: UnsafeBufferPointer(slab.gradients)))
    }
}
