// Functions of one number with their slopes, from which losses of preferences are made.

import Foundation

/// A function's value at a place, and its slope there.
struct Curve {
    let value: Double
    let slope: Double

    init(_ value: Double, slope: Double) {
        self.value = value
        self.slope = slope
    }

    /// −log σ(x), without an overflow.
    static func negativeLogSigmoid(_ x: Double) -> Curve {
        Curve(log1p(exp(-abs(x))) + max(-x, 0), slope: -logistic(-x))
    }

    /// σ(x).
    static func sigmoid(_ x: Double) -> Curve {
        Curve(logistic(x), slope: logistic(x) * logistic(-x))
    }

    /// max(0, x), with the slope 0 at 0.
    static func rectified(_ x: Double) -> Curve { Curve(max(0, x), slope: x > 0 ? 1 : 0) }

    /// x².
    static func square(_ x: Double) -> Curve { Curve(x * x, slope: 2 * x) }

    /// The same function of `factor` · x, by x.
    func of(_ factor: Double) -> Curve { Curve(value, slope: slope * factor) }

    static func + (left: Curve, right: Curve) -> Curve {
        Curve(left.value + right.value, slope: left.slope + right.slope)
    }

    static func - (left: Curve, right: Curve) -> Curve {
        Curve(left.value - right.value, slope: left.slope - right.slope)
    }

    static func * (factor: Double, curve: Curve) -> Curve {
        Curve(factor * curve.value, slope: factor * curve.slope)
    }

    static func * (left: Curve, right: Curve) -> Curve {
        Curve(left.value * right.value, slope: left.slope * right.value + left.value * right.slope)
    }

    private static func logistic(_ x: Double) -> Double { x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x)) }
}
