// Pairs of answers against TRL's DPOTrainer: how rows are cut, log-probabilities, rewards, losses, gradients, and some steps.

import Adapters
import ChatTemplates
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
import Tokenizers
import Training
import Vocabulary
import WeightFiles

/// The methods of which there are runs by TRL.
private let methods: [AdapterMethodKind] = [.lora, .dora]

/// What TRL says, and the same model, adapter and rows here.
private struct Reference {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Fixtures/dpo")

    let method: AdapterMethodKind
    let golden: JSONValue
    let beta: Double
    let rate: Double
    let model: LanguageModel
    let set: AdapterSet
    let gradients: SafetensorsFile

    init(_ method: AdapterMethodKind, precision: ElementType = .f32) throws {
        self.method = method
        let json = try JSONValue(
            parsing: [UInt8](Data(contentsOf: Self.folder.appendingPathComponent("golden.json"))))
        golden = try #require(json["runs"]?[method.rawValue])
        beta = try #require(json["beta"]?.double)
        rate = try #require(json["rate"]?.double)
        let weights = try HuggingFaceDirectory(TinyModel.base)
        model = try LanguageModel(
            configuration: ModelConfiguration(huggingFace: weights.configuration), weights: weights,
            precision: precision)
        set = try AdapterSet(
            PEFTDirectory(TinyModel.run(method.rawValue).appendingPathComponent("init")), for: model)
        set.attach(to: model)
        gradients = try SafetensorsFile(Self.folder.appendingPathComponent("\(method.rawValue).gradients.safetensors"))
    }

    var learner: Learner { Learner(model, PairPreference.dpo(beta: beta)) }

    func numbers(_ key: String) -> [Double] { (golden[key]?.array ?? []).compactMap(\.double) }

    /// The rows as a person writes them, through tokenizer and chat template.
    /// - Parameter file: nil: the pairs.
    static func rows(
        of file: String? = nil, _ change: (inout DataSettings) -> Void = { _ in }
    ) throws -> PreparedDataset {
        let tokenizer = try Tokenizer(
            huggingFace: JSONValue(
                parsing: [UInt8](Data(contentsOf: TinyModel.chat.appendingPathComponent("tokenizer.json")))))
        let configuration = try JSONValue(
            parsing: [UInt8](Data(contentsOf: TinyModel.chat.appendingPathComponent("tokenizer_config.json"))))
        let template = try ChatTemplate(source: #require(configuration["chat_template"]?.string))
        var settings = DataSettings(
            format: .auto, columns: [:], labels: [], maxLength: 512, tooLong: .error, trainOnPrompt: false)
        change(&settings)
        return try PreparedDataset(
            files: [file ?? folder.appendingPathComponent("rows.jsonl").path], encoder: TokenizerEncoder(tokenizer),
            renderer: TemplateRenderer(
                template, variables: JSONObject([("bos_token", "<s>"), ("eos_token", "</s>")])),
            settings: settings)
    }

    /// All pairs as one batch.
    static func batch() throws -> TokenBatch {
        let rows = try rows()
        return TokenBatch(
            examples: try (0..<rows.examples.count).map(rows.examples.example).map { ($0.ids, $0.isTarget) })
    }

    /// What a step counts of all pairs, its gradients being left in the slab.
    func step(recomputedBlocks: Int = 0, workspace: Workspace = Workspace()) throws -> LossSums {
        set.slab.zeroGradients()
        let batch = try Self.batch()
        return try learner.accumulateGradients(
            batch, gradientScale: 1 / Float(batch.exampleCount / 2), recomputedBlocks: recomputedBlocks,
            workspace: workspace, dropout: DropoutKey(seed: 1, stream: 0, firstRow: 0))
    }
}

@Suite struct DPOTests {
    @Test func rowsAreCutAsTRLCutsThem() throws {
        let rows = try Reference.rows()
        let golden = try Reference(.lora).golden
        let sequences = (golden["ids"]?.array ?? []).map { ($0.array ?? []).compactMap(\.integer).map { Int32($0) } }
        let prompts = (golden["prompt_lengths"]?.array ?? []).compactMap(\.integer)
        #expect(sequences.count == 8 && rows.examples.count == 8 && rows.report.rows == 4)
        #expect(rows.report.format == .preference && rows.report.splitRows == 0)
        for index in 0..<rows.examples.count {
            let example = try rows.examples.example(index)
            #expect(example.ids == sequences[index])
            #expect(example.isTarget == example.ids.indices.map { $0 >= prompts[index] })
            #expect(example.index == index / 2 && example.part == index % 2)
        }
        #expect(rows.report.longestExample == sequences.map(\.count).max())
    }

