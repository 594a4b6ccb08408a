// What a sublayer reads of the residual stream: the norm of it or, where the family norms elsewhere, the stream as it is. N rows, C
// width.

import Kernels
import Tensors

/// The beginning of a sublayer in one pass, with what it saves. The normed rows are not among it: the way back makes them again from
/// what is here, which costs a few per cent of a product and saves memory.
struct ResidualInput {
    private let norm: Norm?
    /// The residual stream, `[N, C]`, in the type of activations.
    private let stream: Matrix
    /// What its norm leaves, fp32.
    private let statistics: Matrix?
    /// Where the gradient of what a trained norm gave is kept.
    let normGradient: NormGradient?
    private let context: PassContext

    init(_ norm: Norm?, rows: Int, columns: Int, _ context: PassContext) {
        let norm = norm.map(context.norm)
        self.norm = norm
        self.context = context
        stream = context.activations(rows: rows, columns: columns)
        statistics = norm.map { $0.statistics(rows: rows, context) }
        normGradient = NormGradient(norm, x: stream, statistics: statistics, context)
    }

    var rows: Int { stream.rows }
    var columns: Int { stream.columns }

    /// Takes the room that the loop over rows needs.
    /// - Returns: takes rows of the stream, fp32, saves them, and gives what the sublayer's layers read.
    func reading() -> (_ x: Matrix, _ block: RowBlock) -> Matrix {
        guard let norm, let statistics else {
            return { x, block in
                let stream = stream.rows(block.rows)
                Conversion.convert(x, into: stream)
                return stream
            }
        }
        let normed = context.scratch(columns: columns)
        return { x, block in
            Conversion.convert(x, into: stream.rows(block.rows))
            norm.forward(x, into: normed[block], statistics: statistics.rows(block.rows))
            return normed[block]
        }
    }

    // MARK: Backward

    /// Takes room, on the way back, for what the layers read: all rows, `[N, C]`, which `restore` makes again.
    func restored() -> Matrix { norm == nil ? stream : context.activations(rows: rows, columns: columns) }

    /// What the layers read of the rows of a block, into those of `restored`.
    func restore(into restored: Matrix, _ block: RowBlock) {
        guard let norm, let statistics else { return }
        norm.apply(
            stream.rows(block.rows), statistics: statistics.rows(block.rows), into: restored.rows(block.rows))
    }

    /// Adds to `dx`, the gradient of the stream at the rows of a block, what comes through what the layers read.
    func backward(_ dRead: Matrix, addedTo dx: Matrix, _ block: RowBlock) {
        guard let norm, let statistics else { return Elements.add(dRead, into: dx) }
        normGradient?.keep(dRead, block.rows)
        norm.backward(
            dRead, x: stream.rows(block.rows), statistics: statistics.rows(block.rows), into: dx, accumulate: true)
    }
}
