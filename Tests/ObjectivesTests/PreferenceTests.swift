// Objectives of preferences against TRL's trainers: losses, rewards, log-probabilities and gradients, case by case.

import Adapters
import Datasets
import Foundation
import JSON
import Models
import Objectives
import Recipes
import TestSupport
import Tensors
import Testing
import Training
import WeightFiles

/// What TRL says of the pairs of the dpo fixture, and the same model, adapter and pairs here.
private struct Golden {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Fixtures")

    private static func json(_ name: String) throws -> JSONValue {
        try JSONValue(parsing: [UInt8](Data(contentsOf: folder.appendingPathComponent(name))))
    }

    let cases: [JSONValue]
    let model: LanguageModel
    let set: AdapterSet
    private let sequences: [(ids: [Int32], isTarget: [Bool])]

    init() throws {
        cases = try #require(Self.json("preferences.json")["cases"]?.array)
        let pairs = try #require(Self.json("dpo/golden.json")["runs"]?["lora"])
        let prompts = (pairs["prompt_lengths"]?.array ?? []).compactMap(\.integer)
        sequences = zip(pairs["ids"]?.array ?? [], prompts).map { ids, prompt in
            let ids = (ids.array ?? []).compactMap(\.integer).map { Int32($0) }
            return (ids, ids.indices.map { $0 >= prompt })
        }
        let weights = try HuggingFaceDirectory(TinyModel.base)
        model = try LanguageModel(
            configuration: ModelConfiguration(huggingFace: weights.configuration), weights: weights, precision: .f32)
        set = try AdapterSet(PEFTDirectory(TinyModel.run("lora").appendingPathComponent("init")), for: model)
        set.attach(to: model)
        // As the script has it, by its order of the parameters.
        let names = try #require(cases.first?["gradients"]?.object).members.map(\.key)
        for slot in set.slab.slots where slot.name.contains("lora_B") {
            let place = try #require(names.firstIndex { $0 == slot.name || $0 == slot.name + ".weight" })
            for index in 0..<slot.range.count {
                set.slab.values[slot.range.lowerBound + index] =
                    Float(0.05 * sin(Double(index) * 0.7 + Double(place)))
            }
        }
        set.slab.valuesChanged()
    }

    /// The objective of a recipe with a case's settings.
    static func objective(_ one: JSONValue) throws -> any Objective {
        let kind = try #require(one["objective"]?.string)
        let settings = try #require(one["settings"]?.object).members.map { "train.\($0.key)=\($0.value.text())" }
        return try Recipe.load(overrides: ["train.objective=\(kind)"] + settings).learnt
    }

    /// The answers of the pairs, one by one, rated where the objective is of such.
    func examples(_ objective: any Objective, ratings: [Float] = [1, 0]) -> [TokenizedExample] {
        let place = RowPlace(file: "", line: 1)
        return sequences.enumerated().map { number, sequence in
            objective.unit == .rated
                ? TokenizedExample(
                    read: sequence.ids, isRead: sequence.isTarget, wanted: [ratings[number % 2]], place: place,
                    index: number)
                : TokenizedExample(
                    ids: sequence.ids, isTarget: sequence.isTarget, place: place, index: number / 2, part: number % 2)
        }
    }

    /// The pairs in batches of so many, or their answers one by one, each rated, in as many batches.
    /// - Parameters:
    ///   - numbered: whether they know their numbers in the source.
    ///   - ratings: of the better and of the worse answers.
    func batches(
        _ objective: any Objective, of size: Int, numbered: Bool = false, ratings: [Float] = [1, 0]
    ) -> [StepBatch] {
        let examples = examples(objective, ratings: ratings)
        let cut = stride(from: 0, to: examples.count, by: 2 * size).map {
            let range = $0..<min($0 + 2 * size, examples.count)
            return objective.batch(Array(examples[range]), sequences: numbered ? Array(range) : nil)
        }
        return objective.joined(cut).map { StepBatch($0, dropout: DropoutKey(seed: 1, stream: 0, firstRow: 0)) }
    }
}

