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
            if case .asStored = tensor.rowOrder {
                lathe_dequantise(
                    layout.format, layout.bytes(row: range.lowerBound + rows.lowerBound), matrix.row(rows.lowerBound),
                    matrix.type.c, rows.count * layout.columns)
            } else {
                for row in rows {
                    let stored = tensor.rowOrder.storedRow(range.lowerBound + row, of: layout.rows)
                    lathe_dequantise(
                        layout.format, layout.bytes(row: stored), matrix.row(row), matrix.type.c, layout.columns)
                }
            }
        }
    }

    /// Row `ids[i]` of `tensor` into row `i` of `matrix`: an embedding's look-up.
    public static func gather(_ tensor: FrozenTensor, rows ids: UnsafeBufferPointer<Int32>, into matrix: Matrix) {
        let layout = RowLayout(tensor)
        precondition(matrix.rows == ids.count && matrix.columns == layout.columns)
        parallelRanges(ids.count, grain: matrix.rowGrain) { rows in
            for row in rows {
                precondition(ids[row] >= 0 && Int(ids[row]) < layout.rows, "row \(ids[row]) of \(layout.rows)")
                let stored = tensor.rowOrder.storedRow(Int(ids[row]), of: layout.rows)
                lathe_dequantise(
                    layout.format, layout.bytes(row: stored), matrix.row(row), matrix.type.c, layout.columns)
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

/// A frozen tensor as rows of whole blocks.
struct RowLayout {
    let rows: Int
    let columns: Int
    let rowBytes: Int
    let format: lathe_format
    private let base: UnsafeRawPointer

    init(_ tensor: FrozenTensor) {
        columns = tensor.shape.rank == 0 ? 1 : tensor.shape[tensor.shape.rank - 1]
        rows = columns == 0 ? 0 : tensor.elementCount / columns
        guard let bytes = tensor.dtype.byteCount(elements: columns) else {
            preconditionFailure("\(tensor.name): rows of \(columns) do not fill blocks of \(tensor.dtype.rawValue)")
        }
        rowBytes = bytes
        format = tensor.dtype.format
        base = tensor.bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 64).unsafelyUnwrapped
    }

    func bytes(row: Int) -> UnsafeRawPointer { base + row * rowBytes }
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
        case .f64, .i8, .i16, .i32, .i64, .u8, .bool: preconditionFailure("\(rawValue) is no weight type")
        }
    }
}
