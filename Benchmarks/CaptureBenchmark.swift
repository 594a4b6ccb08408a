// What it costs to keep a teacher's predictions, beside a pass that only scores the same rows.

import Datasets
import Distillation
import Foundation
import Models
import Tensors
import WeightFiles

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
        let weights = try openWeights(URL(fileURLWithPath: path))
        let model = try LanguageModel(
            configuration: MeasureStep.configuration(of: weights), weights: weights, precision: .bf16)
        let methods = [CaptureMethod.sampled(tokens: 12), .topK(k: 64)]
        let scored = try measure(model, methods, context.options.samples)
        context.report.add(.text("scored"), .samples(scored.score), .number(1), .number(0))
        for (method, captured) in zip(methods, scored.captures) {
            context.report.add(
                .text("\(method.name), \(method.size.key) \(method.size.value)"), .samples(captured.samples),
                .number(captured.samples.median / scored.score.median), .number(captured.bytesPerToken))
        }
    }

    private static func examples(_ model: LanguageModel) -> [TokenizedExample] {
        let random = RandomStream(seed: 1, purpose: .probe), vocabulary = model.configuration.vocabularySize
        return (0..<sequences).map { sequence in
            let ids = (0..<length).map {
                Int32(random.integer(below: vocabulary, stream: UInt32(sequence), index: UInt64($0)))
            }
            return TokenizedExample(
                ids: ids, isTarget: ids.indices.map { $0 > 0 }, place: RowPlace(file: "", line: sequence + 1),
                index: sequence)
        }
    }

    private typealias Captured = (samples: Samples, bytesPerToken: Double)

    /// Samples of each, taken in turn: what slows the machine for a while slows all of them.
    private static func measure(
        _ model: LanguageModel, _ methods: [CaptureMethod], _ count: Int
    ) throws -> (score: Samples, captures: [Captured]) {
        let workspace = Workspace(), examples = examples(model)
        let batch = TokenBatch(examples: examples.map { ($0.ids, $0.isTarget) })
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lathe-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        var score: [Double] = []
        var captures = methods.map { _ in [Double]() }, bytes = methods.map { _ in 0.0 }
        for round in 0...count {
            let time = try Stopwatch.seconds { _ = try model.tokenLosses(batch, workspace: workspace) }
            if round > 0 { score.append(time) }
            for (index, method) in methods.enumerated() {
                let capture = Capture(
                    at: folder.appendingPathComponent("\(index)-\(round).h5"), of: identity(model, method))
                let reader = DistributionReader(model, method, temperature: 1, seed: 1, workspace: workspace)
                let time = try Stopwatch.seconds {
                    let outcome = try capture.run(
                        .init(examples: examples, count: sequences, digest: ""), reader: reader,
                        rowLimit: sequences * length)
                    bytes[index] = Double(outcome.bytes) / Double(outcome.file.targets)
                }
                if round > 0 { captures[index].append(time) }
            }
        }
        return (Samples(score), zip(captures, bytes).map { (Samples($0), $1) })
    }

    private static func identity(_ model: LanguageModel, _ method: CaptureMethod) -> CaptureIdentity {
        CaptureIdentity(
            teacher: "random tokens", teacherAdapter: nil, context: nil, tokenizer: "none", template: nil,
            vocabularySize: model.configuration.vocabularySize, method: method, temperature: 1, seed: 1,
            precision: "\(model.precision)")
    }
}
