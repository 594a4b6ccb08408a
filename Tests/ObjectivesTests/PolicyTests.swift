// Learning from answers of the model's own, against TRL's GRPOTrainer and RLOOTrainer: advantages, losses, gradients.

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
import Vocabulary
import WeightFiles

private let runs = ["grpo", "grpo_kl", "dapo", "bnpo", "dr_grpo", "plain_kl", "rloo", "rloo_normalised"]

/// What TRL says of a run, and the same model and adapter here.
private struct Reference {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Fixtures/policy")

    let name: String
    let whole: JSONValue
    let golden: JSONValue
    let model: LanguageModel
    let set: AdapterSet

    init(_ name: String, precision: ElementType = .f32) throws {
        self.name = name
        whole = try JSONValue(
            parsing: [UInt8](Data(contentsOf: Self.folder.appendingPathComponent("golden.json"))))
        golden = try #require(whole["runs"]?[name])
        let weights = try HuggingFaceDirectory(TinyModel.base)
        model = try LanguageModel(
            configuration: ModelConfiguration(huggingFace: weights.configuration), weights: weights,
            precision: precision)
        set = try AdapterSet(PEFTDirectory(TinyModel.run("lora").appendingPathComponent("init")), for: model)
        set.attach(to: model)
    }

    var isRLOO: Bool { name.hasPrefix("rloo") }
    var group: Int { whole["group"]?.integer ?? 0 }
    var temperature: Double { whole["temperature"]?.double ?? 0 }

    func number(_ key: String) -> Double { golden[key]?.double ?? .nan }

    func numbers(_ key: String) -> [Double] { (golden[key]?.array ?? []).compactMap(\.double) }

    func lists(_ key: String) -> [[Float]] {
        (golden[key]?.array ?? []).map { ($0.array ?? []).compactMap(\.double).map { Float($0) } }
    }

    var gradients: SafetensorsFile? {
        get throws {
            let url = Self.folder.appendingPathComponent("\(name).gradients.safetensors")
            return FileManager.default.fileExists(atPath: url.path) ? try SafetensorsFile(url) : nil
        }
    }

    var objective: any Objective {
        let clip = PolicyClip(low: number("epsilon"), high: number("epsilon_high"))
        guard !isRLOO else { return RLOO(clip: clip, temperature: temperature, told: ["reward"]) }
        let mean: PolicyMean =
            switch golden["loss_type"]?.string {
            case "dapo": .dapo
            case "bnpo": .bnpo
            case "dr_grpo": .drGRPO(maximumTokens: whole["max_completion_length"]?.integer ?? 0)
            default: .grpo
            }
        return GRPO(
            mean, beta: number("beta"), weighsDistance: golden["use_bias_correction_kl"]?.bool ?? true, clip: clip,
            temperature: temperature, told: ["reward"])
    }

    /// The answers as they would be trained on.
    func examples() -> [TokenizedExample] {
        func ids(_ value: JSONValue) -> [Int32] { (value.array ?? []).compactMap(\.integer).map { Int32($0) } }
        let prompts = (whole["prompts"]?.array ?? []).map(ids)
        let answers = (whole["answers"]?.array ?? []).map { ($0.array ?? []).map(ids) }
        let pairs = zip(prompts, answers).flatMap { prompt, group in group.map { (prompt, $0) } }
        let advantages = numbers("advantages"), rewards = numbers("rewards")
        let old = lists("old_log_probabilities"), reference = lists("reference")
        return pairs.enumerated().map { index, pair in
            var example = TokenizedExample(
                ids: pair.0 + pair.1,
                isTarget: pair.0.map { _ in false } + pair.1.map { _ in true },
                place: RowPlace(file: "rows.jsonl", line: index + 1), index: index)
            example.wanted =
                WrittenAnswer(
                    advantage: Float(advantages[index]), told: [Float(rewards[index])],
                    old: golden["old"]?.bool == true ? old[index] : nil,
                    reference: number("beta") > 0 && !isRLOO ? reference[index] : nil
                ).numbers
            return example
        }
    }

    /// What a step counts of the answers, cut into batches of `size`; its gradients are left in the slab.
    func step(size: Int = 100, recomputedBlocks: Int = 0, workspace: Workspace = Workspace()) throws -> LossSums {
        set.slab.zeroGradients()
        let learner = Learner(model, objective), examples = examples()
        let weight = examples.reduce(0) { $0 + objective.weight(targets: $1.targetCount) }
        var sums = LossSums()
        for start in stride(from: 0, to: examples.count, by: size) {
            let part = Array(examples[start..<min(start + size, examples.count)])
            sums.append(
                try learner.accumulateGradients(
                    objective.batch(part, sequences: nil), gradientScale: 1 / Float(weight),
                    recomputedBlocks: recomputedBlocks, workspace: workspace,
                    dropout: DropoutKey(seed: 1, stream: 0, firstRow: 0)))
        }
        #expect(sums.total.weight == weight)
        return sums
    }
}

/// Another objective, which notes how many rows its passes have.
private struct Watched: Objective {
    final class Rows: @unchecked Sendable { var last = 0 }

    let base: any Objective
    let rows = Rows()

    var unit: ExampleUnit { base.unit }
    var measures: [Measure] { base.measures }
    var looksAtAnswersOnly: Bool { base.looksAtAnswersOnly }
    func weight(targets: Int) -> Int { base.weight(targets: targets) }
    func batch(_ examples: [TokenizedExample], sequences: [Int]?) -> TokenBatch {
        base.batch(examples, sequences: sequences)
    }
    func sums(_ pass: ObjectivePass) throws -> LossSums {
        rows.last = pass.batch.rowCount
        return try base.sums(pass)
    }
}

