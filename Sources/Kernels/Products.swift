public import Tensors

/// Matrix products. A product's left operand is read where it lies, its right one through `Panels`; our own loops multiply them
/// (`panelproduct.c`). fp32 products of two plain matrices, as merges need them, go to OpenBLAS, single-threaded on blocks that
/// our pool hands out. A result depends on shapes and thread count only.
///
/// Legend: N token rows, of any number; the other sizes are a model's.
public enum Products {
    /// y[N, out] (+)= alpha · x[N, in] · w[out, in]ᵀ
    ///
    /// `y` is fp32; where the operands are bf16 and nothing is accumulated it may be bf16.
    public static func timesTransposed(
        _ x: Matrix, _ w: Matrix, into y: Matrix, alpha: Float = 1, accumulate: Bool = false
    ) {
        precondition(x.columns == w.columns && x.type == w.type && y.columns == w.rows)
        if x.type == .f32 {
            FloatProduct.run(x, w, isTransposed: true, into: y, alpha: alpha, accumulate: accumulate)
        } else {
            multiply(x, RowLayout(w), .transposed, into: y, alpha: alpha, accumulate: accumulate)
        }
    }

    /// y[N, in] (+)= alpha · x[N, out] · w[out, in]; types as in `timesTransposed`.
    public static func times(_ x: Matrix, _ w: Matrix, into y: Matrix, alpha: Float = 1, accumulate: Bool = false) {
        precondition(x.columns == w.rows && x.type == w.type && y.columns == w.columns)
        if x.type == .f32 {
            FloatProduct.run(x, w, isTransposed: false, into: y, alpha: alpha, accumulate: accumulate)
        } else {
            multiply(x, RowLayout(w), .plain, into: y, alpha: alpha, accumulate: accumulate)
        }
    }

    private static func multiply(
        _ x: Matrix, _ w: RowLayout, _ reading: PanelSource.Reading, into y: Matrix, alpha: Float, accumulate: Bool
    ) {
        precondition(x.rows == y.rows && (y.type == .f32 || !accumulate))
        // Memory of its own: whoever multiplies often packs panels in a workspace and calls `sum`.
        let workspace = Workspace()
        let panels = Panels.pack([PanelSource(w, reading, type: x.type, in: workspace)])[0]
        sum([Term(padded(x, panels.depth, workspace), panels)], into: y, alpha: alpha, base: accumulate ? y : nil)
    }

    /// `x` with a zero column more where pairs ask for it.
    private static func padded(_ x: Matrix, _ depth: Int, _ workspace: Workspace) -> Matrix {
        guard x.columns != depth else { return x }
        let result = workspace.matrix(rows: x.rows, columns: depth, type: x.type)
        Elements.fill(result)
        for row in 0..<x.rows {
            let from = x.rows(row..<row + 1)
            result.rows(row..<row + 1).pointer.copyMemory(from: from.pointer, byteCount: from.byteCount)
        }
        return result
    }
}
