// Products by direct calls of the libraries, past Lathe: what the machine's peak is measured with.

import COneDNN
import COpenBLAS
import Foundation

/// The types of a product's operands and result.
enum ProductKind: String, CaseIterable {
    /// bf16 operands, fp32 result.
    case bfloat16 = "oneDNN bf16"
    case float = "oneDNN fp32"
    case openBLAS = "OpenBLAS fp32"
    /// int8 operands, int32 result.
    case integer = "oneDNN s8·s8→s32"
    /// The left operand without a sign, as the hardware's instruction wants it.
    case unsignedInteger = "oneDNN u8·s8→s32"
    /// int8 operands, fp32 result with a scale for each output column.
    case scaledInteger = "oneDNN s8·s8→f32"

    var operandBytes: Int {
        switch self {
        case .bfloat16: 2
        case .float, .openBLAS: 4
        case .integer, .unsignedInteger, .scaledInteger: 1
        }
    }

    fileprivate var types: (left: dnnl_data_type_t, right: dnnl_data_type_t, output: dnnl_data_type_t) {
        switch self {
        case .bfloat16: (dnnl_bf16, dnnl_bf16, dnnl_f32)
        case .float, .openBLAS: (dnnl_f32, dnnl_f32, dnnl_f32)
        case .integer: (dnnl_s8, dnnl_s8, dnnl_s32)
        case .unsignedInteger: (dnnl_u8, dnnl_s8, dnnl_s32)
        case .scaledInteger: (dnnl_s8, dnnl_s8, dnnl_f32)
        }
    }
}

/// The sizes of `[rows, depth] · [columns, depth]ᵀ`.
struct ProductShape {
    let rows: Int
    let columns: Int
    let depth: Int

    var flops: Double { 2 * Double(rows) * Double(columns) * Double(depth) }
    /// Some of the rows.
    func rows(_ count: Int) -> ProductShape { ProductShape(rows: count, columns: columns, depth: depth) }
}

/// One product with its own operands, compiled once and run again and again. Used by one thread.
final class LibraryProduct {
    private let kind: ProductKind
    private let shape: ProductShape
    private let buffers: [UnsafeMutableRawPointer]
    private var engine: dnnl_engine_t?
    private var stream: dnnl_stream_t?
    private var primitive: dnnl_primitive_t?
    private var memories: [dnnl_memory_t?] = []

    init(_ kind: ProductKind, _ shape: ProductShape) {
        self.kind = kind
        self.shape = shape
        let size = kind.operandBytes
        buffers = [
            Self.filled(shape.rows * shape.depth, size), Self.filled(shape.columns * shape.depth, size),
            Self.filled(shape.rows * shape.columns, 4),
        ]
        if kind != .openBLAS { compile() }
    }

    deinit {
        memories.forEach { dnnl_memory_destroy($0) }
        if primitive != nil { dnnl_primitive_destroy(primitive) }
        if stream != nil { dnnl_stream_destroy(stream) }
        if engine != nil { dnnl_engine_destroy(engine) }
        buffers.forEach { $0.deallocate() }
    }

    /// Numbers of a usual size: 1 in fp32 and bf16 alike.
    private static func filled(_ count: Int, _ size: Int) -> UnsafeMutableRawPointer {
        let bytes = UnsafeMutableRawPointer.allocate(byteCount: max(count * size, 64), alignment: 64)
        switch size {
        case 4: bytes.initializeMemory(as: Float.self, repeating: 1, count: count)
        case 2: bytes.initializeMemory(as: UInt16.self, repeating: 0x3F80, count: count)
        default: bytes.initializeMemory(as: Int8.self, repeating: 3, count: count)
        }
        return bytes
    }

    func run() {
        guard kind == .openBLAS else {
            let arguments = zip([DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST, DNNL_ARG_SCRATCHPAD], memories)
                .map { dnnl_exec_arg_t(arg: $0, memory: $1) }
            Self.check(dnnl_primitive_execute(primitive, stream, Int32(arguments.count), arguments))
            dnnl_stream_wait(stream)
            return
        }
        cblas_sgemm(
            CblasRowMajor, CblasNoTrans, CblasTrans, blasint(shape.rows), blasint(shape.columns), blasint(shape.depth),
            1,
            buffers[0].assumingMemoryBound(to: Float.self), blasint(shape.depth),
            buffers[1].assumingMemoryBound(to: Float.self), blasint(shape.depth), 0,
            buffers[2].assumingMemoryBound(to: Float.self), blasint(shape.columns))
    }

    private func compile() {
        Self.check(dnnl_engine_create(&engine, dnnl_cpu, 0))
        Self.check(dnnl_stream_create(&stream, engine, UInt32(dnnl_stream_default_flags.rawValue)))
        let types = kind.types
        func layout(_ rows: Int, _ columns: Int, _ strides: [Int], _ type: dnnl_data_type_t) -> dnnl_memory_desc_t {
            var result = dnnl_memory_desc_t()
            Self.check(
                dnnl_memory_desc_init_by_strides(
                    &result, 2, [dnnl_dim_t(rows), dnnl_dim_t(columns)], type, strides.map { dnnl_dim_t($0) }))
            return result
        }
        var left = layout(shape.rows, shape.depth, [shape.depth, 1], types.left)
        var right = layout(shape.depth, shape.columns, [1, shape.depth], types.right)
        var output = layout(shape.rows, shape.columns, [shape.columns, 1], types.output)
        var operation = dnnl_matmul_desc_t()
        Self.check(dnnl_matmul_desc_init(&operation, &left, &right, nil, &output))
        var attributes: dnnl_primitive_attr_t?
        Self.check(dnnl_primitive_attr_create(&attributes))
        Self.check(dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user))
        if kind == .scaledInteger {
            let scales = [Float](repeating: 0.01, count: shape.columns)
            Self.check(dnnl_primitive_attr_set_output_scales(attributes, dnnl_dim_t(shape.columns), 1 << 1, scales))
        }
        var description: dnnl_primitive_desc_t?
        Self.check(dnnl_primitive_desc_create(&description, &operation, attributes, engine, nil))
        dnnl_primitive_attr_destroy(attributes)
        Self.check(dnnl_primitive_create(&primitive, description))
        for (layout, buffer) in [(left, buffers[0]), (right, buffers[1]), (output, buffers[2])] {
            var memory: dnnl_memory_t?, layout = layout
            Self.check(dnnl_memory_create(&memory, &layout, engine, buffer))
            memories.append(memory)
        }
        var scratch: dnnl_memory_t?
        let scratchLayout = dnnl_primitive_desc_query_md(description, dnnl_query_scratchpad_md, 0)
        if let scratchLayout, dnnl_memory_desc_get_size(scratchLayout) > 0 {
            Self.check(
                dnnl_memory_create(&scratch, scratchLayout, engine, UnsafeMutableRawPointer(bitPattern: UInt.max)))
            memories.append(scratch)
        }
        dnnl_primitive_desc_destroy(description)
    }

    private static func check(_ status: dnnl_status_t) {
        precondition(status == dnnl_success, "oneDNN refused a product, status \(status.rawValue)")
    }
}
