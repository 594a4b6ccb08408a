// What is trained beside an adapter's factors, and adapters on the head, against PEFT: logits, losses, gradients, steps, files, merges.
// Written by scripts/goldens/trained_beside.py.

import Adapters
import Foundation
import JSON
import Kernels
import ModelExport
import Models
import Objectives
import Optimisers
import Recipes
import Tensors
import TestSupport
import Testing
import Vocabulary
import WeightFiles

@Suite struct TrainedBesideTests {
    static let names = [
        "tokens-tied", "tokens-of-both", "tokens-untied", "whole", "whole-tied", "positions", "biases", "parallel",
        "biases-of-adapted", "head", "head-tied",
    ]
    static let prompts = ["prompt", "prompt-positions", "prefix", "prefix-positions", "prefix-norms"]
    /// Types of 16 bits, as they are asked for and as files have them.
    static let halves: [(asked: WeightType, held: DType)] = [(.bf16, .bf16), (.fp16, .f16)]

    private func reference(_ name: String, _ precision: ElementType = .f32) throws -> AdapterReference {
        try AdapterReference("beside/" + name, precision: precision)
    }

    /// How far the last logits of `model` are from PEFT's.
    private func distance(_ reference: AdapterReference, _ model: LanguageModel) throws -> Double {
        maximumDifference(
            try reference.logits(of: model).suffix(reference.logits.count), reference.logits)
    }

    @Test(arguments: names + prompts) func logitsAreThoseOfPEFT(_ name: String) throws {
        let reference = try reference(name)
        #expect(reference.logits.count == 3 * 48)
        #expect(try distance(reference, reference.model) < 1e-5)
        // Token by token, too, where there is a cache.
        let adapters = reference.model.adapters
        let ids = adapters.virtualTokens + reference.batch.ids, last = Array(reference.logits.suffix(48))
        #expect(maximumDifference(reference.model.cachedLogits(ids, promptOf: ids.count)[0], last) < 1e-4)
        // They are the adapter's, and without it the base is as it was.
        reference.model.adapters = .none
        #expect(try distance(reference, reference.model) > 0.01)
    }

    @Test(arguments: names + prompts) func gradientsAreThoseOfPEFT(_ name: String) throws {
        let reference = try reference(name), golden = try reference.goldenGradients()
        for recomputedBlocks in [0, 2] {
            let loss = try reference.trainingLoss(recomputedBlocks: recomputedBlocks)
            #expect(abs(loss - (try reference.number("loss"))) < 1e-5)
            for slot in reference.set.slab.slots {
                let found = reference.set.slab.gradients(slot).floats
                #expect(maximumDifference(found, golden.slab.values(slot).floats) < 1e-5, "\(slot.name)")
                #expect(found.contains { abs($0) > 1e-4 }, "\(slot.name)")
            }
        }
        // A second pass adds to the first.
        let once = Array(reference.set.slab.gradients)
        _ = try Learner(reference.model, CrossEntropyObjective()).accumulateGradients(
            reference.batch, gradientScale: 1 / Float(reference.batch.targetCount), recomputedBlocks: 0,
            workspace: Workspace(), dropout: DropoutKey(seed: 3, stream: 0, firstRow: 0))
        #expect(maximumDifference(reference.set.slab.gradients, once.map { 2 * $0 }) < 1e-5)
    }

    @Test(arguments: names + prompts) func fiveStepsAreThoseOfTorch(_ name: String) throws {
        let reference = try reference(name), slab = reference.set.slab
        let optimiser = Optimiser(TrainSection(), slab: slab, groups: [ParameterGroup(slab.slots, weightDecay: 0.1)])
        var losses: [Double] = []
        for step in 1...5 {
            losses.append(try reference.trainingLoss())
            optimiser.step(step, learningRate: 1e-2, gradientScale: 1)
        }
        losses.append(try reference.trainingLoss())
        let expected = (reference.golden["losses"]?.array ?? []).compactMap(\.double)
        #expect(maximumDifference(losses, expected) < 1e-5)
    }

