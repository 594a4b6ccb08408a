import Adapters
import Datasets
import Foundation
import JSON
import Models
import Objectives
import Optimisers
import Recipes
import TestSupport
import Tensors
import Testing
import Training
import Vocabulary
import WeightFiles

/// Training of a real small model, against a run of PEFT and PyTorch.
@Suite struct TinyModelTraining {
    private let golden: JSONValue
    private let model: LanguageModel
    /// The model in blocks that `fold` can change.
    private let mixed: LanguageModel

    init() throws {
        let url = TinyModel.lora.appendingPathComponent("golden.json")
        golden = try JSONValue(parsing: [UInt8](Data(contentsOf: url)))
        let folder = try HuggingFaceDirectory(TinyModel.base)
        model = try LanguageModel(
            configuration: ModelConfiguration(huggingFace: folder.configuration), weights: folder, precision: .f32)
        let blocks = try openWeights(TinyModel.mixed)
        mixed = try LanguageModel(configuration: ModelConfiguration(of: blocks), weights: blocks, precision: .f32)
    }

    /// The model that the method's run was made on.
    private func model(_ method: AdapterMethodKind) -> LanguageModel {
        AdapterMethod.of(method).folding == nil ? model : mixed
    }

    private var goldenExamples: [TokenizedExample] {
        let ids = golden["input_ids"]?.array ?? []
        let masks = golden["attention_mask"]?.array ?? []
        let labels = golden["labels"]?.array ?? []
        return ids.indices.map { index in
            let length = (masks[index].array ?? []).count { $0.integer == 1 }
            return TokenizedExample(
                ids: (ids[index].array ?? []).prefix(length).compactMap(\.integer).map(Int32.init),
                isTarget: (labels[index].array ?? []).prefix(length).map { $0.integer != -100 },
                place: RowPlace(file: "golden.json", line: index + 1), index: index)
        }
    }

    /// Numbers of the method's run.
    private func numbers(_ key: String, _ method: AdapterMethodKind) throws -> [Double] {
        let url = TinyModel.run(method.rawValue).appendingPathComponent("golden.json")
        return (try JSONValue(parsing: [UInt8](Data(contentsOf: url)))[key]?.array ?? []).compactMap(\.double)
    }

    /// Examples of unequal lengths over the model's vocabulary.
    private func examples(_ count: Int) -> [TokenizedExample] {
        let random = RandomStream(seed: 4, purpose: .probe)
        return (0..<count).map { index in
            let length = 10 + (index * 13) % 29
            return TokenizedExample(
                ids: (0..<length).map {
                    Int32(3 + random.integer(below: 500, stream: UInt32(index), index: UInt64($0)))
                },
                isTarget: (0..<length).map { $0 > 3 + index % 5 }, place: RowPlace(file: "x", line: index), index: index
            )
        }
    }

    private func configuration(
        steps: Int, batchSize: Int = 2, rowLimit: Int = 1_000, recomputedBlocks: Int = 0
    ) -> TrainingConfiguration {
        TrainingConfiguration(
            seed: 1, batchSize: batchSize, rowLimit: rowLimit, recomputedBlocks: recomputedBlocks,
            schedule: LearningRateSchedule(.constant, peak: 1e-3, totalSteps: steps),
            maximumGradientNorm: nil, saveEverySteps: 1)
    }

    private func trainer(
        _ set: AdapterSet, _ examples: [TokenizedExample], _ configuration: TrainingConfiguration,
        optimiser: OptimiserKind = .adamw
    ) throws -> Trainer {
        let model = model(set.configuration.method)
        set.attach(to: model)
        return try Trainer(
            model: Learner(model, CrossEntropyObjective()), optimiser: makeOptimiser(set.slab, optimiser),
            examples: examples,
            configuration: configuration, identity: identity, workspace: Workspace())
    }

