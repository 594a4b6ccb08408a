// What must not depend on how a batch is cut, kept or filled up.

import Models
import Objectives
import Tensors
import TestSupport
import Testing
import Foundation

@Suite struct BatchTests {
    static let examples = [9, 17, 1, 5, 12, 2, 20, 7].enumerated().map {
        randomExample($1, vocabulary: 48, stream: UInt32($0 + 20))
    }
    static let names = ["llama3", "qwen3", "qwen2", "granite", "cohere", "stablelm-parallel", "olmo2"]

    @Test(arguments: names) func theCutOfABatchDoesNotMatter(_ name: String) throws {
        let model = try loadModel(fixture(name))
        let slab = model.attachAdapters(rank: 4, dropout: 0.3)
        let whole = try model.gradients([TokenBatch(examples: Self.examples)], slab: slab)
        let single = try model.gradients(Self.examples.map { TokenBatch(examples: [$0]) }, slab: slab)
        let cut = try model.gradients(
            [TokenBatch(examples: Array(Self.examples[..<3])), TokenBatch(examples: Array(Self.examples[3...]))],
            slab: slab)
        #expect(whole.loss.total.weight == single.loss.total.weight && whole.loss.total.weight > 30)
        #expect(relativeError(single.gradients, whole.gradients) < 1e-6)
        #expect(relativeError(cut.gradients, whole.gradients) < 1e-6)
        #expect(maximumDifference(single.loss.units.map(\.lossSum), whole.loss.units.map(\.lossSum)) < 1e-5)
    }

    @Test(arguments: names, [ElementType.f32, .bf16]) func recomputationChangesNoBit(
        _ name: String, _ type: ElementType
    ) throws {
        let model = try loadModel(fixture(name), precision: type)
        let slab = model.attachAdapters(rank: 4, dropout: 0.3)
        let batch = TokenBatch(examples: Self.examples)
        let kept = try model.gradients([batch], slab: slab)
        let again = try model.gradients([batch], slab: slab, recomputedBlocks: 2)
        #expect(kept.loss == again.loss)
        #expect(kept.gradients == again.gradients)
        #expect(kept.gradients.contains { $0 != 0 })
    }

    @Test func noExampleSeesAnother() throws {
        let model = try loadModel(fixture("llama3"))
        let workspace = Workspace()
        let before = try model.tokenLosses(TokenBatch(examples: Self.examples), workspace: workspace)
        var changed = Self.examples
        changed[4].ids = changed[4].ids.map { ($0 + 7) % 40 + 3 }
        let after = try model.tokenLosses(TokenBatch(examples: changed), workspace: workspace)
        for index in Self.examples.indices where index != 4 {
            #expect(before.sums[index] == after.sums[index])
        }
        #expect(before.sums[4] != after.sums[4])
    }

    @Test func dropoutMovesTheGradientsAndOnlyInTraining() throws {
        let model = try loadModel(fixture("llama3"))
        let batch = TokenBatch(examples: Self.examples)
        let plainSlab = model.attachAdapters(rank: 4)
        let plain = try model.gradients([batch], slab: plainSlab)
        let plainLoss = try model.sums(batch)
        let slab = model.attachAdapters(rank: 4, dropout: 0.5)
        let dropped = try model.gradients([batch], slab: slab)
        #expect(relativeError(dropped.gradients, plain.gradients) > 0.05)
        #expect(try model.sums(batch) == plainLoss)
        #expect(try model.gradients([batch], slab: slab).gradients == dropped.gradients)
    }

    /// Adapters on the upper layer alone get the gradients they have beside others that add nothing (B = 0).
    @Test func backwardStopsBelowTheLowestAdapterWithoutHarm() throws {
        let batch = TokenBatch(examples: Self.examples)
        let model = try loadModel(fixture("llama3"))
        let all = model.attachAdapters(rank: 2)
        for slot in all.slots where slot.name.contains("layers.0") && slot.name.contains("lora_B") {
            for index in slot.range { all.values[index] = 0 }
        }
        let whole = try model.gradients([batch], slab: all)
        model.adapters = .none
        let upper = model.attachAdapters(rank: 2) { $0.contains("layers.1") }
        let first = all.slots.count / 2
        for (mine, theirs) in zip(upper.slots, all.slots[first...]) {
            for (a, b) in zip(mine.range, theirs.range) { upper.values[a] = all.values[b] }
        }
        let part = try model.gradients([batch], slab: upper)
        #expect(part.loss == whole.loss)
        for (mine, theirs) in zip(upper.slots, all.slots[first...]) {
            #expect(mine.range.map { part.gradients[$0] } == theirs.range.map { whole.gradients[$0] }, "\(mine.name)")
        }
    }

    @Test func batchesWithoutTargetsGiveNothing() throws {
        let model = try loadModel(fixture("qwen2"))
        let slab = model.attachAdapters(rank: 2)
        let batch = TokenBatch(examples: [([4, 5, 6], [false, false, false])])
        let (loss, gradients) = try model.gradients([batch], slab: slab)
        #expect(loss.total.lossSum == 0 && loss.total.weight == 0 && gradients.allSatisfy { $0 == 0 })
    }

    @Test func tokenLogProbabilitiesAreTheLosses() throws {
        let model = try loadModel(fixture("qwen2"))
        let batch = TokenBatch(examples: Self.examples)
        let losses = try model.tokenLosses(batch, workspace: Workspace()), sums = try model.sums(batch).total
        #expect(losses.values.count == sums.weight && losses.values.count == batch.targetCount)
        #expect(abs(losses.values.reduce(0.0) { $0 + Double($1) } - sums.lossSum) < 1e-9 * sums.lossSum)
        #expect(sums["token_accuracy"] < sums["weight"])
    }

    @Test func tokensOutsideTheVocabularyAreRefused() throws {
        let model = try loadModel(fixture("qwen2"))
        let batch = TokenBatch(examples: [([4, 48, 6], [false, false, false])])
        #expect(throws: ModelError.tokenOutOfRange(id: 48, row: 1, vocabularySize: 48)) {
            try model.tokenLosses(batch, workspace: Workspace())
        }
    }

    @Test(arguments: [ElementType.f32, .bf16]) func thePredictedMemoryIsEnoughAndNotFarOff(_ type: ElementType) throws {
        for (name, recomputed) in [("llama3", 0), ("llama3", 1), ("llama3", 2), ("qwen3", 0)] {
            let model = try loadModel(fixture(name), precision: type)
            _ = model.attachAdapters(rank: 4, dropout: 0.1)
            let ids = randomExample(320, vocabulary: 48, stream: 4).ids
            let batch = TokenBatch(examples: [(ids, ids.map { _ in true })])
            let workspace = Workspace()
            let learner = Learner(model, CrossEntropyObjective())
            _ = try learner.accumulateGradients(
                batch, gradientScale: 1, recomputedBlocks: recomputed, workspace: workspace,
                dropout: DropoutKey(seed: 1, stream: 0, firstRow: 0))
            let predicted = learner.predictedBytes(rows: 320, recomputedBlocks: recomputed)
            #expect(predicted >= workspace.peakBytes)
            #expect(
                Double(predicted) < 1.3 * Double(workspace.peakBytes), "\(name) \(predicted) \(workspace.peakBytes)")
        }
    }
}