    /// The same gradient through the losses that see all logits of a row: of the label alone it is the cross entropy's.
    @Test(arguments: ["tokens-tied", "whole", "head-tied"])
    func thePathOfDistillationTrainsTheHead(_ name: String) throws {
        let reference = try reference(name), batch = reference.batch
        _ = try reference.trainingLoss()
        let expected = Array(reference.set.slab.gradients)
        reference.set.slab.zeroGradients()
        let pass = try reference.model.trainingPass(
            batch, gradientScale: 1 / Float(batch.targetCount), recomputedBlocks: 0, workspace: Workspace(),
            dropout: DropoutKey(seed: 3, stream: 0, firstRow: 0))
        try pass.withTeacher(reference.model, under: .none) { teacher in
            try pass.run { rows in
                _ = rows.losses(
                    against: teacher,
                    .init(teacherShare: 0, teacherWeight: 1, studentWeight: 0, temperature: 1),
                    weights: .init(divergence: 0, crossEntropy: 1 / Double(batch.targetCount)))
            }
        }
        #expect(maximumDifference(reference.set.slab.gradients, expected) < 1e-6)
    }

    @Test(arguments: names + prompts) func memoryIsPredictedAndMixedPrecisionStaysNear(_ name: String) throws {
        let full = try reference(name), mixed = try reference(name, .bf16)
        let exact = try full.trainingLoss()
        for reference in [full, mixed] {
            let workspace = Workspace(), batch = reference.batch
            let loss = try reference.trainingLoss(workspace: workspace)
            #expect(abs(loss - exact) < 0.02 * exact)
            let predicted = Learner(reference.model, CrossEntropyObjective()).predictedBytes(
                rows: batch.rowCount + reference.model.rowsAhead, targets: batch.targetCount, recomputedBlocks: 0)
            #expect(workspace.peakBytes <= predicted && Double(predicted) < 1.5 * Double(workspace.peakBytes))
        }
        #expect(relativeError(Array(mixed.set.slab.gradients), Array(full.set.slab.gradients)) < 0.1)
    }

    // MARK: Beginning

    @Test(arguments: names) func itBeginsAsTheBase(_ name: String) throws {
        let reference = try reference(name)
        let set = try AdapterSet(reference.set.configuration, for: reference.model)
        set.initialise(seed: 1, on: reference.model)
        set.attach(to: reference.model)
        let logits = try reference.logits(of: reference.model)
        reference.model.adapters = .none
        #expect(maximumDifference(try reference.logits(of: reference.model), logits) < 1e-6)
        #expect(set.trainableParameterCount == reference.set.trainableParameterCount)
    }

    // MARK: Files

    @Test(arguments: names + prompts) func whatIsWrittenIsWhatPEFTWrote(_ name: String) throws {
        let reference = try reference(name)
        try withTemporaryDirectory { place in
            let folder = place.appendingPathComponent("adapter")
            try reference.set.writePEFT(to: folder, baseName: nil, provenance: AdapterProvenance())
            let own = try SafetensorsFile(folder.appendingPathComponent("adapter_model.safetensors"))
            let golden = try SafetensorsFile(reference.folder.appendingPathComponent("adapter_model.safetensors"))
            #expect(own.names == golden.names.sorted())
            for name in golden.names {
                let (left, right) = (try own.tensor(name), try golden.tensor(name))
                #expect(left?.shape == right?.shape && left.map { Array($0.bytes) } == right.map { Array($0.bytes) })
            }
            let words = try ["adapter_config.json"].flatMap { file in
                try [folder, reference.folder].map {
                    try JSONValue(parsing: [UInt8](Data(contentsOf: $0.appendingPathComponent(file))))
                }
            }
            for key in [
                "peft_type", "bias", "modules_to_save", "trainable_token_indices", "fan_in_fan_out", "token_dim",
                "num_virtual_tokens", "prefix_projection",
            ] {
                #expect(words[0][key] ?? .null == words[1][key] ?? .null, "\(key)")
            }
            let text = reference.set.configuration.text
            let again = try AdapterSet(
                AdapterConfiguration(text: text), for: AdaptedModel(reference.model).layers,
                beside: AdaptedModel(reference.model).parameters)
            #expect(again.slab.slots == reference.set.slab.slots)
        }
    }

