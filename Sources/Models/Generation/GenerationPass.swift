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
    /// All rows, in their order, with what acts on them; several where sequences have adapters of their own, which `context` then has
    /// none of.
    var groups: [AdaptedRows]

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
        context.compute {
            context.adapters.parts?.prefix?.put(.keys, layer: layer, positions: positions, into: key)
            context.adapters.parts?.prefix?.put(.values, layer: layer, positions: positions, into: value)
        }
        switch rows {
        case .prompt(let cache, _):
            attendToPrompt(rule, query, key, value, into: attended, cache, layer: layer)
        case .step(let caches):
            context.compute {
                let seen = caches.enumerated().map { index, cache in
                    let position = cache.length
                    cache.store(key.rows(index..<index + 1), value.rows(index..<index + 1), layer: layer)
                    let first = max(cache.sourceCount, shape.window.map { position + 1 - $0 } ?? 0)
                    return cache.rows(layer: layer, first..<position + 1)
                }
                Attention.step(rule, q: query, caches: seen, into: attended)
            }
        }
    }

    /// Attends over the keys and values of what an encoder read, for queries `[n, H·D]`, fp32.
    func attendToSource(_ shape: AttentionShape, layer: Int, _ query: Matrix, into attended: Matrix) {
        switch rows {
        case .prompt(let cache, _):
            workspace.scoped {
                let typed = cacheTyped(query)
                context.compute {
                    Conversion.convert(query, into: typed)
                    let (keys, values) = cache.source(layer: layer)
                    Attention.cached(shape.rule(), q: typed, keys: keys, values: values, start: 0, into: attended)
                }
            }
        case .step(let caches):
            context.compute {
                Attention.step(
                    shape.rule(), q: query, caches: caches.map { $0.source(layer: layer) }, into: attended)
            }
        }
    }

    /// Room for `x` in the type of caches.
    private func cacheTyped(_ x: Matrix) -> Matrix {
        workspace.matrix(rows: x.rows, columns: x.columns, type: arithmetic.cacheType)
    }

    private func attendToPrompt(
        _ rule: AttentionRule, _ query: Matrix, _ key: Matrix, _ value: Matrix, into attended: Matrix,
        _ cache: KeyValueCache, layer: Int
    ) {
        workspace.scoped {
            let typed = arithmetic.cacheType == .f32 ? query : cacheTyped(query)
            context.compute {
                if arithmetic.cacheType != .f32 { Conversion.convert(query, into: typed) }
                cache.store(key, value, layer: layer)
                let (keys, values) = cache.rows(layer: layer, cache.sourceCount..<cache.length + query.rows)
                Attention.cached(
                    rule, q: typed, keys: keys, values: values, start: cache.position, into: attended)
            }
        }
    }
}
