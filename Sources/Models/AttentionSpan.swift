// Which keys the rows of a pass may see: those of their own example. Which of these a mask and a sliding window show, the kernel says:
// `first_key` and `end_key` in attention.c.

import Kernels
import Tensors

/// Positions and reach of attention for the rows of one pass.
struct AttentionSpan {
    enum Reach {
        /// Each row sees rows of its example; row starts, then N.
        case examples(bounds: [Int])
        /// Each row sees the rows before it in its sequence; sequences share rows.
        case shared(RowSharing)
    }

    let reach: Reach
    /// Each row's position in its sequence, `[N]`.
    let positions: UnsafeBufferPointer<Int32>
    /// What was read before, where the rows are what is written.
    let encoded: EncodedRows?
    private let tables: RotaryTables
    private let longest: Int

    init(
        reach: Reach, positions: UnsafeBufferPointer<Int32>, tables: RotaryTables, encoded: EncodedRows? = nil
    ) {
        self.encoded = encoded
        self.reach = reach
        self.positions = positions
        self.tables = tables
        longest = Int(positions.max() ?? 0) + 1
    }

    /// Where examples start, then N.
    /// - Precondition: none of them share rows.
    var exampleBounds: [Int] {
        guard case .examples(let bounds) = reach else { preconditionFailure("these share rows") }
        return bounds
    }

    /// Cosines and sines for all positions of the pass; nil where positions turn nothing.
    func table(_ rotary: RotaryPositions?) -> RotaryTable? { rotary.map { tables.table($0, positions: longest) } }

    /// Rotates rows `rows` of queries or keys, `[n, heads·D]`, in place, where there is a table to do it by.
    func rotate(
        _ x: Matrix, _ rows: Range<Int>, heads: Int, _ table: RotaryTable?, _ direction: Rotary.Direction
    ) {
        guard let table else { return }
        Rotary.apply(
            x, heads: heads, positions: positions(rows), table: table, direction: direction)
    }

    /// The positions of rows `rows`.
    func positions(_ rows: Range<Int>) -> UnsafeBufferPointer<Int32> { UnsafeBufferPointer(rebasing: positions[rows]) }

    /// The rule of `attention` for all positions of the pass.
    func rule(_ attention: AttentionSublayer) -> AttentionRule {
        attention.shape.rule(attention.bias?.bias(positions: longest))
    }

    /// What attention gives for queries `[N, H·D]`, keys and values `[N, G·D]`, into `attended` `[N, H·D]`.
    /// - Parameter logSumExp: `[N, H]`, fp32, for the way back.
    func attend(
        _ rule: AttentionRule, _ query: Matrix, _ key: Matrix, _ value: Matrix, into attended: Matrix,
        logSumExp: Matrix, _ context: PassContext
    ) {
        switch reach {
        case .examples(let bounds):
            context.compute {
                Attention.forward(
                    rule, q: query, k: key, v: value, bounds: bounds, into: attended, logSumExp: logSumExp)
            }
        case .shared(let sharing):
            attend(rule, sharing, query, key, value, into: attended, logSumExp: logSumExp, context)
        }
    }

    /// How many matrices the shares of keys' and values' gradients take.
    func gradientShares(heads: Int) -> Int {
        switch reach {
        case .examples(let bounds): Attention.parts(bounds: bounds, heads: heads)
        case .shared(let sharing): Attention.parts(bounds: sharing.bounds, heads: heads)
        }
    }

    /// The gradients of queries, and each query head's share of those of keys and values, all `[N, H·D]` fp32, from that of
    /// what attention gave.
    func attendBackward(
        _ rule: AttentionRule, _ dAttended: Matrix, q: Matrix, k: Matrix, v: Matrix, o: Matrix, logSumExp: Matrix,
        into dQuery: Matrix, _ dKey: [Matrix], _ dValue: [Matrix], _ context: PassContext
    ) {
        switch reach {
        case .examples(let bounds):
            context.compute {
                Attention.backward(
                    rule, dAttended, q: q, k: k, v: v, o: o, logSumExp: logSumExp, bounds: bounds, into: dQuery,
                    dk: dKey, dv: dValue)
            }
        case .shared(let sharing):
            attendBackward(
                rule, sharing, dAttended, q: q, k: k, v: v, o: o, logSumExp: logSumExp, into: dQuery, dKey, dValue,
                context)
        }
    }
}
