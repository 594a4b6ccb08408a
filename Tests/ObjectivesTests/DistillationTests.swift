// Distillation on the small trained model: whatever form a teacher's predictions come in, losses and gradients are those of its whole
// distribution, and gradients are what the losses differ by.

import Adapters
import Foundation
import Models
import Objectives
import TestSupport
import Tensors
import Testing
import Training
import WeightFiles

private let divergences: [Divergence] = [
    .forwardKL, .reverseKL, .jensenShannon(beta: 0.5), .jensenShannon(beta: 0.1), .skewedKL(alpha: 0.2),
]

/// Predictions of a whole vocabulary, handed over as a file hands over what it keeps of them.
private struct KeptTeacher: TeacherSource {
    enum Kept {
        /// The likeliest tokens, and the mass of all others.
        case topK(Int)
        /// Every token as if it were a sample, weighing its probability.
        case allSampled
    }

    /// Of each row that carries loss, log-probabilities of all tokens.
    let rows: [[Double]]
    let kept: Kept

    var form: TeacherForm {
        switch kept {
        case .topK: .topK
        case .allSampled: .sampled
        }
    }

    func withTargets<Result>(_ pass: ObjectivePass, _ body: (TeacherTargets) throws -> Result) throws -> Result {
        var tokens = SparseRows(), rests: [Float] = []
        switch kept {
        case .topK(let count):
            for row in rows {
                let order = row.indices.sorted { row[$0] > row[$1] }
                tokens.append(order.prefix(count).map { (Int32($0), Float(row[$0])) })
                let rest = order.dropFirst(count).reduce(0) { $0 + exp(row[$1]) }
                rests.append(Float(log(rest)))
            }
            return try body(.topK(tokens, restLogProbabilities: rests))
        case .allSampled:
            for row in rows { tokens.append(row.indices.map { (Int32($0), Float(exp(row[$0]))) }) }
            return try body(.sampled(tokens))
        }
    }
}

/// The small model as a student under one adapter and as its own teacher under another.
private struct Pair {
    let model: LanguageModel
    let set: AdapterSet
    let teacherAdapters: AdapterBinding
    let batch: TokenBatch

    init(precision: ElementType = .f32) throws {
        let weights = try HuggingFaceDirectory(TinyModel.base)
        let configuration = try ModelConfiguration(huggingFace: weights.configuration)
        model = try LanguageModel(configuration: configuration, weights: weights, precision: precision)
        let teacher = try AdapterSet(PEFTDirectory(TinyModel.run("lora").appendingPathComponent("final")), for: model)
        // Far enough away from the student that there is something to learn.
        for index in teacher.slab.values.indices { teacher.slab.values[index] *= 2 }
        teacherAdapters = teacher.binding(to: model)
        set = try AdapterSet(PEFTDirectory(TinyModel.run("lora").appendingPathComponent("init")), for: model)
        set.attach(to: model)
        let random = RandomStream(seed: 3, purpose: .probe)
        func example(_ number: UInt32, _ count: Int) -> (ids: [Int32], isTarget: [Bool]) {
            let ids = (0..<count).map { Int32(random.uniform(stream: number, index: UInt64($0)) * 500) }
            return (ids, ids.indices.map { $0 > 3 && $0 % 4 != 0 })
        }
        batch = TokenBatch(examples: [example(0, 14), example(1, 9)])
    }

    var online: OnlineTeacher { OnlineTeacher(model, under: teacherAdapters) }

    /// What the teacher says in each row that carries loss, in double from its logits.
    func teacherRows(temperature: Double = 1) throws -> [[Double]] {
        let bound = model.adapters
        defer { model.adapters = bound }
        model.adapters = teacherAdapters
        let logits = try model.logits(batch, workspace: Workspace()), width = TinyModel.vocabularySize
        return batch.targetRows.map { row in
            let row = logits[Int(row) * width..<(Int(row) + 1) * width].map { Double($0) / temperature }
            let most = row.max() ?? 0, sum = log(row.reduce(0) { $0 + exp($1 - most) }) + most
            return row.map { $0 - sum }
        }
    }

    func learner(
        _ teacher: any TeacherSource, _ divergence: Divergence, temperature: Double = 1, share: Double = 0
    ) throws -> Learner {
        try Learner(
            model,
            Distillation(
                from: teacher, by: divergence, temperature: temperature, crossEntropyShare: share))
    }

