// One configuration of the training step, in a process of its own, so that its peak memory is its own.

import Adapters
import ArgumentParser
import Datasets
import Foundation
import JSON
import Kernels
import Models
import Objectives
import Optimisers
import Recipes
import Tensors
import Training
import WeightFiles

/// `Benchmarks measure-step …`: trains for a few steps on random tokens and prints what it measured as JSON.
struct MeasureStep: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "measure-step", abstract: "Measure one training step; prints JSON.")

    @Option(help: "A Hugging Face directory or a GGUF file.")
    var model: String

    @Option(help: "bf16 or fp32.")
    var precision = "bf16"

    @Option(help: "Examples in a step.")
    var examples = 4

    @Option(help: "Tokens of an example.")
    var length = 512

    @Option(help: "Token rows of a micro-batch.")
    var microRows = 1024

    @Option(help: "The adapter's rank, on all linear layers.")
    var rank = 16

    @Option(help: "Steps that are timed, after one that is not.")
    var steps = 5

    @Option(help: "Time no further steps after this many seconds.")
    var seconds = 10.0

    @Option(help: "Threads; by default all cores.")
    var threads: Int?

    @Flag(help: "Keep only the blocks' inputs and run each block again on the way back.")
    var recompute = false

    func run() throws {
        let start = ContinuousClock.now
        try Processor.start(threads: threads)
        let loaded = try BenchmarkModels.load(model, precision == "fp32" ? .f32 : .bf16)
        let adapter = try AdapterSet(AdapterConfiguration(rank: rank, alpha: Double(2 * rank)), for: loaded)
        adapter.initialise(seed: 1)
        adapter.attach(to: loaded)
        let trainer = try trainer(loaded, adapter)
        let setUp = (ContinuousClock.now - start).seconds

        let firstStep = try Stopwatch.seconds { try trainer.trainStep() }
        var times: [Double] = []
        var record: StepRecord?
        // One sample of what takes very long, two of what takes long.
        while times.isEmpty || (times.count < steps && times.reduce(0, +) < (times.count < 2 ? 2 * seconds : seconds)) {
            times.append(try Stopwatch.seconds { record = try trainer.trainStep() })
        }
        let work = TrainingWork(loaded).operations(lengths: Array(repeating: length, count: examples))
        let result: JSONValue = [
            "set_up_seconds": .double(setUp), "first_step_seconds": .double(firstStep),
            "step_seconds": .array(times.map { .double($0) }), "tokens": .integer(examples * length),
            "target_tokens": .integer(record?.targetTokens ?? 0), "operations": .double(work),
            "loss": .double(record?.loss ?? .nan), "peak_memory_bytes": .integer(Machine.peakMemoryBytes),
            "predicted_workspace_bytes": .integer(
                Learner(loaded, CrossEntropyObjective()).predictedBytes(
                    rows: rows, recomputedBlocks: recompute ? loaded.trainedBlocks : 0)),
        ]
        print(result.text())
    }

    /// The configuration that a model file brings.
    static func configuration(of weights: any ModelSource) throws -> ModelConfiguration {
        try ModelConfiguration(of: weights)
    }

    /// Rows of the largest micro-batch.
    private var rows: Int { min(max(microRows, length), examples * length) }

    private func trainer(_ model: LanguageModel, _ adapter: AdapterSet) throws -> Trainer {
        let rows = RandomTokens.examples(examples, length: length, of: model.configuration.vocabularySize)
        let learner = Learner(model, CrossEntropyObjective())
        let recomputed = recompute ? model.trainedBlocks : 0
        return try Trainer(
            model: learner,
            optimiser: Optimiser(
                TrainSection(), slab: adapter.slab, groups: [ParameterGroup(adapter.slab.slots, weightDecay: 0)]),
            examples: rows,
            configuration: TrainingConfiguration(
                seed: 1, batchSize: examples, rowLimit: self.rows, recomputedBlocks: recomputed,
                schedule: LearningRateSchedule(.constant, peak: 1e-4, totalSteps: steps + 1),
                maximumGradientNorm: 1),
            identity: TrainingSnapshot.Identity(fingerprint: "benchmark", recipe: "", adapterConfiguration: ""),
            workspace: Workspace(
                reservingBytes: learner.predictedBytes(rows: self.rows, recomputedBlocks: recomputed)))
    }
}
