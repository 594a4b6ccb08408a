// Configurations from both kinds of files, and what is refused.

import JSON
import Models
import TestSupport
import Testing
import WeightFiles

@Suite struct ConfigurationTests {
    private func read(_ changes: [(String, JSONValue)]) throws -> ModelConfiguration {
        var object = JSONObject([
            ("model_type", "llama"), ("hidden_size", 64), ("intermediate_size", 96), ("num_hidden_layers", 2),
            ("num_attention_heads", 4), ("num_key_value_heads", 4), ("vocab_size", 100), ("rms_norm_eps", 1e-5),
        ])
        for (key, value) in changes { object[key] = value.isNull ? nil : value }
        return try ModelConfiguration(huggingFace: .object(object))
    }

    private func rotary(_ configuration: ModelConfiguration) -> RotaryPositions? {
        configuration.blocks[0].attention.shape.rotary
    }

    @Test func defaultsAreThoseOfTransformers() throws {
        let plain = try read([])
        let (attention, shape) = (plain.blocks[0].attention, plain.blocks[0].attention.shape)
        #expect(shape.groups == 4 && shape.headWidth == 16 && shape.scale == 0.25 && !plain.isTied)
        #expect(shape.rotary == RotaryPositions(headWidth: 16, base: 10_000) && plain.contextLength == 2_048)
        #expect(!attention.hasInputBias && attention.headNorm == nil)
        let qwen2 = try read([("model_type", "qwen2")]).blocks[0].attention
        #expect(qwen2.hasInputBias && !qwen2.hasOutputBias && qwen2.shape.window == nil)
        #expect(try read([("model_type", "qwen3")]).blocks[0].attention.shape.headWidth == 128)
        #expect(try read([("attention_bias", true)]).blocks[0].attention.hasOutputBias)
    }

    @Test func bothFormsOfRotaryScalingAreRead() throws {
        let fields: JSONValue = [
            "rope_type": "llama3", "factor": 32, "low_freq_factor": 1, "high_freq_factor": 4,
            "original_max_position_embeddings": 8_192, "rope_theta": 500_000,
        ]
        let expected = ModelConfiguration.RotaryScaling.llama3(
            factor: 32, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalPositions: 8_192)
        let new = try read([("rope_parameters", fields)])
        #expect(rotary(new) == RotaryPositions(headWidth: 16, base: 500_000, scaling: expected))
        let old = try read([("rope_scaling", fields), ("rope_theta", 500_000)])
        #expect(old == new)
        #expect(rotary(try read([("rope_scaling", ["type": "linear", "factor": 4])]))?.scaling == .linear(factor: 4))
        #expect(throws: ModelConfigurationError.unsupported(key: "rope_scaling.rope_type", value: "dynamic")) {
            try read([("rope_scaling", ["type": "dynamic", "factor": 4])])
        }
    }

    @Test func slidingWindowsAreData() throws {
        let mistral = try read([("model_type", "mistral"), ("sliding_window", 9)])
        #expect(mistral.window(layer: 0) == 9 && mistral.window(layer: 1) == 9)
        let off = try read([("model_type", "qwen2"), ("sliding_window", 9), ("use_sliding_window", false)])
        #expect(off.window(layer: 1) == nil)
        let upper = try read([
            ("model_type", "qwen2"), ("sliding_window", 9), ("use_sliding_window", true), ("max_window_layers", 1),
        ])
        #expect(upper.window(layer: 0) == nil && upper.window(layer: 1) == 9)
        let typed = try read([
            ("model_type", "qwen3"), ("sliding_window", 9), ("use_sliding_window", true),
            ("layer_types", ["sliding_attention", "full_attention"]),
        ])
        #expect(typed.window(layer: 0) == 9 && typed.window(layer: 1) == nil)
    }

    @Test func whatIsNotComputedIsRefusedByName() throws {
        let supported = ModelConfiguration.supportedFamilies
        #expect(throws: ModelConfigurationError.unsupportedArchitecture(found: "mamba", supported: supported)) {
            try read([("model_type", "mamba")])
        }
        #expect(throws: ModelConfigurationError.unsupported(key: "hidden_act", value: "gelu")) {
            try read([("hidden_act", "gelu")])
        }
        #expect(
            throws: ModelConfigurationError.invalid(key: "hidden_size", value: "null", expected: "a value")
        ) { try read([("hidden_size", .null)]) }
        for (key, value) in [
            ("num_key_value_heads", JSONValue.integer(3)), ("num_hidden_layers", 1_000_000_000), ("vocab_size", -1),
            ("head_dim", 7), ("rms_norm_eps", 0), ("hidden_size", "64"), ("num_attention_heads", 0),
        ] {
            #expect(throws: ModelConfigurationError.self, "\(key)") { try read([(key, value)]) }
        }
    }

    @Test(arguments: FamilyTests.names) func writtenConfigurationsReadBack(_ name: String) throws {
        var configuration = try ModelConfiguration(
            huggingFace: parse(fixture(name).appendingPathComponent("config.json")))
        // What longer texts would have is not kept, so what is written ends where these begin.
        configuration.embedding.limit = nil
        #expect(try ModelConfiguration(huggingFace: .object(configuration.huggingFaceJSON)) == configuration)
    }

    @Test func frequencyFactorsAreWrittenAndReadBack() throws {
        func scaled(_ factors: [Float]) throws -> ModelConfiguration {
            var configuration = try read([])
            for index in configuration.blocks.indices {
                configuration.blocks[index].attention.shape.rotary?.scaling = .frequencyFactors(factors)
            }
            return configuration
        }
        var configuration = try scaled([1, 1, 1.5, 2, 4, 8, 8, 8])
        let again = try ModelConfiguration(huggingFace: .object(configuration.huggingFaceJSON))
        #expect(rotary(again) == rotary(configuration))
        configuration = try scaled([1, 2])
        #expect(throws: ModelConfigurationError.self) {
            try ModelConfiguration(huggingFace: .object(configuration.huggingFaceJSON))
        }
    }

    @Test func bothFilesOfOneModelAgree() throws {
        let folder = try HuggingFaceDirectory(TinyModel.base)
        let file = try GGUFFile(TinyModel.gguf)
        var left = try ModelConfiguration(huggingFace: folder.configuration)
        let right = try ModelConfiguration(gguf: file)
        left.contextLength = right.contextLength
        #expect(left == right)
    }
}
