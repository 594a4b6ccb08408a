import CKernels
import COpenBLAS
public import Tensors

/// Rounding of a matrix into blocks with feedback: what a column's rounding loses, the columns after it make up for as far as
/// rows of inputs allow (Frantar et al., GPTQ, 2023); then each column is rounded once more in the knowledge of all others.
///
/// Legend: n rows of weights, C columns, H = Σ x·xᵀ `[C, C]` over the rows of inputs, U upper triangular with UᵀU = H⁻¹.
public struct ErrorFeedback: @unchecked Sendable {
    private let products: Matrix
    private let factor: Matrix

    /// What is added to the diagonal of H, as a share of its mean: inputs that were hardly seen would say what they cannot know.
    private static let damping: Float = 0.01
    /// How often more is added where fp32 finds H singular, ten times as much each time.
    private static let attempts = 6
    /// How often each column is looked at once more; a third time changes next to nothing.
    private static let sweeps: Int32 = 2

    /// - Parameters:
    ///   - products: the lower triangle of H, fp32; becomes all of it, its diagonal raised.
    ///   - room: `[C, C]`, fp32. The caller keeps the memory of both.
    /// - Returns: nil where H is not finite.
    public init?(_ products: Matrix, using room: Matrix) {
        precondition(products.rows == products.columns && products.type == .f32)
        precondition(room.rows == products.rows && room.columns == products.columns && room.type == .f32)
        self.products = products
        factor = room
        guard Self.factorOfInverse(of: products, into: room) else { return nil }
    }

    private static func factorOfInverse(of h: Matrix, into factor: Matrix) -> Bool {
        let width = h.columns, numbers = h.floatPointer
        let diagonal = (0..<width).map { numbers[$0 * (width + 1)] }
        let mean = diagonal.reduce(0) { $0 + Double($1) } / Double(max(width, 1))
        guard mean.isFinite else { return false }
        mirror(h)
        var damping = mean > 0 ? Self.damping * Float(mean) : 1
        for _ in 0..<attempts {
            for column in 0..<width { numbers[column * (width + 1)] = diagonal[column] + damping }
            Conversion.convert(h, into: factor)
            if Cholesky.factor(factor), Cholesky.invert(factor), Cholesky.factor(factor) { return true }
            damping *= 10
        }
        return false
    }

    /// The upper triangle becomes the lower one's mirror.
    private static func mirror(_ h: Matrix) {
        let width = h.columns, numbers = h.floatPointer
        parallelRanges(width, grain: grain) { rows in
            for row in rows {
                for column in row..<width { numbers[row * width + column] = numbers[column * width + row] }
            }
        }
    }

    /// Rows in one task.
    private static let grain = 32

    /// Rounds `weights` `[n, C]`, fp32, which are used up.
    ///
    /// - Parameters:
    ///   - type: of blocks that fill the rows.
    ///   - importance: what each column counts where a block's scales are chosen.
    ///   - bytes: where the rows go, one after the other.
    /// - Returns: a number whose block needs a larger scale than a half can hold; nil where all are well.
    public func round(
        _ weights: Matrix, as type: DType, importance: [Float], into bytes: UnsafeMutableRawPointer,
        workspace: Workspace
    ) -> Int? {
        let width = weights.columns, count = type.blockElements
        precondition(width == factor.columns && importance.count == width && width % count == 0 && type.isQuantised)
        return workspace.scoped {
            let wanted = workspace.matrix(rows: weights.rows, columns: width)
            Conversion.convert(weights, into: wanted)
            let block = workspace.matrix(rows: weights.rows, columns: count)
            let errors = workspace.matrix(rows: weights.rows, columns: count)
            let tasks = (weights.rows + Self.grain - 1) / Self.grain
            var failures = [Bool](repeating: false, count: tasks)
            failures.withUnsafeMutableBufferPointer { failures in
                for start in stride(from: 0, to: width, by: count) {
                    parallelRanges(weights.rows, grain: Self.grain) { rows in
                        let isWell = importance.withUnsafeBufferPointer {
                            round(
                                weights, rows, start, type, $0, block: block.rows(rows), errors: errors.rows(rows),
                                into: bytes)
                        }
                        if !isWell { failures[rows.lowerBound / Self.grain] = true }
                    }
                    passOn(errors, from: start, to: weights)
                }
            }
            if let failure = failures.firstIndex(of: true) { return failure * Self.grain * width }
            refine(bytes, type, wanted: wanted, room: weights, workspace)
            return nil
        }
    }

