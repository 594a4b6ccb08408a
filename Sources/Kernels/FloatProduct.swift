import COpenBLAS
import Tensors

/// Products of two fp32 matrices, a block of the output a task.
enum FloatProduct {
    /// y (+)= alpha · x · w, or x · wᵀ.
    static func run(_ x: Matrix, _ w: Matrix, isTransposed: Bool, into y: Matrix, alpha: Float, accumulate: Bool) {
        precondition(y.rows == x.rows && y.type == .f32)
        guard y.count > 0 else { return }
        let blocks = OutputBlocks(rows: y.rows, columns: y.columns, threads: Processor.threads)
        parallel(blocks.count) { index, _ in
            let (rows, columns) = blocks[index]
            cblas_sgemm(
                CblasRowMajor, CblasNoTrans, isTransposed ? CblasTrans : CblasNoTrans, blasint(rows.count),
                blasint(columns.count), blasint(x.columns), alpha, x.floatPointer + rows.lowerBound * x.columns,
                blasint(max(x.columns, 1)),
                w.floatPointer + (isTransposed ? columns.lowerBound * w.columns : columns.lowerBound),
                blasint(max(w.columns, 1)), accumulate ? 1 : 0,
                y.floatPointer + rows.lowerBound * y.columns + columns.lowerBound, blasint(y.columns))
        }
    }
}

/// A grid of blocks over an output, cut so that every thread has work: rows first, columns where rows are few.
struct OutputBlocks {
    private let rows: Int
    private let columns: Int
    private let rowBlock: Int
    private let columnBlock: Int

    init(rows: Int, columns: Int, threads: Int, largestRowBlock: Int = 256) {
        func blocks(_ size: Int, _ block: Int) -> Int { (size + block - 1) / block }
        func padded(_ size: Int) -> Int { max(32, (size + 31) / 32 * 32) }
        self.rows = rows
        self.columns = columns
        let share = threads > 1 ? padded((rows + threads - 1) / threads) : padded(rows)
        rowBlock = max(64, min(share, largestRowBlock))
        let rowBlocks = blocks(rows, rowBlock)
        let columnParts = rowBlocks >= threads ? 1 : (threads + rowBlocks - 1) / rowBlocks
        // Whole panels.
        columnBlock = max(64, ((columns + columnParts - 1) / columnParts + 63) / 64 * 64)
    }

    private var columnBlocks: Int { (columns + columnBlock - 1) / columnBlock }
    var count: Int { (rows + rowBlock - 1) / rowBlock * columnBlocks }

    subscript(index: Int) -> (rows: Range<Int>, columns: Range<Int>) {
        let row = index / columnBlocks * rowBlock, column = index % columnBlocks * columnBlock
        return (row..<min(row + rowBlock, rows), column..<min(column + columnBlock, columns))
    }
}
