// Which keys the rows of a pass may see: those of their own example.

import Kernels
import Tensors

/// Positions and reach of attention for the rows of one pass.
struct AttentionSpan {
    enum Reach {
        /// Each row sees the rows before it in its example; row starts, then N.
        case examples(bounds: [Int])
        /// Each row sees the rows before it in its sequence; sequences share rows.
        case shared(RowSharing)
    }

    let reach: Reach
    /// Each row's position in its sequence, `[N]`.
    let positions: UnsafeBufferPointer<Int32>
    let table: RotaryTable

    /// Rotates rows `rows` of queries or keys, `[n, heads·D]`, in place.
    func rotate(_ x: Matrix, _ rows: Range<Int>, heads: Int, _ direction: Rotary.Direction) {
        Rotary.apply(
            x, heads: heads, positions: UnsafeBufferPointer(rebasing: positions[rows]), table: table,
            direction: direction)
    }

    /// Fills `saved.attended` from its queries, keys and values.
    func attend(_ saved: BlockActivations, block: DecoderBlock, _ context: PassContext) {
        let shape = block.configuration
        switch reach {
        case .examples(let bounds):
            Attention.forward(
                q: saved.query, k: saved.key, v: saved.value, bounds: bounds, heads: shape.heads,
                groups: shape.keyValueHeads, scale: block.attentionScale, window: block.window, into: saved.attended,
                logSumExp: saved.logSumExp)
        case .shared(let sharing): attend(sharing, saved, block: block, context)
        }
    }

    /// How many matrices the shares of keys' and values' gradients take.
    func gradientShares(heads: Int) -> Int {
        guard case .examples(let bounds) = reach else { return 1 }
        return Attention.parts(bounds: bounds, heads: heads)
    }

    /// The gradients of queries, and each query head's share of those of keys and values, all `[N, H·D]` fp32, from that of
    /// what attention gave.
    func attendBackward(
        _ dAttended: Matrix, _ saved: BlockActivations, block: DecoderBlock, _ dQuery: Matrix, _ dKey: [Matrix],
        _ dValue: [Matrix]
    ) {
        let shape = block.configuration
        switch reach {
        case .examples(let bounds):
            Attention.backward(
                dAttended, q: saved.query, k: saved.key, v: saved.value, o: saved.attended,
                logSumExp: saved.logSumExp, bounds: bounds, heads: shape.heads, groups: shape.keyValueHeads,
                scale: block.attentionScale, window: block.window, into: dQuery, dk: dKey, dv: dValue)
        case .shared: preconditionFailure("nothing is trained through a shared beginning")
        }
    }
}
