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

    /// - Parameters:
    ///   - values: `[rows, columns]`, as are `gradients` and `momentum`.
    ///   - gradientScale: multiplies each gradient first: the clipping factor.
    public static func apply(
        values: Matrix, gradients: Matrix, momentum: Matrix, gradientScale: Float, learningRate: Double,
        weightDecay: Double, _ settings: Settings
    ) {
        precondition(gradients.count == values.count && momentum.count == values.count)
        guard values.count > 0 else { return }
        let w = values.floats, g = gradients.floats, m = momentum.floats
        let added = Float(1 - settings.momentum)
        var update = [Float](repeating: 0, count: w.count)
        for index in g.indices {
            let gradient = g[index] * gradientScale
            let moved = m[index] + added * (gradient - m[index])
            m[index] = moved
            // As torch's lerp from the gradient.
            update[index] =
                settings.isNesterov ? moved - (moved - gradient) * (1 - Float(settings.momentum)) : moved
        }
        let direction = orthogonal(&update, rows: values.rows, columns: values.columns, steps: settings.steps)
        let rate = Float(learningRate * adjustment(values, settings)), decay = Float(1 - learningRate * weightDecay)
        for index in w.indices { w[index] = w[index] * decay - rate * direction[index] }
    }

    private static func adjustment(_ shape: Matrix, _ settings: Settings) -> Double {
        let (rows, columns) = (Double(shape.rows), Double(shape.columns))
        return settings.isOriginalRate ? max(1, rows / columns).squareRoot() : 0.2 * max(rows, columns).squareRoot()
    }

    /// What the iteration makes of `update` `[rows, columns]`, whose singular values come close to 1.
    private static func orthogonal(_ update: inout [Float], rows: Int, columns: Int, steps: Int) -> [Float] {
        let isTall = rows > columns, few = min(rows, columns), many = max(rows, columns)
        var x = isTall ? transposed(update, rows: rows, columns: columns) : update
        round(&x)
        let norm = max(rounded(Float(x.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot())), rounded(leastNorm))
        for index in x.indices { x[index] = rounded(x[index] / norm) }
        var gram = [Float](repeating: 0, count: few * few), change = gram
        for _ in 0..<steps {
            product(x, x, isTransposed: true, rows: few, inner: many, columns: few, into: &gram, alpha: 1, beta: 0)
            round(&gram)
            change = gram
            product(
                gram, gram, isTransposed: false, rows: few, inner: few, columns: few, into: &change, alpha: c, beta: b)
            round(&change)
            update = x
            product(
                change, x, isTransposed: false, rows: few, inner: few, columns: many, into: &update, alpha: 1, beta: a)
            round(&update)
            swap(&x, &update)
        }
        return isTall ? transposed(x, rows: columns, columns: rows) : x
    }

    /// out = alpha · x · w (or x · wᵀ) + beta · out.
    private static func product(
        _ x: [Float], _ w: [Float], isTransposed: Bool, rows: Int, inner: Int, columns: Int, into out: inout [Float],
        alpha: Float, beta: Float
    ) {
        // A sum that is rounded once: the share of `out` is in it before the product is added.
        for index in out.indices { out[index] *= beta }
        var x = x, w = w
        x.withUnsafeMutableBytes { x in
            w.withUnsafeMutableBytes { w in
                out.withUnsafeMutableBytes { out in
                    guard let x = x.baseAddress, let w = w.baseAddress, let out = out.baseAddress else { return }
                    FloatProduct.run(
                        Matrix(pointer: x, rows: rows, columns: inner, type: .f32),
                        Matrix(
                            pointer: w, rows: isTransposed ? columns : inner, columns: isTransposed ? inner : columns,
                            type: .f32),
                        isTransposed: isTransposed,
                        into: Matrix(pointer: out, rows: rows, columns: columns, type: .f32),
                        alpha: alpha, accumulate: true)
                }
            }
        }
    }

    private static func transposed(_ numbers: [Float], rows: Int, columns: Int) -> [Float] {
        var result = [Float](repeating: 0, count: numbers.count)
        for row in 0..<rows {
            for column in 0..<columns { result[column * rows + row] = numbers[row * columns + column] }
        }
        return result
    }

    private static func round(_ numbers: inout [Float]) {
        for index in numbers.indices { numbers[index] = rounded(numbers[index]) }
    }

    /// The nearest number of bf16, the even one of two.
    private static func rounded(_ number: Float) -> Float {
        guard number.isFinite else { return number }
        let bits = number.bitPattern
        return Float(bitPattern: (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) & 0xFFFF_0000)
    }
}
