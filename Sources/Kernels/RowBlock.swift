public import Tensors

/// A few neighbouring rows, in the hands of one thread.
public struct RowBlock: Sendable {
    public let rows: Range<Int>
    /// The thread's own part of a `RowScratch`.
    let slot: Int

    /// The most rows in a block: tall enough for products (whose tiles have six), short enough that its activations stay in the
    /// second-level cache.
    public static let height = 60

    /// Runs `body` for each block of `0..<count` on the pool: a task takes its rows through several operations while they are
    /// in cache. Operations on `rows(block.rows)` views run inside the task.
    public static func forEach(of count: Int, _ body: (RowBlock) -> Void) {
        // As many blocks for each thread, as even as can be.
        let threads = Processor.threads
        let blocks = min((count + height * threads - 1) / (height * threads) * threads, count)
        parallel(blocks) { index, slot in
            body(RowBlock(rows: count * index / blocks..<count * (index + 1) / blocks, slot: slot))
        }
    }
}

/// A matrix of which each thread has rows for one block: numbers that nothing outside the task sees.
public struct RowScratch {
    private let matrix: Matrix

    public init(columns: Int, type: ElementType, in workspace: Workspace) {
        matrix = workspace.matrix(rows: Processor.threads * RowBlock.height, columns: columns, type: type)
    }

    /// Bytes taken from a workspace.
    public static func byteCount(columns: Int, type: ElementType) -> Int {
        Workspace.byteCount(rows: Processor.threads * RowBlock.height, columns: columns, type: type)
    }

    /// Undefined numbers, a row for each row of `block`.
    public subscript(block: RowBlock) -> Matrix {
        let start = block.slot * RowBlock.height
        return matrix.rows(start..<start + block.rows.count)
    }
}