    private func freshSet(_ method: AdapterMethodKind = .lora, dropout: Double = 0) throws -> AdapterSet {
        let model = model(method)
        let set = try AdapterSet(AdapterConfiguration(method: method, rank: 4, alpha: 8, dropout: dropout), for: model)
        set.initialise(seed: 2, on: model)
        return set
    }

    /// B away from zero, so that A has a gradient.
    private func warmSet(_ method: AdapterMethodKind) throws -> AdapterSet {
        try AdapterSet(PEFTDirectory(TinyModel.run(method.rawValue).appendingPathComponent("init")), for: model(method))
    }

    // MARK: - Against PEFT and torch

    @Test(arguments: AdapterMethodKind.allCases, [(1_000, 0), (1, 0), (1_000, 2), (1_000, 3)])
    func fiveStepsAreThoseOfTheReference(_ method: AdapterMethodKind, _ cut: (rowLimit: Int, recomputedBlocks: Int))
        throws
    {
        let set = try warmSet(method), model = model(method)
        let configuration = configuration(steps: 5, rowLimit: cut.rowLimit, recomputedBlocks: cut.recomputedBlocks)
        let trainer = try trainer(set, goldenExamples, configuration)
        _ = try trainer.run(TrainingHooks())
        let losses = try numbers("loss_per_step_then_after", method)
        let batch = TokenBatch(examples: goldenExamples.map { ($0.ids, $0.isTarget) })
        let after =
            try Learner(model, CrossEntropyObjective()).sums(batch, workspace: Workspace()).total.meanLoss ?? .nan
        #expect(maximumDifference(trainer.history.map(\.loss) + [after], losses) < 1e-5)
        #expect(maximumDifference(trainer.history.map(\.gradientNorm), try numbers("grad_norm", method)) < 1e-4)
        let expected = try AdapterSet(
            PEFTDirectory(TinyModel.run(method.rawValue).appendingPathComponent("final")), for: model)
        #expect(maximumDifference(Array(set.slab.values), Array(expected.slab.values)) < 1e-5)
    }

    // MARK: - Invariants

