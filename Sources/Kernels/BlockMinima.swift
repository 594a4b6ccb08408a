import CKernels
public import Tensors

/// Stored blocks `d·q + m` of 32 weights, of which only the minimum m changes: what that does to a product follows from the sum of
/// the inputs of each block.
public enum BlockMinima {
    /// Weights in a block.
    public static let blockSize = 32

    /// Whether weights of `dtype` are stored in such blocks.
    public static func stand(in dtype: DType) -> Bool { Widening.supports(dtype) && lathe_has_minima(dtype.format) }

    /// The minima of `weight` `[R, C]`, fp16, row by row in Hugging Face's order.
    public static func read(_ weight: FrozenTensor) -> [UInt16] {
        let layout = RowLayout(weight), blocks = layout.columns / blockSize
        return [UInt16](unsafeUninitializedCapacity: layout.rows * blocks) { buffer, count in
            for row in 0..<layout.rows {
                guard let to = buffer.baseAddress else { break }
                lathe_read_minima(layout.format, layout.bytes(row: row), blocks, to + row * blocks)
            }
            count = layout.rows * blocks
        }
    }

    /// Puts fp16(`minima` + scale · b · a) into the blocks of `copy`. The bits depend on these numbers alone, not on the machine.
    /// - Parameters:
    ///   - minima: of the weight, as `read` gives them.
    ///   - b: `[R, r]` fp32.
    ///   - a: `[r, C/32]` fp32.
    ///   - bytes: those of `copy`.
    public static func write(
        _ minima: [UInt16], plusProductOf b: Matrix, _ a: Matrix, scale: Float, into copy: FrozenTensor,
        _ bytes: UnsafeMutableRawBufferPointer
    ) {
        let layout = RowLayout(copy), blocks = layout.columns / blockSize, rank = a.rows
        precondition(stand(in: copy.dtype) && minima.count == layout.rows * blocks)
        precondition(b.rows == layout.rows && b.columns == rank && a.columns == blocks)
        guard let start = bytes.baseAddress, let end = copy.bytes.baseAddress else { return }
        precondition(UnsafeRawPointer(start) == end && bytes.count == copy.bytes.count)
        minima.withUnsafeBufferPointer { minima in
            guard let minima = minima.baseAddress else { return }
            parallelRanges(layout.rows, grain: 64) { rows in
                withUnsafeTemporaryAllocation(of: Float.self, capacity: rank) { factors in
                    guard let from = factors.baseAddress else { return }
                    for row in rows {
                        for k in 0..<rank { factors[k] = scale * b.floats[row * rank + k] }
                        let place = start + (layout.bytes(row: row) - end)
                        lathe_write_minima(
                            layout.format, minima + row * blocks, from, a.floatPointer, rank, blocks, place)
                    }
                }
            }
        }
    }

    /// sums `[N, ≥ C/32]` = the sum of each block of the rows of x `[N, C]`; zero in the columns beyond.
    public static func sums(of x: Matrix, into sums: Matrix) {
        let blocks = x.columns / blockSize
        precondition(x.rows == sums.rows && x.type == sums.type && sums.columns >= blocks)
        parallelRanges(x.rows, grain: x.rowGrain) { rows in
            for row in rows {
                lathe_block_sums(x.row(row), x.type.c, blocks, sums.row(row))
                let rest = (sums.columns - blocks) * x.type.byteCount
                let end = sums.row(row) + blocks * x.type.byteCount
                end.initializeMemory(as: UInt8.self, repeating: 0, count: rest)
            }
        }
    }

    /// Each number of x `[N, C/32]` in all places of its block of y `[N, C]`, both fp32: the gradient of `sums`.
    public static func spread(_ x: Matrix, into y: Matrix) {
        precondition(x.rows == y.rows && x.columns * blockSize == y.columns)
        parallelRanges(x.rows, grain: y.rowGrain) { rows in
            for row in rows {
                lathe_spread_blocks(
                    x.floatPointer + row * x.columns, x.columns, y.floatPointer + row * y.columns)
            }
        }
    }
}
