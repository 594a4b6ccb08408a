import CKernels
import COneDNN
import Tensors

/// The compiled oneDNN kernels of one thread of the pool. Only that thread uses it, so there is no lock.
final class BFloat16Kernels: @unchecked Sendable {
    /// One for each thread the pool can have.
    static let slots: [BFloat16Kernels] = (0..<Processor.threads).map { _ in BFloat16Kernels() }

    private static let mostKernels = 4096

    private let engine: dnnl_engine_t?
    private let stream: dnnl_stream_t?
    private var kernels: [BFloat16Kernel.Key: BFloat16Kernel] = [:]

    private init() {
        var engine: dnnl_engine_t?, stream: dnnl_stream_t?
        BFloat16Kernel.check(dnnl_engine_create(&engine, dnnl_cpu, 0), "engine")
        BFloat16Kernel.check(dnnl_stream_create(&stream, engine, UInt32(dnnl_stream_default_flags.rawValue)), "stream")
        self.engine = engine
        self.stream = stream
    }

    /// Runs the kernel of `key`, compiling it the first time.
    func run(
        _ key: BFloat16Kernel.Key, left: UnsafeMutableRawPointer, right: UnsafeMutableRawPointer,
        output: UnsafeMutableRawPointer
    ) {
        let kernel: BFloat16Kernel
        if let known = kernels[key] {
            kernel = known
        } else {
            if kernels.count >= Self.mostKernels { kernels.removeAll() }
            kernel = BFloat16Kernel(key, engine: engine)
            kernels[key] = kernel
        }
        kernel.run(left: left, right: right, output: output, stream: stream)
    }
}

/// One compiled product with its memory handles.
final class BFloat16Kernel {
    /// All that a kernel is compiled for. Strides are those of the stored rows.
    struct Key: Hashable {
        var rows: Int
        var columns: Int
        var depth: Int
        var leftStride: Int
        var leftIsTransposed: Bool
        var rightStride: Int
        var rightIsTransposed: Bool
        var outputStride: Int
        var outputIsFloat: Bool
        var alpha: Float
        var accumulate: Bool
    }

    private var primitive: dnnl_primitive_t?
    private var left: dnnl_memory_t?
    private var right: dnnl_memory_t?
    private var output: dnnl_memory_t?
    private var scratch: dnnl_memory_t?
    private let scratchBytes: Int

    init(_ key: Key, engine: dnnl_engine_t?) {
        func description(_ rows: Int, _ columns: Int, _ stride: Int, _ isTransposed: Bool, _ type: dnnl_data_type_t)
            -> dnnl_memory_desc_t
        {
            var result = dnnl_memory_desc_t()
            let dimensions = [dnnl_dim_t(rows), dnnl_dim_t(columns)]
            let strides = isTransposed ? [1, dnnl_dim_t(stride)] : [dnnl_dim_t(stride), 1]
            Self.check(dnnl_memory_desc_init_by_strides(&result, 2, dimensions, type, strides), "layout")
            return result
        }
        var leftLayout = description(key.rows, key.depth, key.leftStride, key.leftIsTransposed, dnnl_bf16)
        var rightLayout = description(key.depth, key.columns, key.rightStride, key.rightIsTransposed, dnnl_bf16)
        var outputLayout = description(
            key.rows, key.columns, key.outputStride, false, key.outputIsFloat ? dnnl_f32 : dnnl_bf16)
        var operation = dnnl_matmul_desc_t()
        Self.check(dnnl_matmul_desc_init(&operation, &leftLayout, &rightLayout, nil, &outputLayout), "product")

        var attributes: dnnl_primitive_attr_t?
        Self.check(dnnl_primitive_attr_create(&attributes), "attributes")
        // A scratch pad of the library's own would be shared between our threads.
        Self.check(dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user), "scratch pad")
        if key.alpha != 1 {
            var alpha = key.alpha
            Self.check(dnnl_primitive_attr_set_output_scales(attributes, 1, 0, &alpha), "alpha")
        }
        if key.accumulate {
            var operations: dnnl_post_ops_t?
            Self.check(dnnl_post_ops_create(&operations), "accumulation")
            Self.check(dnnl_post_ops_append_sum(operations, 1), "accumulation")
            Self.check(dnnl_primitive_attr_set_post_ops(attributes, operations), "accumulation")
            dnnl_post_ops_destroy(operations)
        }
        var description: dnnl_primitive_desc_t?
        Self.check(dnnl_primitive_desc_create(&description, &operation, attributes, engine, nil), "kernel")
        dnnl_primitive_attr_destroy(attributes)
        Self.check(dnnl_primitive_create(&primitive, description), "kernel")
        let scratchLayout = dnnl_primitive_desc_query_md(description, dnnl_query_scratchpad_md, 0)
        scratchBytes = scratchLayout.map { dnnl_memory_desc_get_size($0) } ?? 0
        Self.check(dnnl_memory_create(&left, &leftLayout, engine, nil), "memory")
        Self.check(dnnl_memory_create(&right, &rightLayout, engine, nil), "memory")
        Self.check(dnnl_memory_create(&output, &outputLayout, engine, nil), "memory")
        if scratchBytes > 0 { Self.check(dnnl_memory_create(&scratch, scratchLayout, engine, nil), "memory") }
        dnnl_primitive_desc_destroy(description)
    }

    deinit {
        for memory in [left, right, output, scratch] where memory != nil { dnnl_memory_destroy(memory) }
        dnnl_primitive_destroy(primitive)
    }

    func run(
        left leftBytes: UnsafeMutableRawPointer, right rightBytes: UnsafeMutableRawPointer,
        output outputBytes: UnsafeMutableRawPointer, stream: dnnl_stream_t?
    ) {
        dnnl_memory_set_data_handle(left, leftBytes)
        dnnl_memory_set_data_handle(right, rightBytes)
        dnnl_memory_set_data_handle(output, outputBytes)
        if scratchBytes > 0 { dnnl_memory_set_data_handle(scratch, lathe_scratch(3, scratchBytes)) }
        let arguments = [
            dnnl_exec_arg_t(arg: DNNL_ARG_SRC, memory: left), dnnl_exec_arg_t(arg: DNNL_ARG_WEIGHTS, memory: right),
            dnnl_exec_arg_t(arg: DNNL_ARG_DST, memory: output),
            dnnl_exec_arg_t(arg: DNNL_ARG_SCRATCHPAD, memory: scratch),
        ]
        Self.check(dnnl_primitive_execute(primitive, stream, scratchBytes > 0 ? 4 : 3, arguments), "product")
    }

    /// oneDNN refuses only what no caller may ask for; shapes were checked before.
    static func check(_ status: dnnl_status_t, _ what: StaticString) {
        precondition(status == dnnl_success, "oneDNN refused: \(what), status \(status.rawValue)")
    }
}
