// In which direction a row would move an adapter that is trained by Adam: its gradient alone does not say.

public import Optimisers
public import Recipes
public import Tensors

/// What AdamW keeps after some steps, and the step that a further gradient would lead to.
public struct AdamDirection: Sendable {
    /// In the places of the slab that was trained.
    private let firstMoments: [Float]
    private let secondMoments: [Float]
    /// Steps that were done.
    private let steps: Int
    private let beta1: Float
    private let beta2: Float
    private let epsilon: Float

    /// - Parameters:
    ///   - states: of each slot of `slab`, the means of gradients and of their squares; none of one that no step changes.
    ///   - steps: that led to them.
    /// - Precondition: as many numbers as each slot has.
    public init(states: [[[Float]]], of slab: ParameterSlab, steps: Int, _ train: TrainSection) {
        precondition(states.count == slab.slots.count && steps > 0)
        var moments = (
            first: [Float](repeating: 0, count: slab.count), second: [Float](repeating: 0, count: slab.count)
        )
        for (slot, states) in zip(slab.slots, states) where !states.isEmpty {
            precondition(states.map(\.count) == [slot.count, slot.count], "moments of another optimiser")
            moments.first.replaceSubrange(slot.range, with: states[0])
            moments.second.replaceSubrange(slot.range, with: states[1])
        }
        (firstMoments, secondMoments) = moments
        self.steps = steps
        (beta1, beta2) = (Float(train.adamBeta1), Float(train.adamBeta2))
        epsilon = Float(train.adamEpsilon)
    }

    /// What AdamW keeps after the steps of `optimiser`.
    public init(_ optimiser: Optimiser, steps: Int, _ train: TrainSection) {
        let states = optimiser.slab.slots.indices.map { optimiser.states(ofSlot: $0) }
        self.init(states: states, of: optimiser.slab, steps: steps, train)
    }

    /// Puts into the place of each gradient the step that AdamW would take with it, as
    /// (β₁·m + (1 − β₁)·g) / (√(β₂·v + (1 − β₂)·g²) + ε), both means free of their bias.
    public func replace(_ gradients: UnsafeMutableBufferPointer<Float>) {
        precondition(gradients.count == firstMoments.count)
        let number = Double(steps + 1)
        let bias1 = Float(1 - power(Double(beta1), number)), bias2 = Float(1 - power(Double(beta2), number))
        firstMoments.withUnsafeBufferPointer { first in
            secondMoments.withUnsafeBufferPointer { second in
                for index in gradients.indices {
                    let g = gradients[index]
                    let m = (beta1 * first[index] + (1 - beta1) * g) / bias1
                    let v = (beta2 * second[index] + (1 - beta2) * g * g) / bias2
                    gradients[index] = m / (v.squareRoot() + epsilon)
                }
            }
        }
    }

    /// `base` to a whole power, by squares: the same on every machine.
    private func power(_ base: Double, _ exponent: Double) -> Double {
        var (result, base, exponent) = (1.0, base, Int(exponent))
        while exponent > 0 {
            if exponent & 1 == 1 { result *= base }
            base *= base
            exponent >>= 1
        }
        return result
    }
}