@Suite struct PreferenceLossTests {
    /// Whole and cut pair by pair.
    @Test(arguments: [4, 1]) func lossesAndGradientsAreThoseOfTRL(_ size: Int) throws {
        let golden = try Golden()
        #expect(golden.cases.count == 31)
        for one in golden.cases {
            let name = "\(one["objective"]?.string ?? "") \(one["settings"]?.text() ?? "")"
            let objective = try Golden.objective(one)
            golden.set.slab.zeroGradients()
            let sums = try step(Learner(golden.model, objective), golden.batches(objective, of: size))
            let expected = try #require(one["loss"]?.double)
            // Some hundred log-probabilities of fp32 are added: what is β times their differences is no nearer than that.
            let beta = one["settings"]?["beta"]?.double ?? 1, logps = one["told"]?["logps/chosen"]?.double ?? 0
            // With an α-divergence the loss is of e to the power of them; of TRL in fp32 the gradient's norm is 4e-5 off.
            let limit = one["settings"]?["f_divergence_type"] == "alpha_divergence" ? 5e-5 : 1e-5
            func tolerance(_ value: Double) -> Double { max(limit * max(1, abs(value)), 1e-6 * beta * abs(logps)) }
            #expect(abs((sums.total.meanLoss ?? .nan) - expected) < tolerance(expected), "\(name)")
            for measure in objective.told(sums.total) {
                let theirs = [
                    "rewards_chosen": "rewards/chosen", "rewards_rejected": "rewards/rejected",
                    "rewards_accuracy": "rewards/accuracies", "rewards_margin": "rewards/margins",
                    "logps_chosen": "logps/chosen", "logps_rejected": "logps/rejected", "nll_loss": "nll_loss",
                    "kl": "kl",
                ][measure.name]
                guard let theirs, let told = one["told"]?[theirs]?.double else {
                    // What TRL does not tell.
                    #expect(["rewards_accuracy", "nll_loss"].contains(measure.name), "\(name) \(measure.name)")
                    continue
                }
                #expect(abs(measure.value - told) < tolerance(told), "\(name) \(measure.name)")
            }
            try expectGradients(golden.set.slab, one, name, limit)
        }
    }

    /// Where pairs of a loss of whole steps are read one by one: the distance from the reference is of the tokens of all.
    @Test func theDistanceFromTheReferenceIsOfAllBatches() throws {
        let golden = try Golden()
        let (each, together) = try (
            Recipe.load(overrides: ["train.objective=dpo"]).learnt,
            Recipe.load(overrides: ["train.objective=dpo", "train.loss_type=aot"]).learnt
        )
        let expected = try Learner(golden.model, each).sums(
            golden.batches(each, of: 4)[0].batch, workspace: Workspace()
        ).total
        let found = try step(Learner(golden.model, together), golden.batches(together, of: 1)).total
        #expect(expected["kl"] > 0 && abs(found["kl"] - expected["kl"]) < 1e-4 * expected["kl"])
        #expect(found["kl_tokens"] == expected["kl_tokens"])
    }

    /// The mean gradient of some rows, however they are cut, is that of a step of all of them.
    @Test(arguments: ["kto", "cpo"]) func meanGradientsAreOfAllRows(_ name: String) throws {
        let golden = try Golden(), slab = golden.set.slab
        let learner = Learner(golden.model, try Recipe.load(overrides: ["train.objective=\(name)"]).learnt)
        slab.zeroGradients()
        _ = try step(learner, golden.batches(learner.objective, of: 4))
        let expected = Array(slab.gradients)
        let units = ExampleUnits(golden.examples(learner.objective), of: learner.objective.unit)
        try MeanGradient(
            learner, units, first: units.count, rowLimit: 1, recomputedBlocks: 0, workspace: Workspace()
        ).take(slab)
        #expect(expected.contains { abs($0) > 1e-3 } && relativeError(Array(slab.gradients), expected) < 1e-4)
    }

