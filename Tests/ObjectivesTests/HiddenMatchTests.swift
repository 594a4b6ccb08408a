// Hidden states against a teacher's: the map is learnt from rows, the loss is what it misses, the gradient is what the loss differs by.

import Adapters
import Foundation
import Models
import Objectives
import TestSupport
import Tensors
import Testing
import WeightFiles

@Suite struct HiddenMatchTests {
    private let model: LanguageModel
    private let set: AdapterSet
    private let teacher: OnlineTeacher

    init() throws {
        let weights = try HuggingFaceDirectory(TinyModel.base)
        model = try LanguageModel(
            configuration: ModelConfiguration(huggingFace: weights.configuration), weights: weights, precision: .f32)
        let other = try AdapterSet(PEFTDirectory(TinyModel.run("lora").appendingPathComponent("final")), for: model)
        for index in other.slab.values.indices { other.slab.values[index] *= 2 }
        teacher = OnlineTeacher(model, under: other.binding(to: model))
        set = try AdapterSet(PEFTDirectory(TinyModel.run("lora").appendingPathComponent("init")), for: model)
        set.attach(to: model)
    }

    /// Tokens without meaning, all but the first few of each example targets.
    private func batch(_ number: Int, tokens: Int, examples: Int = 2) -> TokenBatch {
        let random = RandomStream(seed: 9, purpose: .probe)
        return TokenBatch(
            examples: (0..<examples).map { example in
                let stream = UInt32(100 * number + example)
                let ids = (0..<tokens).map { Int32(random.integer(below: 500, stream: stream, index: UInt64($0))) }
                return (ids, ids.indices.map { $0 > 2 })
            })
    }

    private func learnt(_ pairs: [BlockPair], from teacher: OnlineTeacher) throws -> HiddenMatch {
        let match = HiddenMatch(pairs, student: model, teacher: teacher)
        try match.learn(
            from: (1...4).map { batch($0, tokens: 150) }, student: model, workspace: Workspace())
        return match
    }

    private func learner(_ match: HiddenMatch, weight: Double) throws -> Learner {
        try Learner(
            model, Distillation(from: teacher, by: .forwardKL, crossEntropyShare: 0).matching(match, weight: weight))
    }

    private func step(
        _ learner: Learner, _ batch: TokenBatch, recomputedBlocks: Int = 0, workspace: Workspace = Workspace()
    ) throws -> (sums: NamedSums, gradients: [Float]) {
        set.slab.zeroGradients()
        let sums = try learner.accumulateGradients(
            batch, gradientScale: 1 / Float(batch.targetCount), recomputedBlocks: recomputedBlocks,
            workspace: workspace, dropout: DropoutKey(seed: 1, stream: 0, firstRow: 0))
        return (sums.total, Array(set.slab.gradients))
    }

    private let pairs = [BlockPair(student: 0, teacher: 1), BlockPair(student: 2, teacher: 2)]

    @Test func blocksAreMatchedByTheirDepth() {
        #expect(BlockPair.evenly(4, student: 3, teacher: 3) == (0..<3).map { BlockPair(student: $0, teacher: $0) })
        #expect(
            BlockPair.evenly(2, student: 2, teacher: 6)
                == [BlockPair(student: 0, teacher: 2), BlockPair(student: 1, teacher: 5)])
        #expect(BlockPair.evenly(5, student: 5, teacher: 2).map(\.teacher) == [0, 0, 0, 0, 1])
        #expect(BlockPair.evenly(4, student: 30, teacher: 24).map(\.student) == [6, 14, 21, 29])
    }

    /// Of its own states a student's map misses nothing; of another block's, a part.
    @Test func aMapFindsWhatFollows() throws {
        let own = OnlineTeacher(model, under: model.adapters)
        func missed(_ pairs: [BlockPair]) throws -> Double {
            let objective = try Distillation(from: own, by: .forwardKL, crossEntropyShare: 0)
            let learner = try Learner(model, objective.matching(learnt(pairs, from: own), weight: 1))
            let sums = try learner.sums(batch(9, tokens: 60), workspace: Workspace()).total
            #expect(sums.names.last == "hidden")
            return try #require(sums.mean("hidden"))
        }
        #expect(try missed([BlockPair(student: 1, teacher: 1)]) < 1e-4)
        let further = try missed([BlockPair(student: 0, teacher: 2)])
        #expect(further > 0.01 && further < 1.2, "\(further)")
    }

    @Test func theLossIsTheSum() throws {
        let learner = try learner(learnt(pairs, from: teacher), weight: 0.5)
        let sums = try learner.sums(batch(7, tokens: 20), workspace: Workspace())
        for unit in sums.units {
            #expect(unit["hidden"] > 0)
            #expect(abs(unit.lossSum - unit["divergence"] - 0.5 * unit["hidden"]) < 1e-9)
        }
        #expect(learner.objective.measures.map(\.name) == ["divergence", "cross_entropy", "hidden"])
    }

    @Test func gradientsAreDifferencesOfLosses() throws {
        // So heavy that what goes back at the head hardly counts.
        let learner = try learner(learnt(pairs, from: teacher), weight: 50), batch = batch(7, tokens: 20)
        let found = try step(learner, batch)
        let values = set.slab.values, start = Array(values)
        let norm = found.gradients.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        func loss(_ step: Double) throws -> Double {
            for index in values.indices { values[index] = start[index] + Float(step / norm) * found.gradients[index] }
            set.slab.valuesChanged()
            return try learner.sums(batch, workspace: Workspace()).total.meanLoss ?? .nan
        }
        let slope = try (loss(2e-3) - loss(-2e-3)) / 4e-3
        #expect(norm > 1e-2 && abs(slope / norm - 1) < 5e-3, "slope \(slope), norm \(norm)")
    }

    /// Steps make what is missed less, and the map is the same each time it is learnt.
    @Test func stepsBringTheStatesCloser() throws {
        let learner = try learner(learnt(pairs, from: teacher), weight: 50), batch = batch(7, tokens: 40)
        let first = try step(learner, batch)
        #expect(try step(self.learner(learnt(pairs, from: teacher), weight: 50), batch) == first)
        let norm = first.gradients.reduce(0.0) { $0 + Double($1) * Double($1) }
        let size = Float(0.05 * (first.sums.mean("loss") ?? 0) / norm)
        for index in set.slab.values.indices { set.slab.values[index] -= size * first.gradients[index] }
        set.slab.valuesChanged()
        let second = try step(learner, batch)
        #expect(second.sums["hidden"] < first.sums["hidden"])
    }

    @Test(arguments: [0, TinyModel.blocks]) func recomputingAndPredictedMemory(_ recomputedBlocks: Int) throws {
        let learner = try learner(learnt(pairs, from: teacher), weight: 1), batch = batch(7, tokens: 40)
        let plain = try step(learner, batch), workspace = Workspace()
        let again = try step(learner, batch, recomputedBlocks: recomputedBlocks, workspace: workspace)
        #expect(plain == again)
        let predicted = learner.predictedBytes(
            rows: batch.rowCount, targets: batch.targetCount, recomputedBlocks: recomputedBlocks)
        #expect(predicted >= workspace.peakBytes && Double(predicted) < 1.5 * Double(workspace.peakBytes))
    }
}
