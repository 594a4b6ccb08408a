import CKernels
import Foundation
import Tensors

/// bf16 products by oneDNN with fp32 accumulation.
///
/// oneDNN compiles a kernel for each shape, so ragged sizes are cut into few fixed ones, and what is left below 32 goes
/// through a padded copy. Nothing outside the given matrices is read or written.
enum BFloat16Product {
    private static let rowPieces = [256, 128, 64, 32]
    private static let depthPieces = [1024, 512, 256, 128, 64, 32]
    private static let smallest = 32

    static func run(_ product: Product) {
        let blocks = OutputBlocks(rows: product.rows, columns: product.columns, threads: Processor.threads)
        let slots = BFloat16Kernels.slots
        parallel(blocks.count) { index, slot in
            let (rows, columns) = blocks[index]
            if product.left.isTransposed {
                cutDepth(product, rows: rows, columns: columns, kernels: slots[slot])
            } else {
                cutRows(product, rows: rows, columns: columns, kernels: slots[slot])
            }
        }
    }

    private static func key(_ product: Product, rows: Int, columns: Int, depth: Int, accumulate: Bool)
        -> BFloat16Kernel.Key
    {
        BFloat16Kernel.Key(
            rows: rows, columns: columns, depth: depth, leftStride: product.left.stride,
            leftIsTransposed: product.left.isTransposed, rightStride: product.right.stride,
            rightIsTransposed: product.right.isTransposed, outputStride: product.output.columns,
            outputIsFloat: product.output.type == .f32, alpha: product.alpha, accumulate: accumulate)
    }

    /// Token rows are the output's rows.
    private static func cutRows(_ product: Product, rows: Range<Int>, columns: Range<Int>, kernels: BFloat16Kernels) {
        let output = product.output, right = product.right.at(0, columns.lowerBound)
        var row = rows.lowerBound
        for piece in rowPieces {
            while rows.upperBound - row >= piece {
                kernels.run(
                    key(
                        product, rows: piece, columns: columns.count, depth: product.depth,
                        accumulate: product.accumulate),
                    left: product.left.at(row, 0), right: right,
                    output: output.element(row * output.columns + columns.lowerBound))
                row += piece
            }
        }
        let rest = rows.upperBound - row
        guard rest > 0 else { return }
        // Every row is computed by itself, so what the padding rows hold matters to none.
        let left = lathe_scratch(0, smallest * product.depth * 2)
        left.copyMemory(from: product.left.at(row, 0), byteCount: rest * product.depth * 2)
        memset(left + rest * product.depth * 2, 0, (smallest - rest) * product.depth * 2)
        let size = output.type.byteCount, width = columns.count * size
        let copy = lathe_scratch(1, smallest * width)
        func place(_ index: Int) -> UnsafeMutableRawPointer {
            output.element((row + index) * output.columns + columns.lowerBound)
        }
        if product.accumulate {
            for index in 0..<rest { (copy + index * width).copyMemory(from: place(index), byteCount: width) }
            memset(copy + rest * width, 0, (smallest - rest) * width)
        }
        var key = key(
            product, rows: smallest, columns: columns.count, depth: product.depth, accumulate: product.accumulate)
        key.outputStride = columns.count
        kernels.run(key, left: left, right: right, output: copy)
        for index in 0..<rest { place(index).copyMemory(from: copy + index * width, byteCount: width) }
    }

    /// Token rows are summed over, in their order.
    private static func cutDepth(_ product: Product, rows: Range<Int>, columns: Range<Int>, kernels: BFloat16Kernels) {
        let output = product.output.element(rows.lowerBound * product.output.columns + columns.lowerBound)
        var depth = 0
        func accumulate() -> Bool { product.accumulate || depth > 0 }
        for piece in depthPieces {
            while product.depth - depth >= piece {
                kernels.run(
                    key(product, rows: rows.count, columns: columns.count, depth: piece, accumulate: accumulate()),
                    left: product.left.at(rows.lowerBound, depth), right: product.right.at(depth, columns.lowerBound),
                    output: output)
                depth += piece
            }
        }
        let rest = product.depth - depth
        guard rest > 0 else { return }
        let left = paddedCopy(0, rest: rest, columns: rows.count) { product.left.at(rows.lowerBound, depth + $0) }
        let right = paddedCopy(1, rest: rest, columns: columns.count) {
            product.right.at(depth + $0, columns.lowerBound)
        }
        var key = key(product, rows: rows.count, columns: columns.count, depth: smallest, accumulate: accumulate())
        key.leftStride = rows.count
        key.rightStride = columns.count
        kernels.run(key, left: left, right: right, output: output)
    }

    /// The last `rest` token rows over zeros, which add nothing to a sum.
    private static func paddedCopy(
        _ purpose: Int32, rest: Int, columns: Int, row: (Int) -> UnsafeMutableRawPointer
    ) -> UnsafeMutableRawPointer {
        let copy = lathe_scratch(purpose, smallest * columns * 2)
        for index in 0..<rest { (copy + index * columns * 2).copyMemory(from: row(index), byteCount: columns * 2) }
        memset(copy + rest * columns * 2, 0, (smallest - rest) * columns * 2)
        return copy
    }
}