    private func step(_ learner: Learner, _ batches: [StepBatch]) throws -> LossSums {
        let sequences = batches.reduce(0) { $0 + $1.batch.exampleCount }, workspace = Workspace()
        let units = sequences / learner.objective.unit.sequences
        if learner.objective is any StepObjective, batches.count > 1 {
            return try learner.accumulateTogether(
                batches, gradientScale: 1 / Float(units), recomputedBlocks: 0, workspace: workspace
            ) { $1 }
        }
        var sums = LossSums()
        for part in batches {
            sums.append(
                try learner.accumulateGradients(
                    part.batch, gradientScale: 1 / Float(units), recomputedBlocks: 0, workspace: workspace,
                    dropout: part.dropout))
        }
        return sums
    }

    private func expectGradients(_ slab: ParameterSlab, _ one: JSONValue, _ name: String, _ limit: Double) throws {
        let theirs = try #require(one["gradients"]?.object)
        #expect(theirs.members.count == slab.slots.count)
        let norm = try #require(one["norm"]?.double)
        let own = slab.gradients.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        #expect(abs(own - norm) < limit * max(1, norm), "\(name)")
        for slot in slab.slots {
            let numbers = try #require((theirs[slot.name] ?? theirs[slot.name + ".weight"])?.array).compactMap(\.double)
            let gradient = slab.gradients(slot).floats.map(Double.init)
            let length = gradient.reduce(0) { $0 + $1 * $1 }.squareRoot()
            let wave = gradient.enumerated().reduce(0) { $0 + $1.element * cos(Double($1.offset)) }
            #expect(abs(length - numbers[0]) < limit * max(1, norm), "\(name) \(slot.name)")
            #expect(abs(wave - numbers[1]) < limit * max(1, norm), "\(name) \(slot.name)")
        }
    }
}

@Suite struct OddsRatioTests {
    /// Log-probabilities of 0, as rounding makes them of tokens that are nearly certain.
    @Test func certainAnswersHaveFiniteLosses() throws {
        let recipe = try Recipe.load(overrides: ["train.objective=orpo", "train.beta=0.5"])
        let loss = try #require(recipe.learnt as? PairPreference).loss
        for (chosen, rejected) in [(0.0, -1.0), (-1, 0), (0, 0)] {
            let found = loss.losses(
                of: [
                    AnswerPair(
                        chosen: ScoredAnswer(policy: chosen, tokens: 3),
                        rejected: ScoredAnswer(policy: rejected, tokens: 3))
                ])[0]
            #expect(found.loss.isFinite && found.chosenSlope.isFinite && found.rejectedSlope.isFinite)
            #expect(found.chosenSlope < 0 && found.rejectedSlope > 0)
        }
    }
}

@Suite struct RatedAnswerTests {
    /// What stands beside a batch is of the answers of other rows, and no larger than what is measured in its place.
    @Test func answersOfOtherRowsStandBesideABatch() throws {
        let place = RowPlace(file: "", line: 1), objective = try Recipe.load(overrides: ["train.objective=kto"]).learnt
        func batch(prompt: Int, answer: Int, token: Int32) -> TokenBatch {
            let ids = [Int32](repeating: token, count: prompt + answer)
            let example = TokenizedExample(
                read: ids, isRead: ids.indices.map { $0 >= prompt }, wanted: [1], place: place, index: 0)
            return objective.batch([example], sequences: nil)
        }
        let long = batch(prompt: 11, answer: 1, token: 7), short = batch(prompt: 2, answer: 10, token: 8)
        let joined = objective.joined([long, short])
        let beside = try #require(joined[0].beside)
        #expect(beside.ids == [Int32](repeating: 7, count: 11) + [Int32](repeating: 8, count: 10))
        #expect(beside.targetCount == 10 && joined[1].beside?.ids == [8, 8, 7])
        let measured = long.besideAtMost(mostTokens: 64)
        #expect(measured.rowCount >= beside.rowCount && measured.targetCount >= beside.targetCount)
        // A row alone has no other.
        #expect(objective.joined([long])[0].beside == nil)
    }