    /// The gradient of 8 examples at once, one by one, and as 3 + 3 + 2; also of the smaller step at an epoch's end.
    @Test(arguments: AdapterMethodKind.allCases)
    func theGradientDoesNotDependOnTheCut(_ method: AdapterMethodKind) throws {
        var gradients: [[[Float]]] = []
        var losses: [[Double]] = []
        for rowLimit in [100_000, 1, 75] {
            let set = try warmSet(method)
            let configuration = configuration(steps: 2, batchSize: 8, rowLimit: rowLimit)
            let trainer = try trainer(set, examples(11), configuration)
            var steps: [[Float]] = []
            for step in 0..<2 {
                let targets = try trainer.trainStep().targetTokens
                #expect(targets > 0)
                steps.append(Array(set.slab.gradients))
                // The second step starts from the same numbers whatever the cut of the first.
                if step == 0 {
                    set.slab.values.update(repeating: 0.01)
                    set.slab.valuesChanged()
                }
            }
            gradients.append(steps)
            losses.append(trainer.history.map(\.loss))
        }
        for cut in 1...2 {
            for step in 0..<2 { #expect(relativeError(gradients[cut][step], gradients[0][step]) < 1e-6) }
            #expect(maximumDifference(losses[cut], losses[0]) < 1e-6)
        }
    }

    @Test(arguments: [0, TinyModel.blocks]) func everyFactorMovesInTheFirstStep(recomputedBlocks: Int) throws {
        let set = try freshSet()
        #expect(set.isZero && set.members.count == TinyModel.linearLayers)
        let trainer = try trainer(
            set, examples(4), configuration(steps: 1, batchSize: 4, recomputedBlocks: recomputedBlocks))
        try trainer.trainStep()
        for member in set.members { #expect(member.adapter.b.floats.contains { $0 != 0 }, "\(member.path)") }
    }

    /// The end of sequence is trained like any token, so a model learns to stop: its probability after the answer rises.
    @Test func theEndOfSequenceIsLearnt() throws {
        let end: Int32 = 2
        let rows = examples(4).map { row in
            var row = row
            row.ids.append(end)
            row.isTarget.append(true)
            return row
        }
        func endLosses() throws -> [Float] {
            try rows.map { row in
                let onlyTheEnd = row.ids.indices.map { $0 == row.ids.count - 1 }
                let batch = TokenBatch(examples: [(row.ids, onlyTheEnd)])
                return Float(try model.tokenLosses(batch, workspace: Workspace()).sums[0])
            }
        }
        let set = try freshSet()
        let trainer = try trainer(set, rows, configuration(steps: 20, batchSize: 4))
        let before = try endLosses()
        for _ in 0..<20 { try trainer.trainStep() }
        for (after, before) in zip(try endLosses(), before) { #expect(after < before - 0.3) }
    }

    /// With dropout, in unequal micro-batches: two runs, and a run resumed at every step, give the same bits.
    @Test(
        arguments: AdapterMethodKind.allCases.map { ($0, .adamw) }
            + OptimiserKind.allCases.filter { $0 != .adamw }.map { (AdapterMethodKind.lora, $0) })
    func runsAndResumedRunsAreTheSameBits(_ method: AdapterMethodKind, _ optimiser: OptimiserKind) throws {
        let configuration = configuration(steps: 6, batchSize: 4, rowLimit: 60)
        func run(from start: TrainingSnapshot?) throws -> [TrainingSnapshot] {
            let trainer = try trainer(
                freshSet(method, dropout: 0.1), examples(10), configuration, optimiser: optimiser)
            if let start { try trainer.restore(start) }
            var snapshots: [TrainingSnapshot] = []
            _ = try trainer.run(
                TrainingHooks(save: {
                    snapshots.append($0)
                    return ""
                }))
            return snapshots
        }
        let straight = try run(from: nil)
        #expect(straight.count == 6)
        #expect(try run(from: nil) == straight)
        for snapshot in straight.dropLast() { #expect(try run(from: snapshot).last == straight.last) }
    }

    /// What a checkpoint holds is an adapter: its configuration's text and its numbers.
    @Test(arguments: AdapterMethodKind.allCases) func aSnapshotGivesItsAdapter(_ method: AdapterMethodKind) throws {
        // What the method has.
        let words = AdapterMethod.of(method).words
        let configuration = AdapterConfiguration(
            method: method, rank: words.rank == nil ? 1 : 4, alpha: words.alpha == nil ? 1 : 6,
            dropout: words.dropout == nil ? 0 : 0.25, usesRankStabilisation: words.extendsLoRA,
            targets: .patterns(["q_proj", "layers.1.mlp.*"]),
            rankOverrides: words.hasPatterns ? [.init(pattern: "up_proj", value: 2)] : [])
        #expect(try AdapterConfiguration(text: configuration.text) == configuration)
        #expect(try AdapterConfiguration(text: AdapterConfiguration(rank: 1, alpha: 1).text).targets == .allLinear)
        let model = model(method)
        let set = try AdapterSet(configuration, for: model)
        set.initialise(seed: 2, on: model)
        var loss = 9.0
        let trainer = try trainer(set, examples(8), self.configuration(steps: 4))
        _ = try trainer.run(
            TrainingHooks(evaluate: {
                loss += 1
                return HeldOutLoss(loss)
            }))
        let snapshot = trainer.snapshot()
        let layers = model.linearLayers.map(AdaptableLayer.init)
        let back = try AdapterSet(configurationText: configuration.text, values: snapshot.deliveredValues, for: layers)
        trainer.useBestValues()
        #expect(Array(back.slab.values) == Array(set.slab.values) && !back.isZero)
        #expect(throws: AdapterError.self) {
            try AdapterSet(
                configurationText: configuration.text, values: snapshot.deliveredValues.dropLast(), for: layers)
        }
        #expect(throws: AdapterError.self) { try AdapterConfiguration(text: "{") }
    }
}
