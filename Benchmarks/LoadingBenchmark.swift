// What it takes until a model can compute, part by part.

import Foundation
import JSON
import Kernels
import ModelExport
import Models
import Tensors
import Tokenizers
import WeightFiles

enum LoadingBenchmark: Benchmark {
    static let name = "load"
    static let summary = "opening a model: weights, tokenizer, checks"

    static func run(_ context: Context) throws {
        context.report.begin(
            "load", "opening a model whose file is in the system's cache",
            [.text("model", "model", 28), .text("part", "part", 26), .milliseconds, .number("megabytes", "MB")])
        let models = BenchmarkModels(context)
        let cases = [("SmolLM2 \(models.quantisation)", models.base), ("stories260K", models.stories)]
        for (label, path) in cases where context.wants(label) {
            guard let path else { continue }
            try measure(context, label, URL(fileURLWithPath: path))
        }
    }

    /// The tokenizer that a model brings.
    static func tokenizer(_ model: any ModelSource) throws -> Tokenizer {
        guard let source = try model.tokenizerSource() else {
            throw BenchmarkError("\(model.location) has no tokenizer")
        }
        return try source.tokenizer()
    }

    private static func measure(_ context: Context, _ label: String, _ url: URL) throws {
        let watch = Stopwatch(repetitions: context.options.samples, shortestSeconds: 0)
        let weights = try openWeights(url), configuration = try MeasureStep.configuration(of: weights)
        let model = try LanguageModel(configuration: configuration, weights: weights, precision: .bf16)
        let bytes = try weights.paths.reduce(0) { try $0 + weights.tensor(at: $1).bytes.count }
        let parts: [(String, () throws -> Void)] = [
            ("file and directory", { keep(try openWeights(url)) }),
            ("tokenizer", { keep(try tokenizer(weights)) }),
            (
                "model",
                { keep(try LanguageModel(configuration: configuration, weights: weights, precision: .bf16)) }
            ),
            ("every weight a number", { try model.validateFinite(workspace: Workspace()) }),
            ("SHA-256 of all weights", { keep(try openWeights(url).contentDigest()) }),
        ]
        for (name, body) in parts {
            context.report.add(
                .text(label), .text(name), .samples(try watch.measure(body)), .number(Double(bytes) / 1e6))
        }
    }
}
