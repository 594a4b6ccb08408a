// An optimiser at work: a rule, the numbers that it changes, and what it keeps for them.

internal import Kernels
public import Recipes
public import Tensors

/// Matrices of a slab that move at one rate.
public struct ParameterGroup: Sendable {
    public let slots: [MatrixSlot]
    /// The group's learning rate is the step's times this; the B factors of LoRA+ have a larger one.
    public let learningRateFactor: Double
    /// The share of the learning rate by which the values shrink towards 0 in a step.
    public let weightDecay: Double

    public init(_ slots: [MatrixSlot], learningRateFactor: Double = 1, weightDecay: Double) {
        self.slots = slots
        self.learningRateFactor = learningRateFactor
        self.weightDecay = weightDecay
    }
}

/// Changes the numbers of a slab step by step.
///
///     let optimiser = Optimiser(
///         recipe.train, slab: slab, groups: [ParameterGroup(slab.slots, weightDecay: recipe.train.weightDecay)])
///     // … add gradients into those of the slab …
///     optimiser.step(1, learningRate: 1e-4, gradientScale: 1)
public final class Optimiser {
    public let kind: OptimiserKind
    public let slab: ParameterSlab
    private let rule: any OptimiserRule
    private let stateBuffer: MatrixBuffer
    /// Of each thread of the pool.
    private let scratches: [Workspace]
    /// One for each slot of the slab, in its order.
    private let parameters: [Parameter]

    private struct Parameter {
        let values: Matrix
        let gradients: Matrix
        let states: [Matrix]
        let kinds: [OptimiserState]
        let group: ParameterGroup
    }

    /// An optimiser before its first step.
    /// - Precondition: each slot of `slab` is in one of `groups`.
    public init(_ train: TrainSection, slab: ParameterSlab, groups: [ParameterGroup]) {
        let kind = train.optimizer, layout = kind.stateLayout(for: slab.trainedSlots), buffer = MatrixBuffer(layout)
        let groupOfSlot = Dictionary(uniqueKeysWithValues: groups.flatMap { group in group.slots.map { ($0, group) } })
        precondition(groupOfSlot.count == slab.slots.count, "groups of another slab")
        var stateSlots = layout.slots[...]
        parameters = zip(slab.slots, slab.isConstant).map { slot, isConstant in
            guard let group = groupOfSlot[slot] else { preconditionFailure("\(slot.name) is in no group") }
            let kinds = isConstant ? [] : kind.rule.states(rows: slot.rows, columns: slot.columns)
            defer { stateSlots.removeFirst(kinds.count) }
            return Parameter(
                values: slab.values(slot), gradients: slab.gradients(slot),
                states: stateSlots.prefix(kinds.count).map(buffer.matrix), kinds: kinds, group: group)
        }
        self.kind = kind
        self.slab = slab
        rule = kind.rule.init(train)
        stateBuffer = buffer
        let scratch = kind.largestScratch(of: slab.trainedSlots)
        scratches = (0..<Processor.threads).map { _ in Workspace(reservingBytes: scratch) }
    }

    /// Changes the slab's values by its gradients.
    /// - Parameters:
    ///   - number: 1 for the first step.
    ///   - learningRate: of a group whose factor is 1.
    ///   - gradientScale: multiplies each gradient first.
    public func step(_ number: Int, learningRate: Double, gradientScale: Float) {
        Processor.forEach(parameters.count) { index, thread in
            let parameter = parameters[index]
            if slab.isConstant[index] { return }
            rule.update(
                parameter.values, gradients: parameter.gradients, states: parameter.states,
                in: OptimiserStep(
                    number: number, gradientScale: gradientScale,
                    learningRate: learningRate * parameter.group.learningRateFactor,
                    weightDecay: parameter.group.weightDecay), scratch: scratches[thread])
        }
        slab.valuesChanged()
    }

    /// Whether what is learnt is a mean, which `mean` gives.
    public var hasMean: Bool { kind.rule.hasMean }

    /// The mean that is learnt, in the places of the slab, of a rule that has one; before the first step the values.
    public func mean(afterSteps steps: Int) -> [Float] {
        var mean = Array(slab.values)
        guard hasMean, steps > 0 else { return mean }
        mean.withUnsafeMutableBytes { numbers in
            guard let base = numbers.baseAddress else { return }
            for (index, (slot, parameter)) in zip(slab.slots, parameters).enumerated() where !slab.isConstant[index] {
                let place = Matrix(pointer: base + slot.offset * 4, rows: slot.rows, columns: slot.columns, type: .f32)
                rule.mean(of: parameter.values, states: parameter.states, into: place)
            }
        }
        return mean
    }

    /// What is kept for the slot at `index`, in the order of the rule's states; nothing for one that no step changes.
    public func states(ofSlot index: Int) -> [[Float]] {
        zip(parameters[index].kinds, parameters[index].states).map { state, matrix in
            state.kind == .codes ? matrix.bytes.prefix(state.count).map(Float.init) : Array(matrix.floats)
        }
    }

    /// Goes on with what was kept for the slot at `index`.
    /// - Precondition: as many numbers as `states(ofSlot:)` gives, each as its state can hold it.
    public func setStates(_ states: [[Float]], ofSlot index: Int) {
        let parameter = parameters[index]
        precondition(states.map(\.count) == parameter.kinds.map(\.count))
        for (place, numbers) in states.enumerated() {
            let matrix = parameter.states[place]
            guard parameter.kinds[place].kind == .codes else {
                _ = matrix.floats.update(from: numbers)
                continue
            }
            for (code, number) in numbers.enumerated() { matrix.bytes[code] = UInt8(number) }
        }
    }
}
