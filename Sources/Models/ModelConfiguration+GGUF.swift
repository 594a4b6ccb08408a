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
        guard let family = ModelFamily.all.first(where: { $0.ggufArchitecture == architecture }) else {
            throw ModelConfigurationError.unsupportedArchitecture(
                found: architecture, supported: NameTable.architectures)
        }
        _ = try Self.notes(gguf: gguf)
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
        let contextLength = try fields.optional("context_length") ?? 2_048
        self.init(
            family: family.name, width: width, layers: layers, heads: heads,
            keyValueHeads: try fields.optional("attention.head_count_kv") ?? heads, headWidth: headWidth,
            mlpWidth: try fields.required("feed_forward_length"), vocabularySize: vocabulary,
            normEpsilon: Float(try fields.requiredNumber("attention.layer_norm_rms_epsilon")),
            rotaryBase: base,
            rotaryScaling: try Self.scaling(
                fields, base: base, headWidth: headWidth, contextLength: contextLength),
            contextLength: contextLength,
            isTied: gguf.entry("output.weight") == nil,
            hasAttentionBias: gguf.entry("blk.0.attn_q.bias") != nil,
            hasOutputBias: gguf.entry("blk.0.attn_output.bias") != nil,
            hasMLPBias: gguf.entry("blk.0.ffn_down.bias") != nil,
            hasQueryKeyNorm: family.hasQueryKeyNorm,
            beginToken: gguf.value("tokenizer.ggml.bos_token_id")?.integer,
            endTokens: gguf.value("tokenizer.ggml.eos_token_id")?.integer.map { [$0] } ?? [])
        self = try validated()
    }

    /// What the person should know about the metadata of a GGUF file: keys of its architecture that are not used.
    public static func notes(gguf: GGUFFile) throws -> [String] {
        try FieldTable<GGUFValue>.gguf.check(
            gguf.architectureFields, text: \.shownValue, isNull: { _ in false }, equals: { $0.means($1) })
    }

    /// llama.cpp divides each frequency by its factor, if there are any, then stretches what is left by the scaling's type,
    /// and multiplies rotations by `attn_factor` in every case.
    private static func scaling(_ fields: GGUFFields, base: Double, headWidth: Int, contextLength: Int) throws
        -> RotaryScaling
    {
        let factors = try frequencyFactors(fields, headWidth: headWidth)
        let stretch = try fields.number("rope.scaling.factor") ?? fields.number("rope.scale_linear") ?? 0
        guard stretch >= 0, stretch.isFinite else {
            throw ModelConfigurationError.invalid(
                key: "rope.scaling.factor", value: "\(stretch)", expected: "a positive number")
        }
        // 0 is how some files write "none"; a file without a type means the linear one.
        let factor = stretch == 0 ? 1 : stretch
        let attention = try fields.number("rope.scaling.attn_factor") ?? 1
        switch fields.gguf.architectureValue("rope.scaling.type")?.string ?? "linear" {
        case "none": return combined(factors, by: 1, attention, base: base, headWidth: headWidth)
        case "linear": return combined(factors, by: factor, attention, base: base, headWidth: headWidth)
        case "yarn":
            let given = try fields.optional("rope.scaling.original_context_length") ?? 0
            let original = Double(given == 0 ? contextLength : given)
            let amplitude = attention * RotaryScaling.yarnAmplitude(factor: factor)
            guard let factors else {
                return .yarn(
                    factor: factor, originalPositions: original, attentionFactor: attention == 1 ? nil : amplitude,
                    betaFast: 32, betaSlow: 1)
            }
            let ramp = RotaryScaling.yarnRamp(
                headWidth: headWidth, base: base, originalPositions: original, betaFast: 32, betaSlow: 1)
            return .frequencyFactors(
                zip(factors, ramp).map { Float(Double($0) / ($1 / factor + 1 - $1)) }, amplitude: amplitude)
        case let kind: throw ModelConfigurationError.unsupported(key: "rope.scaling.type", value: kind)
        }
    }

    /// Factors of frequencies and one divisor of positions together, under the plainest name that means the same.
    private static func combined(
        _ factors: [Float]?, by factor: Double, _ attention: Double, base: Double, headWidth: Int
    ) -> RotaryScaling {
        switch (factors, attention) {
        case (nil, 1): return factor == 1 ? .none : .linear(factor: factor)
        case (let factors?, 1) where factor == 1:
            return llama3Scaling(factors, base: base, headWidth: headWidth) ?? .frequencyFactors(factors)
        default:
            let plain = [Float](repeating: 1, count: headWidth / 2)
            return .frequencyFactors((factors ?? plain).map { $0 * Float(factor) }, amplitude: attention)
        }
    }

    /// `rope_freqs.weight`, which llama.cpp knows for Llama alone.
    private static func frequencyFactors(_ fields: GGUFFields, headWidth: Int) throws -> [Float]? {
        let key = "rope_freqs.weight"
        guard let tensor = try fields.gguf.tensor(key) else { return nil }
        guard fields.architecture == "llama" else {
            throw ModelConfigurationError.unsupported(key: key, value: "a tensor of a \(fields.architecture) model")
        }
        guard tensor.shape.sizes == [headWidth / 2], Widening.supports(tensor.dtype), !tensor.dtype.isQuantised else {
            throw ModelConfigurationError.invalid(
                key: key, value: "\(tensor.shape) of \(tensor.dtype.rawValue)", expected: "\(headWidth / 2) floats")
        }
        let factors = Widening.floats(tensor)
        guard factors.allSatisfy({ $0.isFinite && $0 > 0 }) else {
            throw ModelConfigurationError.invalid(key: key, value: "\(factors)", expected: "positive numbers")
        }
        return factors
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
    let architecture: String

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
