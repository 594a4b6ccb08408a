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

    /// Bytes of the same in a snapshot, which has a number for each code.
    public func keptStateBytes(for slots: [MatrixSlot]) -> Int {
        slots.reduce(0) { sum, slot in
            rule.states(rows: slot.rows, columns: slot.columns).reduce(sum) { $0 + $1.count * 4 }
        }
    }

    /// Where the states of `slots` lie: those of the first slot, those of the second, and so on.
    func stateLayout(for slots: [MatrixSlot]) -> MatrixLayout {
        MatrixLayout(
            slots.flatMap { slot in
                rule.states(rows: slot.rows, columns: slot.columns).map(\.slot)
            })
    }
}
