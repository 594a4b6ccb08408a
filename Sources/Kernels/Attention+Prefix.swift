// Keys and values that stand before those of texts and come from no row: put in their places on the way up, and their gradients taken
// out on the way back.

import CKernels
public import Tensors

extension Attention {
    /// Each row of `x` `[n, G·D]`, keys or values, whose position is below P becomes the row of `prefix` `[P, …]` of that number, from
    /// column `start` on.
    public static func putPrefix(
        _ prefix: Matrix, from start: Int, positions: UnsafeBufferPointer<Int32>, into x: Matrix
    ) {
        precondition(positions.count == x.rows && start + x.columns <= prefix.columns)
        for (row, position) in positions.enumerated() where Int(position) < prefix.rows {
            lathe_convert(
                prefix.element(Int(position) * prefix.columns + start), prefix.type.c, x.row(row), x.type.c, x.columns)
        }
    }

    /// Adds the gradients of these rows to those of `prefix`, row after row, and makes them 0: nothing goes on from them.
    /// - Parameters:
    ///   - shares: each query head's own, `[N, H·D]` fp32, as `backward` leaves them.
    ///   - gradients: `[P, …]` fp32.
    public static func takePrefix(
        _ shares: [Matrix], groups: Int, headWidth: Int, positions: UnsafeBufferPointer<Int32>,
        addedTo gradients: Matrix, from start: Int
    ) {
        precondition(
            start + groups * headWidth <= gradients.columns && shares.allSatisfy { $0.rows == positions.count })
        for (row, position) in positions.enumerated() where Int(position) < gradients.rows {
            let sum = gradients.rows(Int(position)..<Int(position) + 1).floatPointer + start
            for share in shares {
                let numbers = share.rows(row..<row + 1)
                addOverGroup(numbers, groups: groups, headWidth: headWidth, to: sum)
                numbers.floatPointer.update(repeating: 0, count: numbers.columns)
            }
        }
    }
}
