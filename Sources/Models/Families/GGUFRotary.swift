// How a GGUF file stretches rotary frequencies. Keys are llama.cpp's.

import Foundation
import Kernels

extension GGUFFields {
    /// llama.cpp divides each frequency by its factor, if there are any, then stretches what is left by the scaling's type,
    /// and multiplies rotations by `attn_factor` in every case.
    /// - Parameter width: of the part of a head that turns.
    func rotaryScaling(base: Double, width: Int, contextLength: Int) throws -> RotaryScaling {
        let factors = try frequencyFactors(width: width)
        let stretch = try number("rope.scaling.factor") ?? number("rope.scale_linear") ?? 0
        guard stretch >= 0, stretch.isFinite else {
            throw ModelConfigurationError.invalid(
                key: "rope.scaling.factor", value: "\(stretch)", expected: "a positive number")
        }
        // 0 is how some files write "none"; a file without a type means the linear one.
        let factor = stretch == 0 ? 1 : stretch
        let attention = try number("rope.scaling.attn_factor") ?? 1
        switch gguf.architectureValue("rope.scaling.type")?.string ?? "linear" {
        case "none": return combined(factors, by: 1, attention, base: base, width: width)
        case "linear": return combined(factors, by: factor, attention, base: base, width: width)
        case "yarn":
            let given = try optional("rope.scaling.original_context_length") ?? 0
            let original = Double(given == 0 ? contextLength : given)
            let amplitude = attention * RotaryScaling.yarnAmplitude(factor: factor)
            guard let factors else {
                return .yarn(
                    factor: factor, originalPositions: original, attentionFactor: attention == 1 ? nil : amplitude,
                    betaFast: 32, betaSlow: 1)
            }
            let ramp = RotaryScaling.yarnRamp(
                width: width, base: base, originalPositions: original, betaFast: 32, betaSlow: 1)
            return .frequencyFactors(
                zip(factors, ramp).map { Float(Double($0) / ($1 / factor + 1 - $1)) }, amplitude: amplitude)
        case let kind: throw ModelConfigurationError.unsupported(key: "rope.scaling.type", value: kind)
        }
    }

    /// Factors of frequencies and one divisor of positions together, under the plainest name that means the same.
    private func combined(
        _ factors: [Float]?, by factor: Double, _ attention: Double, base: Double, width: Int
    ) -> RotaryScaling {
        switch (factors, attention) {
        case (nil, 1): return factor == 1 ? .none : .linear(factor: factor)
        case (let factors?, 1) where factor == 1:
            return llama3Scaling(factors, base: base, width: width) ?? .frequencyFactors(factors)
        default:
            let plain = [Float](repeating: 1, count: width / 2)
            return .frequencyFactors((factors ?? plain).map { $0 * Float(factor) }, amplitude: attention)
        }
    }

    /// `rope_freqs.weight`, which llama.cpp knows for Llama alone.
    private func frequencyFactors(width: Int) throws -> [Float]? {
        let key = "rope_freqs.weight"
        guard let tensor = try gguf.tensor(key) else { return nil }
        guard architecture == "llama" else {
            throw ModelConfigurationError.unsupported(key: key, value: "a tensor of a \(architecture) model")
        }
        guard tensor.shape.sizes == [width / 2], Widening.supports(tensor.dtype), !tensor.dtype.isQuantised else {
            throw ModelConfigurationError.invalid(
                key: key, value: "\(tensor.shape) of \(tensor.dtype.rawValue)", expected: "\(width / 2) floats")
        }
        let factors = Widening.floats(tensor)
        guard factors.allSatisfy({ $0.isFinite && $0 > 0 }) else {
            throw ModelConfigurationError.invalid(key: key, value: "\(factors)", expected: "positive numbers")
        }
        return factors
    }

    /// The Llama 3 scaling that gives these factors, if one of the released models' does: with it the configuration can be
    /// written as every other tool knows it. A factor is the ratio of the plain to the scaled frequency.
    private func llama3Scaling(_ factors: [Float], base: Double, width: Int) -> RotaryScaling? {
        for factor in [8.0, 32, 16] {
            let expected = (0..<width / 2).map { pair in
                let wavelength = 2 * Double.pi * pow(base, 2 * Double(pair) / Double(width))
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

extension GGUFDescription {
    /// The keys that say `rotary`, by which llama.cpp comes to the same frequencies.
    ///
    /// - Parameter takesDivisors: whether llama.cpp knows `rope_freqs.weight` for the architecture.
    mutating func set(_ rotary: RotaryPositions, takesDivisors: Bool) throws {
        set("rope.freq_base", Float(rotary.base))
        switch rotary.scaling {
        case .none: break
        case .linear(let factor):
            set("rope.scaling.type", .text("linear"))
            set("rope.scaling.factor", Float(factor))
        case .yarn(let factor, let original, let amplitude, 32, 1) where original == original.rounded():
            set("rope.scaling.type", .text("yarn"))
            set("rope.scaling.factor", Float(factor))
            set("rope.scaling.original_context_length", Int(original))
            // llama.cpp multiplies this with the amplitude that follows from the factor.
            if let amplitude { setAmplitude(amplitude / RotaryScaling.yarnAmplitude(factor: factor)) }
        case .llama3, .yarn, .frequencyFactors:
            guard takesDivisors else {
                throw Self.refusal(
                    "rope_scaling", rotary.scaling.name, "knows divisors of single frequencies for Llama alone")
            }
            let (divisors, amplitude) = rotary.scaling.divisors(width: rotary.width, base: rotary.base)
            add("rope_freqs.weight", divisors)
            setAmplitude(amplitude)
        }
    }

    private mutating func setAmplitude(_ amplitude: Double) {
        if Float(amplitude) != 1 { set("rope.scaling.attn_factor", Float(amplitude)) }
    }
}

extension RotaryScaling {
    /// The kind, in a message.
    var name: String {
        switch self {
        case .none: "none"
        case .linear: "linear"
        case .llama3: "llama3"
        case .yarn(_, _, _, let fast, let slow): "yarn with beta_fast \(fast) and beta_slow \(slow)"
        case .frequencyFactors: "longrope"
        }
    }
}
