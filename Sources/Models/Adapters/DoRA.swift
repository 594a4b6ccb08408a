// Weight-decomposed low-rank adaptation (Liu et al., 2024): rows of W + s·B·A with trained lengths m. n their lengths as they are,
// which the gradient takes for constants, ρ = m/n; N rows, r rank:
//
//     z = s·x·Aᵀ  [N, r]      u = x·Wᵀ + z·Bᵀ      y = ρ∘u + b
//     dm += Σ dy∘u/n          dy' = ρ∘dy           dz = s·dy'·B
//     dB += dy'ᵀ·z            dA += dzᵀ·x          dx = dy'·W + dz·A
//
// With dropout u is of x masked, and what the mask takes away passes W as it would without an adapter: y += (x − masked x)·Wᵀ, and
// dx = dy·W + mask((ρ − 1)∘dy·W + dz·A). That is PEFT's reading.

import Kernels
import Tensors

extension AdapterMethod {
    /// DoRA: A, B, and the magnitude m of each row, which begins with the weight's own.
    public static let dora = AdapterMethod(
        .dora, words: .lora(toggle: "use_dora"),
        scaling: { _ in
            .rows { sum, firstRow, own in zip(own[0][firstRow...], RowNorms.norms(of: sum)).map(RowScales.ratio) }
        },
        pass: MagnitudePass.self
    ) { layout in
        factorStates(layout) + [
            AdapterState(
                "lora_magnitude_vector", count: layout.outputSize,
                start: .fromWeight { weight, adapter, magnitude in
                    RowNorms.compute(RowLayout(weight), plus: adapter.beginning, into: magnitude)
                })
        ]
    }
}

/// A DoRA adapter in one direction of a pass.
struct MagnitudePass: AdapterPass {
    private let lowRank: LowRankPass
    /// Nil where only memory is counted.
    private let scales: RowScales?
    /// Forward: u in fp32. On the way back with dropout: dy.
    private let outputs: RowScratch?
    /// Forward with dropout: what the mask takes away.
    private let unseen: RowScratch?

    private var site: AdapterSite { lowRank.site }

    static func keeping(_ layer: LinearLayer, _ adapter: LowRankAdapter, rows: Int, _ context: PassContext) -> [Matrix]
    {
        // u; on the way back dy∘u/n.
        [context.activations(rows: rows, columns: layer.outputSize)]
    }

    init(_ site: AdapterSite) {
        let (layer, context) = (site.layer, site.context), isForward = site.dz == nil
        lowRank = LowRankPass(site)
        scales = context.measures ? nil : RowScales.of(site.adapter, layer.weight)
        outputs =
            isForward
            ? context.scratch(columns: layer.outputSize, type: .f32)
            : lowRank.drops ? context.scratch(columns: layer.outputSize) : nil
        unseen = isForward && lowRank.drops ? context.scratch(columns: layer.inputSize) : nil
    }

    // MARK: Forward

    func forward(_ x: Matrix, into y: Matrix?, base: Matrix?, _ block: RowBlock) {
        guard let weight = site.weight, let scales, let u = outputs?[block] else {
            preconditionFailure("the layer was not laid out for the way up")
        }
        let seen = lowRank.input(x, block)
        lowRank.project(seen, block)
        Products.sum([Term(seen, weight), lowRank.addition(block)], into: u)
        Conversion.convert(u, into: kept(block))
        guard let y else { return }
        guard let unseen = unseen?[block] else {
            return ColumnFactors.scale(u, by: scales.ratios, bias: site.bias, base: base, into: y)
        }
        ColumnFactors.scale(u, by: scales.ratios, base: base, into: u)
        Elements.copy(seen, into: unseen)
        Elements.scale(unseen, by: -1)
        Elements.add(x, into: unseen)
        Products.sum([Term(unseen, weight)], into: y, bias: site.bias, base: u)
    }

