// Which directions of AdaLoRA's factors a training gives up (Zhang et al., 2023): after each step the numbers' sensitivities, |p·∂loss/∂p|,
// and how uncertain these are, enter running means; of the directions whose numbers mattered least, as many lose their value E as the
// budget of the step asks. All of it is kept in the slab, so that a run that goes on gives up the same ones. Steps, order and ties are
// PEFT's.

import Kernels
public import Models
public import Tensors
public import Vocabulary

/// Gives up directions between steps, and holds A and B near to orthogonal ones.
public final class RankAllocator {
    private let slab: ParameterSlab
    private let budget: RankBudget
    private let adapters: [LowRankAdapter]
    private let workspace = Workspace()

    /// Nil where the method of `adapters` has no directions to give up.
    public init?(_ adapters: [LowRankAdapter], _ budget: RankBudget, of slab: ParameterSlab) {
        guard let first = adapters.first, first.method.directions != nil else { return nil }
        self.adapters = adapters
        self.budget = budget
        self.slab = slab
    }

    // MARK: Orthogonality

    /// Adds to the gradients what holds A·Aᵀ and Bᵀ·B near the identity.
    /// - Returns: what that adds to the loss: the weight times the mean distance.
    func addOrthogonality() -> Double {
        guard budget.orthogonality > 0 else { return 0 }
        let share = budget.orthogonality / Double(2 * adapters.count)
        return adapters.reduce(0) { sum, adapter in
            let matrices = AllocatedMatrices(adapter)
            return sum + share
                * (distance(matrices.a, isWide: true, share) + distance(matrices.b, isWide: false, share))
        }
    }

    /// ‖G − 1‖ of the Gram matrix of rows, or of columns; its gradient, times `share`, goes to the matrix's. Directions that the adapter's
    /// file left out, zeros throughout, have no part in it.
    private func distance(_ matrix: TrainedMatrix, isWide: Bool, _ share: Double) -> Double {
        let values = matrix.values, rank = isWide ? values.rows : values.columns
        return workspace.scoped {
            let gram = workspace.matrix(rows: rank, columns: rank)
            if isWide {
                Products.timesTransposed(values, values, into: gram)
            } else {
                Elements.fill(gram)
                GradientProduct.run([GradientProduct(values, count: rank, values, addedTo: gram, .fewByMany)])
            }
            for place in 0..<rank where gram.floats[place * rank + place] != 0 {
                gram.floats[place * rank + place] -= 1
            }
            let distance = Elements.sumOfSquares(UnsafeBufferPointer(gram.floats)).squareRoot()
            guard distance > 0 else { return 0 }
            let factor = Float(2 * share / distance)
            if isWide {
                Products.times(gram, values, into: matrix.gradients, alpha: factor, accumulate: true)
            } else {
                Products.times(values, gram, into: matrix.gradients, alpha: factor, accumulate: true)
            }
            return distance
        }
    }

    // MARK: Budget

    /// Looks at the gradients of step `number`, from 1, whose update was made, and gives up what the budget asks.
    /// - Parameter gradientScale: by what the update multiplied each gradient.
    func allocate(afterStep number: Int, gradientScale: Float) {
        let last = budget.totalSteps - budget.lastSteps
        if number < last {
            for adapter in adapters { AllocatedMatrices(adapter).takeIn(budget, gradientScale) }
            if number > budget.firstSteps, number % budget.interval == 0 { giveUp(leaving: directions(after: number)) }
        } else if number == last {
            giveUp(leaving: directions(after: number))
        } else {
            for adapter in adapters { AllocatedMatrices(adapter).clear() }
        }
        slab.valuesChanged()
    }

    /// Directions of all layers that are left after a step.
    private func directions(after number: Int) -> Int {
        let all = adapters.reduce(0) { $0 + $1.rank }, target = budget.targetRank * adapters.count
        let span = budget.totalSteps - budget.lastSteps - budget.firstSteps
        let left = 1 - Double(number - budget.firstSteps) / Double(span)
        return Int(Double(all - target) * (left * left * left) + Double(target))
    }

    private func giveUp(leaving count: Int) {
        let scores = adapters.map { AllocatedMatrices($0).scores() }, all = scores.flatMap(\.self).sorted()
        guard count < all.count else { return }
        let threshold = all[all.count - count - 1]
        for (adapter, scores) in zip(adapters, scores) {
            let matrices = AllocatedMatrices(adapter)
            for (place, score) in scores.enumerated() { matrices.held.floats[place] = score <= threshold ? 0 : 1 }
            matrices.clear()
        }
    }
}

/// The matrices of AdaLoRA on one layer, by what they are.
private struct AllocatedMatrices {
    let a: TrainedMatrix
    let b: TrainedMatrix
    let e: TrainedMatrix
    /// Of A, B and E.
    let sensitivities: [Matrix]
    let uncertainties: [Matrix]
    /// 1 for each direction that is held, `[r, 1]`.
    let held: Matrix

    /// In the order in which the method has them.
    init(_ adapter: LowRankAdapter) {
        let states = adapter.states
        (a, b, e) = (states[0], states[1], states[2])
        sensitivities = states[3...5].map(\.values)
        uncertainties = states[6...8].map(\.values)
        held = states[9].values
    }

    /// Takes the gradients into the running means.
    func takeIn(_ budget: RankBudget, _ scale: Float) {
        let (one, two) = (Float(budget.sensitivityDecay), Float(budget.uncertaintyDecay))
        let (restOfOne, restOfTwo) = (Float(1 - budget.sensitivityDecay), Float(1 - budget.uncertaintyDecay))
        for (index, matrix) in [a, b, e].enumerated() {
            let (values, gradients) = (matrix.values.floats, matrix.gradients.floats)
            let (means, spreads) = (sensitivities[index].floats, uncertainties[index].floats)
            for place in values.indices {
                let sensitivity = abs(values[place] * (gradients[place] * scale))
                means[place] = one * means[place] + restOfOne * sensitivity
                spreads[place] = two * spreads[place] + restOfTwo * abs(sensitivity - means[place])
            }
        }
    }

    /// How much each direction matters: its value, and the means over its row of A and its column of B.
    func scores() -> [Float] {
        let rank = e.values.rows
        func score(_ matrix: Int, _ place: Int) -> Float {
            sensitivities[matrix].floats[place] * uncertainties[matrix].floats[place]
        }
        let inputs = a.values.columns, outputs = b.values.rows
        return (0..<rank).map { direction in
            let row = (0..<inputs).reduce(Float(0)) { $0 + score(0, direction * inputs + $1) } / Float(inputs)
            let column = (0..<outputs).reduce(Float(0)) { $0 + score(1, $1 * rank + direction) } / Float(outputs)
            return score(2, direction) + (row + column)
        }
    }

    /// Sets the values of directions that are not held to zero.
    func clear() {
        for place in 0..<e.values.rows where held.floats[place] == 0 { e.values.floats[place] = 0 }
    }
}
