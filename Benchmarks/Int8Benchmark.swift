// Whether forward products of frozen weights would pay in int8: the library's rates, and what making int8 operands costs.

import CBenchmarkLoops
import Kernels

enum Int8Benchmark: Benchmark {
    static let name = "int8"
    static let summary = "oneDNN's int8 products against bf16 at the frozen weights' shapes, and what a step could gain"

    private static let kinds: [ProductKind] = [.bfloat16, .integer, .unsignedInteger, .scaledInteger]

    static func run(_ context: Context) throws {
        context.report.begin(
            "int8", "direct calls of oneDNN, a thread a core; weights scaled by output, activations by row",
            [
                .text("layer", "layer", 10), .number("rows", "rows", digits: 0, width: 6),
                .number("bf16_gflops", "bf16 GFLOP/s", digits: 0), .number("s8_s32_gflops", "s8→s32", digits: 0),
                .number("u8_s32_gflops", "u8→s32", digits: 0), .number("s8_f32_gflops", "s8→f32", digits: 0),
                .number("bf16_ms", "bf16 ms", digits: 3), .number("int8_ms", "int8 ms", digits: 3),
                .number("quantise_ms", "quantise ms", digits: 3), .number("scale_ms", "scale ms", digits: 3),
                .number("speedup", "speed-up", digits: 2),
            ])
        for rows in context.options.quick ? [1024] : [1024, 2048] {
            try table(context, rows: rows)
        }
    }

    private static func table(_ context: Context, rows: Int) throws {
        var saved = 0.0, bfloat16 = 0.0
        for layer in ProductsBenchmark.layers + [ProductsBenchmark.head] {
            let shape = ProductShape(rows: rows, columns: layer.output, depth: layer.input)
            let rates = kinds.map { context.peaks.rate($0, shape, .ownThreads) }
            let quantise = quantiseSeconds(context, rows: rows, columns: layer.input)
            let scale = scaleSeconds(context, rows: rows, columns: layer.output)
            let full = shape.flops / rates[0], product = shape.flops / (rates.dropFirst().max() ?? rates[0])
            let reduced = product + scale + quantise / readers(layer)
            context.report.add(
                .text(layer.name), .number(Double(rows)), .number(rates[0] / 1e9), .number(rates[1] / 1e9),
                .number(rates[2] / 1e9), .number(rates[3] / 1e9), .number(full * 1e3), .number(product * 1e3),
                .number(quantise * 1e3), .number(scale * 1e3), .number(full / reduced))
            let count = Double(max(1, layer.perBlock * ProductsBenchmark.blocks))
            bfloat16 += count * full
            saved += count * (full - reduced)
        }
        context.report.note(
            "all forward products of \(rows) rows: \(milliseconds(bfloat16)) in bf16, \(milliseconds(bfloat16 - saved)) in int8 "
                + "with quantising and scaling")
        try bound(context, rows: rows, saved: saved)
    }

    /// Layers that read one quantised input: q, k and v share theirs, gate and up too.
    private static func readers(_ layer: ProductsBenchmark.Layer) -> Double {
        switch layer.name {
        case "k, v": 3
        case "gate, up": 2
        // A third for q, one for o.
        case "q, o": 1.5
        default: 1
        }
    }

    /// What a whole step would take if it lost `saved`: no more can be gained, since only the way forward changes.
    private static func bound(_ context: Context, rows: Int, saved: Double) throws {
        guard let base = BenchmarkModels(context).base else { return }
        let stepCase = StepCase("SmolLM2", base, "bf16", examples: rows / 512, length: 512)
        let step = try StepMeasurement(stepCase, context.options).seconds.median
        let gain = step / (step - saved)
        context.report.note(
            "a step of \(rows / 512) × 512 takes \(milliseconds(step)) and would take \(milliseconds(step - saved)): "
                + "at most \(Double(Int(gain * 1000)) / 1000) × as fast")
    }

    private static func milliseconds(_ seconds: Double) -> String { "\(Double(Int(seconds * 1e5)) / 100) ms" }

    private static func quantiseSeconds(_ context: Context, rows: Int, columns: Int) -> Double {
        let threads = Processor.threads, part = rows / threads
        return ThreadGroup(threads).measurePrepared(repetitions: context.options.samples) { _ in
            let x = Buffer<UInt16>(part * columns, of: 0x3F80), q = Buffer<Int8>(part * columns, of: 0)
            let scales = Buffer<Float>(part, of: 0)
            return { bench_quantise_rows(x.start, q.start, scales.start, part, columns) }
        }.median
    }

    /// A pass over the result for the scales of the rows. Inside a product's own last step it would cost less.
    private static func scaleSeconds(_ context: Context, rows: Int, columns: Int) -> Double {
        let threads = Processor.threads, part = rows / threads
        return ThreadGroup(threads).measurePrepared(repetitions: context.options.samples) { _ in
            let y = Buffer<Float>(part * columns, of: 1), scales = Buffer<Float>(part, of: 1)
            return { bench_scale_rows(y.start, scales.start, part, columns) }
        }.median
    }
}
