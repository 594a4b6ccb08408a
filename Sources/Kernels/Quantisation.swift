import CKernels
public import Tensors

/// Numbers to stored blocks: the way back from `Widening`.
public enum Quantisation {
    /// The rows of `block`, finite numbers that fill whole blocks, as blocks of `dtype` at `blocks`.
    ///
    /// Without importance, types of 32 numbers get the bytes of ggml's reference. The bytes depend on nothing but the rows.
    /// - Parameter importance: how much each column counts, none of it negative; nil: as ggml weighs without any.
    /// - Returns: a number whose block needs a larger scale than a half can hold; nil where all are well.
    public static func quantise(
        _ block: Matrix, _ dtype: DType, importance: [Float]? = nil, into blocks: UnsafeMutableRawPointer
    ) -> Int? {
        guard let rowBytes = dtype.byteCount(elements: block.columns), dtype.isQuantised else {
            preconditionFailure("rows of \(block.columns) do not fill blocks of \(dtype.rawValue)")
        }
        precondition(importance.map { $0.count == block.columns } ?? true)
        let grain = block.rowGrain
        var unfit = [Int](repeating: -1, count: (block.rows + grain - 1) / grain)
        unfit.withUnsafeMutableBufferPointer { unfit in
            (importance ?? []).withUnsafeBufferPointer { counts in
                // Each task writes where its rows go, and an element of its own of `unfit`.
                parallelRanges(block.rows, grain: grain) { rows in
                    let first = rows.lowerBound * block.columns
                    let found = lathe_quantise_weights(
                        dtype.format, block.floatPointer + first, rows.count, block.columns,
                        importance == nil ? nil : counts.baseAddress, blocks + rows.lowerBound * rowBytes)
                    unfit[rows.lowerBound / grain] = found < 0 ? -1 : first + found
                }
            }
        }
        return unfit.first { $0 >= 0 }
    }
}
