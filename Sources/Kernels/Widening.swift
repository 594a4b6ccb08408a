import CKernels
public import Tensors

/// Frozen weights, as their file stores them, into numbers to compute with.
public enum Widening {
    /// All of `tensor` (a vector counts as one row) into `matrix`, rows in Hugging Face's order.
    public static func widen(_ tensor: FrozenTensor, into matrix: Matrix) {
        let layout = RowLayout(tensor)
        widen(tensor, rows: 0..<layout.rows, into: matrix)
    }

    /// The rows of `range` into `matrix` `[range.count, columns]`.
    public static func widen(_ tensor: FrozenTensor, rows range: Range<Int>, into matrix: Matrix) {
        let layout = RowLayout(tensor)
        precondition(range.lowerBound >= 0 && range.upperBound <= layout.rows)
        precondition(matrix.rows == range.count && matrix.columns == layout.columns)
        parallelRanges(range.count, grain: matrix.rowGrain) { rows in
            layout.widen(
                range.lowerBound + rows.lowerBound..<range.lowerBound + rows.upperBound,
                into: matrix.row(rows.lowerBound),
                stride: layout.columns, matrix.type)
        }
    }

    /// Row `ids[i]` of `tensor` into row `i` of `matrix`: an embedding's look-up.
    public static func gather(_ tensor: FrozenTensor, rows ids: UnsafeBufferPointer<Int32>, into matrix: Matrix) {
        let layout = RowLayout(tensor)
        precondition(matrix.rows == ids.count && matrix.columns == layout.columns)
        parallelRanges(ids.count, grain: matrix.rowGrain) { rows in
            for row in rows {
                precondition(ids[row] >= 0 && Int(ids[row]) < layout.rows, "row \(ids[row]) of \(layout.rows)")
                let id = Int(ids[row])
                layout.widen(id..<id + 1, into: matrix.row(row), stride: layout.columns, matrix.type)
            }
        }
    }

    /// All numbers of a small tensor (a norm's weight, a bias), in fp32.
    public static func floats(_ tensor: FrozenTensor) -> [Float] {
        let layout = RowLayout(tensor)
        guard layout.rows * layout.columns > 0 else { return [] }
        return [Float](unsafeUninitializedCapacity: layout.rows * layout.columns) { buffer, count in
            guard let base = buffer.baseAddress else { return }
            widen(
                tensor,
                into: Matrix(
                    pointer: UnsafeMutableRawPointer(base), rows: layout.rows, columns: layout.columns, type: .f32))
            count = layout.rows * layout.columns
        }
    }

    /// Whole blocks of `dtype` into fp32, bit for bit as ggml's C reference gives them.
    public static func dequantise(
        _ bytes: UnsafeRawBufferPointer, _ dtype: DType, into floats: UnsafeMutableBufferPointer<Float>
    ) {
        precondition(dtype.byteCount(elements: floats.count) == bytes.count)
        guard let from = bytes.baseAddress, let to = floats.baseAddress else { return }
        lathe_dequantise(dtype.format, from, to, LATHE_F32, floats.count)
    }

    /// Whether tensors of `dtype` can be widened.
    public static func supports(_ dtype: DType) -> Bool {
        switch dtype {
        case .f64, .i8, .i16, .i32, .i64, .u8, .bool: false
        default: true
        }
    }
}

/// Stored numbers as rows of whole blocks: of a frozen tensor, or of a matrix. It keeps neither alive.
public struct RowLayout: @unchecked Sendable {
    public let rows: Int
    public let columns: Int
    let rowBytes: Int
    let format: lathe_format
    fileprivate let base: UnsafeRawPointer
    let storedForm: StoredForm
    /// A slice's first row, and the rows of the whole.
    fileprivate let firstRow: Int
    fileprivate let wholeRows: Int

