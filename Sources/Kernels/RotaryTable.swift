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
    /// Each frequency divided by its own factor, `W/2` of them, and rotations scaled by `amplitude`: any stretching can be
    /// written so.
    case frequencyFactors([Float], amplitude: Double = 1)
}

/// Cosines and sines of every position, fp32 rounded from double.
public struct RotaryTable: Sendable {
    /// D.
    public let headWidth: Int
    /// W, the leading numbers of each head that turn.
    public let width: Int
    /// Whether number 2i turns with number 2i + 1, not number i with number i + W/2.
    public let isInterleaved: Bool
    public let positions: Int
    /// `[positions, W/2]`
    let cosines: [Float]
    let sines: [Float]

    /// - Parameter width: nil for all of D.
    public init(
        headWidth: Int, width: Int? = nil, isInterleaved: Bool = false, base: Double, scaling: RotaryScaling,
        positions: Int
    ) {
        let width = width ?? headWidth
        precondition(width > 0 && width % 2 == 0 && width <= headWidth && positions >= 0)
        let (frequencies, amplitude) = Self.frequencies(width: width, base: base, scaling: scaling)
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
        self.width = width
        self.isInterleaved = isInterleaved
        self.positions = positions
        self.cosines = cosines
        self.sines = sines
    }

    /// Radians a position for each pair of numbers, and the factor on cosines and sines.
    fileprivate static func frequencies(
        width: Int, base: Double, scaling: RotaryScaling
    ) -> (frequencies: [Double], amplitude: Double) {
        let plain = (0..<width / 2).map { pow(base, -2 * Double($0) / Double(width)) }
        switch scaling {
        case .none: return (plain, 1)
        case .linear(let factor): return (plain.map { $0 / factor }, 1)
        case .frequencyFactors(let factors, let amplitude):
            precondition(factors.count == plain.count)
            return (zip(plain, factors).map { $0 / Double($1) }, amplitude)
        case .llama3(let factor, let low, let high, let original):
            return (plain.map { llama3($0, factor: factor, low: low, high: high, original: original) }, 1)
        case .yarn(let factor, let original, let attentionFactor, let betaFast, let betaSlow):
            let ramp = RotaryScaling.yarnRamp(
                width: width, base: base, originalPositions: original, betaFast: betaFast, betaSlow: betaSlow)
            let frequencies = zip(plain, ramp).map { $0 / factor * $1 + $0 * (1 - $1) }
            return (frequencies, attentionFactor ?? RotaryScaling.yarnAmplitude(factor: factor))
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

extension RotaryScaling {
    /// The scaling as a divisor of each plain frequency, and the factor on rotations: any scaling can be said so.
    public func divisors(width: Int, base: Double) -> (divisors: [Float], amplitude: Double) {
        let plain = RotaryTable.frequencies(width: width, base: base, scaling: .none).frequencies
        let scaled = RotaryTable.frequencies(width: width, base: base, scaling: self)
        return (zip(plain, scaled.frequencies).map { Float($0 / $1) }, scaled.amplitude)
    }

    /// YaRN's share of the interpolated frequency in each pair of numbers: 0 for those that turn often, 1 for those that
    /// turn seldom in the original context.
    ///
    /// - Parameter rounds: whether the ramp's ends are whole pairs (transformers' `truncate`).
    public static func yarnRamp(
        width: Int, base: Double, originalPositions: Double, betaFast: Double, betaSlow: Double, rounds: Bool = true
    ) -> [Double] {
        // The pair that turns `rotations` times within the original context.
        func pair(_ rotations: Double) -> Double {
            Double(width) * log(originalPositions / (rotations * 2 * .pi)) / (2 * log(base))
        }
        let (first, last) = (pair(betaFast), pair(betaSlow))
        let low = max(rounds ? first.rounded(.down) : first, 0)
        let high = min(rounds ? last.rounded(.up) : last, Double(width - 1))
        let span = high == low ? 0.001 : high - low
        return (0..<width / 2).map { min(max((Double($0) - low) / span, 0), 1) }
    }

    /// YaRN's factor on rotations for a stretching by `factor`, with the strength that DeepSeek's `mscale` gives it.
    public static func yarnAmplitude(factor: Double, strength: Double = 1) -> Double {
        factor <= 1 ? 1 : 0.1 * strength * log(factor) + 1
    }
}