    static func finish(_ y: Matrix, _ layer: LinearLayer, _ adapter: LowRankAdapter) {
        ColumnFactors.scale(y, by: RowScales.of(adapter, layer.weight).ratios, into: y)
        layer.bias.map { Elements.addBias($0, to: y) }
    }

    // MARK: Backward

    func backward(_ dy: Matrix, _ block: RowBlock) -> [Term] {
        guard let scales else { preconditionFailure("nothing is computed here") }
        ColumnFactors.multiply(kept(block), by: dy, scales.inverseNorms)
        guard let whole = outputs?[block] else {
            ColumnFactors.scale(dy, by: scales.ratios, into: dy)
            return lowRank.backward(dy, block)
        }
        Elements.copy(dy, into: whole)
        ColumnFactors.scale(dy, by: scales.ratios, into: dy)
        lowRank.backproject(dy, block)
        return site.weight.map { [Term(whole, $0)] } ?? []
    }

    func addRest(into dx: Matrix, _ block: RowBlock) {
        guard let weight = site.weight, let scales, let share = outputs?[block] else { return }
        ColumnFactors.scale(share, by: scales.ratiosLessOne, into: share)
        lowRank.addMasked([Term(share, weight), lowRank.inputGradient(block)], into: dx, block)
    }

    static func gradients(
        _ sum: AdapterSum, x: Matrix, _ adapter: LowRankAdapter, _ factors: FactorPair?, _ context: PassContext
    ) -> [GradientProduct] {
        guard let shares = sum.kept?.own.first, let magnitude = adapter.own.first else { return [] }
        let ones = context.activations(rows: shares.rows, columns: 1)
        context.compute { Elements.fill(ones, with: 1) }
        return LowRankPass.gradients(sum, x: x, adapter, factors, context) + [
            GradientProduct(ones, count: 1, shares, addedTo: magnitude.gradients, .fewByMany)
        ]
    }

    private func kept(_ block: RowBlock) -> Matrix { site.kept.own[0].rows(block.rows) }
}

/// What follows from m and from the lengths of the rows of W + s·B·A, `[1, out]` each.
private final class RowScales {
    /// ρ.
    let ratios: Matrix
    /// ρ − 1.
    let ratiosLessOne: Matrix
    /// 1/n.
    let inverseNorms: Matrix
    private let buffer: MatrixBuffer

    /// Computed once for each state of the trained numbers.
    static func of(_ adapter: LowRankAdapter, _ weight: FrozenTensor) -> RowScales {
        adapter.derived(from: weight) { _ in RowScales(adapter, weight) }
    }

    private init(_ adapter: LowRankAdapter, _ weight: FrozenTensor) {
        let size = adapter.outputSize
        let layout = MatrixLayout(["ratios", "less one", "inverse norms"].map { (name: $0, rows: 1, columns: size) })
        buffer = MatrixBuffer(layout)
        let matrices = layout.slots.map(buffer.matrix)
        (ratios, ratiosLessOne, inverseNorms) = (matrices[0], matrices[1], matrices[2])
        RowNorms.compute(
            RowLayout(weight), plus: RowNorms.Addition(b: adapter.b, a: adapter.a, scale: adapter.scale),
            into: inverseNorms)
        for (row, magnitude) in adapter.own[0].values.floats.enumerated() {
            let ratio = Self.ratio(magnitude, inverseNorms.floats[row])
            (ratios.floats[row], ratiosLessOne.floats[row]) = (ratio, ratio - 1)
            inverseNorms.floats[row] = Self.ratio(1, inverseNorms.floats[row])
        }
    }

    /// A row of zeros stays one, whatever its length is to be.
    static func ratio(_ magnitude: Float, _ norm: Float) -> Float { norm == 0 ? 0 : magnitude / norm }
}

extension LowRankAdapter {
    /// What is added to the weight at the start; nil where that is nothing.
    fileprivate var beginning: RowNorms.Addition? {
        guard origin == nil, b.floats.contains(where: { $0 != 0 }) else { return nil }
        return RowNorms.Addition(b: b, a: a, scale: scale)
    }
}