    /// Sums, and the gradients of their mean.
    func step(
        _ learner: Learner, recomputedBlocks: Int = 0, workspace: Workspace = Workspace()
    ) throws -> (sums: NamedSums, gradients: [Float]) {
        set.slab.zeroGradients()
        let sums = try learner.accumulateGradients(
            batch, gradientScale: 1 / Float(batch.targetCount), recomputedBlocks: recomputedBlocks,
            workspace: workspace, dropout: DropoutKey(seed: 1, stream: 0, firstRow: 0))
        return (sums.total, Array(set.slab.gradients))
    }
}

@Suite struct DistillationTests {
    /// A teacher in the process, and a file that kept every token of it.
    @Test(arguments: divergences, [(1.0, 0.0), (1.0, 0.4), (2.0, 0.0), (2.0, 0.4)])
    func onlineIsCapturedWithAllTokensKept(_ divergence: Divergence, _ setting: (temperature: Double, share: Double))
        throws
    {
        let pair = try Pair()
        let kept = try KeptTeacher(
            rows: pair.teacherRows(temperature: setting.temperature), kept: .topK(TinyModel.vocabularySize))
        let online = try pair.step(
            pair.learner(pair.online, divergence, temperature: setting.temperature, share: setting.share))
        let captured = try pair.step(
            pair.learner(kept, divergence, temperature: setting.temperature, share: setting.share))
        #expect((online.sums.mean("divergence") ?? 0) > 0.01 && online.sums.weight == pair.batch.targetCount)
        for name in online.sums.names {
            #expect(abs(online.sums[name] - captured.sums[name]) < 1e-6 * max(1, abs(online.sums[name])), "\(name)")
        }
        // Of fp32, on two ways.
        #expect(relativeError(online.gradients, captured.gradients) < 5e-6)
    }

    /// The expectation of samples has the gradient of forward KL; the teacher's entropy stays in the loss.
    @Test(arguments: [(1.0, 0.0), (1.0, 0.4), (2.0, 0.4)])
    func samplesOfEveryTokenAreForwardKL(_ setting: (temperature: Double, share: Double)) throws {
        let pair = try Pair()
        let rows = try pair.teacherRows(temperature: setting.temperature)
        let entropy = rows.joined().reduce(0) { $0 - exp($1) * $1 }
        let online = try pair.step(
            pair.learner(pair.online, .forwardKL, temperature: setting.temperature, share: setting.share))
        let sampled = try pair.step(
            pair.learner(
                KeptTeacher(rows: rows, kept: .allSampled), .forwardKL, temperature: setting.temperature,
                share: setting.share))
        #expect(abs(sampled.sums["divergence"] - online.sums["divergence"] - entropy) < 1e-4)
        #expect(abs(sampled.sums["cross_entropy"] - online.sums["cross_entropy"]) < 1e-5)
        #expect(relativeError(sampled.gradients, online.gradients) < 1e-5)
    }

    /// With few tokens kept the others are one outcome, whose gradient reaches each of them; labels are inside and outside.
    @Test(arguments: divergences, [(0.0, 1.0), (0.3, 1.0), (0.3, 2.0)])
    func gradientsAreDifferencesOfLosses(_ divergence: Divergence, _ setting: (share: Double, temperature: Double))
        throws
    {
        let pair = try Pair()
        let rows = try pair.teacherRows(temperature: setting.temperature)
        let teachers: [any TeacherSource] = [KeptTeacher(rows: rows, kept: .topK(5)), pair.online]
        for teacher in teachers {
            let learner = try pair.learner(
                teacher, divergence, temperature: setting.temperature, share: setting.share)
            let found = try pair.step(learner)
            let values = pair.set.slab.values, start = Array(values)
            // Along the gradient itself the loss changes most, so that fp32 shows it.
            let norm = found.gradients.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
            func loss(_ step: Double) throws -> Double {
                for index in values.indices {
                    values[index] = start[index] + Float(step / norm) * found.gradients[index]
                }
                pair.set.slab.valuesChanged()
                return try learner.sums(pair.batch, workspace: Workspace()).total.meanLoss ?? .nan
            }
            let step = 2e-3
            let slope = try (loss(step) - loss(-step)) / (2 * step)
            #expect(norm > 1e-3 && abs(slope / norm - 1) < 5e-3, "slope \(slope), norm \(norm)")
        }
    }

