// Which trained matrices have a rate and a decay of their own.

public import Recipes
public import Tensors

extension TrainSection {
    /// The matrices of a slab by what a step is for them.
    ///
    /// With a ratio of LoRA+ they are in the groups of PEFT's `create_loraplus_optimizer`; an entry of `parameter_groups` then replaces what
    /// it says itself.
    ///
    /// - Parameter meant: of each entry, the matrices that its pattern means.
    public func groups(of slots: [MatrixSlot], meant: [[MatrixSlot]]) -> [ParameterGroup] {
        precondition(meant.count == parameterGroups.count)
        var ofSlot: [MatrixSlot: ParameterGroupEntry] = [:]
        for (entry, slots) in zip(parameterGroups, meant) {
            for slot in slots where ofSlot[slot] == nil { ofSlot[slot] = entry }
        }
        return slots.map { slot in
            let plain = plain(slot), entry = ofSlot[slot]
            return ParameterGroup(
                [slot],
                learningRateFactor: entry?.learningRate.map { $0 / learningRate } ?? entry?.learningRateFactor
                    ?? plain.factor,
                weightDecay: entry?.weightDecay ?? plain.decay)
        }
    }

    /// What a step is for a matrix that no entry means.
    private func plain(_ slot: MatrixSlot) -> (factor: Double, decay: Double) {
        guard let loraPlusRatio else { return (1, weightDecay) }
        let parts = slot.name.split(separator: "."), decay = loraPlusDecay ?? weightDecay
        let isB = parts.contains("lora_B"), isVector = min(slot.rows, slot.columns) == 1 && !parts.contains("lora_A")
        return (isB || isVector ? loraPlusRatio : 1, parts.last == "bias" ? 0 : decay)
    }
}