    /// A rated answer is cut as one of a pair is, and a head that gives answers numbers reads the end of each.
    @Test func ratedAnswersAreCutAsThoseOfPairs() throws {
        let pairs = try Reference.rows()
        try withTemporaryDirectory { folder in
            let file = folder.appendingPathComponent("rated.jsonl")
            let rows = [
                #"{"prompt": "Where is Tom?", "completion": "Tom is at home.", "label": true}"#,
                #"{"prompt": "Where is Tom?", "completion": "Tom ran very fast and sang a song.", "label": false}"#,
                #"{"messages": [{"role": "system", "content": "Answer in few words."}, {"role": "user", "content": "Where did you see Lily?"}, {"role": "assistant", "content": "Lily is in the park."}], "rating": 2.5}"#,
            ]
            try Data((rows.joined(separator: "\n") + "\n").utf8).write(to: file)
            let rated = try Reference.rows(of: file.path) {
                $0.unit = .rated
                $0.format = .rated
            }
            #expect(rated.examples.count == 3)
            for index in 0..<rated.examples.count {
                let own = try rated.examples.example(index), other = try pairs.examples.example(index)
                #expect(own.ids == other.ids && own.isTarget == other.isTarget)
                #expect(own.wanted == [[1], [0], [2.5]][index])
            }
        }
        let read = try Reference.rows {
            $0.unit = .pair
            $0.task = RowTask(.regress, comparesAnswers: true)
        }
        #expect(read.examples.count == pairs.examples.count)
        for index in 0..<read.examples.count {
            let own = try read.examples.example(index)
            #expect(try own.ids == pairs.examples.example(index).ids && own.wanted.isEmpty && own.isRead)
            #expect(own.isTarget == own.ids.indices.map { $0 == own.ids.count - 1 })
        }
        #expect(throws: DatasetError.self) { try Reference.rows { $0.unit = .rated } }
    }

    /// A pair goes as a whole where one of its sides is too long, and is an error where rows may not go.
    @Test func aPairIsDroppedAsAWhole() throws {
        let lengths = (try Reference(.lora).golden["ids"]?.array ?? []).map { ($0.array ?? []).count }
        let pairs = stride(from: 0, to: 8, by: 2).map { max(lengths[$0], lengths[$0 + 1]) }
        let limit = pairs.sorted()[2] - 1
        #expect(lengths.contains { $0 > limit } && lengths.count { $0 > limit } < 4)
        let rows = try Reference.rows {
            $0.maxLength = limit
            $0.tooLong = .drop
        }
        #expect(rows.report.droppedRows == 2 && rows.examples.count == 4)
        #expect(try rows.examples.rowIndices() == pairs.indices.filter { pairs[$0] <= limit }.flatMap { [$0, $0] })
        #expect(rows.report.tokens + rows.report.droppedTokens == lengths.reduce(0, +))
        #expect(throws: DatasetError.self) { try Reference.rows { $0.maxLength = limit } }
    }

