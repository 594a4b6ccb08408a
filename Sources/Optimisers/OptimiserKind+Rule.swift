// The list of optimisers: the rule behind each name.

internal import Kernels
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

    /// Bytes that steps take beside what is kept: of each thread, what its largest matrix needs.
    public func scratchBytes(for slots: [MatrixSlot]) -> Int { Processor.threads * largestScratch(of: slots) }

    /// Bytes that a step takes for the matrix that needs most.
    func largestScratch(of slots: [MatrixSlot]) -> Int {
        slots.map { rule.scratchBytes(rows: $0.rows, columns: $0.columns) }.max() ?? 0
    }

    /// Bytes of what the rule keeps in a snapshot, which has a number for each code.
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