    /// One block of some rows: its scales for what the rows are now, then its codes, each in the knowledge of those before it.
    private func round(
        _ weights: Matrix, _ rows: Range<Int>, _ start: Int, _ type: DType, _ importance: UnsafeBufferPointer<Float>,
        block: Matrix, errors: Matrix, into bytes: UnsafeMutableRawPointer
    ) -> Bool {
        let width = weights.columns, count = type.blockElements, size = type.blockBytes
        let numbers = weights.floatPointer + rows.lowerBound * width + start
        for row in 0..<rows.count {
            (block.floatPointer + row * count).update(from: numbers + row * width, count: count)
        }
        return withUnsafeTemporaryAllocation(byteCount: rows.count * size, alignment: 64) { stored in
            guard let stored = stored.baseAddress else { return true }
            let failure = lathe_quantise_weights(
                type.format, block.floatPointer, rows.count, count, importance.baseAddress.map { $0 + start }, stored)
            guard failure < 0 else { return false }
            var feedback = lathe_feedback()
            (feedback.format, feedback.count) = (type.format, count)
            feedback.factor = UnsafePointer(factor.floatPointer + start * (width + 1))
            feedback.factor_stride = width
            lathe_feed_back(&feedback, rows.count, stored, size, numbers, width, errors.floatPointer)
            for row in 0..<rows.count {
                let place = bytes + ((rows.lowerBound + row) * (width / count) + start / count) * size
                place.copyMemory(from: stored + row * size, byteCount: size)
            }
            return true
        }
    }

    /// Takes off the columns after a block what its rounding lost.
    private func passOn(_ errors: Matrix, from start: Int, to weights: Matrix) {
        let width = weights.columns, count = errors.columns, behind = start + count
        guard behind < width else { return }
        let blocks = OutputBlocks(rows: weights.rows, columns: width - behind, threads: Processor.threads)
        parallel(blocks.count) { index, _ in
            let (rows, columns) = blocks[index]
            cblas_sgemm(
                CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(rows.count), blasint(columns.count),
                blasint(count), -1, errors.floatPointer + rows.lowerBound * count, blasint(count),
                factor.floatPointer + start * width + behind + columns.lowerBound, blasint(width), 1,
                weights.floatPointer + rows.lowerBound * width + behind + columns.lowerBound, blasint(width))
        }
    }
    /// Looks at the codes at `bytes` once more, each in the knowledge of all others of its row.
    private func refine(
        _ bytes: UnsafeMutableRawPointer, _ type: DType, wanted: Matrix, room numbers: Matrix, _ workspace: Workspace
    ) {
        let width = wanted.columns
        workspace.scoped {
            let gradient = workspace.matrix(rows: wanted.rows, columns: width)
            lathe_dequantise(type.format, bytes, numbers.pointer, LATHE_F32, numbers.count)
            Elements.scale(wanted, by: -1)
            Elements.add(numbers, into: wanted)
            Products.times(wanted, products, into: gradient, alpha: -1)
            var refinement = lathe_refinement()
            (refinement.format, refinement.columns, refinement.block) = (type.format, width, type.blockElements)
            (refinement.products, refinement.sweeps) = (UnsafePointer(products.floatPointer), Self.sweeps)
            let rowBytes = width / type.blockElements * type.blockBytes
            parallelRanges(wanted.rows, grain: Self.grain) { rows in
                var refinement = refinement
                let start = rows.lowerBound * width
                lathe_refine(
                    &refinement, rows.count, bytes + rows.lowerBound * rowBytes, numbers.floatPointer + start,
                    gradient.floatPointer + start)
            }
        }
    }
}
