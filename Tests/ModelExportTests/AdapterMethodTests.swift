// Methods whose product is not B·A alone, against PEFT: gradients, losses, merged weights and biases, files.

import Adapters
import Foundation
import JSON
import Kernels
import ModelExport
import Models
import Objectives
import TestSupport
import Tensors
import Testing
import Vocabulary
import WeightFiles

private func floats(_ tensor: FrozenTensor) -> [Float] { Widening.floats(tensor) }

@Suite struct AdapterMethodTests {
    static let methods: [AdapterMethodKind] = [.ia3, .vera, .loha, .lokr, .adalora]

    private static let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Fixtures/methods")

    /// What PEFT calls the gradient of a slot.
    private func gradientName(_ slot: MatrixSlot) -> String { "base_model.model.\(slot.name).default" }

    private func trainedSlots(_ set: AdapterSet) -> [MatrixSlot] {
        zip(set.slab.slots, set.slab.isConstant).filter { !$0.1 }.map(\.0)
    }

    private func trainedModel() throws -> (weights: any ModelSource, model: LanguageModel) {
        let weights = try openWeights(TinyModel.base)
        return (
            weights,
            try LanguageModel(configuration: ModelConfiguration(of: weights), weights: weights, precision: .f32)
        )
    }

    @Test(arguments: methods, [0, 3]) func gradientsAreThoseOfPEFT(_ method: AdapterMethodKind, recomputed: Int) throws
    {
        let (_, model) = try trainedModel(), run = TinyModel.run(method.rawValue)
        let set = try AdapterSet(PEFTDirectory(run.appendingPathComponent("init")), for: model)
        set.attach(to: model)
        #expect(set.configuration.method == method && !set.isZero)
        let golden = try JSONValue(parsing: [UInt8](Data(contentsOf: run.appendingPathComponent("golden.json"))))
        func rows(_ key: String) -> [[Int32]] {
            (golden[key]?.array ?? []).map { ($0.array ?? []).compactMap(\.integer).map { Int32($0) } }
        }
        let lengths = rows("attention_mask").map { $0.reduce(0) { $0 + Int($1) } }
        let batch = TokenBatch(
            examples: zip(zip(rows("input_ids"), rows("labels")), lengths).map { row, length in
                (Array(row.0.prefix(length)), row.1.prefix(length).map { $0 >= 0 })
            })
        _ = try Learner(model, CrossEntropyObjective()).accumulateGradients(
            batch, gradientScale: 1 / Float(batch.targetCount), recomputedBlocks: recomputed, workspace: Workspace(),
            dropout: DropoutKey(seed: 3, stream: 0, firstRow: 0))
        let gradients = try SafetensorsFile(run.appendingPathComponent("grads_step0.safetensors"))
        let trained = trainedSlots(set)
        #expect(trained.count == gradients.names.count)
        for slot in trained {
            let expected = floats(try #require(try gradients.tensor(gradientName(slot)), "\(slot.name)"))
            #expect(expected.contains { $0 != 0 })
            #expect(maximumDifference(Array(set.slab.gradients(slot).floats), expected) < 1e-5, "\(slot.name)")
        }
    }

    @Test(arguments: methods) func mergedWeightsAreThoseOfPEFT(_ method: AdapterMethodKind) throws {
        let (weights, model) = try trainedModel(), run = TinyModel.run(method.rawValue)
        let set = try AdapterSet(PEFTDirectory(run.appendingPathComponent("final")), for: model)
        try withTemporaryDirectory { folder in
            let output = folder.appendingPathComponent("merged"), merger = try ModelMerger(base: weights)
            let options = ModelOutputOptions(type: .fp32)
            let result = try merger.merge(set.lowRankDeltas, as: .huggingFaceFolder, into: output, options: options)
            #expect(result.tensorsApplied == set.members.count && result.deltaNorm > 0)
            let merged = try openWeights(output)
            let golden = try SafetensorsFile(run.appendingPathComponent("merged.safetensors"))
            #expect(golden.names.count == 2)
            for name in golden.names {
                let expected = floats(try #require(try golden.tensor(name)))
                #expect(maximumDifference(floats(try merged.tensor(at: name)), expected) < 1e-5, "\(name)")
            }
            let proof = try merger.compare(
                set.lowRankDeltas, with: merged, as: .huggingFaceFolder, options: options)
            #expect(proof.strayCount == 0)
        }
    }

    /// A family whose layers have biases, and one that stores weights as `[in, out]` where PEFT has the method for such.
    @Test(arguments: methods) func anotherFamilyIsThatOfPEFT(_ method: AdapterMethodKind) throws {
        let folder = Self.fixtures.appendingPathComponent(method.rawValue)
        let name = try String(contentsOf: folder.appendingPathComponent("model.txt"), encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let place = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("ModelsTests/Fixtures/\(name)")
        let weights = try openWeights(place)
        let model = try LanguageModel(
            configuration: ModelConfiguration(of: weights), weights: weights, precision: .f32)
        let set = try AdapterSet(PEFTDirectory(folder.appendingPathComponent("adapter")), for: model)
        set.attach(to: model)
        let golden = try SafetensorsFile(folder.appendingPathComponent("golden.safetensors"))
        let rows = try JSONValue(parsing: [UInt8](Data(contentsOf: place.appendingPathComponent("golden.json"))))
        let ids = (rows["ids"]?.array?.first?.array ?? []).compactMap(\.integer).map { Int32($0) }
        let sums = try Learner(model, CrossEntropyObjective()).accumulateGradients(
            TokenBatch(examples: [(ids, ids.map { _ in true })]), gradientScale: 1, recomputedBlocks: 0,
            workspace: Workspace(), dropout: DropoutKey(seed: 3, stream: 0, firstRow: 0))
        let loss = Double(floats(try #require(try golden.tensor("loss")))[0])
        #expect(abs(sums.total.lossSum - loss) < 1e-5 * loss)
        for slot in trainedSlots(set) {
            let expected = floats(try #require(try golden.tensor("gradient." + gradientName(slot)), "\(slot.name)"))
            #expect(relativeError(set.slab.gradients(slot).floats, expected) < 1e-5, "\(slot.name)")
        }
        try withTemporaryDirectory { folder in
            let output = folder.appendingPathComponent("merged"), merger = try ModelMerger(base: weights)
            let options = ModelOutputOptions(type: .fp32)
            _ = try merger.merge(set.lowRankDeltas, as: .huggingFaceFolder, into: output, options: options)
            let merged = try openWeights(output)
            let proof = try merger.compare(
                set.lowRankDeltas, with: merged, as: .huggingFaceFolder, options: options)
            #expect(proof.strayCount == 0)
            for key in golden.names where key.hasPrefix("merged.") {
                let path = String(key.dropFirst(7)),
                    file = try SafetensorsFile(
                        output.appendingPathComponent("model.safetensors"))
                let expected = floats(try #require(try golden.tensor(key)))
                let found = try #require(try file.tensor(path) ?? file.tensor("transformer." + path), "\(path)")
                #expect(maximumDifference(floats(found), expected) < 1e-5, "\(path)")
            }
        }
    }

    /// What a PEFT folder holds comes back, to the bit, and says what PEFT's own folder said.
    @Test(arguments: methods) func foldersKeepEveryNumber(_ method: AdapterMethodKind) throws {
        let (_, model) = try trainedModel(), run = TinyModel.run(method.rawValue).appendingPathComponent("final")
        let set = try AdapterSet(PEFTDirectory(run), for: model)
        try withTemporaryDirectory { folder in
            let place = folder.appendingPathComponent("adapter")
            try set.writePEFT(to: place, baseName: "tiny", provenance: AdapterProvenance())
            let back = try AdapterSet(PEFTDirectory(place), for: model)
            #expect(Array(back.slab.values) == Array(set.slab.values))
            #expect(back.configuration.settings == set.configuration.settings)
            func read(_ url: URL) throws -> [String: JSONValue] {
                let url = url.appendingPathComponent("adapter_config.json")
                let json = try JSONValue(parsing: [UInt8](Data(contentsOf: url)))
                return Dictionary(uniqueKeysWithValues: (json.object?.members ?? []).map { ($0.key, $0.value) })
            }
            let (ours, theirs) = (try read(place), try read(run))
            for key in ours.keys where theirs[key] == nil { Issue.record("PEFT has no \(key)") }
            for key in ["peft_type", "r", "alpha", "lora_alpha", "init_r", "target_r", "projection_prng_key"] {
                #expect(ours[key] == theirs[key], "\(key)")
            }
            func names(_ url: URL) throws -> [String] {
                try SafetensorsFile(url.appendingPathComponent("adapter_model.safetensors")).names.sorted()
            }
            #expect(try names(place) == names(run))
        }
    }

    /// Adapters that are plain products are LoRA in llama.cpp's file, and compute the same there.
    @Test(arguments: methods) func filesOfPlainFactorsHoldTheProduct(_ method: AdapterMethodKind) throws {
        let (_, model) = try trainedModel(), adapted = AdaptedModel(model)
        let set = try AdapterSet(
            PEFTDirectory(TinyModel.run(method.rawValue).appendingPathComponent("final")), for: model)
        guard method != .ia3 else {
            let error = #expect(throws: AdapterError.self) { try GGUFAdapter.fit(set, on: adapted) }
            #expect(error?.description.contains("merged") ?? false)
            return
        }
        try withTemporaryDirectory { folder in
            let notes = AdapterNotes(baseName: nil, provenance: AdapterProvenance())
            let place = try GGUFAdapter.write(
                set, notes, as: .f32, on: adapted, to: folder.appendingPathComponent("adapter.gguf"))
            let back = try GGUFAdapter(place).adapter(for: adapted)
            #expect(back.configuration.method == .lora)
            #expect(AdapterComparison(set, readBack: back).largestDifference < 1e-6)
            let deltas = zip(set.lowRankDeltas, back.lowRankDeltas)
            for (one, other) in deltas { #expect(one.path == other.path && one.rank == other.rank) }
        }
    }

    /// Random starts by their spread, all others exactly, and the adapted model is the base.
    @Test(arguments: methods) func startsAreThoseOfPEFT(_ method: AdapterMethodKind) throws {
        let (_, model) = try trainedModel()
        var configuration = AdapterConfiguration(method: method, rank: 8, alpha: 16)
        configuration.settings.decomposesBoth = true
        let set = try AdapterSet(configuration, for: model)
        set.initialise(seed: 5, on: model)
        #expect(set.isZero)
        // Uniform numbers below a bound have a deviation of its √3rd part.
        func bound(_ columns: Int, _ factor: Double = 1) -> Double { (factor / Double(columns)).squareRoot() }
        for slot in set.slab.slots {
            let numbers = set.slab.values(slot).floats.map(Double.init)
            let deviation = (numbers.reduce(0) { $0 + $1 * $1 } / Double(numbers.count)).squareRoot()
            let expected: Double
            switch slot.name.split(separator: ".").last {
            case "ia3_l": expected = 1
            case "vera_lambda_d": expected = 0.1
            case "vera_lambda_b", "hada_w2_b", "lora_E", "lokr_w1", "lokr_w1_a": expected = 0
            case "vera_A", "vera_B": expected = bound(slot.columns, 6) / 3.0.squareRoot()
            case "lora_A", "lora_B": expected = 0.02
            case let name? where name.hasPrefix("lora_"): expected = name.hasSuffix("held") ? 1 : 0
            default: expected = bound(slot.columns) / 3.0.squareRoot()
            }
            let slack = 5 / Double(numbers.count).squareRoot()
            #expect(abs(deviation - expected) <= max(1e-7, slack * expected), "\(slot.name): \(deviation)")
        }
        let named = Set(set.slab.slots.map { slot in set.slab.values(slot).floats.first ?? 0 })
        // Matrices of one layer are not drawn alike.
        if method == .loha { #expect(named.count > 3 * set.members.count - 3) }
    }

    /// Blocks and exclusions as `adapter_config.json` says them, and members that a method has not.
    @Test(arguments: methods) func configurationsSayWhichModules(_ method: AdapterMethodKind) throws {
        let (_, model) = try trainedModel(), words = AdapterMethod.of(method).words
        func read(_ members: [(String, JSONValue)]) throws -> [String] {
            var object = JSONObject([("peft_type", .string(words.type)), ("target_modules", ["q_proj", "v_proj"])])
            for key in [words.rank, words.alpha].compactMap({ $0 }) { object[key] = 4 }
            for (key, value) in members { object[key] = value }
            let configuration = try AdapterConfiguration(peft: .object(object))
            #expect(configuration.method == method)
            return try AdapterSet(configuration, for: model).members.map(\.path)
        }
        #expect(try read([]).count == 6)
        #expect(try read([("layers_to_transform", [1])]).allSatisfy { $0.hasPrefix("model.layers.1.") })
        #expect(try read([("exclude_modules", ["v_proj"])]).count == 3)
        for (key, value) in [("r_max", 3), ("use_dora", true), ("bias", "all_of_it")] as [(String, JSONValue)] {
            #expect(throws: AdapterError.self, "\(key)") { try read([(key, value)]) }
        }
        for member in words.members {
            #expect(throws: AdapterError.self, "\(member.key)") { try read([(member.key, ["odd": true])]) }
        }
    }

    @Test func whatPEFTHasNotIsRefused() throws {
        let place = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("ModelsTests/Fixtures/gpt2-scales")
        let weights = try openWeights(place)
        let model = try LanguageModel(
            configuration: ModelConfiguration(of: weights), weights: weights, precision: .f32)
        for method in [AdapterMethodKind.loha, .lokr] {
            let error = #expect(throws: AdapterError.self) {
                try AdapterSet(AdapterConfiguration(method: method, rank: 2, alpha: 2), for: model)
            }
            #expect(error?.description.contains("[in, out]") ?? false)
        }
        let heads = [AdaptableLayer(path: "lm_head", inputSize: 8, outputSize: 16)]
        #expect(throws: AdapterError.self) {
            try AdapterSet(
                AdapterConfiguration(method: .ia3, rank: 1, alpha: 1, targets: .patterns(["lm_head"])), for: heads)
        }
    }
}
