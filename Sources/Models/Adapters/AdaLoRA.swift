// Adaptive budget allocation (Zhang et al., 2023): ΔW = s·B·diag(E)·A like a singular value decomposition, of which training gives up
// the directions that matter least; `RankAllocator` decides which.
//
//     A' = E∘A  [r, in]      y = x·Wᵀ + s·(x·A'ᵀ)·Bᵀ      dE += Σ dA'∘A      dA += E∘dA'

import Kernels
import Tensors

extension AdapterMethod {
    /// AdaLoRA: A, B, and the value E of each direction.
    public static let adalora = AdapterMethod(
        .adalora,
        words: PEFTWords(
            type: "ADALORA", rank: "init_r", alpha: "lora_alpha", dropout: "lora_dropout",
            heldDirections: PEFTDirections(key: "rank_pattern", state: "lora_E"), extendsLoRA: true,
            members: [
                .integer("target_r", \.budget.targetRank, 1...Int(Int32.max)),
                .integer("tinit", \.budget.firstSteps, 0...Int(Int32.max)),
                .integer("tfinal", \.budget.lastSteps, 0...Int(Int32.max)),
                .integer("deltaT", \.budget.interval, 1...Int(Int32.max)),
                .number("beta1", \.budget.sensitivityDecay, "a number between 0 and 1") { $0 > 0 && $0 < 1 },
                .number("beta2", \.budget.uncertaintyDecay, "a number between 0 and 1") { $0 > 0 && $0 < 1 },
                .number("orth_reg_weight", \.budget.orthogonality, "a number from 0 on") { $0 >= 0 && $0.isFinite },
                .integer("total_step", \.budget.totalSteps, 0...Int(Int32.max)),
            ],
            fixed: [("r", 8), ("rank_pattern", nil)], harmless: ["r"]),
        factors: .made(
            MadeFactors(
                rank: \.rank,
                make: { states, _, a, b in
                    RowScaling.scale(states[0], by: states[2], into: a)
                    Elements.copy(states[1], into: b)
                },
                spread: { states, _, da, db in
                    RowScaling.addDots(states[0].values, da, to: states[2].gradients)
                    RowScaling.addScaled(da, by: states[2].values, to: states[0].gradients)
                    Elements.add(db, into: states[1].gradients)
                })),
        // PEFT's, its 1e-5 included.
        scale: { alpha, rank in (alpha > 0 ? alpha : Double(rank)) / (Double(rank) + 1e-5) },
        directions: { states in states[2].values.floats.map { $0 != 0 } }, pass: LowRankPass.self
    ) { layout in
        let trained = [
            AdapterState("lora_A", rows: layout.rank, columns: layout.inputSize, start: .normal(0.02)),
            AdapterState("lora_B", rows: layout.outputSize, columns: layout.rank, start: .normal(0.02)),
            AdapterState("lora_E", rows: layout.rank, columns: 1, start: .zero),
        ]
        // `RankAllocator` reads them in this order.
        return trained + trained.map { AdapterState($0.name + "_sensitivity", notedOf: $0) }
            + trained.map { AdapterState($0.name + "_uncertainty", notedOf: $0) }
            + [AdapterState("lora_E_held", notedOf: trained[2], start: .constant(1))]
    }
}
