// Low-rank Kronecker products (Edalati et al., 2022; Yeh et al., 2024): ΔW = s·W₁ ⊗ W₂, where each side is a matrix or a product of
// two. With W₁ = S·T and W₂ = P·Q that is one product of two factors; of a side that is no product one of the two is the identity:
//
//     ΔW = s·(S ⊗ P)·(T ⊗ Q)      B' = S ⊗ P  [out, σρ]      A' = T ⊗ Q  [σρ, in]

import Kernels
import Tensors
import Vocabulary

extension AdapterMethod {
    /// LoKr: the sides of a Kronecker product.
    public static let lokr = AdapterMethod(
        .lokr,
        words: PEFTWords(
            type: "LOKR", rank: "r", alpha: "alpha", hasPatterns: true, takesTransposed: false,
            members: [
                .integer("decompose_factor", \.decomposeFactor, -1...Int(Int32.max)),
                .flag("decompose_both", \.decomposesBoth),
            ],
            fixed: [
                ("rank_dropout", 0.0), ("module_dropout", 0.0), ("rank_dropout_scale", false),
                ("use_effective_conv2d", false),
                ("init_weights", true),
            ],
            harmless: ["init_weights", "use_effective_conv2d", "rank_dropout_scale"],
            trainingOnly: ["rank_dropout", "module_dropout"]),
        factors: .made(
            MadeFactors(
                rank: { KroneckerShape($0).rank },
                make: { states, layout, a, b in
                    let sides = KroneckerShape(layout).sides(states)
                    Kronecker.product(sides.left.s, sides.right.s, into: b)
                    Kronecker.product(sides.left.t, sides.right.t, into: a)
                },
                spread: { states, layout, da, db in
                    let shape = KroneckerShape(layout)
                    let sides = shape.sides(states.map(\.values)), sums = shape.sides(states.map(\.gradients))
                    Kronecker.backward(
                        db, sides.left.s, sides.right.s, addedTo: sums.left.s.matrix, sums.right.s.matrix)
                    Kronecker.backward(
                        da, sides.left.t, sides.right.t, addedTo: sums.left.t.matrix, sums.right.t.matrix)
                })),
        pass: LowRankPass.self, samples: [StateLayout(inputSize: 1, outputSize: 1, rank: 1), .decomposed]
    ) { KroneckerShape($0).states }
}

extension StateLayout {
    /// One whose sides are both products.
    fileprivate static var decomposed: StateLayout {
        var settings = AdapterMethodSettings()
        settings.decomposesBoth = true
        return StateLayout(inputSize: 64, outputSize: 64, rank: 1, settings: settings)
    }
}

/// How a layer's sizes are cut for W₁ `[l, m]` and W₂ `[k, n]`, out = l·k and in = m·n, and which of them are products.
private struct KroneckerShape {
    /// One side: `[rows, columns]`, a product of rank r or not.
    struct Side {
        let rows: Int
        let columns: Int
        let isProduct: Bool
        let rank: Int

        /// The rank of the two matrices that stand for it.
        var innerRank: Int { isProduct ? rank : min(rows, columns) }

        /// The two, from the matrices of the side: of one alone the smaller identity is the other.
        func pair(_ matrices: [Matrix]) -> (s: Kronecker.Side, t: Kronecker.Side) {
            if isProduct { return (.matrix(matrices[0]), .matrix(matrices[1])) }
            return rows <= columns
                ? (.identity(rows), .matrix(matrices[0])) : (.matrix(matrices[0]), .identity(columns))
        }

        func states(_ name: String, startsAtZero: Bool) -> [AdapterState] {
            // The bounds are those of `kaiming_uniform_` with a = √5.
            func bound(_ columns: Int) -> AdapterState.Start { .uniform(1 / Double(columns).squareRoot()) }
            guard isProduct else {
                return [AdapterState(name, rows: rows, columns: columns, start: startsAtZero ? .zero : bound(columns))]
            }
            return [
                AdapterState(name + "_a", rows: rows, columns: rank, start: startsAtZero ? .zero : bound(rank)),
                AdapterState(name + "_b", rows: rank, columns: columns, start: bound(columns)),
            ]
        }
    }

    let left: Side
    let right: Side

    init(_ layout: StateLayout) {
        let factor = layout.settings.decomposeFactor, rank = layout.rank
        let (m, n) = Self.factors(of: layout.inputSize, near: factor)
        let (l, k) = Self.factors(of: layout.outputSize, near: factor)
        left = Side(
            rows: l, columns: m, isProduct: layout.settings.decomposesBoth && 2 * rank < max(l, m), rank: rank)
        right = Side(rows: k, columns: n, isProduct: 2 * rank < max(k, n), rank: rank)
    }

    var rank: Int { left.innerRank * right.innerRank }

    var states: [AdapterState] {
        left.states("lokr_w1", startsAtZero: true) + right.states("lokr_w2", startsAtZero: false)
    }

    func sides(
        _ matrices: [Matrix]
    ) -> (left: (s: Kronecker.Side, t: Kronecker.Side), right: (s: Kronecker.Side, t: Kronecker.Side)) {
        let count = left.isProduct ? 2 : 1
        return (left.pair(Array(matrices[..<count])), right.pair(Array(matrices[count...])))
    }

    /// Two factors of `size`, the smaller first, unless `factor` divides it: then that one. They are as near to each other as the
    /// bound, `factor`, lets the smaller be; -1: no bound.
    static func factors(of size: Int, near factor: Int) -> (Int, Int) {
        if factor > 0, size % factor == 0 { return (factor, size / factor) }
        let bound = factor == -1 ? size : factor
        var (small, large) = (1, size)
        while small < large {
            var next = small + 1
            while size % next != 0 { next += 1 }
            if next > bound { break }
            (small, large) = (next, size / next)
        }
        return small > large ? (large, small) : (small, large)
    }
}

extension Kronecker.Side {
    fileprivate var matrix: Matrix? {
        if case .matrix(let matrix) = self { return matrix }
        return nil
    }
}
