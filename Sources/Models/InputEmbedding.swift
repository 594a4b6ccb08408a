// The first rows of the stream: a row for each token, and what is added to it. N rows, C width.

import Kernels
import Tensors

/// An embedding with its frozen weights.
struct InputEmbedding {
    let spec: EmbeddingSpec
    /// `[V, C]`.
    let tokens: FrozenTensor
    /// `[positions, C]`, where positions are learned.
    let positions: FrozenTensor?
    /// `[types, C]`, where types of tokens are told apart.
    let types: FrozenTensor?
    /// Of the sum.
    let norm: Norm?

    /// All that is looked up.
    var tables: [FrozenTensor] { [tokens, positions, types].compactMap { $0 } }

    /// The rows of `ids` into `x` `[N, C]`, fp32.
    /// - Parameters:
    ///   - positions: of each token in its text, from 0.
    ///   - types: of each token; nil where all are of type 0.
    ///   - afterTokens: what is done to the tokens' own rows, before anything is added.
    func forward(
        _ ids: [Int32], at positions: some Collection<Int32>, types: [Int32]?, into x: Matrix, _ context: PassContext,
        afterTokens: (Matrix) -> Void = { _ in }
    ) {
        context.compute {
            let parts = context.adapters.parts, table = parts?.embedding?.tensor ?? tokens
            // Tokens that stand before texts have no row in the table: another one's is replaced.
            let known = context.adapters.virtualTokens.isEmpty ? ids : ids.map { Int($0) < table.shape[0] ? $0 : 0 }
            known.withUnsafeBufferPointer { Widening.gather(table, rows: $0, into: x) }
            replaceRows(x, of: ids, parts)
            if spec.scale != 1 { Elements.scale(x, by: spec.scale) }
        }
        afterTokens(x)
        context.workspace.scoped {
            if let table = self.positions, let learned = spec.positions {
                let table = context.adapters.parts?.positions?.tensor ?? table
                add(table, context.measures ? [] : learned.rows(of: ids, at: positions), to: x, context)
            }
            if let table = self.types {
                add(table, types ?? [Int32](repeating: 0, count: ids.count), to: x, context)
            }
            guard let norm else { return }
            let normed = context.scratch(columns: x.columns, type: .f32)
            let statistics = norm.statistics(rows: x.rows, context)
            context.forEachBlock(of: x.rows) { block in
                let x = x.rows(block.rows)
                norm.forward(x, into: normed[block], statistics: statistics.rows(block.rows))
                Conversion.convert(normed[block], into: x)
            }
        }
    }

    private func add(_ table: FrozenTensor, _ rows: [Int32], to x: Matrix, _ context: PassContext) {
        let added = context.scratch(columns: x.columns, type: .f32)
        context.forEachBlock(of: x.rows) { block in
            rows.withUnsafeBufferPointer {
                Widening.gather(table, rows: UnsafeBufferPointer(rebasing: $0[block.rows]), into: added[block])
            }
            Elements.add(added[block], into: x.rows(block.rows))
        }
    }
}
