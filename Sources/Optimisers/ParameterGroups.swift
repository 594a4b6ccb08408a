// Which trained matrices have a rate and a decay of their own.

public import Recipes
public import Tensors

extension TrainSection {
    /// The matrices of a slab by what a step is for them.
    ///
    /// With a ratio of LoRA+ they are in the groups of PEFT's `create_loraplus_optimizer`; an entry of `parameter_groups` then replaces what
    /// it says itself.
    ///
    /// - Parameters:
    ///   - vectors: those that PEFT has as vectors, and not as a matrix of one row or column.
    ///   - meant: of each entry, the matrices that its pattern means.
    public func groups(
        of slots: [MatrixSlot], vectors: Set<MatrixSlot>, meant: [[MatrixSlot]]
    ) -> [ParameterGroup] {
        precondition(meant.count == parameterGroups.count)
        var ofSlot: [MatrixSlot: ParameterGroupEntry] = [:]
        for (entry, slots) in zip(parameterGroups, meant) {
            for slot in slots where ofSlot[slot] == nil { ofSlot[slot] = entry }
        }
        return slots.map { slot in
            let plain = plain(slot, isVector: vectors.contains(slot)), entry = ofSlot[slot]
            return ParameterGroup(
                [slot],
                learningRateFactor: entry?.learningRate.map { $0 / learningRate } ?? entry?.learningRateFactor
                    ?? plain.factor,
                weightDecay: entry?.weightDecay ?? plain.decay)
        }
    }

    /// Whether a ratio of LoRA+ makes a matrix faster.
    public func isFaster(_ slot: MatrixSlot, isVector: Bool) -> Bool {
        isVector || slot.name.split(separator: ".").contains("lora_B")
    }

    /// What a step is for a matrix that no entry means.
    private func plain(_ slot: MatrixSlot, isVector: Bool) -> (factor: Double, decay: Double) {
        guard let loraPlusRatio else { return (1, weightDecay) }
        let isBias = slot.name.split(separator: ".").last == "bias"
        return (
            isFaster(slot, isVector: isVector) ? loraPlusRatio : 1, isBias ? 0 : loraPlusDecay ?? weightDecay
        )
    }
}