    @Test(arguments: methods) func logProbabilitiesAndRewardsAreThoseOfTRL(
        _ method: AdapterMethodKind
    ) throws {
        let reference = try Reference(method)
        let batch = try Reference.batch(), workspace = Workspace()
        let policy = try reference.model.tokenLosses(batch, workspace: workspace).sums.map { -$0 }
        let pass = try reference.model.pass(batch, workspace: workspace)
        let base = try pass.tokenLosses(under: .none).sums.map { -$0 }
        #expect(maximumDifference(policy, reference.numbers("log_probabilities")) < 1e-4)
        #expect(maximumDifference(base, reference.numbers("reference")) < 1e-4)
        let sums = try reference.learner.sums(batch, workspace: workspace)
        let rewards = sums.units.flatMap { [$0["rewards_chosen"], $0["rewards_rejected"]] }
        #expect(maximumDifference(rewards, reference.numbers("rewards")) < 1e-4)
        #expect(abs((sums.total.meanLoss ?? .nan) - (reference.golden["loss"]?.double ?? 0)) < 1e-5)
        for (mine, theirs) in [
            ("rewards_chosen", "chosen"), ("rewards_rejected", "rejected"), ("rewards_margin", "margins"),
            ("rewards_accuracy", "accuracies"),
        ] {
            let told = try #require(reference.golden["told"]?["rewards/\(theirs)"]?.double)
            #expect(abs((sums.total.mean(mine) ?? .nan) - told) < 1e-4, "\(mine)")
        }
        // Where nothing is trained, every answer is as good as the reference's.
        reference.model.adapters = .none
        let untrained = try reference.learner.sums(batch, workspace: workspace).total
        #expect(untrained["rewards_margin"] == 0 && untrained.mean("rewards_accuracy") == 0.5)
        #expect(abs((untrained.meanLoss ?? .nan) - 0.6931471805599453) < 1e-12)
    }

    /// Over all of the vocabulary, from the logits of both.
    @Test func theDistanceFromTheReferenceIsOfAllTokens() throws {
        let reference = try Reference(.lora), model = reference.model, workspace = Workspace()
        let batch = try Reference.batch(), width = model.configuration.vocabularySize
        func predictions() throws -> [[Double]] {
            let logits = try model.logits(batch, workspace: workspace)
            return batch.targetRows.map { row in
                let own = logits[Int(row) * width..<(Int(row) + 1) * width].map(Double.init)
                let all = log(own.reduce(0) { $0 + exp($1) })
                return own.map { $0 - all }
            }
        }
        let found = try reference.learner.sums(batch, workspace: workspace).total, trained = try predictions()
        model.adapters = .none
        var expected = 0.0
        for (own, base) in zip(trained, try predictions()) {
            for (left, right) in zip(own, base) { expected += exp(left) * (left - right) }
        }
        #expect(expected > 1e-3 && abs(found["kl"] - expected) < 1e-4 * expected)
        #expect(found["kl_tokens"] == Double(batch.targetCount))
        #expect(try reference.learner.sums(batch, workspace: workspace).total["kl"] == 0)
    }

    /// Held against itself the model has learnt nothing; held against another adapter, rewards are of the way from it.
    @Test func theReferenceMayHaveAnAdapter() throws {
        let reference = try Reference(.lora), model = reference.model, workspace = Workspace()
        let batch = try Reference.batch(), own = model.adapters
        func sums(_ adapters: AdapterBinding) throws -> NamedSums {
            let objective = PairPreference.dpo(beta: reference.beta).held(against: ReferencePolicy(under: adapters))
            return try Learner(model, objective).sums(batch, workspace: workspace).total
        }
        let same = try sums(own)
        #expect(same["rewards_margin"] == 0 && abs((same.meanLoss ?? .nan) - 0.6931471805599453) < 1e-12)
        let other = try AdapterSet(
            PEFTDirectory(TinyModel.run("dora").appendingPathComponent("init")), for: model
        ).binding(to: model)
        let said = try model.pass(batch, workspace: workspace).tokenLosses(under: other).sums
        let policy = try model.tokenLosses(batch, workspace: workspace).sums
        let found = try sums(other), pairs = Double(batch.exampleCount / 2)
        for (side, name) in ["rewards_chosen", "rewards_rejected"].enumerated() {
            let expected = stride(from: side, to: said.count, by: 2).reduce(0) {
                $0 + reference.beta * (said[$1] - policy[$1])
            }
            #expect(abs((found.mean(name) ?? .nan) - expected / pairs) < 1e-9, "\(name)")
        }
        var train = TrainSection()
        train.objective = .simpo
        let plain = try #require(train.learnt(mostTokens: 512) as? PairPreference)
        #expect(plain.held(against: ReferencePolicy(under: other)).reference == nil)
    }

