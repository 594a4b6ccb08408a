// The norm of queries or keys before the rotation: head by head, with one weight or one for each head, or over all heads at once.

import Kernels
import Tensors

/// A norm of rows of `count` heads, with its frozen weights.
struct HeadNorm {
    /// Of what is normed at a time: a head, or all of them.
    private let norm: Norm
    /// How many of these there are in a row.
    private let parts: Int
    /// Each head's own weights `[1, count·D]`, which come after the norm; nil where all heads share the norm's.
    private let factors: ConstantVector?

    /// - Parameters:
    ///   - norm: over a head, `[1, D]`, or over all of them, `[1, count·D]`.
    ///   - factors: `[1, count·D]`, where each head has weights of its own: then the norm has none.
    init(_ norm: Norm, reach: HeadNormReach, count: Int, factors: ConstantVector? = nil) {
        precondition((factors != nil) == (reach == .eachHeadItsOwn))
        self.norm = norm
        self.factors = factors
        parts = reach == .allHeads ? 1 : count
    }

    /// Room for what the way back needs of `rows` rows.
    func statistics(rows: Int, _ context: PassContext) -> Matrix {
        norm.statistics(rows: rows * parts, context)
    }

    /// What the way back needs of rows `range`, in what `statistics` gave.
    private func part(_ statistics: Matrix, _ range: Range<Int>) -> Matrix { statistics.rows(range, times: parts) }

    /// Norms rows `rows` of a pass, `[n, count·D]`.
    func forward(_ x: Matrix, into y: Matrix, statistics: Matrix, _ rows: Range<Int>) {
        norm.forward(x.split(into: parts), into: y.split(into: parts), statistics: part(statistics, rows))
        if let factors { ColumnFactors.scale(y, by: factors.matrix, into: y) }
    }

    /// The gradient of x from that of y, fp32, which is used up.
    func backward(_ dy: Matrix, x: Matrix, statistics: Matrix, _ rows: Range<Int>, into dx: Matrix) {
        if let factors { ColumnFactors.scale(dy, by: factors.matrix, into: dy) }
        norm.backward(
            dy.split(into: parts), x: x.split(into: parts), statistics: part(statistics, rows),
            into: dx.split(into: parts), accumulate: false)
    }

    /// `forward` in generation, in place.
    func generate(_ x: Matrix, _ pass: GenerationPass) {
        norm.generate(x.split(into: parts), into: x.split(into: parts), pass)
        if let factors { pass.context.compute { ColumnFactors.scale(x, by: factors.matrix, into: x) } }
    }
}