    public init(_ tensor: FrozenTensor) {
        columns = tensor.shape.rank == 0 ? 1 : tensor.shape[tensor.shape.rank - 1]
        rows = columns == 0 ? 0 : tensor.elementCount / columns
        guard let bytes = tensor.dtype.byteCount(elements: columns) else {
            preconditionFailure("\(tensor.name): rows of \(columns) do not fill blocks of \(tensor.dtype.rawValue)")
        }
        rowBytes = bytes
        format = tensor.dtype.format
        base = tensor.bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 64).unsafelyUnwrapped
        storedForm = tensor.form
        (firstRow, wholeRows) = (0, rows)
    }

    public init(_ matrix: Matrix) {
        (rows, columns) = (matrix.rows, matrix.columns)
        rowBytes = matrix.columns * matrix.type.byteCount
        format = matrix.type == .f32 ? LATHE_Q_F32 : LATHE_Q_BF16
        base = UnsafeRawPointer(matrix.pointer)
        storedForm = .asStored
        (firstRow, wholeRows) = (0, rows)
    }

    private init(_ whole: RowLayout, rows range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= whole.rows)
        (rows, columns, rowBytes, format) = (range.count, whole.columns, whole.rowBytes, whole.format)
        (base, storedForm, wholeRows) = (whole.base, whole.storedForm, whole.wholeRows)
        firstRow = whole.firstRow + range.lowerBound
    }

    /// The rows of `range` alone.
    func slice(_ range: Range<Int>) -> RowLayout { RowLayout(self, rows: range) }

    /// The bytes of row `row`, in Hugging Face's order.
    func bytes(row: Int) -> UnsafeRawPointer {
        base + storedForm.storedRow(firstRow + row, of: wholeRows) * rowBytes
    }

    /// Where the rows of `range` are stored, into `pointers`.
    func fill(_ pointers: UnsafeMutableBufferPointer<UnsafeRawPointer>, _ range: Range<Int>) {
        guard let to = pointers.baseAddress else { return }
        let first = firstRow + range.lowerBound
        switch storedForm {
        case .asStored, .plusOne:
            for row in 0..<range.count { (to + row).initialize(to: base + (first + row) * rowBytes) }
        case .partByPart, .transposed:
            for row in 0..<range.count { (to + row).initialize(to: bytes(row: range.lowerBound + row)) }
        case .interleavedHalves(let heads):
            // `StoredForm.storedRow` without its divisions.
            let half = wholeRows / heads / 2
            guard half > 0 else { return }
            var head = first / (2 * half), side = first / half % 2, index = first % half
            for row in 0..<range.count {
                (to + row).initialize(to: base + (head * 2 * half + 2 * index + side) * rowBytes)
                index += 1
                guard index == half else { continue }
                index = 0
                side += 1
                guard side == 2 else { continue }
                (side, head) = (0, head + 1)
            }
        }
    }

    /// Numbers of rows `range` at `buffer`, each row `stride` numbers after the one before.
    func widen(_ range: Range<Int>, into buffer: UnsafeMutableRawPointer, stride: Int, _ type: ElementType) {
        if storedForm == .transposed { return widenColumns(range, into: buffer, stride: stride, type) }
        if storedForm == .asStored, stride == columns {
            lathe_dequantise(format, bytes(row: range.lowerBound), buffer, type.c, range.count * columns)
            return
        }
        for (index, row) in range.enumerated() {
            lathe_dequantise(format, bytes(row: row), buffer + index * stride * type.byteCount, type.c, columns)
        }
        guard storedForm == .plusOne else { return }
        precondition(type == .f32, "only small vectors are stored with 1 added")
        let floats = buffer.assumingMemoryBound(to: Float.self)
        for index in 0..<range.count { for column in 0..<columns { floats[index * stride + column] -= 1 } }
    }
}

extension RowLayout {
    /// Bytes of one number, where numbers are no part of blocks.
    private var numberBytes: Int { rowBytes / max(columns, 1) }

    /// The number of stored row `column` that is the first of rows from `row` on: they are stored as columns.
    func bytes(column: Int, row: Int) -> UnsafeRawPointer {
        base + (column * wholeRows + firstRow + row) * numberBytes
    }

    /// Bytes from one stored row to the next, where rows are stored as columns.
    var columnStride: Int { wholeRows * numberBytes }

    /// `widen` where rows are stored as columns.
    private func widenColumns(
        _ range: Range<Int>, into buffer: UnsafeMutableRawPointer, stride: Int, _ type: ElementType
    ) {
        let size = type.byteCount, count = range.count
        let stored = lathe_scratch(2, columns * count * size)
        for column in 0..<columns {
            lathe_dequantise(
                format, bytes(column: column, row: range.lowerBound), stored + column * count * size, type.c, count)
        }
        lathe_transpose(stored, type.c, count, columns, count, buffer, stride)
    }
}

extension DType {
    var format: lathe_format {
        switch self {
        case .f32: LATHE_Q_F32
        case .f16: LATHE_Q_F16
        case .bf16: LATHE_Q_BF16
        case .q4_0: LATHE_Q4_0
        case .q4_1: LATHE_Q4_1
        case .q5_0: LATHE_Q5_0
        case .q5_1: LATHE_Q5_1
        case .q8_0: LATHE_Q8_0
        case .q2_K: LATHE_Q2_K
        case .q3_K: LATHE_Q3_K
        case .q4_K: LATHE_Q4_K
        case .q5_K: LATHE_Q5_K
        case .q6_K: LATHE_Q6_K
        case .iq4_NL: LATHE_IQ4_NL
        case .iq4_XS: LATHE_IQ4_XS
        case .f64, .i8, .i16, .i32, .i64, .u8, .bool: preconditionFailure("\(rawValue) is no weight type")
        }
    }
}
