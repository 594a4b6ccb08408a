// The norm of rows, with its frozen weight.

import Kernels
import Tensors

/// A norm of rows: `y = x · r · w` by their root mean square, `y = (x − m) · r · w + b` by their mean and deviation.
struct Norm {
    /// By what rows are normed.
    let kind: NormSpec.Kind
    /// w `[1, C]`, whatever the file stores of it: ones where it stores none.
    let weight: ConstantVector
    /// b `[1, C]`; nil where the norm has none.
    let bias: ConstantVector?
    /// ε.
    let epsilon: Float
    /// Its place among the model's norms; nil where nothing of it can be trained.
    var number: Int?
    /// What of it is trained in a pass.
    var trained: TrainedNorm?
    var trainedWeight: TrainedWeight?

    /// What rows are multiplied with and what is added to them in a pass.
    private var factors: Matrix { trainedWeight?.matrix ?? weight.matrix }
    private var addition: Matrix? { trained?.bias?.values ?? bias?.matrix }

    /// The norm with what is trained of it, as the numbers are now.
    /// - Parameter measures: whether only memory is counted, and no number is looked at.
    func with(_ trained: TrainedNorm, measures: Bool) -> Norm {
        var norm = self
        (norm.trained, norm.trainedWeight) = (trained, measures ? nil : trained.weight)
        return norm
    }

    /// Room for what the way back needs of `rows` rows: r `[N, 1]`, or m and r `[N, 2]`, fp32.
    func statistics(rows: Int, _ context: PassContext) -> Matrix {
        context.residual(rows: rows, columns: kind.statistics)
    }

    /// - Parameter statistics: what the way back needs.
    func forward(_ x: Matrix, into y: Matrix, statistics: Matrix) {
        switch kind {
        case .rms: RMSNorm.forward(x, weight: factors, epsilon: epsilon, into: y, inverseRMS: statistics)
        case .layer:
            LayerNorm.forward(
                x, weight: factors, bias: addition, epsilon: epsilon, into: y, statistics: statistics)
        }
    }

    /// `forward`, with the statistics known from before.
    func apply(_ x: Matrix, statistics: Matrix, into y: Matrix) {
        switch kind {
        case .rms: RMSNorm.apply(x, weight: factors, inverseRMS: statistics, into: y)
        case .layer:
            LayerNorm.apply(x, weight: factors, bias: addition, statistics: statistics, into: y)
        }
    }

    /// The rows as they are before the weight, with the statistics known from before.
    /// - Parameter unit: ones.
    func normalise(_ x: Matrix, unit: ConstantVector, statistics: Matrix, into y: Matrix) {
        Norm(kind: kind, weight: unit, bias: nil, epsilon: epsilon).apply(x, statistics: statistics, into: y)
    }

    /// The gradient of x, added to `dx` or put there; `dx` may be `dy`.
    func backward(_ dy: Matrix, x: Matrix, statistics: Matrix, into dx: Matrix, accumulate: Bool) {
        switch kind {
        case .rms:
            RMSNorm.backward(
                dy, x: x, weight: factors, inverseRMS: statistics, into: dx, accumulate: accumulate)
        case .layer:
            LayerNorm.backward(
                dy, x: x, weight: factors, statistics: statistics, into: dx, accumulate: accumulate)
        }
    }

    /// `forward` in generation, into a matrix that is valid until the end of the enclosing scope.
    func generate(_ x: Matrix, _ pass: GenerationPass) -> Matrix {
        let y = pass.matrix(x.rows, x.columns)
        generate(x, into: y, pass)
        return y
    }

    /// `forward` in generation, which keeps nothing.
    func generate(_ x: Matrix, into y: Matrix, _ pass: GenerationPass) {
        pass.workspace.scoped {
            let statistics = statistics(rows: x.rows, pass.context)
            pass.context.compute { pass.context.norm(self).forward(x, into: y, statistics: statistics) }
        }
    }
}

extension NormSpec.Kind {
    /// Numbers that the way back needs of a row.
    var statistics: Int {
        switch self {
        case .rms: 1
        case .layer: 2
        }
    }
}
