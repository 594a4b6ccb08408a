// A configuration from the metadata of a GGUF file. Keys are llama.cpp's.

import Foundation
import Kernels
public import WeightFiles

extension ModelConfiguration {
    /// Reads the metadata and, where GGUF says a thing only by which tensors there are, the directory.
    public init(gguf: GGUFFile) throws {
        let fields = GGUFFields(gguf)
        guard let architecture = gguf.architecture else {
            throw ModelConfigurationError.missing(key: "general.architecture")
        }
        // Mistral's GGUF files say "llama"; the two compute alike.
        guard Self.supportedFamilies.contains(architecture), architecture != "mistral" else {
            throw ModelConfigurationError.unsupportedArchitecture(
                found: architecture, supported: Self.supportedFamilies.filter { $0 != "mistral" })
        }
        let width = try fields.required("embedding_length")
        let layers = try fields.required("block_count")
        let heads = try fields.required("attention.head_count")
        guard heads > 0 else {
            throw ModelConfigurationError.invalid(
                key: "attention.head_count", value: "\(heads)", expected: "a positive number")
        }
        let headWidth = try fields.optional("attention.key_length") ?? width / heads
        if let valueWidth = try fields.optional("attention.value_length"), valueWidth != headWidth {
            throw ModelConfigurationError.unsupported(key: "attention.value_length", value: "\(valueWidth)")
        }
        if let rotated = try fields.optional("rope.dimension_count"), rotated != headWidth {
            throw ModelConfigurationError.unsupported(key: "rope.dimension_count", value: "\(rotated)")
        }
        guard let vocabulary = gguf.entry("token_embd.weight")?.shape.sizes.first else {
            throw ModelConfigurationError.missing(key: "token_embd.weight")
        }
        let base = try fields.number("rope.freq_base") ?? 10_000
        self.init(
            family: architecture, width: width, layers: layers, heads: heads,
            keyValueHeads: try fields.optional("attention.head_count_kv") ?? heads, headWidth: headWidth,
            mlpWidth: try fields.required("feed_forward_length"), vocabularySize: vocabulary,
            normEpsilon: Float(try fields.requiredNumber("attention.layer_norm_rms_epsilon")),
            rotaryBase: base, rotaryScaling: try Self.scaling(fields, base: base, headWidth: headWidth),
            contextLength: try fields.optional("context_length") ?? 2_048,
            isTied: gguf.entry("output.weight") == nil,
            hasAttentionBias: gguf.entry("blk.0.attn_q.bias") != nil,
            hasOutputBias: gguf.entry("blk.0.attn_output.bias") != nil,
            hasMLPBias: gguf.entry("blk.0.ffn_down.bias") != nil,
            hasQueryKeyNorm: architecture == "qwen3",
            beginToken: gguf.value("tokenizer.ggml.bos_token_id")?.integer,
            endTokens: gguf.value("tokenizer.ggml.eos_token_id")?.integer.map { [$0] } ?? [])
        if let experts = try fields.optional("expert_count"), experts > 0 {
            throw ModelConfigurationError.unsupported(key: "\(architecture).expert_count", value: "\(experts)")
        }
        self = try validated()
    }

    private static func scaling(_ fields: GGUFFields, base: Double, headWidth: Int) throws -> RotaryScaling {
        if let tensor = try fields.gguf.tensor("rope_freqs.weight") {
            guard tensor.shape.sizes == [headWidth / 2], Widening.supports(tensor.dtype), !tensor.dtype.isQuantised
            else {
                throw ModelConfigurationError.invalid(
                    key: "rope_freqs.weight", value: "\(tensor.shape) of \(tensor.dtype.rawValue)",
                    expected: "\(headWidth / 2) floats")
            }
            let factors = Widening.floats(tensor)
            guard factors.allSatisfy({ $0.isFinite && $0 > 0 }) else {
                throw ModelConfigurationError.invalid(
                    key: "rope_freqs.weight", value: "\(factors)", expected: "positive numbers")
            }
            return llama3Scaling(factors, base: base, headWidth: headWidth) ?? .frequencyFactors(factors)
        }
        switch fields.gguf.architectureValue("rope.scaling.type")?.string ?? "none" {
        case "none": return .none
        case "linear": return .linear(factor: try fields.requiredNumber("rope.scaling.factor"))
        case "yarn":
            return .yarn(
                factor: try fields.requiredNumber("rope.scaling.factor"),
                originalPositions: Double(try fields.required("rope.scaling.original_context_length")),
                attentionFactor: try fields.number("rope.scaling.attn_factor"), betaFast: 32, betaSlow: 1)
        case let kind: throw ModelConfigurationError.unsupported(key: "rope.scaling.type", value: kind)
        }
    }

    /// The Llama 3 scaling that gives these factors, if one of the released models' does: with it the configuration can be
    /// written as every other tool knows it. A factor is the ratio of the plain to the scaled frequency.
    private static func llama3Scaling(_ factors: [Float], base: Double, headWidth: Int) -> RotaryScaling? {
        for factor in [8.0, 32, 16] {
            let expected = (0..<headWidth / 2).map { pair in
                let wavelength = 2 * Double.pi * pow(base, 2 * Double(pair) / Double(headWidth))
                let ratio = 8_192 / wavelength
                if ratio > 4 { return 1.0 }
                if ratio < 1 { return factor }
                let smooth = (ratio - 1) / 3
                return 1 / ((1 - smooth) / factor + smooth)
            }
            if zip(expected, factors).allSatisfy({ abs($0 - Double($1)) <= 1e-4 * $0 }) {
                return .llama3(factor: factor, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalPositions: 8_192)
            }
        }
        return nil
    }
}

/// The architecture's metadata, with errors that name the key.
private struct GGUFFields {
    let gguf: GGUFFile
    private let architecture: String

    init(_ gguf: GGUFFile) {
        self.gguf = gguf
        architecture = gguf.architecture ?? ""
    }

    func optional(_ key: String) throws -> Int? {
        guard let value = gguf.architectureValue(key) else { return nil }
        // Some files list one number a layer.
        let list = value.array?.integers
        if let first = list?.first, list?.allSatisfy({ $0 == first }) == true { return first }
        guard let integer = value.integer else {
            throw ModelConfigurationError.invalid(
                key: "\(architecture).\(key)", value: value.typeName, expected: "an integer, the same for all layers")
        }
        return integer
    }

    func required(_ key: String) throws -> Int {
        guard let value = try optional(key) else {
            throw ModelConfigurationError.missing(key: "\(architecture).\(key)")
        }
        return value
    }

    func number(_ key: String) throws -> Double? {
        guard let value = gguf.architectureValue(key) else { return nil }
        guard let number = value.double else {
            throw ModelConfigurationError.invalid(
                key: "\(architecture).\(key)", value: value.typeName, expected: "a number")
        }
        return number
    }

    func requiredNumber(_ key: String) throws -> Double {
        guard let value = try number(key), value > 0, value.isFinite else {
            throw ModelConfigurationError.missing(key: "\(architecture).\(key)")
        }
        return value
    }
}
