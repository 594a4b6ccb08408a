// One pass of generation: the new rows of one or several sequences through all blocks, each sequence with its own
// cache.

import Kernels
import Tensors

/// What the layers of one pass share.
struct GenerationPass {
    enum Rows {
        /// Neighbouring rows of one sequence.
        case prompt(KeyValueCache, ReadingManner)
        /// One row for each sequence.
        case step([KeyValueCache])
    }

    let rows: Rows
    let arithmetic: GenerationArithmetic
    let context: PassContext
    /// Each row's position in its sequence.
    let positions: UnsafeBufferPointer<Int32>
    let tables: RotaryTables

    var workspace: Workspace { context.workspace }

    func matrix(_ rows: Int, _ columns: Int) -> Matrix { context.residual(rows: rows, columns: columns) }

    /// `x` as products with stored rows take it.
    func input(_ x: Matrix) -> RowInput {
        switch arithmetic {
        case .exact: RowInput(exact: x)
        case .rounded: RowInput(rounded: x, workspace: workspace)
        }
    }

    /// Whether rows are multiplied one by one with what is stored; else many of them go through panels. Steps always
    /// are, so that company changes nothing.
    var isThin: Bool {
        if case .prompt(_, let manner) = rows { return manner.rows != .many }
        return true
    }

    /// Whether rows read `weight` as it is stored.
    func readsStored(_ weight: FrozenTensor) -> Bool {
        isThin || (arithmetic == .rounded && RowProducts.hasIntegers(weight.dtype))
    }

    func rotate(_ x: Matrix, heads: Int, _ rotary: RotaryPositions) {
        context.compute {
            let table = tables.table(rotary, positions: Int(positions.max() ?? 0) + 1)
            Rotary.apply(x, heads: heads, positions: positions, table: table, direction: .forward)
        }
    }

    /// Stores new keys and values of `attention` and attends over all there are. All matrices are fp32.
    func attend(_ attention: AttentionSublayer, _ query: Matrix, _ key: Matrix, _ value: Matrix, into attended: Matrix)
    {
        let (shape, layer) = (attention.shape, attention.layer)
        let rule = shape.rule(attention.bias?.bias(positions: Int(positions.max() ?? 0) + 1))
        precondition(rule.mask == .causal, "a model whose tokens see those after them does not generate")
        switch rows {
        case .prompt(let cache, _):
            attendToPrompt(rule, query, key, value, into: attended, cache, layer: layer)
        case .step(let caches):
            context.compute {
                let seen = caches.enumerated().map { index, cache in
                    let position = cache.length
                    cache.store(key.rows(index..<index + 1), value.rows(index..<index + 1), layer: layer)
                    let first = shape.window.map { max(0, position + 1 - $0) } ?? 0
                    return cache.rows(layer: layer, first..<position + 1)
                }
                Attention.step(rule, q: query, caches: seen, into: attended)
            }
        }
    }

    private func attendToPrompt(
        _ rule: AttentionRule, _ query: Matrix, _ key: Matrix, _ value: Matrix, into attended: Matrix,
        _ cache: KeyValueCache, layer: Int
    ) {
        workspace.scoped {
            let type = arithmetic.cacheType
            let typed =
                type == .f32 ? query : workspace.matrix(rows: query.rows, columns: query.columns, type: type)
            context.compute {
                if type != .f32 { Conversion.convert(query, into: typed) }
                cache.store(key, value, layer: layer)
                let start = cache.length
                let (keys, values) = cache.rows(layer: layer, 0..<start + query.rows)
                Attention.cached(rule, q: typed, keys: keys, values: values, start: start, into: attended)
            }
        }
    }
}
