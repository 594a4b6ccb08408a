// Reading a prompt and writing tokens after it.

import Foundation
import Kernels
import Models
import Tensors
import WeightFiles

enum GenerationBenchmark: Benchmark {
    static let name = "generation"
    static let summary = "prompt processing and decoding: tokens/s, and decoding as a share of the memory's bandwidth"

    static func run(_ context: Context) throws {
        let bandwidth = context.peaks.bandwidth.read
        context.report.begin(
            "generation",
            "one sequence; decoding against reading every weight once a token at \(Int(bandwidth / 1e9)) GB/s",
            [
                .text("model", "model", 28), .text("phase", "phase", 22), .seconds,
                .number("tokens_per_second", "tokens/s"), .percent("share_of_bandwidth", "of memory"),
            ])
        let models = BenchmarkModels(context)
        var cases = [("SmolLM2 \(models.quantisation)", { models.base })]
        if !context.options.quick { cases.append(("SmolLM2 bf16 safetensors", { models.exported("bf16") })) }
        for (label, path) in cases where context.wants(label) {
            guard let path = path() else { continue }
            try measure(context, label, URL(fileURLWithPath: path), bandwidth)
        }
    }

    private static func measure(_ context: Context, _ label: String, _ url: URL, _ bandwidth: Double) throws {
        let weights = try openWeights(url)
        let model = try LanguageModel(
            configuration: MeasureStep.configuration(of: weights), weights: weights,
            precision: Processor.hasFastBFloat16 ? .bf16 : .f32)
        let watch = Stopwatch(repetitions: context.options.samples, shortestSeconds: 0)
        let decoded = context.options.quick ? 32 : 128
        let bytes = try weights.paths.reduce(0) { try $0 + weights.tensor(at: $1).bytes.count }
        for prompt in context.options.quick ? [512] : [128, 512, 1024] {
            let session = GenerationSession(model: model, capacity: prompt + decoded)
            let ids = (0..<prompt).map { Int32(100 + $0 * 7 % 1000) }
            let reading = try watch.measure {
                session.reset()
                keep(try session.extend(ids))
            }
            context.report.add(
                .text(label), .text("prompt of \(prompt)"), .samples(reading), .number(Double(prompt) / reading.median),
                .none)
            // From the end of the prompt each time; reading it again is not counted.
            var samples: [Double] = []
            for _ in 0..<context.options.samples {
                session.reset()
                _ = try session.extend(ids)
                samples.append(
                    try Stopwatch.seconds { for step in 0..<decoded { _ = try session.extend([ids[step]]) } })
            }
            let decoding = Samples(samples)
            let rate = Double(decoded) / decoding.median
            context.report.add(
                .text(label), .text("\(decoded) after \(prompt)"), .samples(decoding), .number(rate),
                .number(rate * Double(bytes) / bandwidth))
        }
    }
}
