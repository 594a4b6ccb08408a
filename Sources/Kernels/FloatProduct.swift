import COpenBLAS
import Tensors

/// fp32 products, a block of the output a task.
enum FloatProduct {
    static func run(_ product: Product) {
        let blocks = OutputBlocks(rows: product.rows, columns: product.columns, threads: Processor.threads)
        let left = product.left, right = product.right, output = product.output
        parallel(blocks.count) { index, _ in
            let (rows, columns) = blocks[index]
            cblas_sgemm(
                CblasRowMajor, left.isTransposed ? CblasTrans : CblasNoTrans,
                right.isTransposed ? CblasTrans : CblasNoTrans,
                blasint(rows.count), blasint(columns.count), blasint(product.depth), product.alpha,
                left.at(rows.lowerBound, 0).assumingMemoryBound(to: Float.self), blasint(left.stride),
                right.at(0, columns.lowerBound).assumingMemoryBound(to: Float.self), blasint(right.stride),
                product.accumulate ? 1 : 0,
                output.element(rows.lowerBound * output.columns + columns.lowerBound).assumingMemoryBound(
                    to: Float.self),
                blasint(output.columns))
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
