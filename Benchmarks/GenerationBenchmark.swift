// Reading a prompt and writing tokens after it.

import ArgumentParser
import Foundation
import Generation
import JSON
import Kernels
import Models
import WeightFiles

enum GenerationBenchmark: Benchmark {
    static let name = "generation"
    static let summary =
        "reading prompts, writing one sequence and many: tokens/s, and the share of the memory's bandwidth"

    static func run(_ context: Context) throws {
        let bandwidth = context.peaks.bandwidth.read
        context.report.begin(
            "generation",
            "greedy; one sequence against reading every weight once a token at \(Int(bandwidth / 1e9)) GB/s",
            [
                .text("model", "model", 28), .text("phase", "phase", 22), .seconds,
                .number("tokens_per_second", "tokens/s"), .percent("share_of_bandwidth", "of memory"),
            ])
        let models = BenchmarkModels(context)
        var cases = [("SmolLM2 \(models.quantisation)", { models.base })]
        if !context.options.quick { cases.append(("SmolLM2 bf16 safetensors", { models.exported("bf16") })) }
        for (label, path) in cases where context.wants(label) {
            guard let path = path() else { continue }
            let writer = try Writer(path)
            for prompt in context.options.quick ? [512] : [128, 512, 1024] {
                try measure(context, label, writer, prompt: prompt, bandwidth)
            }
            try measureMany(context, label, writer)
        }
    }

    private static func measure(
        _ context: Context, _ label: String, _ writer: Writer, prompt: Int, _ bandwidth: Double
    ) throws {
        let new = context.options.quick ? 33 : 129
        let times = try (0..<context.options.samples).map { _ in try writer.measure(prompt: prompt, new: new) }
        let reading = Samples(times.map(\.promptSeconds)), decoding = Samples(times.map(\.decodingSeconds))
        context.report.add(
            .text(label), .text("prompt of \(prompt)"), .samples(reading), .number(Double(prompt) / reading.median),
            .none)
        let rate = Double(new - 1) / decoding.median
        context.report.add(
            .text(label), .text("\(new - 1) after \(prompt)"), .samples(decoding), .number(rate),
            .number(rate * Double(writer.weightBytes) / bandwidth))
    }

    /// Many sequences together: each weight is read once for all of them.
    private static func measureMany(_ context: Context, _ label: String, _ writer: Writer) throws {
        let new = context.options.quick ? 32 : 128
        for sequences in context.options.quick ? [16] : [4, 16] {
            let seconds = Samples(
                try (0..<context.options.samples).map { _ in
                    try writer.measure(sequences: sequences, prompt: 16, new: new)
                })
            context.report.add(
                .text(label), .text("\(sequences) × \(new) after 16"), .samples(seconds),
                .number(Double(sequences * new) / seconds.median), .none)
        }
    }
}

/// A model that writes.
struct Writer {
    private let model: LanguageModel
    /// What decoding reads for each token.
    let weightBytes: Int

    init(_ path: String) throws {
        let weights = try openWeights(URL(fileURLWithPath: path))
        model = try LanguageModel(
            configuration: MeasureStep.configuration(of: weights), weights: weights,
            precision: Processor.hasFastBFloat16 ? .bf16 : .f32)
        weightBytes = try weights.paths.reduce(0) { try $0 + weights.tensor(at: $1).bytes.count }
    }

    /// Reads `prompt` tokens and writes `new` more, always the likeliest. The first comes with the prompt.
    func measure(prompt: Int, new: Int) throws -> (promptSeconds: Double, decodingSeconds: Double) {
        let scheduler = GenerationScheduler(model)
        let ids = (0..<prompt).map { Int32(100 + $0 * 7 % 1000) }
        let start = ContinuousClock.now
        var first = start, last = start, count = 0
        _ = try scheduler.answers(to: [GenerationRequest(prompt: ids, maximumTokens: new)]) { _, event in
            guard case .token = event else { return }
            last = .now
            if count == 0 { first = last }
            count += 1
        }
        return ((first - start).seconds, (last - first).seconds)
    }

    /// Seconds for `sequences` of them together, prompts included.
    func measure(sequences: Int, prompt: Int, new: Int) throws -> Double {
        // Another prompt for each.
        let requests = (0..<sequences).map { sequence in
            GenerationRequest(
                prompt: (0..<prompt).map { Int32(100 + sequence + $0 * 7 % 1000) }, maximumTokens: new)
        }
        let scheduler = GenerationScheduler(model, limits: CacheLimits(width: sequences), promptTokensPerStep: .max)
        return try Stopwatch.seconds { keep(try scheduler.answers(to: requests)) }
    }
}

/// `Benchmarks measure-generation …`: for comparisons with other programs on the same file.
struct MeasureGeneration: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "measure-generation", abstract: "Measure prompt processing and decoding; prints JSON.")

    @Option(help: "A Hugging Face directory or a GGUF file.")
    var model: String

    @Option(help: "Tokens of the prompt.")
    var prompt = 512

    @Option(help: "Tokens to write.")
    var tokens = 128

    @Option(help: "Sequences; of several, the rate is that of all tokens written, prompts read included in the time.")
    var sequences = 1

    @Option(help: "Threads; by default all cores.")
    var threads: Int?

    func run() throws {
        try Processor.start(threads: threads)
        let writer = try Writer(model)
        // Page faults and generated code first.
        _ = try writer.measure(prompt: prompt, new: 4)
        let (reading, decoding) = try writer.measure(prompt: prompt, new: tokens + 1)
        let rate =
            sequences == 1
            ? Double(tokens) / decoding
            : Double(sequences * tokens) / (try writer.measure(sequences: sequences, prompt: prompt, new: tokens))
        let result: JSONValue = [
            "prompt_tokens_per_second": .double(Double(prompt) / reading), "tokens_per_second": .double(rate),
            "peak_memory_bytes": .integer(Machine.peakMemoryBytes),
        ]
        print(result.text())
    }
}
