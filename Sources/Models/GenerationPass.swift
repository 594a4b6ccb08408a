// One pass of generation: the new rows of one or several sequences through all blocks, each sequence with its own cache.

import Kernels
import Tensors

/// How generation multiplies.
public enum GenerationArithmetic: Sendable {
    /// Activations in fp32, whatever the weights are.
    case exact
    /// Where weights are stored as small integers, activations are rounded to whole numbers of 16 bits, 32 with a scale of
    /// their own, and integers are multiplied; keys and values are kept in bf16. Many times faster than `exact`.
    case rounded

    /// What goes with the model's precision.
    init(_ precision: ElementType) { self = precision == .f32 ? .exact : .rounded }

    /// In which keys and values are kept.
    var cacheType: ElementType { self == .exact ? .f32 : .bf16 }
}

/// What the layers of one pass share.
struct GenerationPass {
    enum Rows {
        /// Neighbouring rows of one sequence.
        case prompt(KeyValueCache)
        /// One row for each sequence.
        case step([KeyValueCache])
    }

    let rows: Rows
    let arithmetic: GenerationArithmetic
    let context: PassContext
    /// Each row's position in its sequence.
    let positions: UnsafeBufferPointer<Int32>
    let tables: RotaryTables

    /// A prompt of more rows than this goes through widened weights, where these are not integers.
    private static let fewRows = 8

    var workspace: Workspace { context.workspace }

    func matrix(_ rows: Int, _ columns: Int) -> Matrix { context.residual(rows: rows, columns: columns) }

    /// `x` as products with stored rows take it.
    func input(_ x: Matrix) -> RowInput {
        switch arithmetic {
        case .exact: RowInput(exact: x)
        case .rounded: RowInput(rounded: x, workspace: workspace)
        }
    }

    /// Whether `count` rows read `weight` as it is stored. Steps always do, so that company changes nothing.
    func readsStored(_ weight: FrozenTensor, rows count: Int) -> Bool {
        if case .step = rows { return true }
        return count <= Self.fewRows || (arithmetic == .rounded && RowProducts.hasIntegers(weight.dtype))
    }

    func rotate(_ x: Matrix, heads: Int, _ rotary: RotaryPositions) {
        let table = tables.table(rotary, positions: Int(positions.max() ?? 0) + 1)
        Rotary.apply(x, heads: heads, positions: positions, table: table, direction: .forward)
    }

    /// Stores new keys and values and attends over all there are. All matrices are fp32.
    /// - Parameter layer: where the caches have them.
    func attend(
        _ query: Matrix, _ key: Matrix, _ value: Matrix, into attended: Matrix, _ shape: AttentionShape, layer: Int
    ) {
        switch rows {
        case .prompt(let cache):
            let start = cache.length, count = start + query.rows
            cache.store(key, value, layer: layer, at: start)
            let (keys, values) = cache.rows(layer: layer, 0..<count)
            workspace.scoped {
                let typed =
                    keys.type == .f32
                    ? query
                    : workspace.matrix(
                        rows: query.rows, columns: query.columns, type: keys.type)
                if keys.type != .f32 { Conversion.convert(query, into: typed) }
                Attention.cached(
                    q: typed, keys: keys, values: values, start: start, heads: shape.heads,
                    groups: shape.groups, scale: shape.scale, window: shape.window, into: attended)
            }
        case .step(let caches):
            let seen = caches.enumerated().map { index, cache in
                let position = cache.length
                cache.store(key.rows(index..<index + 1), value.rows(index..<index + 1), layer: layer, at: position)
                let first = shape.window.map { max(0, position + 1 - $0) } ?? 0
                return cache.rows(layer: layer, first..<position + 1)
            }
            Attention.step(
                q: query, caches: seen, heads: shape.heads, groups: shape.groups, scale: shape.scale,
                into: attended)
        }
    }
}
