// What becomes of the stream after the last block: it is normed or, where blocks end in norms of their own, stays as it is.

import Kernels
import Tensors

/// The end of the stream.
struct FinalNorm {
    /// Nil where the stream stays as it is.
    let norm: Norm?

    /// Room for what the way back needs of `rows` rows; nil where it needs nothing.
    func statistics(rows: Int, _ context: PassContext) -> Matrix? {
        norm.map { $0.statistics(rows: rows, context) }
    }

    /// - Parameters:
    ///   - x: the stream `[N, C]`, fp32.
    ///   - y: `[N, C]`, of any type.
    func forward(_ x: Matrix, into y: Matrix, statistics: Matrix?, _ context: PassContext) {
        guard let norm, let statistics else { return Conversion.convert(x, into: y) }
        context.norm(norm).forward(x, into: y, statistics: statistics)
    }

    /// Turns the gradient of what came out into that of the stream `x`, in place.
    /// - Parameter statistics: what `forward` left.
    func backward(_ gradient: Matrix, x: Matrix, statistics: Matrix?, _ context: PassContext) {
        guard let norm = norm.map(context.norm), let statistics else { return }
        norm.trained?.addGradients(norm, gradient, x: x, statistics: statistics, context)
        context.compute {
            norm.backward(gradient, x: x, statistics: statistics, into: gradient, accumulate: false)
        }
    }

    /// `forward` in generation, which keeps nothing.
    func generate(_ x: Matrix, into y: Matrix, _ pass: GenerationPass) {
        guard let norm else { return pass.context.compute { Conversion.convert(x, into: y) } }
        norm.generate(x, into: y, pass)
    }
}