    @Test(arguments: methods, [0, TinyModel.blocks]) func gradientsAreThoseOfTRL(
        _ method: AdapterMethodKind, recomputedBlocks: Int
    ) throws {
        let reference = try Reference(method)
        let sums = try reference.step(recomputedBlocks: recomputedBlocks)
        #expect(abs((sums.total.meanLoss ?? .nan) - (reference.golden["loss"]?.double ?? 0)) < 1e-5)
        let slab = reference.set.slab
        #expect(reference.gradients.names.count == slab.slots.count)
        for slot in slab.slots {
            // PEFT calls a magnitude a weight, too.
            let name = "base_model.model." + slot.name + (slot.name.hasSuffix(".weight") ? "" : ".weight")
            let tensor = try #require(try reference.gradients.tensor(name))
            let expected = Array(tensor.bytes.bindMemory(to: Float.self))
            #expect(relativeError(slab.gradients(slot).floats, expected) < 1e-4, "\(slot.name)")
        }
    }

    /// Five steps, whole and cut pair by pair.
    @Test(arguments: methods, [1_000, 1]) func fiveStepsAreThoseOfTRL(
        _ method: AdapterMethodKind, rowLimit: Int
    ) throws {
        let reference = try Reference(method)
        let losses = reference.numbers("losses")
        let trainer = try trainer(reference, steps: losses.count, rowLimit: rowLimit)
        _ = try trainer.run(TrainingHooks())
        #expect(maximumDifference(trainer.history.map(\.loss), losses) < 1e-5)
        let first = try #require(trainer.history.first)
        #expect(first.measures.map(\.name) == reference.learner.objective.measures.filter(\.isToldInSteps).map(\.name))
        #expect(abs(first.measures[2].value - (reference.golden["told"]?["rewards/accuracies"]?.double ?? -1)) < 1e-6)
        #expect(try first.targetTokens == Reference.batch().targetCount)
    }

    /// A run resumed at every step gives the same bits, what is told of the steps included.
    @Test(arguments: methods) func resumedRunsAreTheSameBits(_ method: AdapterMethodKind) throws {
        func run(from start: TrainingSnapshot?) throws -> [TrainingSnapshot] {
            let trainer = try trainer(Reference(method), steps: 4, rowLimit: 60, batchSize: 3)
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
        #expect(straight.count == 4 && straight.last?.history.allSatisfy { $0.measures.count == 6 } == true)
        for snapshot in straight.dropLast() { #expect(try run(from: snapshot).last == straight.last) }
    }

    private func trainer(
        _ reference: Reference, steps: Int, rowLimit: Int, batchSize: Int = 4
    ) throws -> Trainer {
        let slab = reference.set.slab
        return try Trainer(
            model: reference.learner,
            optimiser: Optimiser(TrainSection(), slab: slab, groups: [ParameterGroup(slab.slots, weightDecay: 0)]),
            examples: Reference.rows().examples,
            configuration: TrainingConfiguration(
                seed: 1, batchSize: batchSize, rowLimit: rowLimit, recomputedBlocks: 0,
                schedule: LearningRateSchedule(.constant, peak: reference.rate, totalSteps: steps),
                maximumGradientNorm: nil, saveEverySteps: 1),
            identity: TrainingSnapshot.Identity(fingerprint: "f", recipe: "", adapterConfiguration: "{}"),
            workspace: Workspace())
    }

    @Test(arguments: [ElementType.f32, .bf16]) func thePredictedMemoryIsEnough(_ type: ElementType) throws {
        let reference = try Reference(.lora, precision: type)
        let workspace = Workspace()
        _ = try reference.step(workspace: workspace)
        let predicted = reference.learner.predictedBytes(rows: try Reference.batch().rowCount, recomputedBlocks: 0)
        #expect(predicted >= workspace.peakBytes)
        // What prompts share is not foreseen: at most half of the rows.
        #expect(Double(predicted) < 1.5 * 2 * Double(workspace.peakBytes))
    }

    /// Losses far from zero on either side stay finite and keep their gradient.
    @Test func farMarginsAreFinite() throws {
        let reference = try Reference(.lora)
        let batch = try Reference.batch()
        let usual = try reference.learner.sums(batch, workspace: Workspace()).units.map { $0["rewards_margin"] }
        let extreme = try Learner(reference.model, PairPreference.dpo(beta: 1e6)).sums(batch, workspace: Workspace())
        for (unit, margin) in zip(extreme.units, usual) {
            let expected = max(-margin * 1e6 / reference.beta, 0)
            #expect(abs(unit.lossSum - expected) <= 1e-9 * max(expected, 1))
        }
    }
}
