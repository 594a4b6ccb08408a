// Low-rank Hadamard products (Hyeon-Woo et al., 2022): ΔW = s·(B₁·A₁) ∘ (B₂·A₂), which is one product of rank r²:
//
//     A'[i·r + j] = A₁[i] ∘ A₂[j]      B'[·, i·r + j] = B₁[·, i] ∘ B₂[·, j]      ΔW = s·B'·A'

import Kernels
import Tensors

extension AdapterMethod {
    /// LoHa: two pairs of factors, multiplied number by number.
    public static let loha = AdapterMethod(
        .loha,
        words: PEFTWords(
            type: "LOHA", rank: "r", alpha: "alpha", hasPatterns: true, takesTransposed: false,
            fixed: [
                ("rank_dropout", 0.0), ("module_dropout", 0.0), ("use_effective_conv2d", false), ("init_weights", true),
            ],
            harmless: ["init_weights", "use_effective_conv2d"], trainingOnly: ["rank_dropout", "module_dropout"]),
        factors: .made(
            MadeFactors(
                rank: { $0.rank * $0.rank },
                make: { states, _, a, b in
                    KhatriRao.rows(states[1], states[3], into: a)
                    KhatriRao.columns(states[0], states[2], into: b)
                },
                spread: { states, _, da, db in
                    KhatriRao.rowsBackward(
                        da, states[1].values, states[3].values, addedTo: states[1].gradients, states[3].gradients)
                    KhatriRao.columnsBackward(
                        db, states[0].values, states[2].values, addedTo: states[0].gradients, states[2].gradients)
                })),
        pass: LowRankPass.self
    ) { layout in
        // The bounds are those of `kaiming_uniform_` with a = √5.
        func bound(_ columns: Int) -> AdapterState.Start { .uniform(1 / Double(columns).squareRoot()) }
        let (rank, inputs, outputs) = (layout.rank, layout.inputSize, layout.outputSize)
        return [
            AdapterState("hada_w1_a", rows: outputs, columns: rank, start: bound(rank)),
            AdapterState("hada_w1_b", rows: rank, columns: inputs, start: bound(inputs)),
            AdapterState("hada_w2_a", rows: outputs, columns: rank, start: bound(rank)),
            AdapterState("hada_w2_b", rows: rank, columns: inputs, start: .zero),
        ]
    }
}
