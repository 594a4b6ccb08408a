// `adapter_config.json` field by field, and keys of tensors that hold an adapter's name.

import Adapters
import Foundation
import JSON
import Models
import TestSupport
import Testing

@Suite struct PEFTFieldTests {
    /// The fields of PEFT 0.21.2's `LoraConfig`.
    private static let fields = """
        task_type peft_type auto_mapping peft_version base_model_name_or_path revision inference_mode r target_modules \
        exclude_modules lora_alpha lora_dropout fan_in_fan_out bias use_rslora modules_to_save init_lora_weights \
        layers_to_transform layers_pattern rank_pattern alpha_pattern megatron_config megatron_core \
        trainable_token_indices loftq_config eva_config corda_config lora_ga_config use_dora velora_config \
        alora_invocation_tokens use_qalora qalora_group_size monteclora_config layer_replication runtime_config \
        lora_bias target_parameters use_bdlora arrow_config kasa_config ensure_weight_tying
        """.split(separator: " ").map(String.init)

    private func read(_ members: [(String, JSONValue)]) throws -> AdapterConfiguration {
        var object = JSONObject([
            ("peft_type", "LORA"), ("r", 2), ("lora_alpha", 4), ("target_modules", ["q_proj", "v_proj"]),
        ])
        for (key, value) in members { object[key] = value }
        return try AdapterConfiguration(peft: .object(object))
    }

    private func subjects(_ members: [(String, JSONValue)]) -> [String?] {
        do {
            _ = try read(members)
            return []
        } catch let error as AdapterError { return error.problems.map(\.subject) } catch { return ["?"] }
    }

