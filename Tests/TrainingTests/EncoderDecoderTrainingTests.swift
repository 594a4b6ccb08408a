// Training of models with an encoder and a decoder, against PEFT and PyTorch: scripts/goldens/seq2seq.py.

import Adapters
import Datasets
import Foundation
import JSON
import Models
import Objectives
import Optimisers
import TestSupport
import Tensors
import Testing
import Training
import WeightFiles

@Suite struct EncoderDecoderTrainingTests {
    /// Not gated and tied, gated with a head of its own, and mT5.
    static let names = ["t5", "t5-gated", "mt5"]

    /// A model with PEFT's run of it, and the adapter that the run began with.
    private struct Case {
        let model: LanguageModel
        let golden: JSONValue
        let set: AdapterSet
        let examples: [TokenizedExample]

        init(_ name: String, dropout: Double = 0) throws {
            let folder = packageRoot.appendingPathComponent("Tests/ModelsTests/Fixtures/\(name)")
            let files = try HuggingFaceDirectory(folder)
            model = try LanguageModel(
                configuration: ModelConfiguration(of: openWeights(folder)), weights: files, precision: .f32)
            let golden = try JSONValue(
                parsing: [UInt8](Data(contentsOf: folder.appendingPathComponent("training.json"))))
            let rank = try #require(golden["rank"]?.integer), alpha = try #require(golden["alpha"]?.double)
            set = try AdapterSet(AdapterConfiguration(rank: rank, alpha: alpha, dropout: dropout), for: model)
            let layers = model.linearLayers.map(\.path).sorted()
            for slot in set.slab.slots {
                // The script's numbers: by the place of the layer's name, A before B.
                let isB = slot.name.hasSuffix(".lora_B.weight"), layer = slot.name.dropLast(".lora_A.weight".count)
                let number = try #require(layers.firstIndex(of: String(layer))) * 2 + (isB ? 1 : 0)
                for (index, place) in slot.range.enumerated() {
                    set.slab.values[place] = Float(0.1 * sin(12.9898 * Double(index) + 78.233 * Double(number)))
                }
            }
            set.slab.valuesChanged()
            self.golden = golden
            func lists(_ key: String) -> [[Int32]] {
                (golden[key]?.array ?? []).map { ($0.array ?? []).compactMap { $0.integer.map { Int32($0) } } }
            }
            examples = zip(lists("read"), lists("answers")).enumerated().map { index, texts in
                let ids = texts.0 + [0] + texts.1
                return TokenizedExample(
                    ids: ids, isTarget: ids.indices.map { $0 > texts.0.count },
                    place: RowPlace(file: "x", line: index), index: index)
            }
        }

        func trainer(steps: Int, rowLimit: Int = 1_000, recomputedBlocks: Int = 0) throws -> Trainer {
            set.attach(to: model)
            return try Trainer(
                model: Learner(model, CrossEntropyObjective()), optimiser: makeOptimiser(set.slab),
                examples: examples,
                configuration: TrainingConfiguration(
                    seed: 1, batchSize: 2, rowLimit: rowLimit, recomputedBlocks: recomputedBlocks,
                    schedule: LearningRateSchedule(.constant, peak: 1e-3, totalSteps: steps),
                    maximumGradientNorm: nil, saveEverySteps: 1),
                identity: identity, workspace: Workspace())
        }
    }

    /// Loss, every factor's gradient of encoder, decoder and cross attention, and five steps.
    @Test(arguments: names, [(1_000, 0), (1, 0), (1_000, 2), (1_000, 5)])
    func lossesGradientsAndStepsAreThoseOfPEFT(_ name: String, _ cut: (rowLimit: Int, recomputedBlocks: Int)) throws {
        let golden = try Case(name), slab = golden.set.slab
        let trainer = try golden.trainer(steps: 5, rowLimit: cut.rowLimit, recomputedBlocks: cut.recomputedBlocks)
        try trainer.trainStep()
        #expect(abs(trainer.history[0].loss - (golden.golden["loss"]?.double ?? 0)) < 1e-5)
        let expected = try #require(golden.golden["gradients"]?.object)
        #expect(expected.members.count == slab.slots.count && slab.slots.count >= 64)
        for slot in slab.slots {
            let reference = (expected[String(slot.name.dropLast(".weight".count))]?.array ?? []).map {
                Float($0.double ?? .nan)
            }
            #expect(reference.contains { $0 != 0 })
            #expect(relativeError(Array(slab.gradients[slot.range]), reference) < 1e-4, "\(slot.name)")
        }
        for _ in 1..<5 { try trainer.trainStep() }
        let batch = TokenBatch(examples: golden.examples.map { ($0.ids, $0.isTarget) })
        let after = try Learner(golden.model, CrossEntropyObjective()).sums(batch, workspace: Workspace()).total
        let losses = (golden.golden["losses"]?.array ?? []).compactMap(\.double)
        #expect(losses.count == 6)
        #expect(maximumDifference(trainer.history.map(\.loss) + [after.meanLoss ?? .nan], losses) < 2e-5)
    }

    /// A row's masks are its own in both parts, whatever stands in its micro-batch beside it.
    @Test func dropoutDoesNotDependOnTheCut() throws {
        func gradients(rowLimit: Int, dropout: Double) throws -> [Float] {
            let golden = try Case("t5-gated", dropout: dropout)
            try golden.trainer(steps: 1, rowLimit: rowLimit).trainStep()
            return Array(golden.set.slab.gradients)
        }
        let whole = try gradients(rowLimit: 1_000, dropout: 0.3)
        #expect(relativeError(try gradients(rowLimit: 1, dropout: 0.3), whole) < 1e-6)
        #expect(relativeError(try gradients(rowLimit: 1_000, dropout: 0), whole) > 0.1)
    }

    /// With dropout, a run that is resumed at any step gives the same bits.
    @Test func resumedRunsAreTheSameBits() throws {
        func run(from start: TrainingSnapshot?) throws -> [TrainingSnapshot] {
            let trainer = try Case("mt5", dropout: 0.1).trainer(steps: 3, rowLimit: 30)
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
        #expect(straight.count == 3)
        for snapshot in straight.dropLast() { #expect(try run(from: snapshot).last == straight.last) }
    }

    /// What is foreseen of memory is enough whether rows are read or written.
    @Test(arguments: names) func memoryIsForeseen(_ name: String) throws {
        let golden = try Case(name)
        golden.set.attach(to: golden.model)
        let learner = Learner(golden.model, CrossEntropyObjective())
        for written in [2, 40, 78] {
            let ids = (0..<80).map { Int32($0 == 80 - written ? 0 : 3 + $0 % 40) }
            let batch = TokenBatch(examples: [(ids, ids.indices.map { $0 > 80 - written })])
            for recomputed in [0, golden.model.trainedBlocks] {
                let workspace = Workspace()
                _ = try learner.accumulateGradients(
                    batch, gradientScale: 1, recomputedBlocks: recomputed, workspace: workspace,
                    dropout: DropoutKey(seed: 1, stream: 0, firstRow: 0))
                #expect(learner.predictedBytes(rows: 80, recomputedBlocks: recomputed) >= workspace.peakBytes)
            }
        }
    }
}
