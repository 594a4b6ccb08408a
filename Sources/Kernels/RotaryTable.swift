import Foundation

/// How a model stretches its rotary frequencies beyond the context it was first trained on.
public enum RotaryScaling: Sendable, Equatable {
    case none
    /// Positions divided by `factor`.
    case linear(factor: Double)
    /// Llama 3.1: low frequencies divided by `factor`, a smooth passage between the two wave lengths.
    case llama3(
        factor: Double, lowFrequencyFactor: Double, highFrequencyFactor: Double, originalPositions: Double)
    /// YaRN: a ramp between interpolated and plain frequencies, and rotations scaled by `attentionFactor`
    /// (nil: 0.1 · ln(factor) + 1).
    case yarn(factor: Double, originalPositions: Double, attentionFactor: Double?, betaFast: Double, betaSlow: Double)
    /// Each frequency divided by its own factor (GGUF's `rope_freqs.weight`), `D/2` of them.
    case frequencyFactors([Float])
}

/// Cosines and sines of every position, fp32 rounded from double.
public struct RotaryTable: Sendable {
    public let headWidth: Int
    public let positions: Int
    /// `[positions, D/2]`
    let cosines: [Float]
    let sines: [Float]

    public init(headWidth: Int, base: Double, scaling: RotaryScaling, positions: Int) {
        precondition(headWidth > 0 && headWidth % 2 == 0 && positions >= 0)
        let (frequencies, amplitude) = Self.frequencies(headWidth: headWidth, base: base, scaling: scaling)
        var cosines: [Float] = [], sines: [Float] = []
        cosines.reserveCapacity(positions * frequencies.count)
        sines.reserveCapacity(positions * frequencies.count)
        for position in 0..<positions {
            for frequency in frequencies {
                let angle = Double(position) * frequency
                cosines.append(Float(cos(angle) * amplitude))
                sines.append(Float(sin(angle) * amplitude))
            }
        }
        self.headWidth = headWidth
        self.positions = positions
        self.cosines = cosines
        self.sines = sines
    }

    /// Radians a position for each pair of numbers, and the factor on cosines and sines.
    private static func frequencies(
        headWidth: Int, base: Double, scaling: RotaryScaling
    ) -> (frequencies: [Double], amplitude: Double) {
        let plain = (0..<headWidth / 2).map { pow(base, -2 * Double($0) / Double(headWidth)) }
        switch scaling {
        case .none: return (plain, 1)
        case .linear(let factor): return (plain.map { $0 / factor }, 1)
        case .frequencyFactors(let factors):
            precondition(factors.count == plain.count)
            return (zip(plain, factors).map { $0 / Double($1) }, 1)
        case .llama3(let factor, let low, let high, let original):
            return (plain.map { llama3($0, factor: factor, low: low, high: high, original: original) }, 1)
        case .yarn(let factor, let original, let attentionFactor, let betaFast, let betaSlow):
            // The pair that turns `rotations` times within the original context.
            func pair(_ rotations: Double) -> Double {
                Double(headWidth) * log(original / (rotations * 2 * .pi)) / (2 * log(base))
            }
            let low = max(pair(betaFast).rounded(.down), 0)
            let high = min(pair(betaSlow).rounded(.up), Double(headWidth - 1))
            let span = max(high - low, 0.001)
            let frequencies = plain.enumerated().map { index, frequency in
                let ramp = min(max((Double(index) - low) / span, 0), 1)
                return frequency / factor * ramp + frequency * (1 - ramp)
            }
            return (frequencies, attentionFactor ?? (factor <= 1 ? 1 : 0.1 * log(factor) + 1))
        }
    }

    private static func llama3(_ frequency: Double, factor: Double, low: Double, high: Double, original: Double)
        -> Double
    {
        let wavelength = 2 * .pi / frequency
        if wavelength < original / high { return frequency }
        if wavelength > original / low { return frequency / factor }
        let smooth = (original / wavelength - low) / (high - low)
        return (1 - smooth) * frequency / factor + smooth * frequency
    }
}