    /// A file that has no mass left for the others rules out none of them: every loss and gradient is a number.
    @Test(arguments: divergences) func aRestOfNothingRulesNothingOut(_ divergence: Divergence) throws {
        let pair = try Pair()
        let rows = try pair.teacherRows().map { row in
            let least = row.sorted(by: >)[4]
            return row.map { $0 >= least ? $0 : -.infinity }
        }
        let found = try pair.step(pair.learner(KeptTeacher(rows: rows, kept: .topK(5)), divergence))
        #expect(found.sums.lossSum.isFinite && found.gradients.allSatisfy(\.isFinite))
        #expect(found.gradients.contains { $0 != 0 })
    }

    /// What is told is what the loss is made of, example by example.
    @Test func theLossIsTheMixture() throws {
        let pair = try Pair()
        let sums = try pair.learner(pair.online, .reverseKL, share: 0.25).sums(pair.batch, workspace: Workspace())
        #expect(sums.units.count == 2 && sums.units.map(\.weight) == [7, 3])
        for unit in sums.units {
            let expected = 0.75 * unit["divergence"] + 0.25 * unit["cross_entropy"]
            #expect(abs(unit.lossSum - expected) < 1e-9)
        }
        let labels = try Learner(pair.model, CrossEntropyObjective()).sums(pair.batch, workspace: Workspace())
        #expect(maximumDifference(sums.units.map { $0["cross_entropy"] }, labels.units.map(\.lossSum)) < 1e-5)
        let alone = try pair.step(pair.learner(pair.online, .reverseKL, share: 1)).gradients
        let plain = try pair.step(Learner(pair.model, CrossEntropyObjective())).gradients
        #expect(relativeError(alone, plain) < 1e-5)
    }

    /// A student that is its own teacher has nothing to learn.
    @Test(arguments: divergences) func equalsAreNoDistanceApart(_ divergence: Divergence) throws {
        let pair = try Pair()
        let found = try pair.step(pair.learner(OnlineTeacher(pair.model, under: pair.model.adapters), divergence))
        #expect(abs(found.sums["divergence"]) < 1e-4 && found.gradients.allSatisfy { abs($0) < 1e-5 })
    }

    @Test(arguments: [1, TinyModel.blocks]) func recomputedBlocksChangeNothing(_ recomputedBlocks: Int) throws {
        let pair = try Pair()
        let learner = try pair.learner(pair.online, .jensenShannon(beta: 0.5), share: 0.2)
        let plain = try pair.step(learner), again = try pair.step(learner, recomputedBlocks: recomputedBlocks)
        #expect(plain.sums == again.sums && plain.gradients == again.gradients)
    }

    @Test func onlyForwardKLIsLearntFromSamples() throws {
        let teacher = KeptTeacher(rows: [], kept: .allSampled)
        for divergence in divergences where divergence != .forwardKL {
            #expect(throws: DistillationError.needsWholeDistribution) {
                try Distillation(from: teacher, by: divergence, crossEntropyShare: 0)
            }
        }
        _ = try Distillation(from: teacher, by: .forwardKL, crossEntropyShare: 0)
        #expect("\(DistillationError.needsWholeDistribution)".contains("distill.keep: top_k"))
        #expect("\(DistillationError.needsWholeDistribution)".contains("distill.source: online"))
    }

    /// A few tokens a row take no more workspace than the label alone; a teacher beside the student, what is said before.
    @Test(arguments: [ElementType.f32, .bf16]) func thePredictedMemoryIsEnough(_ type: ElementType) throws {
        let pair = try Pair(precision: type)
        let rows = try Pair().teacherRows()
        func peak(_ learner: Learner) throws -> Int {
            let workspace = Workspace()
            _ = try pair.step(learner, workspace: workspace)
            let predicted = learner.predictedBytes(
                rows: pair.batch.rowCount, targets: pair.batch.targetCount, recomputedBlocks: 0)
            #expect(predicted >= workspace.peakBytes && Double(predicted) < 1.5 * Double(workspace.peakBytes))
            return workspace.peakBytes
        }
        let plain = try peak(Learner(pair.model, CrossEntropyObjective()))
        let kept = try pair.learner(KeptTeacher(rows: rows, kept: .topK(12)), .reverseKL, share: 0.2)
        #expect(try peak(kept) == plain)
        _ = try peak(pair.learner(pair.online, .reverseKL, share: 0.2))
    }
}
