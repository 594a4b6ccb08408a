// What it costs to keep a teacher's predictions, beside a pass that only scores the same rows.

import Distillation
import Foundation
import Models
import Tensors

enum CaptureBenchmark: Benchmark {
    static let name = "capture"
    static let summary = "a teacher's predictions into a file, beside scoring the same rows"

    /// Sequences of so many tokens, every one but the first a target.
    private static let (sequences, length) = (8, 256)

    static func run(_ context: Context) throws {
        context.report.begin(
            "capture",
            "\(sequences) sequences of \(length) random tokens, in turn in one process; ratio: to scoring them",
            [
                .text("kept", "kept", 30), .seconds, .number("ratio", "ratio", digits: 3),
                .number("bytes_per_token", "bytes/token", digits: 1),
            ])
        guard let path = BenchmarkModels(context).base else { return }
        let model = try BenchmarkModels.load(path)
        let methods = [CaptureMethod.sampled(tokens: 12), .topK(k: 64)]
        let scored = try measure(model, methods, context.options.samples)
        context.report.add(.text("scored"), .samples(scored.score), .number(1), .number(0))
        for (method, captured) in zip(methods, scored.captures) {
            context.report.add(
                .text("\(method.name), \(method.size.key) \(method.size.value)"), .samples(captured.samples),
                .number(captured.samples.median / scored.score.median), .number(captured.bytesPerToken))
        }
    }

    private typealias Captured = (samples: Samples, bytesPerToken: Double)

    private static func measure(
        _ model: LanguageModel, _ methods: [CaptureMethod], _ count: Int
    ) throws -> (score: Samples, captures: [Captured]) {
        let workspace = Workspace()
        let examples = RandomTokens.examples(sequences, length: length, of: model.configuration.vocabularySize)
        let batch = TokenBatch(examples: examples.map { ($0.ids, $0.isTarget) })
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lathe-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        var bytes = methods.map { _ in 0.0 }, files = 0
        func capture(_ index: Int) throws {
            let method = methods[index]
            // A file that is there would only be gone on with.
            files += 1
            let capture = Capture(at: folder.appendingPathComponent("\(files).h5"), of: identity(model, method))
            let reader = DistributionReader(model, method, temperature: 1, seed: 1, workspace: workspace)
            let outcome = try capture.run(
                .init(examples: examples, count: sequences, digest: ""), reader: reader, rowLimit: sequences * length)
            bytes[index] = Double(outcome.bytes) / Double(outcome.file.targets)
        }
        let samples = try Stopwatch.inTurn(
            count,
            [{ _ = try model.tokenLosses(batch, workspace: workspace) }]
                + methods.indices.map { index in { try capture(index) } })
        return (samples[0], zip(samples.dropFirst(), bytes).map { ($0, $1) })
    }

    private static func identity(_ model: LanguageModel, _ method: CaptureMethod) -> CaptureIdentity {
        CaptureIdentity(
            teacher: "random tokens", teacherAdapter: nil, context: nil, tokenizer: "none", template: nil,
            vocabularySize: model.configuration.vocabularySize, method: method, temperature: 1, seed: 1,
            precision: "\(model.precision)")
    }
}
