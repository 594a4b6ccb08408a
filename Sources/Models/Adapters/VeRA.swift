// Vector-based random matrix adaptation (Kopiczko et al., 2024): all layers share random A and B that are not trained; each has the
// leading columns of A and rows of B that fit it, and trains what scales them.
//
//     A' = d∘A  [r, in]      B' = b∘B  [out, r]      y = x·Wᵀ + (x·A'ᵀ)·B'ᵀ
//     dd += Σ dA'∘A          db += Σ dB'∘B

import Kernels
import Tensors

extension AdapterMethod {
    /// VeRA: b `[out]` and d `[r]` over shared A and B.
    public static let vera = AdapterMethod(
        .vera,
        words: PEFTWords(
            type: "VERA", rank: "r", dropout: "vera_dropout",
            members: [
                .integer("projection_prng_key", \.projectionKey, 0...Int.max),
                .number("d_initial", \.initialD, "a number", \.isFinite),
            ],
            // Both are written, since nobody else draws them as they were drawn here.
            fixed: [("save_projection", true), ("init_weights", true), ("bias", "none")],
            harmless: ["save_projection", "init_weights"]),
        factors: .made(
            MadeFactors(
                rank: \.rank,
                make: { states, _, a, b in
                    RowScaling.scale(states[2], by: states[1], into: a)
                    RowScaling.scale(states[3], by: states[0], into: b)
                },
                spread: { states, _, da, db in
                    RowScaling.addDots(states[2].values, da, to: states[1].gradients)
                    RowScaling.addDots(states[3].values, db, to: states[0].gradients)
                })),
        scale: { _, _ in 1 }, pass: LowRankPass.self
    ) { layout in
        let seed = UInt64(layout.settings.projectionKey)
        // PEFT's `_kaiming_init`: √6 over the root of the columns.
        func bound(_ columns: Int) -> AdapterState.Start { .uniform((6 / Double(columns)).squareRoot()) }
        return [
            AdapterState("vera_lambda_b", count: layout.outputSize, start: .zero),
            AdapterState("vera_lambda_d", count: layout.rank, start: .constant(Float(layout.settings.initialD))),
            AdapterState(
                "vera_A", rows: layout.rank, columns: layout.largestInput, start: bound(layout.largestInput),
                sharedSeed: seed),
            AdapterState(
                "vera_B", rows: layout.largestOutput, columns: layout.rank, start: bound(layout.rank),
                sharedSeed: seed),
        ]
    }
}
