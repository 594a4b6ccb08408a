// Which keys the rows of a pass may see: those of their own example, or those of a generation's cache.

import Kernels
import Tensors

/// Positions and reach of attention for the rows of one pass.
struct AttentionSpan {
    enum Reach {
        /// Each row sees the rows before it in its example; row starts, then N.
        case examples(bounds: [Int])
        /// One sequence that goes on from what a cache already holds.
        case cache(KeyValueCache, start: Int)
    }

    let reach: Reach
    /// Each row's position in its sequence, `[N]`.
    let positions: UnsafeBufferPointer<Int32>
    let table: RotaryTable

    /// Rotates queries or keys `[N, heads·D]` in place.
    func rotate(_ x: Matrix, heads: Int, _ direction: Rotary.Direction) {
        Rotary.apply(x, heads: heads, positions: positions, table: table, direction: direction)
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
        case .cache(let cache, let start):
            cache.store(saved.key, saved.value, layer: block.layer, at: start)
            context.workspace.scoped {
                let query = inFloats(saved.query, context)
                let isFloat = saved.attended.type == .f32
                let attended = isFloat ? saved.attended : context.residual(rows: query.rows, columns: query.columns)
                let (keys, values) = cache.rows(layer: block.layer, count: start + query.rows)
                Attention.cached(
                    q: query, keys: keys, values: values, start: start, heads: shape.heads, groups: shape.keyValueHeads,
                    scale: block.attentionScale, window: block.window, into: attended)
                if !isFloat { Conversion.convert(attended, into: saved.attended) }
            }
        }
    }

    /// The gradients of queries, keys and values (fp32), from that of what attention gave.
    func attendBackward(
        _ dAttended: Matrix, _ saved: BlockActivations, block: DecoderBlock, _ dQuery: Matrix, _ dKey: Matrix,
        _ dValue: Matrix, _ context: PassContext
    ) {
        guard case .examples(let bounds) = reach else { preconditionFailure("nothing is trained through a cache") }
        let shape = block.configuration
        Attention.backward(
            dAttended, q: saved.query, k: saved.key, v: saved.value, o: saved.attended, logSumExp: saved.logSumExp,
            bounds: bounds, heads: shape.heads, groups: shape.keyValueHeads, scale: block.attentionScale,
            window: block.window, into: dQuery, dk: dKey, dv: dValue, workspace: context.workspace)
    }

    private func inFloats(_ x: Matrix, _ context: PassContext) -> Matrix {
        guard x.type != .f32 else { return x }
        let result = context.residual(rows: x.rows, columns: x.columns)
        Conversion.convert(x, into: result)
        return result
    }
}