    @Test func everyFieldIsReadRefusedOrWithoutEffect() throws {
        let table = FieldTable<JSONValue>.peft
        let usual = try read([])
        for key in Self.fields { #expect(table[key] != nil, "\(key) has no entry") }
        for field in table.fields {
            switch field.use {
            case .read, .trainingOnly: break
            case .only where field.key == "peft_type":  // It names the method.
                #expect(subjects([(field.key, "odd")]) == [field.key])
            case .harmless:
                for value: JSONValue in [nil, 3, "odd", ["a": 1]] { #expect(try read([(field.key, value)]) == usual) }
            case .only(let values):
                for value in values { #expect(try read([(field.key, value)]) == usual) }
                #expect(subjects([(field.key, "odd")]) == [field.key])
            }
        }
    }

    @Test func unknownFlagsAreRefusedUnlessTheyAreOff() throws {
        let usual = try read([])
        for value: JSONValue in [nil, false, [], [:]] { #expect(try read([("use_new_thing", value)]) == usual) }
        #expect(subjects([("use_new_thing", true), ("scale", 2)]) == ["use_new_thing", "scale"])
    }

    /// Of methods of their own: what concerns training alone is told, what is missing is named.
    @Test func membersOfOtherMethodsAreToldOrRefused() throws {
        func open(_ members: String, _ tensor: String = "base_model.vera_A") throws -> PEFTDirectory {
            try withTemporaryDirectory { folder in
                try writePEFT(
                    folder, configuration: "{\(members), \"target_modules\": [\"q_proj\"]}", tensors: [(tensor, 2, 4)])
                return try PEFTDirectory(folder)
            }
        }
        func refusal(_ members: String, _ tensor: String = "base_model.vera_A") -> String? {
            do {
                _ = try open(members, tensor)
                return nil
            } catch let error as AdapterError { return error.problems.first?.subject } catch { return "?" }
        }
        let loha = #""peft_type": "LOHA", "r": 2, "alpha": 2, "module_dropout": 0"#
        #expect(try open(loha + #", "rank_dropout": 0.0"#).warnings.isEmpty)
        let told = try open(loha + #", "rank_dropout": 0.5"#).warnings
        #expect(told.count == 1 && told[0].contains("rank_dropout = 0.5 is not applied in training"))
        let vera = #""peft_type": "VERA", "r": 2, "save_projection": false"#
        #expect(refusal(vera, "base_model.vera_B") == "save_projection" && refusal(vera) == "save_projection")
        #expect(refusal(vera.replacing("false", with: "true")) == nil)
        let adalora = #""peft_type": "ADALORA", "init_r": 2, "lora_alpha": 2, "rank_pattern": "#
        #expect(refusal(adalora + "[]") == "rank_pattern" && refusal(adalora + "3") == "rank_pattern")
        #expect(refusal(adalora + "null") == nil && refusal(adalora + "{}") == nil)
    }

    private let layers = tinyLayers() + [AdaptableLayer(path: "lm_head", inputSize: 64, outputSize: 512)]

    private func matched(_ members: [(String, JSONValue)]) throws -> [String] {
        try TargetCoverage(read(members), for: layers).matched.map { $0.replacing("model.layers.", with: "") }
    }

    /// What PEFT's `check_target_module_exists` gives.
    @Test func blocksAndExclusionsAreThoseOfPEFT() throws {
        #expect(try matched([("layers_to_transform", 1)]) == ["1.self_attn.q_proj", "1.self_attn.v_proj"])
        #expect(try matched([("layers_to_transform", [0, 2]), ("target_modules", ["q_proj"])]).count == 2)
        #expect(try matched([("layers_to_transform", [0]), ("layers_pattern", "layers")]).count == 2)
        #expect(throws: AdapterError.self) {
            try matched([("layers_to_transform", [0]), ("layers_pattern", "blocks")])
        }
        #expect(throws: AdapterError.self) { try matched([("layers_to_transform", [9])]) }
        #expect(subjects([("layers_to_transform", [0]), ("target_modules", ".*q_proj")]) == ["layers_to_transform"])
        let whole = "model.layers.2.self_attn.q_proj"
        #expect(
            try matched([("layers_to_transform", [0]), ("target_modules", .array([.string(whole), "v_proj"]))])
                == ["0.self_attn.v_proj", "2.self_attn.q_proj"])
        #expect(try matched([("exclude_modules", ["v_proj", "0.self_attn.q_proj"])]).count == 2)
        #expect(try matched([("exclude_modules", #".*\.0\..*"#)]).count == 4)
        // One expression must fit the whole path, as in PEFT.
        #expect(try matched([("exclude_modules", "v_proj")]).count == 6)
    }

    /// The choice of modules survives a snapshot of the configuration.
    @Test func aSnapshotKeepsTheChoice() throws {
        let configuration = try read([
            ("layers_to_transform", [1]), ("layers_pattern", "layers"), ("exclude_modules", ["v_proj"]),
            ("rank_pattern", ["q_proj": 5, "layers.0.self_attn.q_proj": 3]),
        ])
        #expect(try AdapterConfiguration(text: configuration.text) == configuration)
    }

    @Test func theFirstPatternThatMatchesCounts() throws {
        let (name, path) = ("q_proj", "layers.0.self_attn.q_proj")
        let wide = try read([("rank_pattern", .object(JSONObject([(name, 5), (path, 3)])))])
        #expect(try wide.rank(of: "model." + path) == 5)
        let narrow = try read([("rank_pattern", .object(JSONObject([(path, 3), (name, 5)])))])
        #expect(try narrow.rank(of: "model." + path) == 3)
        #expect(try narrow.rank(of: "model.layers.1.self_attn.q_proj") == 5)
    }

    @Test func aPatternWithoutAModuleIsNamedWithTheNearest() throws {
        let configuration = AdapterConfiguration(
            rank: 2, alpha: 4, targets: .patterns(["q_proj", "v_proj"]),
            rankOverrides: [.init(pattern: "q_prj", value: 3), .init(pattern: "v_proj", value: 3)],
            alphaOverrides: [.init(pattern: "o_proj", value: 3)])
        do throws(AdapterError) {
            try configuration.requireEffect(on: layers)
            Issue.record("two patterns match nothing")
        } catch {
            #expect(error.problems.map(\.subject) == ["rank_pattern.q_prj", "alpha_pattern.o_proj"])
            #expect(error.problems[0].nearest == "q_proj")
        }
    }

    @Test func aPatternThatAnotherOneHidesIsNamed() throws {
        func problems(_ patterns: [String]) -> [String] {
            let configuration = AdapterConfiguration(
                rank: 2, alpha: 4, targets: .patterns(["q_proj", "v_proj"]),
                rankOverrides: patterns.map { .init(pattern: $0, value: 3) })
            do throws(AdapterError) {
                try configuration.requireEffect(on: layers)
                return []
            } catch { return error.problems.map(\.text) }
        }
        #expect(
            problems([".*_proj", "q_proj"]) == [
                "has no effect: .*_proj, which stands before it, matches all that it matches"
            ])
        #expect(problems(["q_proj", ".*_proj"]).isEmpty && problems(["layers.0.*", "q_proj"]).isEmpty)
    }

    @Test func keysMayHoldTheAdaptersName() throws {
        let path = "base_model.model.model.layers.0.self_attn.q_proj"
        func load(_ names: [String]) throws -> Int {
            try withTemporaryDirectory { folder in
                try writePEFT(
                    folder,
                    tensors: names.flatMap {
                        [("\(path).lora_A\($0).weight", 2, 64), ("\(path).lora_B\($0).weight", 64, 2)]
                    })
                return try AdapterSet(PEFTDirectory(folder), for: tinyLayers(blocks: 1)).members.count
            }
        }
        #expect(try load([".default"]) == 1)
        #expect(try load([".my.adapter"]) == 1)
        #expect(throws: AdapterError.self) { try load([".one", ".two"]) }
        #expect(throws: AdapterError.self) { try load(["", ".default"]) }
    }
}
