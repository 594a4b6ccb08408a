// AdaLoRA's budget against PEFT: losses with the distance from orthogonal factors, and which directions are given up when.

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
import WeightFiles

@Suite struct RankAllocatorTests {
    private let run = TinyModel.run("adalora-budget")
    private let golden: JSONValue
    private let model: LanguageModel

    init() throws {
        golden = try JSONValue(parsing: [UInt8](Data(contentsOf: run.appendingPathComponent("golden.json"))))
        let folder = try HuggingFaceDirectory(TinyModel.base)
        model = try LanguageModel(
            configuration: ModelConfiguration(huggingFace: folder.configuration), weights: folder, precision: .f32)
    }

    private var examples: [TokenizedExample] {
        func rows(_ key: String) -> [[Int]] {
            (golden[key]?.array ?? []).map { ($0.array ?? []).compactMap(\.integer) }
        }
        return zip(zip(rows("input_ids"), rows("labels")), rows("attention_mask")).enumerated().map { index, row in
            let length = row.1.count { $0 == 1 }
            return TokenizedExample(
                ids: row.0.0.prefix(length).map(Int32.init), isTarget: row.0.1.prefix(length).map { $0 != -100 },
                place: RowPlace(file: "golden.json", line: index + 1), index: index)
        }
    }

    private func numbers(_ key: String) -> [Double] { (golden[key]?.array ?? []).compactMap(\.double) }

    private func trainer(_ other: AdapterSet? = nil) throws -> (set: AdapterSet, trainer: Trainer) {
        let set = try other ?? AdapterSet(PEFTDirectory(run.appendingPathComponent("init")), for: model)
        set.attach(to: model)
        let configuration = TrainingConfiguration(
            seed: 1, batchSize: 2, rowLimit: 1_000, recomputedBlocks: 0,
            schedule: LearningRateSchedule(.constant, peak: 1e-3, totalSteps: 5), maximumGradientNorm: nil,
            saveEverySteps: 1)
        let trainer = try Trainer(
            model: Learner(model, CrossEntropyObjective()), optimiser: makeOptimiser(set.slab), examples: examples,
            configuration: configuration, identity: identity, workspace: Workspace(),
            allocator: RankAllocator(set.members.map(\.adapter), set.configuration.settings.budget, of: set.slab))
        return (set, trainer)
    }

    /// E of every layer, in order.
    private func values(_ set: AdapterSet) -> [Float] {
        set.slab.slots.filter { $0.name.hasSuffix(".lora_E") }.flatMap { Array(set.slab.values($0).floats) }
    }