    /// A threshold that no float is exactly.
    @Test func aRatingThatEqualsTheThresholdIsNotAboveIt() throws {
        let golden = try Golden()
        let objective = try Recipe.load(overrides: ["train.objective=kto", "train.desirable_above=0.1"]).learnt
        let batch = golden.batches(objective, of: 4, ratings: [0.2, 0.1])[0].batch
        let sums = try Learner(golden.model, objective).sums(batch, workspace: Workspace())
        #expect(sums.units.map { $0["chosen"] } == [1, 0, 1, 0, 1, 0, 1, 0])
    }
}

@Suite struct RewardModelTests {
    @Test func lossesAndSlopesAreThoseOfTRL() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Fixtures/rewards.json")
        let golden = try JSONValue(parsing: [UInt8](Data(contentsOf: file)))
        func numbers(_ json: JSONValue, _ key: String) -> [Double] { (json[key]?.array ?? []).compactMap(\.double) }
        let rewards = numbers(golden, "rewards"), cases = try #require(golden["cases"]?.array)
        #expect(rewards.count == 8 && cases.count == 3)
        for one in cases {
            let objective = RewardModel(centering: try #require(one["centering"]?.double))
            let pairs = objective.losses(of: rewards, margins: numbers(one, "margins"))
            #expect(pairs.count == 4)
            let mean = pairs.reduce(0) { $0 + $1.loss } / 4
            #expect(abs(mean - (one["loss"]?.double ?? .nan)) < 1e-9)
            let slopes = pairs.flatMap { [$0.chosenSlope / 4, $0.rejectedSlope / 4] }
            #expect(zip(slopes, numbers(one, "slopes")).allSatisfy { abs($0 - $1) < 1e-9 })
        }
    }
}

/// What a reference says is the same whether it is asked in the step or was asked before.
@Suite struct KeptReferenceTests {
    @Test(arguments: ["dpo", "dpo aot", "kto"]) func stepsLookUpWhatTheReferenceSays(_ name: String) throws {
        let golden = try Golden()
        let words = name.split(separator: " ").map(String.init)
        let recipe = try Recipe.load(
            overrides: ["train.objective=\(words[0])"] + words.dropFirst().map { "train.loss_type=\($0)" })
        let objective = try #require(recipe.learnt as? any ReferencedObjective)
        let reading = ReferenceReading(of: objective), batch = golden.batches(objective, of: 4)[0]
        let answers = try Learner(golden.model, reading).sums(batch.batch, workspace: Workspace()).units
            .flatMap(\.answers)
        #expect(answers.count == 8 && answers.allSatisfy { $0 < 0 })
        let kept = objective.looking(up: KeptScores(answers))
        func step(_ objective: any Objective) throws -> (LossSums, [Float]) {
            golden.set.slab.zeroGradients()
            let part = golden.batches(objective, of: 4, numbered: true)[0]
            let sums = try Learner(golden.model, objective).accumulateGradients(
                part.batch, gradientScale: 0.25, recomputedBlocks: 0, workspace: Workspace(), dropout: part.dropout)
            return (sums, Array(golden.set.slab.gradients))
        }
        let asked = try step(objective), found = try step(kept)
        #expect(asked.0 == found.0 && asked.1 == found.1)
        // What is looked up counts: another reference is another loss.
        let changed = answers.enumerated().map { $0.element - Double($0.offset) }
        #expect(try step(objective.looking(up: KeptScores(changed))).0 != asked.0)
    }
}
