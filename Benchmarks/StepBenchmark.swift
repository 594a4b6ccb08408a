// A training step: forward, backward, clipping and optimiser, every token a target.

import Foundation
import JSON

enum StepBenchmark: Benchmark {
    static let name = "step"
    static let summary = "a training step: tokens/s, share of the products' peak, peak memory"

    static let columns: [Column] = [
        .text("model", "model", 28), .text("precision", "precision", 9), .text("batch", "examples × tokens", 18),
        .seconds, .number("tokens_per_second", "tokens/s", digits: 0), .number("gflops", "GFLOP/s"),
        .percent("share_of_peak", "of peak"), .number("peak_memory_mb", "peak MB", digits: 0),
        .number("first_step_seconds", "first s", digits: 2), .text("note", "", 12),
    ]

    static func run(_ context: Context) throws {
        context.report.begin(
            "step", "training steps, LoRA r 16 on all linears; peak: oneDNN bf16 or OpenBLAS fp32 of this run", columns)
        for stepCase in cases(context) { try measure(stepCase, context) }
        for (limit, value) in context.peaks.facts.members {
            context.report.note("\(limit): \(Int(value.double ?? 0))")
        }
    }

    private static func cases(_ context: Context) -> [StepCase] {
        let models = BenchmarkModels(context)
        var cases: [StepCase] = []
        func add(
            _ label: String, _ path: @autoclosure () -> String?, _ precision: String, _ batches: [(Int, Int)],
            recompute: Bool = false
        ) {
            let wanted = batches.map {
                StepCase(label, "", precision, examples: $0.0, length: $0.1, recompute: recompute)
            }
            .filter { context.wants($0.name) }
            // A model is made only if a case needs it.
            guard !wanted.isEmpty, let path = path() else { return }
            cases += wanted.map { $0.at(path) }
        }
        let quantised = "SmolLM2 \(models.quantisation)"
        if context.options.quick {
            add(quantised, models.base, "bf16", [(4, 512)])
            return cases
        }
        add(quantised, models.base, "bf16", [(16, 128), (4, 512), (8, 512), (1, 2048), (1, 8192)])
        add(quantised, models.base, "bf16", [(1, 2048), (1, 8192)], recompute: true)
        add(quantised, models.base, "fp32", [(4, 512)])
        add("SmolLM2 bf16 safetensors", models.exported("bf16"), "bf16", [(4, 512), (1, 2048)])
        add("SmolLM2 fp32 safetensors", models.exported("f32"), "bf16", [(4, 512)])
        add("SmolLM2 fp32 safetensors", models.exported("f32"), "fp32", [(4, 512)])
        add("stories260K", models.stories, "bf16", [(16, 128), (4, 512)])
        add("stories260K", models.stories, "fp32", [(4, 512)])
        return cases
    }

    static func measure(_ stepCase: StepCase, _ context: Context) throws {
        let peak = context.peaks.product(stepCase.precision == "fp32" ? .openBLAS : .bfloat16)
        let measured = try StepMeasurement(stepCase, context.options)
        let rate = measured.operations / measured.seconds.median
        context.report.add(
            .text(stepCase.label), .text(stepCase.precision), .text("\(stepCase.examples) × \(stepCase.length)"),
            .samples(measured.seconds), .number(Double(stepCase.tokens) / measured.seconds.median), .number(rate / 1e9),
            .number(rate / peak), .number(measured.peakMemoryBytes / 1e6), .number(measured.firstStepSeconds),
            .text(stepCase.recompute ? "recomputing" : ""))
    }
}

/// One configuration of the step.
struct StepCase {
    let label: String
    private(set) var path: String
    let precision: String
    let examples: Int
    let length: Int
    let recompute: Bool

    init(_ label: String, _ path: String, _ precision: String, examples: Int, length: Int, recompute: Bool = false) {
        self.label = label
        self.path = path
        self.precision = precision
        self.examples = examples
        self.length = length
        self.recompute = recompute
    }

    /// The same on the model at `path`.
    func at(_ path: String) -> StepCase {
        var copy = self
        copy.path = path
        return copy
    }

    /// What `--filter` looks in: "SmolLM2 Q4_1 bf16 4x512".
    var name: String { "\(label) \(precision) \(examples)x\(length)\(recompute ? " recomputing" : "")" }
    var tokens: Int { examples * length }
}

/// What `measure-step` found in a process of its own.
struct StepMeasurement {
    let seconds: Samples
    let firstStepSeconds: Double
    let operations: Double
    let peakMemoryBytes: Double

    init(_ stepCase: StepCase, _ options: BenchmarkOptions) throws {
        var arguments = [
            "measure-step", "--model", stepCase.path, "--precision", stepCase.precision, "--examples",
            "\(stepCase.examples)", "--length", "\(stepCase.length)", "--micro-rows", "\(options.microRows)", "--steps",
            "\(options.samples)",
        ]
        if let threads = options.threads { arguments += ["--threads", "\(threads)"] }
        if stepCase.recompute { arguments.append("--recompute") }
        let result = try ChildProcess.run(ChildProcess.ownExecutable, arguments)
        let json = try JSONValue(parsing: Array(result.output))
        guard let samples = json["step_seconds"]?.array?.compactMap(\.double), !samples.isEmpty,
            let operations = json["operations"]?.double, let peak = json["peak_memory_bytes"]?.double
        else { throw BenchmarkError("\(stepCase.name): unexpected output \(json.text())") }
        seconds = Samples(samples)
        firstStepSeconds = json["first_step_seconds"]?.double ?? .nan
        self.operations = operations
        peakMemoryBytes = peak
    }
}
