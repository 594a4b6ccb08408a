// The mean of the rows of each text, and the way back.

import CKernels
public import Tensors

/// Rows of texts that become one each: N rows of C numbers, E texts.
public enum RowMeans {
    /// Row `e` of `y` `[E, C]`, fp32, = the mean of the rows `bounds[e]..<bounds[e + 1]` of `x` `[N, C]`, summed in their order.
    public static func forward(_ x: Matrix, bounds: [Int], into y: Matrix) {
        precondition(y.type == .f32 && y.columns == x.columns && y.rows == bounds.count - 1 && bounds.last == x.rows)
        parallelRanges(y.rows, grain: 1) { texts in
            for text in texts {
                let rows = bounds[text]..<bounds[text + 1]
                precondition(!rows.isEmpty, "a mean of no rows")
                lathe_convert(x.row(rows.lowerBound), x.type.c, y.row(text), y.type.c, x.columns)
                for row in rows.dropFirst() { lathe_add(x.row(row), x.type.c, y.row(text), y.type.c, x.columns) }
                lathe_scale(y.row(text), y.type.c, 1 / Float(rows.count), y.columns)
            }
        }
    }

    /// The gradient of `x` `[N, C]`, fp32, from that of its means `dy` `[E, C]`, fp32.
    public static func backward(_ dy: Matrix, bounds: [Int], into dx: Matrix) {
        precondition(dx.type == .f32 && dy.type == .f32 && dy.columns == dx.columns)
        precondition(dy.rows == bounds.count - 1 && bounds.last == dx.rows)
        parallelRanges(dy.rows, grain: 1) { texts in
            for text in texts {
                let rows = bounds[text]..<bounds[text + 1]
                for row in rows {
                    lathe_convert(dy.row(text), dy.type.c, dx.row(row), dx.type.c, dx.columns)
                    lathe_scale(dx.row(row), dx.type.c, 1 / Float(rows.count), dx.columns)
                }
            }
        }
    }
}
