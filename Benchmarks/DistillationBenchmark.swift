// What a teacher's predictions cost a training step, beside the labels alone.

import Adapters
import Foundation
import Kernels
import Models
import Objectives
import Tensors

enum DistillationBenchmark: Benchmark {
    static let name = "distillation"
    static let summary = "a training step that learns from a teacher, beside one from labels alone"

    /// Tokens in the batch, every one but the first a target.
    private static let length = 512

    static func run(_ context: Context) throws {
        context.report.begin(
            "distillation",
            "gradients of \(length) tokens, LoRA r 16 on all linears, in turn in one process; ratio: to labels alone",
            [
                .text("teacher", "teacher", 40), .seconds, .number("ratio", "ratio", digits: 3),
                .number("workspace_mb", "workspace MB", digits: 0),
            ])
        guard let path = BenchmarkModels(context).base else { return }
        let model = try BenchmarkModels.load(path)
        let adapter = try AdapterSet(AdapterConfiguration(rank: 16, alpha: 32), for: model)
        adapter.initialise(seed: 1)
        adapter.attach(to: model)
        let example = RandomTokens.examples(1, length: length, of: model.configuration.vocabularySize)[0]
        let batch = TokenBatch(examples: [(example.ids, example.isTarget)])
        let cases = try learners(model).filter { $0.name == labels || context.wants($0.name) }
        let samples = try measure(cases.map(\.learner), batch, context.options.samples)
        for (one, sample) in zip(cases, samples) {
            context.report.add(
                .text(one.name), .samples(sample), .number(sample.median / samples[0].median),
                .number(Double(one.learner.predictedBytes(rows: length, recomputedBlocks: 0)) / 1e6))
        }
    }

    private static let labels = "labels alone"

    private static func learners(_ model: LanguageModel) throws -> [(name: String, learner: Learner)] {
        let vocabulary = model.configuration.vocabularySize
        func distilled(_ teacher: any TeacherSource, _ divergence: Divergence) throws -> Learner {
            try Learner(model, Distillation(from: teacher, by: divergence, crossEntropyShare: 0.2))
        }
        let online = OnlineTeacher(model, under: .none)
        return [
            (labels, Learner(model, CrossEntropyObjective())),
            ("12 samples, forward KL", try distilled(MadeUpTeacher(12, of: vocabulary, .sampled), .forwardKL)),
            ("64 likeliest, reverse KL", try distilled(MadeUpTeacher(64, of: vocabulary, .topK), .reverseKL)),
            ("in the process, forward KL", try distilled(online, .forwardKL)),
            ("in the process, Jensen–Shannon", try distilled(online, .jensenShannon(beta: 0.5))),
        ]
    }

    private static func measure(_ learners: [Learner], _ batch: TokenBatch, _ count: Int) throws -> [Samples] {
        let workspace = Workspace()
        return try Stopwatch.inTurn(
            count,
            learners.map { learner in
                {
                    _ = try learner.accumulateGradients(
                        batch, gradientScale: 1 / Float(length), recomputedBlocks: 0, workspace: workspace,
                        dropout: DropoutKey(seed: 1, stream: 0, firstRow: 0))
                }
            })
    }
}

/// Tokens without meaning, as many a row as a file would keep.
private struct MadeUpTeacher: TeacherSource {
    let form: TeacherForm
    private let count: Int
    private let vocabulary: Int

    init(_ count: Int, of vocabulary: Int, _ form: TeacherForm) {
        (self.count, self.vocabulary, self.form) = (count, vocabulary, form)
    }

    func withTargets<Result>(_ pass: ObjectivePass, _ body: (TeacherTargets) throws -> Result) throws -> Result {
        var tokens = SparseRows()
        let rows = pass.measures ? 0 : pass.batch.targetCount
        for row in 0..<rows {
            let drawn = Set(RandomTokens.ids(count, of: vocabulary, stream: UInt32(row + 1)))
            let value = form == .sampled ? 1 / Float(drawn.count) : Float(log(0.9 / Double(drawn.count)))
            tokens.append(drawn.map { ($0, value) })
        }
        guard form == .topK else { return try body(.sampled(tokens)) }
        return try body(.topK(tokens, restLogProbabilities: Array(repeating: Float(log(0.1)), count: rows)))
    }
}
