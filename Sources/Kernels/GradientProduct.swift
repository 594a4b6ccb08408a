import CKernels
public import Tensors

/// Sums over token rows: the gradients of adapters' factors.
public struct GradientProduct {
    /// How the few columns stand in the result.
    public enum Result {
        /// c `[few, many]`.
        case fewByMany
        /// c `[many, few]`.
        case manyByFew
    }

    let few: Matrix
    let count: Int
    let many: Matrix
    let width: Int
    let sum: Matrix
    let order: Result

    /// c += fewᵀ · many, or its transpose.
    /// - Parameters:
    ///   - few: `[N, ≥ count]`, of which the first `count` columns enter: the low-rank side.
    ///   - many: `[N, ≥ M]`, of the same type, of which the first M columns enter.
    ///   - width: M; nil: all columns.
    ///   - sum: `[count, M]` or `[M, count]`, fp32.
    public init(
        _ few: Matrix, count: Int, _ many: Matrix, width: Int? = nil, addedTo sum: Matrix, _ order: Result
    ) {
        let width = width ?? many.columns
        precondition(few.rows == many.rows && few.type == many.type && sum.type == .f32)
        precondition(few.columns >= count && many.columns >= width)
        precondition(
            order == .fewByMany
                ? sum.rows == count && sum.columns == width : sum.rows == width && sum.columns == count)
        self.width = width
        self.few = few
        self.count = count
        self.many = many
        self.sum = sum
        self.order = order
    }

    /// Columns of `many` in one task.
    private static let grain = 192
    /// Columns of `few` that a thread lays out at once: the gradient of a whole weight has as many as the layer has
    /// outputs.
    private static let fewAtOnce = 64

    /// Runs all of `products` on the pool; each sum is taken by one thread in the rows' order.
    public static func run(_ products: [GradientProduct]) {
        var starts = [0]
        for product in products { starts.append(starts[starts.count - 1] + (product.width + grain - 1) / grain) }
        parallel(starts[products.count]) { task, _ in
            let index = (starts.firstIndex { $0 > task } ?? starts.count) - 1
            let first = (task - starts[index]) * grain
            products[index].run(first..<min(first + grain, products[index].width))
        }
    }

    /// Each sum stands alone, so that they are the same however the few are cut.
    private func run(_ columns: Range<Int>) {
        for first in stride(from: 0, to: count, by: Self.fewAtOnce) {
            run(first..<min(first + Self.fewAtOnce, count), columns)
        }
    }

    private func run(_ fewColumns: Range<Int>, _ columns: Range<Int>) {
        var product = lathe_rows_product()
        product.type = few.type.c
        (product.rows, product.few, product.many) = (few.rows, fewColumns.count, columns.count)
        (product.a, product.a_stride) = (UnsafeRawPointer(few.element(fewColumns.lowerBound)), few.columns)
        (product.b, product.b_stride) = (UnsafeRawPointer(many.element(columns.lowerBound)), many.columns)
        switch order {
        case .fewByMany:
            product.c = sum.floatPointer + fewColumns.lowerBound * sum.columns + columns.lowerBound
            (product.c_few, product.c_many) = (sum.columns, 1)
        case .manyByFew:
            product.c = sum.floatPointer + columns.lowerBound * sum.columns + fewColumns.lowerBound
            (product.c_few, product.c_many) = (1, sum.columns)
        }
        lathe_multiply_rows(&product)
    }
}
