// The residual stream between blocks, at the rows that carry loss: for objectives that look at more than predictions.

import Kernels
public import Tensors

/// The residual stream after one block.
///
/// Legend: M rows that carry loss, C width.
public struct ResidualRows {
    /// The number of the block, from 0.
    public let block: Int
    /// `[M, C]`, fp32.
    public let states: Matrix
    /// `[M, C]`, fp32, zero at first: what an objective leaves here goes back beside what comes from above. Nil where nothing goes back.
    public let gradient: Matrix?

    /// Takes room in the workspace of `context`.
    init(after block: Int, rows: Int, width: Int, goesBack: Bool, _ context: PassContext) {
        self.block = block
        states = context.residual(rows: rows, columns: width)
        gradient = goesBack ? context.residual(rows: rows, columns: width) : nil
        context.compute { if let gradient { Elements.fill(gradient) } }
    }
}

extension [ResidualRows] {
    /// Takes what stands after block `block` in `x` `[N, C]`, where somebody asks for it.
    func take(after block: Int, _ x: Matrix, _ rows: [Int32], _ context: PassContext) {
        for residual in self where residual.block == block && !rows.isEmpty {
            context.compute { rows.withUnsafeBufferPointer { Elements.gatherRows(x, $0, into: residual.states) } }
        }
    }

    /// Adds to `dx` `[N, C]`, the gradient at the output of block `block`, what was left there.
    func addGradient(after block: Int, to dx: Matrix, _ rows: [Int32], _ context: PassContext) {
        for residual in self where residual.block == block && !rows.isEmpty {
            guard let gradient = residual.gradient else { continue }
            context.compute { rows.withUnsafeBufferPointer { Elements.scatterAddRows(gradient, $0, into: dx) } }
        }
    }
}
