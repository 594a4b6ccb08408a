import CKernels
public import Tensors

/// Rotary positions: pairs of a head's leading numbers turn with the position, as the table says which.
public enum Rotary {
    public enum Direction: Sendable {
        case forward
        /// The gradient: the same turn the other way.
        case backward
    }

    /// Turns each head of `x` `[N, heads·D]` by its row's position, in place.
    public static func apply(
        _ x: Matrix, heads: Int, positions: UnsafeBufferPointer<Int32>, table: RotaryTable, direction: Direction
    ) {
        precondition(x.columns == heads * table.headWidth && positions.count == x.rows)
        guard let ids = positions.baseAddress else { return }
        for position in positions { precondition(position >= 0 && Int(position) < table.positions) }
        table.cosines.withUnsafeBufferPointer { cosines in
            table.sines.withUnsafeBufferPointer { sines in
                parallelRanges(x.rows, grain: x.rowGrain) { rows in
                    var shape = lathe_rotary_shape(
                        rows: rows.count, heads: heads, width: table.headWidth, turned: table.width,
                        interleaved: table.isInterleaved, type: x.type.c)
                    lathe_rotary(
                        &shape, x.row(rows.lowerBound), ids + rows.lowerBound, cosines.baseAddress, sines.baseAddress,
                        direction == .forward ? 1 : -1)
                }
            }
        }
    }
}