@Suite struct PolicyTests {
    @Test(arguments: runs) func advantagesAreThoseOfTRL(_ name: String) throws {
        let reference = try Reference(name)
        let rewards = reference.numbers("rewards"), golden = reference.golden
        let found =
            reference.isRLOO
            ? Advantages.leavingOneOut(
                rewards, size: reference.group, isNormalised: golden["normalize_advantages"]?.bool == true)
            : Advantages.ofGroups(
                rewards, size: reference.group,
                scale: try #require(RewardScale(rawValue: golden["scale_rewards"]?.string ?? "")))
        #expect(found.count == 6)
        #expect(maximumDifference(found, reference.numbers("advantages")) < 1e-5)
    }

    @Test func groupsWithoutSpreadAreFound() {
        #expect(
            Advantages.areAlike([1, 1, 0, 1, 0.1 + 0.2, 0.3], size: 2) == [true, true, false, false, true, true])
        #expect(Advantages.ofGroups([1, 1, 0, 0], size: 2, scale: .group) == [0, 0, 0, 0])
    }

    /// What an answer was when it was written, and what the reference says of it: at the temperature.
    @Test func logProbabilitiesAreThoseOfTRL() throws {
        let reference = try Reference("grpo_kl")
        let batch = reference.objective.batch(reference.examples(), sequences: nil)
        let pass = try reference.model.pass(batch, workspace: Workspace())
        let found = try pass.tokenLosses(under: .none, temperature: reference.temperature).values.map { -Double($0) }
        let expected = reference.lists("reference").flatMap { $0.map(Double.init) }
        #expect(found.count == expected.count)
        #expect(zip(found, expected).allSatisfy { abs($0 - $1) < 1e-5 * max(1, abs($1)) })
    }

    @Test(arguments: runs, [100, 1, 4]) func lossesAndGradientsAreThoseOfTRL(_ name: String, size: Int) throws {
        let reference = try Reference(name)
        let sums = try reference.step(size: size, recomputedBlocks: size == 4 ? TinyModel.blocks : 0)
        let loss = try #require(sums.total.meanLoss)
        // The ratio of a whole answer is e to the power of a difference of sums of some tens; TRL's own gradients in fp32 are 4e-5 off.
        let limit = reference.isRLOO ? 2e-5 : 1e-5
        #expect(abs(loss - reference.number("loss")) < limit * max(1, abs(loss)))
        let slab = reference.set.slab
        let norm = slab.gradients.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        #expect(abs(norm - reference.number("gradient_norm")) < limit * norm)
        let gradients = try reference.gradients
        for slot in slab.slots {
            let name = "base_model.model." + slot.name + (slot.name.hasSuffix(".weight") ? "" : ".weight")
            let expected = try #require(reference.golden["norms"]?[name]?.double)
            let found = slab.gradients(slot).floats
            let own = found.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
            #expect(abs(own - expected) < limit * max(norm, 1), "\(slot.name)")
            guard let tensor = try gradients?.tensor(name) else { continue }
            #expect(
                relativeError(found, Array(tensor.bytes.bindMemory(to: Float.self))) < limit, "\(slot.name)")
        }
        let objective = reference.objective
        let told = objective.told(sums.total)
        #expect(told.map(\.name) == objective.measures.map(\.name))
        if let kl = reference.golden["told"]?["kl"]?.double, !reference.isRLOO {
            #expect(abs((told.first { $0.name == "kl" }?.value ?? .nan) - kl) < 1e-5 * max(1, kl))
        }
        if let clipped = reference.golden["told"]?["clip_ratio/region_mean"]?.double {
            #expect(abs((told.first { $0.name == "clipped" }?.value ?? .nan) - clipped) < 1e-6)
        }
    }

    /// A prompt that several answers have is computed once.
    @Test func promptsOfGroupsStandOnce() throws {
        let (grpo, rloo) = (try Reference("grpo"), try Reference("rloo"))
        for (reference, objective) in [
            (grpo, grpo.objective), (rloo, rloo.objective), (grpo, PairPreference.dpo(beta: 0.1)),
        ] as [(Reference, any Objective)] {
            let watched = Watched(base: objective)
            let batch = objective.batch(reference.examples(), sequences: nil)
            _ = try Learner(reference.model, watched).sums(batch, workspace: Workspace())
            #expect(watched.rows.last == batch.sharingPrompts.rowCount && watched.rows.last < batch.rowCount)
        }
    }

    @Test(arguments: ["grpo_kl", "rloo"]) func thePredictedMemoryIsEnough(_ name: String) throws {
        let reference = try Reference(name), workspace = Workspace()
        _ = try reference.step(workspace: workspace)
        let rows = reference.examples().reduce(0) { $0 + $1.ids.count }
        let predicted = Learner(reference.model, reference.objective).predictedBytes(rows: rows, recomputedBlocks: 0)
        #expect(predicted >= workspace.peakBytes)
    }

    @Test func whatIsKnownOfAnAnswerSurvivesItsNumbers() {
        for answer in [
            WrittenAnswer(advantage: -0.5), WrittenAnswer(advantage: 1, told: [2, 3], old: [], reference: [4]),
            WrittenAnswer(advantage: 1, told: [], old: [5, 6], reference: nil),
        ] { #expect(WrittenAnswer(answer.numbers) == answer) }
        #expect(WrittenAnswer([1, 2, -1, -1, 3]) == nil && WrittenAnswer([1]) == nil)
    }
}
