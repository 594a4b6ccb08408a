// Sequences that have rows of a batch in common, and attention over them, both directions: products are computed once for each row,
// attention, which costs little of short texts, for each sequence.

import Kernels
import Tensors

/// How the rows of a batch stand in for the rows of whole sequences.
struct RowSharing: Sendable, Equatable {
    /// Of each row its place in its sequence, `[N]`.
    var positions: [Int32] = []
    /// The whole sequences, one after the other, as rows of the batch, `[M]`.
    var rows: [Int32] = []
    /// Where sequences start in `rows`, then M.
    var bounds = [0]
    /// Of each row one of its places in `rows`, `[N]`: the one that what comes of the row is taken from.
    var homes: [Int32] = []
}

extension AttentionSpan {
    /// Attention over whole sequences, put together from rows that some of them share.
    /// - Precondition: the rule is causal: behind another mask what follows changes the beginning.
    func attend(
        _ rule: AttentionRule, _ sharing: RowSharing, _ query: Matrix, _ key: Matrix, _ value: Matrix,
        into attended: Matrix, logSumExp: Matrix, _ context: PassContext
    ) {
        precondition(rule.mask == .causal)
        context.workspace.scoped {
            let (q, k, v, whole) = (
                sharing.room(query, context), sharing.room(key, context), sharing.room(value, context),
                sharing.room(attended, context)
            )
            let sums = sharing.room(logSumExp, context)
            context.compute {
                for (x, result) in [(query, q), (key, k), (value, v)] { sharing.spread(x, into: result) }
                Attention.forward(rule, q: q, k: k, v: v, bounds: sharing.bounds, into: whole, logSumExp: sums)
                for (x, result) in [(whole, attended), (sums, logSumExp)] { sharing.takeHome(x, into: result) }
            }
        }
    }

    /// The way back of `attend`: what a sequence's queries ask of rows that others have, too, is added to what these ask.
    func attendBackward(
        _ rule: AttentionRule, _ sharing: RowSharing, _ dAttended: Matrix, q: Matrix, k: Matrix, v: Matrix, o: Matrix,
        logSumExp: Matrix, into dQuery: Matrix, _ dKey: [Matrix], _ dValue: [Matrix], _ context: PassContext
    ) {
        precondition(rule.mask == .causal)
        context.workspace.scoped {
            let given = [q, k, v, o, logSumExp], whole = given.map { sharing.room($0, context) }
            let gradient = sharing.room(dAttended, context), dq = sharing.room(dQuery, context)
            let (dk, dv) = (dKey.map { sharing.room($0, context) }, dValue.map { sharing.room($0, context) })
            context.compute {
                for (x, result) in zip(given, whole) { sharing.spread(x, into: result) }
                // What comes of a shared row was taken from one of its places: nothing goes back through the others.
                Elements.fill(gradient, with: 0)
                sharing.homes.withUnsafeBufferPointer { Elements.scatterAddRows(dAttended, $0, into: gradient) }
                Attention.backward(
                    rule, gradient, q: whole[0], k: whole[1], v: whole[2], o: whole[3], logSumExp: whole[4],
                    bounds: sharing.bounds, into: dq, dk: dk, dv: dv)
                sharing.takeHome(dq, into: dQuery)
                for (shares, sum) in zip(dk + dv, dKey + dValue) {
                    Elements.fill(sum, with: 0)
                    sharing.rows.withUnsafeBufferPointer { Elements.scatterAddRows(shares, $0, into: sum) }
                }
            }
        }
    }
}

extension RowSharing {
    /// Room for what `x` `[N, …]` has of each row, sequence by sequence, `[M, …]`.
    fileprivate func room(_ x: Matrix, _ context: PassContext) -> Matrix {
        context.workspace.matrix(rows: rows.count, columns: x.columns, type: x.type)
    }

    /// From rows of the batch to those of whole sequences.
    fileprivate func spread(_ x: Matrix, into whole: Matrix) {
        rows.withUnsafeBufferPointer { Elements.gatherRows(x, $0, into: whole) }
    }

    /// From rows of whole sequences to those of the batch.
    fileprivate func takeHome(_ whole: Matrix, into x: Matrix) {
        homes.withUnsafeBufferPointer { Elements.gatherRows(whole, $0, into: x) }
    }
}
