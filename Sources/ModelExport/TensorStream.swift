// One tensor after the other, a block of rows at a time: widened, added to, rounded once, handed on. Memory is a few blocks,
// however large the model.

internal import Kernels
internal import Tensors
internal import WeightFiles

/// Turns planned tensors into bytes.
final class TensorStream {
    private let base: any WeightSource
    private let importance: ColumnImportance?
    /// What was written with feedback before; nil where nothing was.
    var written: WrittenBlocks? { importance?.written }
    private let widened: UnsafeMutableRawPointer
    private let added: UnsafeMutableRawPointer
    private let narrowed: UnsafeMutableRawPointer
    private let blockElements: Int
    /// Of rounding with feedback.
    private let workspace = Workspace()

    /// Numbers handled at once, unless one row alone is longer.
    private static let usualBlockElements = 1 << 21
    /// Bytes of the buffers, unless a row is longer.
    static let bufferBytes = usualBlockElements * 10

    /// Bytes of `stored` that are mapped at once: a block's, or all where its rows lie in another order.
    static func mappedBytes(_ stored: FrozenTensor) -> Int {
        guard stored.form == .asStored, stored.elementCount > usualBlockElements else { return stored.bytes.count }
        return stored.bytes.count / (stored.elementCount / usualBlockElements)
    }

    init(base: any WeightSource, plan: OutputPlan) {
        self.base = base
        importance = plan.importance
        let longest =
            plan.tensors.map { tensor in
                let shape = TensorStream.shapeInRows(tensor.shape, tensor.form)
                return max(1, TensorStream.columns(shape)) * tensor.form.rowsTogether(of: shape)
            }.max() ?? 1
        blockElements = max(TensorStream.usualBlockElements, longest)
        let bytes = blockElements * 4
        widened = .allocate(byteCount: bytes, alignment: 64)
        added = .allocate(byteCount: bytes, alignment: 64)
        narrowed = .allocate(byteCount: bytes / 2, alignment: 64)
    }

    deinit {
        widened.deallocate()
        added.deallocate()
        narrowed.deallocate()
    }

    /// Hands the bytes of `tensor` to `sink`, in order; returns ‖ΔW‖².
    func stream(_ tensor: PlannedTensor, to sink: (UnsafeRawBufferPointer) throws -> Void) throws -> Double {
        let unmerged = TensorStream.inRows(try base.tensor(at: tensor.source), as: tensor.form)
        let merge = try MergeSource(unmerged, tensor.delta)
        var (stored, form) = (merge.stored, tensor.form)
        if merge.delta == nil, stored.form == form { (stored, form) = (stored.withoutForm, .asStored) }
        // Bytes that need no change pass as they are: a NaN's payload or a denormal survives any conversion that is not made.
        let passes =
            merge.delta == nil && tensor.biasFactors == nil && stored.dtype == tensor.dtype && stored.form == form
        defer { base.releasePages(of: tensor.source) }
        guard Widening.supports(stored.dtype) else {
            try sink(stored.bytes)
            return 0
        }
        let columns = TensorStream.columns(stored.shape)
        let rows = columns > 0 ? stored.elementCount / columns : 0
        let together = form.rowsTogether(of: stored.shape)
        let blockRows = max(together, blockElements / max(columns * together, 1) * together)
        var sumOfSquares = merge.sumOfSquares
        for range in form.pieces(of: rows, atMost: blockRows) {
            let start = range.lowerBound
            let block = Matrix(pointer: widened, rows: range.count, columns: columns, type: .f32)
            Widening.widen(stored, rows: range, into: block)
            tensor.scaleBias(block, rows: range)
            if let delta = merge.delta {
                let product = Matrix(pointer: added, rows: range.count, columns: columns, type: .f32)
                sumOfSquares += delta.merge(rows: range, into: block, using: product)
            }
            if let index = Elements.firstNonFinite(UnsafeBufferPointer(block.floats)) {
                throw ModelExportError(
                    tensor.name, tensor.delta == nil ? "a weight is not finite" : "a merged weight is not finite",
                    found: "\(block.floats[index]) at element \(start * columns + index)")
            }
            if passes {
                let rowBytes = stored.bytes.count / rows
                try sink(
                    UnsafeRawBufferPointer(rebasing: stored.bytes[(start * rowBytes)..<(range.upperBound * rowBytes)]))
            } else {
                try sink(rounded(arranged(block, range, form, of: rows), tensor))
            }
            stored.dropPages(rows: range)
        }
        guard sumOfSquares.isFinite else { throw ModelExportError(tensor.name, "the norm of the delta is not finite") }
        return sumOfSquares
    }

    /// `block`, the rows `range` of `count` in Hugging Face's order, as a file stores them that has them in `form`.
    private func arranged(_ block: Matrix, _ range: Range<Int>, _ form: StoredForm, of count: Int) -> Matrix {
        switch form {
        case .asStored, .partByPart: return block
        case .transposed:
            precondition(block.rows == count)
            let moved = Matrix(pointer: added, rows: block.columns, columns: block.rows, type: .f32)
            Elements.transpose(block, into: moved)
            return moved
        case .plusOne:
            for index in 0..<block.count { block.floats[index] += 1 }
            return block
        case .interleavedHalves:
            let moved = Matrix(pointer: added, rows: block.rows, columns: block.columns, type: .f32)
            for row in range {
                let place = form.storedRow(row, of: count) - range.lowerBound
                Elements.copy(
                    block.rows(row - range.lowerBound..<row - range.lowerBound + 1), into: moved.rows(place..<place + 1)
                )
            }
            return moved
        }
    }