    @Test func ranksAreGivenUpAsInPEFT() throws {
        let (set, trainer) = try trainer()
        var left: [Double] = []
        for _ in 0..<5 {
            _ = try trainer.trainStep()
            left.append(Double(values(set).count { $0 != 0 }))
        }
        #expect(
            maximumDifference(trainer.history.map(\.loss), Array(numbers("loss_per_step_then_after").prefix(5))) < 1e-5)
        #expect(maximumDifference(trainer.history.map(\.gradientNorm), numbers("grad_norm")) < 1e-5)
        #expect(left == numbers("values_left") && left.last == 18)
        let directions = try #require(set.directions)
        #expect(directions.held == 18 && directions.target == 18)
        let expected = try AdapterSet(PEFTDirectory(run.appendingPathComponent("final")), for: model)
        #expect(maximumDifference(values(set), values(expected)) < 1e-5)
        var compared = 0
        for (one, other) in zip(set.members, expected.members) {
            let factors = try #require(one.adapter.withFactors { (Array($0.a.floats), Array($0.b.floats)) })
            let theirs = try #require(other.adapter.withFactors { (Array($0.a.floats), Array($0.b.floats)) })
            #expect(maximumDifference(factors.0, theirs.0) < 1e-5)
            // Columns of B that count nothing are in no file.
            let pairs = zip(factors.1, theirs.1).filter { $0.1 != 0 }
            compared += pairs.count
            #expect(maximumDifference(pairs.map(\.0), pairs.map(\.1)) < 1e-5)
        }
        #expect(compared > 0)
    }

    /// What a step shows of its size is of what is trained: notes of sensitivities are not.
    @Test func notesAreNoPartOfTheUpdate() throws {
        let (set, trainer) = try trainer()
        func trained() -> [[Float]] { set.slab.trainedSlots.map { Array(set.slab.values($0).floats) } }
        let before = trained().flatMap(\.self)
        _ = try trainer.trainStep()
        let after = trained().flatMap(\.self)
        let moved = zip(after, before).reduce(0) { $0 + pow(Double($1.0 - $1.1), 2) }
        let size = after.reduce(0) { $0 + pow(Double($1), 2) }
        let ratio = try #require(trainer.signs?.updateRatio)
        #expect(abs(ratio / (moved / size).squareRoot() - 1) < 1e-5)
    }

    /// Gone on with after any step, also between two cuts, it gives up the same, to the bit; and files hold what is left.
    @Test func goingOnGivesUpTheSame() throws {
        let (set, straight) = try trainer()
        var snapshots: [TrainingSnapshot] = []
        _ = try straight.run(
            TrainingHooks(save: {
                snapshots.append($0)
                return ""
            }))
        for snapshot in snapshots.dropLast() {
            let (_, again) = try trainer()
            try again.restore(snapshot)
            _ = try again.run(TrainingHooks())
            #expect(again.snapshot().parameters == straight.snapshot().parameters, "after step \(snapshot.step)")
        }
        // An optimiser keeps nothing of what it does not change, and all of what it does.
        let notes = snapshots[1].parameters.filter { $0.states.isEmpty }
        #expect(notes.count == 7 * 9 && notes.allSatisfy { !$0.name.hasSuffix("lora_E") })
        var broken = snapshots[1]
        let trained = try #require(broken.parameters.firstIndex { $0.name.hasSuffix("lora_E") })
        broken.parameters[trained].states = []
        #expect(throws: TrainingError.self) { try self.trainer().trainer.restore(broken) }
        try withTemporaryDirectory { folder in
            let place = folder.appendingPathComponent("adapter")
            try set.writePEFT(to: place, baseName: nil, provenance: AdapterProvenance())
            let file = try SafetensorsFile(place.appendingPathComponent("adapter_model.safetensors"))
            let held = try file.names.filter { $0.hasSuffix("lora_E") }.reduce(0) {
                $0 + (try file.tensor($1)?.shape[0] ?? 0)
            }
            // A layer of which nothing is left keeps one direction, that counts nothing.
            #expect(held >= 18 && held < 36 && !file.names.contains { $0.contains("sensitivity") })
            let back = try AdapterSet(PEFTDirectory(place), for: model)
            #expect(values(back) == values(set))
            // What was given up and left out is no difference, so that an export is held to be whole.
            let comparison = AdapterComparison(set, readBack: back)
            #expect(comparison.moduleCount == 9 && comparison.largestDifference < 1e-6, "\(comparison)")
        }
    }

    /// A direction that a file left out is as if the adapter had never had it.
    @Test func directionsThatAreNotThereAreNoDistance() throws {
        func firstLoss(rank: Int) throws -> Double {
            let set = try AdapterSet(AdapterConfiguration(method: .adalora, rank: rank, alpha: 8), for: model)
            try set.note(totalSteps: 5)
            set.initialise(seed: 1)
            for member in set.members {
                let (a, b) = (member.adapter.states[0].values, member.adapter.states[1].values)
                for direction in 0..<rank {
                    for column in 0..<a.columns {
                        let number = Float((direction * 7 + column) % 5) / 10
                        a.floats[direction * a.columns + column] = direction < 3 ? number : 0
                    }
                    for row in 0..<b.rows {
                        b.floats[row * rank + direction] = direction < 3 ? Float((direction + row) % 3) / 10 : 0
                    }
                }
            }
            return try trainer(set).trainer.trainStep().loss
        }
        let losses = try [firstLoss(rank: 3), firstLoss(rank: 5)]
        #expect(abs(losses[0] - losses[1]) < 1e-6, "\(losses)")
    }

    @Test func stepsThatLeaveNoTimeAreRefused() throws {
        var configuration = AdapterConfiguration(method: .adalora, rank: 4, alpha: 8)
        (configuration.settings.budget.firstSteps, configuration.settings.budget.lastSteps) = (3, 2)
        let set = try AdapterSet(configuration, for: model)
        #expect(throws: AdapterError.self) { try set.note(totalSteps: 5) }
        try set.note(totalSteps: 6)
        #expect(set.configuration.settings.budget.totalSteps == 6)
    }
}
