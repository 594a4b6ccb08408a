// What runs between products: norms, activations, rotation, loss, optimiser, widening. Memory is their limit.

import Kernels
import Tensors

enum ElementsBenchmark: Benchmark {
    static let name = "elements"
    static let summary = "norm, SwiGLU, rotary, cross-entropy, AdamW, widening: as a share of the memory's bandwidth"

    /// SmolLM2-135M's.
    private static let width = 576, inner = 1536, heads = 9, vocabulary = 49_152

    static func run(_ context: Context) throws {
        let bandwidth = context.peaks.bandwidth.triad
        context.report.begin(
            "elements",
            "bytes that must move, against a triad's \(Int(bandwidth / 1e9)) GB/s; what fits the caches may go beyond it",
            [
                .text("operation", "operation", 30), .text("size", "size", 16), .milliseconds,
                .number("gigabytes_per_second", "GB/s"), .percent("share_of_bandwidth", "of memory"),
            ])
        for rows in context.options.quick ? [1024] : [1024, 16_384] {
            for (name, bytes, seconds) in rowOperations(context, rows: rows) {
                add(context, name, "\(rows) rows", bytes: bytes, seconds, bandwidth)
            }
        }
        for (name, size, bytes, seconds) in weightOperations(context) {
            add(context, name, size, bytes: bytes, seconds, bandwidth)
        }
        crossEntropy(context)
    }

    private static func add(
        _ context: Context, _ name: String, _ size: String, bytes: Int, _ seconds: Samples, _ bandwidth: Double
    ) {
        let rate = Double(bytes) / seconds.median
        context.report.add(
            .text(name), .text(size), .samples(seconds), .number(rate / 1e9), .number(rate / bandwidth))
    }

    /// Operations over `rows` token rows, with the bytes that each must move.
    private static func rowOperations(
        _ context: Context, rows: Int
    ) -> [(name: String, bytes: Int, seconds: Samples)] {
        let workspace = Workspace()
        func matrix(_ columns: Int, _ type: ElementType, rows count: Int = rows) -> Matrix {
            workspace.filled(rows: count, columns: columns, type: type)
        }
        let x = matrix(width, .f32), dx = matrix(width, .f32), y = matrix(width, .bf16)
        let weight = matrix(width, .f32, rows: 1), inverseRMS = matrix(1, .f32)
        let gate = matrix(inner, .bf16), up = matrix(inner, .bf16), product = matrix(inner, .bf16)
        let dProduct = matrix(inner, .f32)
        let table = RotaryTable(headWidth: width / heads, base: 10_000, scaling: .none, positions: rows)
        let positions = (0..<rows).map { Int32($0 % 512) }
        let watch = context.stopwatch
        var results: [(name: String, bytes: Int, seconds: Samples)] = []
        func measure(_ name: String, bytesPerRow: Int, _ body: () -> Void) {
            guard context.wants(name) else { return }
            results.append((name, bytesPerRow * rows, watch.measure(body)))
        }
        measure("RMSNorm forward", bytesPerRow: 6 * width) {
            RMSNorm.forward(x, weight: weight, epsilon: 1e-5, into: y, inverseRMS: inverseRMS)
        }
        measure("RMSNorm backward, adding", bytesPerRow: 14 * width) {
            RMSNorm.backward(y, x: x, weight: weight, inverseRMS: inverseRMS, into: dx, accumulate: true)
        }
        measure("SwiGLU forward", bytesPerRow: 6 * inner) {
            Activation.silu.forward(gate: gate, up: up, into: product)
        }
        measure("SwiGLU backward", bytesPerRow: 12 * inner) {
            Activation.silu.backward(dProduct, gate: gate, up: up, into: product, dup: product)
        }
        measure("rotary", bytesPerRow: 4 * width) {
            positions.withUnsafeBufferPointer {
                Rotary.apply(y, heads: heads, positions: $0, table: table, direction: .forward)
            }
        }
        measure("addition to the residual", bytesPerRow: 12 * width) { Elements.add(x, into: dx) }
        measure("fp32 to bf16", bytesPerRow: 6 * width) { Conversion.convert(x, into: y) }
        return results
    }

