public import Tensors

/// Matrix products. Operands of bf16 go to oneDNN (fp32 accumulation), operands of fp32 to OpenBLAS; both run single-threaded
/// on blocks that our own pool hands out, so a result depends on shapes and thread count only.
///
/// Legend: N token rows, of any number; the other sizes are a model's.
public enum Products {
    /// y[N, out] (+)= alpha · x[N, in] · w[out, in]ᵀ
    ///
    /// `y` is fp32; where the operands are bf16 and nothing is accumulated it may be bf16.
    public static func timesTransposed(
        _ x: Matrix, _ w: Matrix, into y: Matrix, alpha: Float = 1, accumulate: Bool = false
    ) {
        precondition(x.columns == w.columns && y.rows == x.rows && y.columns == w.rows)
        run(
            Product(
                rows: x.rows, columns: w.rows, depth: x.columns, left: Operand(x, isTransposed: false),
                right: Operand(w, isTransposed: true), output: y, alpha: alpha, accumulate: accumulate))
    }

    /// y[N, in] (+)= alpha · x[N, out] · w[out, in]; types as in `timesTransposed`.
    public static func times(_ x: Matrix, _ w: Matrix, into y: Matrix, alpha: Float = 1, accumulate: Bool = false) {
        precondition(x.columns == w.rows && y.rows == x.rows && y.columns == w.columns)
        run(
            Product(
                rows: x.rows, columns: w.columns, depth: x.columns, left: Operand(x, isTransposed: false),
                right: Operand(w, isTransposed: false), output: y, alpha: alpha, accumulate: accumulate))
    }

    /// c[P, Q] (+)= alpha · a[N, P]ᵀ · b[N, Q]; c is fp32.
    public static func transposedTimes(
        _ a: Matrix, _ b: Matrix, into c: Matrix, alpha: Float = 1, accumulate: Bool = false
    ) {
        precondition(a.rows == b.rows && c.rows == a.columns && c.columns == b.columns && c.type == .f32)
        run(
            Product(
                rows: a.columns, columns: b.columns, depth: a.rows, left: Operand(a, isTransposed: true),
                right: Operand(b, isTransposed: false), output: c, alpha: alpha, accumulate: accumulate))
    }

    private static func run(_ product: Product) {
        precondition(product.left.matrix.type == product.right.matrix.type, "operands of one type")
        guard product.rows > 0, product.columns > 0 else { return }
        guard product.depth > 0 else {
            if !product.accumulate { Elements.fill(product.output) }
            return
        }
        switch product.left.matrix.type {
        case .f32:
            precondition(product.output.type == .f32)
            FloatProduct.run(product)
        case .bf16:
            precondition(product.output.type == .f32 || !product.accumulate)
            BFloat16Product.run(product)
        }
    }
}

/// output[rows, columns] (+)= alpha · left[rows, depth] · right[depth, columns]
struct Product {
    let rows: Int
    let columns: Int
    let depth: Int
    let left: Operand
    let right: Operand
    let output: Matrix
    let alpha: Float
    let accumulate: Bool
}

/// A matrix as it lies in memory, read as it is or transposed.
struct Operand {
    let matrix: Matrix
    let isTransposed: Bool

    init(_ matrix: Matrix, isTransposed: Bool) {
        self.matrix = matrix
        self.isTransposed = isTransposed
    }

    /// Numbers from one stored row to the next.
    var stride: Int { matrix.columns }

    /// Where the number at (`row`, `column`), as read, lies.
    func at(_ row: Int, _ column: Int) -> UnsafeMutableRawPointer {
        matrix.element(isTransposed ? column * stride + row : row * stride + column)
    }
}
