import CKernels
public import Tensors

/// Products of few rows with a frozen weight, straight from its blocks: decoding reads each weight once a token.
public enum MatrixVector {
    /// y[n, out] = x[n, in] · w[out, in]ᵀ, both fp32, n ≤ 8.
    public static func multiply(_ w: FrozenTensor, _ x: Matrix, into y: Matrix) {
        let layout = RowLayout(w)
        precondition(x.rows <= 8 && x.rows == y.rows && x.columns == layout.columns && y.columns == layout.rows)
        let from = x.floatPointer, to = y.floatPointer
        let columns = layout.columns, outputs = layout.rows
        parallelRanges(outputs, grain: max(1, 65_536 / max(columns, 1))) { rows in
            let floats = lathe_scratch(0, columns * 4).assumingMemoryBound(to: Float.self)
            for row in rows {
                lathe_dequantise(
                    layout.format, layout.bytes(row: w.rowOrder.storedRow(row, of: outputs)), floats, LATHE_F32, columns
                )
                for n in 0..<x.rows { to[n * outputs + row] = lathe_dot(from + n * columns, floats, columns) }
            }
        }
    }
}