    private static func weightOperations(
        _ context: Context
    ) -> [(name: String, size: String, bytes: Int, seconds: Samples)] {
        let watch = context.stopwatch
        var results: [(name: String, size: String, bytes: Int, seconds: Samples)] = []
        for type in [DType.q4_1, .q8_0, .bf16] {
            for (rows, columns) in [(inner, width), (vocabulary, width)] {
                let name = "widening \(type.rawValue) to bf16", size = "\(rows) × \(columns)"
                guard context.wants(name), let stored = type.byteCount(elements: rows * columns) else { continue }
                let storage = Storage(byteCount: stored) { $0.initializeMemory(as: UInt8.self, repeating: 0x11) }
                let tensor = FrozenTensor(
                    name: "weight", dtype: type, shape: Shape([rows, columns]), storage: storage, byteOffset: 0)
                let workspace = Workspace()
                let matrix = workspace.filled(rows: rows, columns: columns, type: .bf16)
                results.append(
                    (name, size, stored + matrix.byteCount, watch.measure { Widening.widen(tensor, into: matrix) }))
            }
        }
        // 4.9 million: what r 16 on all linears trains.
        let count = 4_884_480
        if context.wants("AdamW") {
            let layout = MatrixLayout([("all", count / width, width)])
            let buffers = (0..<4).map { _ in MatrixBuffer(layout) }
            let seconds = watch.measure {
                AdamWUpdate.apply(
                    values: buffers[0].numbers, gradients: buffers[1].numbers, firstMoments: buffers[2].numbers,
                    secondMoments: buffers[3].numbers, gradientScale: 1, learningRate: 1e-4, beta1: 0.9, beta2: 0.999,
                    epsilon: 1e-8, weightDecay: 0, step: 1)
            }
            results.append(("AdamW", "\(count) numbers", 28 * count, seconds))
        }
        return results
    }

    /// The vocabulary's projection with its loss: products are its limit.
    private static func crossEntropy(_ context: Context) {
        guard context.wants("cross-entropy") else { return }
        let peak = context.peaks.product(.bfloat16)
        context.report.begin(
            "cross_entropy", "vocabulary projection, loss and gradient in one, against oneDNN's bf16 peak",
            [
                .text("direction", "direction", 22), .number("rows", "rows", digits: 0, width: 6), .milliseconds,
                .number("gflops", "GFLOP/s"), .percent("share_of_peak", "of peak"),
            ])
        for rows in context.options.quick ? [1024] : [256, 1024, 2048] {
            let workspace = Workspace(), buffers = Workspace()
            let hidden = workspace.filled(rows: rows, columns: width, type: .bf16)
            let head = LogitHead(RowLayout(workspace.filled(rows: vocabulary, columns: width, type: .bf16)))
            let dHidden = workspace.filled(rows: rows, columns: width, type: .f32)
            let targets = (0..<rows).map { Int32($0 * 37 % vocabulary) }
            let tokens = SparseRows(targets), product = 2 * Double(rows) * Double(width) * Double(vocabulary)
            let forward = context.stopwatch.measure {
                var found = CrossEntropy(rows: rows)
                TokenOutcomes.run(hidden, head: head, tokens: tokens, gradient: nil, workspace: buffers) {
                    found.rule($0)
                }
            }
            let both = context.stopwatch.measure {
                var found = CrossEntropy(rows: rows, weights: Array(repeating: 1, count: rows))
                TokenOutcomes.run(
                    hidden, head: head, tokens: tokens, gradient: .init(dHidden), workspace: buffers
                ) { found.rule($0) }
            }
            for (name, seconds, count) in [("forward", forward, 1.0), ("forward and backward", both, 2.0)] {
                let rate = product * count / seconds.median
                context.report.add(
                    .text(name), .number(Double(rows)), .samples(seconds), .number(rate / 1e9),
                    .number(rate / peak))
            }
        }
    }
}