    private func rounded(_ block: Matrix, _ tensor: PlannedTensor) throws -> UnsafeRawBufferPointer {
        switch tensor.dtype {
        case .f32: return UnsafeRawBufferPointer(start: block.pointer, count: block.byteCount)
        case .bf16:
            let target = Matrix(pointer: narrowed, rows: block.rows, columns: block.columns, type: .bf16)
            Conversion.convert(block, into: target)
            return UnsafeRawBufferPointer(start: narrowed, count: target.byteCount)
        case .f16:
            let halves = narrowed.assumingMemoryBound(to: UInt16.self)
            Conversion.floatsToHalves(block.floats.baseAddress.unsafelyUnwrapped, into: halves, count: block.count)
            for index in 0..<block.count where halves[index] & 0x7C00 == 0x7C00 {
                throw Self.tooLarge(block, index, tensor)
            }
            return UnsafeRawBufferPointer(start: narrowed, count: block.count * 2)
        default: return try quantised(block, tensor)
        }
    }

    private func quantised(_ block: Matrix, _ tensor: PlannedTensor) throws -> UnsafeRawBufferPointer {
        let dtype = tensor.dtype
        guard dtype.isQuantised, let byteCount = dtype.byteCount(elements: block.count) else {
            preconditionFailure("\(dtype.rawValue) is no export type")
        }
        let unfit: Int?
        if let (rule, counts) = try importance?.feedback(for: tensor.path) {
            unfit = rule.round(block, as: dtype, importance: counts, into: narrowed, workspace: workspace)
        } else {
            unfit = Quantisation.quantise(block, dtype, importance: tensor.importance, into: narrowed)
        }
        if let unfit { throw Self.tooLarge(block, unfit, tensor) }
        return UnsafeRawBufferPointer(start: narrowed, count: byteCount)
    }

    /// The error for the largest number of the block of `tensor.dtype` that begins at `index`.
    private static func tooLarge(_ block: Matrix, _ index: Int, _ tensor: PlannedTensor) -> ModelExportError {
        let numbers = block.floats[index..<index + tensor.dtype.blockElements]
        let largest = numbers.max { abs($0) < abs($1) } ?? 0
        let type = tensor.dtype == .f16 ? "fp16" : tensor.dtype.rawValue.uppercased()
        return ModelExportError(
            tensor.name, "a weight is too large for \(type)", found: "\(largest)", hint: "take bf16 or fp32")
    }

    /// A vector whose elements are the rows of a projection and lie, or are to lie, in another order, a bias of GGUF's Llama:
    /// as a column.
    static func inRows(_ stored: FrozenTensor, as form: StoredForm) -> FrozenTensor {
        FrozenTensor(
            name: stored.name, dtype: stored.dtype, shape: shapeInRows(stored.shape, stored.form, form),
            storage: stored.storage, byteOffset: stored.byteOffset, form: stored.form)
    }

    private static func shapeInRows(_ shape: Shape, _ forms: StoredForm...) -> Shape {
        shape.rank == 1 && forms.contains(where: \.movesRows) ? [shape[0], 1] : shape
    }

    static func columns(_ shape: Shape) -> Int { shape.sizes.last ?? 1 }
}

extension StoredForm {
    fileprivate var movesRows: Bool {
        switch self {
        case .interleavedHalves, .partByPart: true
        case .asStored, .plusOne, .transposed: false
        }
    }

    /// Neighbouring rows of a tensor of `shape` that are arranged together.
    fileprivate func rowsTogether(of shape: Shape) -> Int {
        let rows = shape.sizes.first ?? 1
        switch self {
        case .asStored, .plusOne, .partByPart: return 1
        case .interleavedHalves(let heads): return max(1, rows / heads)
        case .transposed: return max(1, rows)
        }
    }

    /// The ranges of `rows` rows, in Hugging Face's order, that a file in this form has one after the other, none of more than
    /// `most`.
    fileprivate func pieces(of rows: Int, atMost most: Int) -> [Range<Int>] {
        var runs = [0..<rows]
        if case .partByPart(let blocks, let shares) = self {
            let step = rows / blocks, head = step / shares.reduce(0, +)
            runs = shares.indices.flatMap { part in
                let start = shares[..<part].reduce(0, +) * head
                return (0..<blocks).map { $0 * step + start..<$0 * step + start + shares[part] * head }
            }
        }
        return runs.flatMap { run in
            stride(from: run.lowerBound, to: run.upperBound, by: most).map { $0..<min($0 + most, run.upperBound) }
        }
    }
}

extension FrozenTensor {
    /// The same bytes, rows as they are stored.
    fileprivate var withoutForm: FrozenTensor {
        FrozenTensor(name: name, dtype: dtype, shape: shape, storage: storage, byteOffset: byteOffset)
    }
}