    @Test(arguments: names) func theMergedModelComputesTheSame(_ name: String) throws {
        let reference = try reference(name), set = reference.set
        try withTemporaryDirectory { folder in
            let output = folder.appendingPathComponent("merged")
            let configuration = try ModelConfiguration(of: reference.weights)
            let base: any ModelSource =
                set.trainsBeside ? try TrainedBase(reference.weights, configuration, set) : reference.weights
            let result = try ModelMerger(base: base).merge(
                set.lowRankDeltas, as: .huggingFaceFolder, into: output, options: ModelOutputOptions(type: .fp32))
            #expect(result.tensorsApplied == set.members.count && result.deltaNorm > 0)
            let merged = try LanguageModel(openWeights(output), precision: .f32)
            #expect(try distance(reference, merged) < 1e-5)
            let stays = configuration.isTied && !set.untiesHead && !set.adaptsHead
            #expect(merged.configuration.isTied == stays)
        }
    }

    /// Beside weights of 16 bits what was trained is written in as many, rounded once.
    @Test(arguments: ["tokens-tied", "tokens-of-both", "whole-tied", "biases"], halves)
    func trainedNumbersAreWrittenInTheTypeOfThoseTheyReplace(
        _ name: String, type: (asked: WeightType, held: DType)
    ) throws {
        let reference = try reference(name), configuration = try ModelConfiguration(of: reference.weights)
        try withTemporaryDirectory { folder in
            let (half, output) = (folder.appendingPathComponent("half"), folder.appendingPathComponent("merged"))
            try ModelMerger(base: reference.weights).export(
                as: .huggingFaceFolder, into: half, options: ModelOutputOptions(type: type.asked))
            let base = try openWeights(half), trained = try TrainedBase(base, configuration, reference.set)
            _ = try ModelMerger(base: trained).merge(
                reference.set.lowRankDeltas, as: .huggingFaceFolder, into: output,
                options: ModelOutputOptions(type: .auto))
            let merged = try openWeights(output)
            for path in merged.paths { #expect(try merged.tensor(at: path).dtype == type.held, "\(path)") }
            for part in reference.set.trainedBeside where part.tokens == nil && type.held == .bf16 {
                let found = Widening.floats(try merged.tensor(at: part.path))
                #expect(maximumDifference(found, part.numbers.map(rounded)) == 0, "\(part.path)")
            }
            // Each weight counts once.
            let bytes = try trained.paths.reduce(0) { $0 + (try trained.tensor(at: $1).bytes.count) }
            let bytesOfBase = try base.paths.reduce(0) { $0 + (try base.tensor(at: $1).bytes.count) }
            #expect(trained.byteCount - base.byteCount == bytes - bytesOfBase)
        }
    }

    /// The nearest number of bf16, the even one of two.
    private func rounded(_ number: Float) -> Float {
        let bits = number.bitPattern
        return Float(bitPattern: (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF_0000)
    }

    /// How texts become vectors is the base's word, whatever of it was trained.
    @Test func aTrainedBaseMakesVectorsAsTheBaseDoes() throws {
        let reference = try reference("biases"), configuration = try ModelConfiguration(of: reference.weights)
        let settings = SentenceSettings(pooling: .last, mostTokens: 7, lowercases: true, prompt: "query: ")
        let base = VectorModel(reference.weights, configuration, settings)
        let trained = try TrainedBase(base, configuration, reference.set)
        #expect(try trained.sentenceSettings() == settings)
        #expect(trained.configurationText == base.configurationText)
    }

    @Test(arguments: ["tokens-tied", "biases", "prompt", "prefix"]) func otherFormsHaveNoRoom(_ name: String) throws {
        let reference = try reference(name), model = AdaptedModel(reference.model)
        for form in [MLXDirectory.self, GGUFAdapter.self] as [any AdapterForm.Type] {
            let error = #expect(throws: AdapterError.self) { try form.fit(reference.set, on: model) }
            #expect(error.map { "\($0)".contains("trained beside") } ?? false)
        }
        let adapter = WeightedAdapter(reference.set, name: "a", weight: 1)
        #expect(throws: AdapterError.self) {
            try AdapterSet.requireCombinable([adapter], CombinationSettings(method: .linear))
        }
    }

    /// Texts that share their beginning share the tokens before it, too.
    @Test(arguments: prompts) func sharedBeginningsHaveTheTokensOnce(_ name: String) throws {
        let reference = try reference(name), ids = Array(reference.batch.ids)
        let texts = [ids, ids.dropLast(2) + [7, 9], Array(ids.dropLast(5))].map { text in
            (ids: Array(text), isTarget: text.indices.map { $0 > text.count - 4 })
        }
        let alone = try texts.map { text in
            try reference.model.tokenLosses(TokenBatch(examples: [text]), workspace: Workspace()).sums[0]
        }
        let groups = [Alternatives(texts), Alternatives([texts[1]])]
        let together = try reference.model.tokenLosses(TokenBatch(groups), workspace: Workspace())
        let found = TokenBatch.exampleIndices(of: groups).flatMap { $0 }.map { together.sums[$0] }
        #expect(maximumDifference(found, alone + [alone[1]]) < 1e-4)
    }

    @Test func virtualTokensBeginAsPEFTsDo() throws {
        let model = try reference("prompt").model
        func rows(_ prompt: PromptTuning) throws -> [Float] {
            let set = try AdapterSet(AdapterConfiguration(prompt), for: model)
            set.initialise(seed: 3, on: model)
            return Array(set.slab.values(set.slab.slots[0]).floats)
        }
        let random = try rows(PromptTuning(count: 64))
        let mean = random.reduce(0, +) / Float(random.count)
        let square = random.reduce(0) { $0 + $1 * $1 } / Float(random.count)
        #expect(abs(mean) < 0.1 && abs(square - 1) < 0.15)
        let text = try rows(PromptTuning(count: 3, start: [5, 9]))
        #expect(Array(text[..<16]) == Array(text[32...]) && Array(text[..<16]) != Array(text[16..<32]))
        for (words, named) in [
            (#"{"peft_type": "P_TUNING", "num_virtual_tokens": 3}"#, "P_TUNING"),
            (
                #"{"peft_type": "PREFIX_TUNING", "num_virtual_tokens": 3, "prefix_projection": true}"#,
                "prefix_projection"
            ),
        ] {
            let error = #expect(throws: AdapterError.self) { try AdapterConfiguration(text: words) }
            #expect(error.map { "\($0)".contains(named) } ?? false)
        }
        let set = try AdapterSet(AdapterConfiguration(PromptTuning(count: 3)), for: model)
        #expect(throws: AdapterError.self) { try set.requireTrainable(for: .classify) }
        #expect(throws: AdapterError.self) {
            try AdapterSet(AdapterConfiguration(PromptTuning(count: 3)), for: self.reference("tokens-of-both").model)
        }
    }

    // MARK: What there is not

    private func problem(_ change: (inout AdapterConfiguration) -> Void, on name: String = "whole") throws -> String {
        let model = try reference(name).model
        var configuration = AdapterConfiguration(rank: 2, alpha: 2, targets: .patterns(["q_proj"]))
        change(&configuration)
        let error = #expect(throws: AdapterError.self) { try AdapterSet(configuration, for: model) }
        return error.map { "\($0)" } ?? ""
    }

    @Test func whatMeansNothingIsRefusedByName() throws {
        #expect(try problem { $0.beside.modules = ["nrm"] }.contains("modules_to_save.nrm"))
        #expect(try problem { $0.beside.biases = .all }.contains("bias"))
        #expect(
            try problem {
                $0.method = .dora
                $0.beside.biases = .loraOnly
            }.contains("method lora alone"))
        #expect(try problem { $0.beside.tokens = [.init(ids: [48])] }.contains("is no token"))
        #expect(try problem { $0.beside.tokens = [.init(ids: [5, 5])] }.contains("twice"))
        #expect(try problem { $0.beside.tokens = [.init(module: "q_proj", ids: [5])] }.contains("neither"))
        #expect(
            try problem {
                $0.beside.modules = ["embed_tokens"]
                $0.beside.tokens = [.init(ids: [5])]
            }.contains("not both"))
        // What is trained whole carries no adapter.
        #expect(try problem { $0.beside.modules = ["q_proj"] }.contains("no target"))
    }

    @Test func anAdapterOnTheHeadIsTrainedWhereItHasAGradient() throws {
        let model = try reference("head").model
        func set(_ method: AdapterMethodKind = .lora, dropout: Double = 0) throws -> AdapterSet {
            try AdapterSet(
                AdapterConfiguration(
                    method: method, rank: 2, alpha: 2, dropout: dropout, targets: .patterns(["lm_head"])), for: model)
        }
        try set().requireTrainable(for: .generate)
        #expect(throws: AdapterError.self) { try set(dropout: 0.1).requireTrainable(for: .generate) }
        #expect(throws: AdapterError.self) { try set(.dora).requireTrainable(for: .generate) }
        #expect(throws: AdapterError.self) { try set().requireTrainable(for: .classify) }
    }
}
