// What attention adds to its scores by distance: a frozen table of a model.

import Kernels
import Tensors

/// The bias of one kind of attention, for as many positions as a pass asks for. Sublayers may share one.
final class PositionBiases {
    private let make: (_ positions: Int) -> PositionBias
    private var bias: PositionBias?

    /// T5's, by buckets of distances.
    /// - Parameters:
    ///   - table: `[buckets, H]` as the file has it.
    ///   - farthest: the distance from which on all share the last bucket.
    init(buckets table: FrozenTensor, farthest: Int, mask: AttentionMask) {
        let (rows, heads) = (table.shape.sizes[0], table.shape.sizes[1])
        // A row a bucket: the vector's memory, seen as a matrix.
        let numbers = ConstantVector(Widening.floats(table))
        make = { positions in
            let matrix = Matrix(pointer: numbers.matrix.pointer, rows: rows, columns: heads, type: .f32)
            return PositionBias(buckets: matrix, farthest: farthest, mask: mask, positions: positions)
        }
    }

    /// The bias for at least `positions` positions; kept, and grown by doubling.
    func bias(positions: Int) -> PositionBias {
        if let bias, bias.positions >= positions { return bias }
        let grown = make(max(512, 2 * (bias?.positions ?? 0), positions))
        bias = grown
        return grown
    }
}
