// The list of optimisers: the rule behind each name.

public import Recipes
public import Tensors

extension OptimiserKind {
    /// How the optimiser works.
    public var rule: any OptimiserRule.Type {
        switch self {
        case .adamw: AdamW.self
        case .lion: Lion.self
        case .adafactor: Adafactor.self
        case .muon: Muon.self
        case .scheduleFreeAdamW: ScheduleFreeAdamW.self
        case .adamW8bit: AdamW8bit.self
        }
    }

    /// Bytes that the rule keeps for the matrices of `slots`.
    public func stateBytes(for slots: [MatrixSlot]) -> Int { stateLayout(for: slots).byteCount }

    /// Where the states of `slots` lie: those of the first slot, those of the second, and so on.
    func stateLayout(for slots: [MatrixSlot]) -> MatrixLayout {
        MatrixLayout(
            slots.flatMap { slot in
                rule.states(rows: slot.rows, columns: slot.columns).map(\.slot)
            })
    }
}
