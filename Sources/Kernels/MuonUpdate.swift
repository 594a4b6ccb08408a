import Foundation
public import Tensors

/// One step of Muon on a matrix, as `torch.optim.Muon` takes it: momentum, made orthogonal by a few steps of a Newton–Schulz iteration
/// whose numbers are rounded to bf16, as they are there.
public enum MuonUpdate {
    /// What a step is beside its rate.
    public struct Settings: Sendable {
        /// The share of the momentum that stays.
        public var momentum = 0.95
        /// Whether the momentum's next step is looked at.
        public var isNesterov = true
        /// Of the iteration.
        public var steps = 5
        /// How the matrix's sizes change the rate; false: as they do for the root mean square of an AdamW step.
        public var isOriginalRate = false

        public init() {}
    }

    /// Coefficients of the iteration, and the least norm that a momentum is divided by.
    private static let (a, b, c): (Float, Float, Float) = (3.4445, -4.7750, 2.0315)
    private static let leastNorm: Float = 1e-7

    /// Bytes that `apply` takes from a workspace for a matrix `[rows, columns]`.
    public static func workspaceBytes(rows: Int, columns: Int) -> Int {
        let few = min(rows, columns), many = max(rows, columns)
        return 2 * Workspace.byteCount(rows: few, columns: many) + 2 * Workspace.byteCount(rows: few, columns: few)
            + Workspace.byteCount(rows: 1, columns: many, type: .bf16)
    }

    /// - Parameters:
    ///   - values: `[rows, columns]`, as are `gradients` and `momentum`.
    ///   - gradientScale: multiplies each gradient first: the clipping factor.
    public static func apply(
        values: Matrix, gradients: Matrix, momentum: Matrix, gradientScale: Float, learningRate: Double,
        weightDecay: Double, _ settings: Settings, workspace: Workspace
    ) {
        precondition(gradients.count == values.count && momentum.count == values.count)
        guard values.count > 0 else { return }
        workspace.scoped {
            let w = values.floats, g = gradients.floats, m = momentum.floats
            let taken = workspace.matrix(rows: values.rows, columns: values.columns), update = taken.floats
            let added = Float(1 - settings.momentum)
            for index in g.indices {
                let gradient = g[index] * gradientScale
                let moved = m[index] + added * (gradient - m[index])
                m[index] = moved
                // As torch's lerp from the gradient.
                update[index] =
                    settings.isNesterov ? moved - (moved - gradient) * (1 - Float(settings.momentum)) : moved
            }
            let direction = orthogonal(taken, steps: settings.steps, workspace).floats
            let rate = Float(learningRate * adjustment(values, settings))
            let decay = Float(1 - learningRate * weightDecay)
            for index in w.indices { w[index] = w[index] * decay - rate * direction[index] }
        }
    }

    private static func adjustment(_ shape: Matrix, _ settings: Settings) -> Double {
        let (rows, columns) = (Double(shape.rows), Double(shape.columns))
        return settings.isOriginalRate ? max(1, rows / columns).squareRoot() : 0.2 * max(rows, columns).squareRoot()
    }

    /// What the iteration makes of `update` `[rows, columns]`, whose singular values come close to 1; valid as long as
    /// what is taken from the workspace. `update` is used up.
    private static func orthogonal(_ update: Matrix, steps: Int, _ workspace: Workspace) -> Matrix {
        let isTall = update.rows > update.columns
        let few = min(update.rows, update.columns), many = max(update.rows, update.columns)
        let other = workspace.matrix(rows: few, columns: many)
        let gram = workspace.matrix(rows: few, columns: few), change = workspace.matrix(rows: few, columns: few)
        let halves = workspace.matrix(rows: 1, columns: many, type: .bf16)
        var (x, next) = (update, other)
        if isTall {
            Elements.transpose(update, into: other)
            (x, next) = (other, Matrix(pointer: update.pointer, rows: few, columns: many, type: .f32))
        }
        round(x, halves)
        let squares = x.floats.reduce(0.0) { $0 + Double($1) * Double($1) }
        let norm = max(rounded(Float(squares.squareRoot())), rounded(leastNorm)), numbers = x.floats
        for index in numbers.indices { numbers[index] /= norm }
        round(x, halves)
        for _ in 0..<steps {
            product(x, x, isTransposed: true, into: gram, alpha: 1, beta: 0)
            round(gram, halves)
            Elements.copy(gram, into: change)
            product(gram, gram, isTransposed: false, into: change, alpha: c, beta: b)
            round(change, halves)
            Elements.copy(x, into: next)
            product(change, x, isTransposed: false, into: next, alpha: 1, beta: a)
            round(next, halves)
            swap(&x, &next)
        }
        guard isTall else { return x }
        let result = Matrix(pointer: next.pointer, rows: update.rows, columns: update.columns, type: .f32)
        Elements.transpose(x, into: result)
        return result
    }

    /// out = alpha · x · w (or x · wᵀ) + beta · out.
    private static func product(
        _ x: Matrix, _ w: Matrix, isTransposed: Bool, into out: Matrix, alpha: Float, beta: Float
    ) {
        // A sum that is rounded once: the share of `out` is in it before the product is added.
        if beta == 0 { Elements.fill(out) } else { Elements.scale(out, by: beta) }
        FloatProduct.run(x, w, isTransposed: isTransposed, into: out, alpha: alpha, accumulate: true)
    }

    /// Rounds each number to the nearest of bf16.
    /// - Parameter halves: room for a row.
    private static func round(_ matrix: Matrix, _ halves: Matrix) {
        let narrow = Matrix(pointer: halves.pointer, rows: 1, columns: matrix.columns, type: .bf16)
        for row in 0..<matrix.rows {
            let numbers = matrix.rows(row..<row + 1)
            Conversion.convert(numbers, into: narrow)
            Conversion.convert(narrow, into: numbers)
        }
    }

    /// The nearest number of bf16, the even one of two.
    private static func rounded(_ number: Float) -> Float {
        guard number.isFinite else { return number }
        let bits = number.bitPattern
        return Float(bitPattern: (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) & 0xFFFF_0000)
    }
}
