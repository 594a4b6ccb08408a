// A norm of which weight or bias are trained, and the sums over rows that their gradients are: dw = Σ dy ∘ x̂, db = Σ dy, with x̂ the
// rows as they are normed before the weight. N rows, C width.

import Kernels
import Tensors

/// What a norm multiplies rows with, `[1, C]`.
struct TrainedWeight {
    let matrix: Matrix
    /// Holds the numbers, where they are not the trained ones themselves.
    var vector: ConstantVector?
}

/// What is trained of one norm.
final class TrainedNorm {
    /// Holds the numbers.
    private let slab: ParameterSlab
    private var own: TrainedMatrix?
    /// What is added to Hugging Face's weight.
    private var offset: Float = 0
    private var effective: (revision: Int, weight: TrainedWeight)?
    /// Ones, for rows before the weight; there if `own` is.
    private var unit: ConstantVector?
    var bias: TrainedMatrix?

    init(_ slab: ParameterSlab) { self.slab = slab }

    func setWeight(_ matrix: TrainedMatrix, offset: Float) {
        (own, self.offset) = (matrix, offset)
        unit = ConstantVector(repeating: 1, count: matrix.values.columns)
    }

    /// What rows are multiplied with; nil where it is the base's. For the thread that begins a pass: who computes has it then.
    var weight: TrainedWeight? {
        guard let own else { return nil }
        guard offset != 0 else { return TrainedWeight(matrix: own.values) }
        if let effective, effective.revision == slab.revision { return effective.weight }
        let vector = ConstantVector(own.values.floats.map { $0 + offset })
        let weight = TrainedWeight(matrix: vector.matrix, vector: vector)
        effective = (slab.revision, weight)
        return weight
    }

    /// Adds to the gradients.
    /// - Parameters:
    ///   - dy: of what the norm gave `[N, C]`, fp32.
    ///   - x: what it read, with its `statistics`.
    func addGradients(_ norm: Norm, _ dy: Matrix, x: Matrix, statistics: Matrix, _ context: PassContext) {
        context.workspace.scoped {
            let ones = context.residual(rows: dy.rows, columns: 1)
            let shares = own.map { _ in context.residual(rows: dy.rows, columns: dy.columns) }
            context.compute {
                guard dy.rows > 0 else { return }
                Elements.fill(ones, with: 1)
                var products: [GradientProduct] = []
                if let own, let shares, let unit {
                    norm.normalise(x, unit: unit, statistics: statistics, into: shares)
                    ColumnFactors.multiply(shares, by: dy, unit.matrix)
                    products.append(GradientProduct(ones, count: 1, shares, addedTo: own.gradients, .fewByMany))
                }
                if let bias {
                    products.append(GradientProduct(ones, count: 1, dy, addedTo: bias.gradients, .fewByMany))
                }
                GradientProduct.run(products)
            }
        }
    }
}

/// The gradient of what a trained norm gave, kept block by block until all rows are through.
struct NormGradient {
    private let norm: Norm
    private let trained: TrainedNorm
    /// `[N, C]`, fp32.
    private let dy: Matrix
    private let x: Matrix
    private let statistics: Matrix
    private let context: PassContext

    /// Takes room; nil where nothing of the norm is trained.
    /// - Parameters:
    ///   - x: what the norm reads of all rows.
    ///   - statistics: what it leaves of them.
    init?(_ norm: Norm?, x: Matrix, statistics: Matrix?, _ context: PassContext) {
        guard let norm, let trained = norm.trained, let statistics else { return nil }
        (self.norm, self.trained, self.x, self.statistics) = (norm, trained, x, statistics)
        self.context = context
        dy = context.residual(rows: x.rows, columns: x.columns)
    }

    /// Takes the gradient at rows `rows`.
    func keep(_ gradient: Matrix, _ rows: Range<Int>) { Conversion.convert(gradient, into: dy.rows(rows)) }

    /// Adds to the norm's gradients, when all rows were kept.
    func add() { trained.addGradients(norm, dy, x: x, statistics: statistics, context) }
}
