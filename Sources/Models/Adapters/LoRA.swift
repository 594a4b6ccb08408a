// Low-rank adaptation (Hu et al., 2021). N rows, r rank:
//
//     z = s·x·Aᵀ  [N, r]      y = x·Wᵀ + z·Bᵀ + b
//     dB += dyᵀ·z             dz = s·dy·B            dA += dzᵀ·x            dx = dy·W + dz·A
//
// With dropout the adapter sees x masked, W sees x whole.

import Kernels
import Tensors

extension AdapterMethod {
    /// LoRA: A and B alone.
    public static let lora = AdapterMethod(.lora, words: .lora(), pass: LowRankPass.self) { factorStates($0) }
}

/// An adapter of one product s·B·A in one direction of a pass.
struct LowRankPass: AdapterPass {
    let site: AdapterSite

    init(_ site: AdapterSite) { self.site = site }

    // MARK: Forward

    func forward(_ x: Matrix, into y: Matrix?, base: Matrix?, _ block: RowBlock) {
        project(input(x, block), block)
        guard let y else { return }
        guard let weight = site.weight else { preconditionFailure("no weight was laid out") }
        Products.sum([Term(x, weight), addition(block)], into: y, bias: site.bias, base: base)
    }

    /// x as the adapter sees it.
    func input(_ x: Matrix, _ block: RowBlock) -> Matrix {
        guard let masked = maskedRows(block, type: x.type) else { return x }
        mask(x, into: masked, block)
        return masked
    }

    /// z = s·x·Aᵀ.
    func project(_ x: Matrix, _ block: RowBlock) {
        Products.sum([Term(x, site.a)], into: site.kept.z.rows(block.rows), alpha: site.adapter.scale)
    }

    /// z·Bᵀ.
    func addition(_ block: RowBlock) -> Term { Term(site.kept.z.rows(block.rows), site.b) }

    // MARK: Backward

    func backward(_ dy: Matrix, _ block: RowBlock) -> [Term] {
        backproject(dy, block)
        return (site.weight.map { [Term(dy, $0)] } ?? []) + (drops ? [] : [inputGradient(block)])
    }

    /// dz = s·dy·B.
    func backproject(_ dy: Matrix, _ block: RowBlock) {
        Products.sum([Term(dy, site.b)], into: dz(block), alpha: site.adapter.scale)
    }

    /// dz·A.
    func inputGradient(_ block: RowBlock) -> Term { Term(dz(block), site.a) }

    func addRest(into dx: Matrix, _ block: RowBlock) { addMasked([inputGradient(block)], into: dx, block) }

    /// Adds the sum of `terms`, masked, where the adapter's input was.
    func addMasked(_ terms: @autoclosure () -> [Term], into dx: Matrix, _ block: RowBlock) {
        guard let share = maskedRows(block, type: .f32) else { return }
        Products.sum(terms(), into: share)
        mask(share, into: share, block)
        Elements.add(share, into: dx)
    }

    static func gradients(
        _ sum: AdapterSum, x: Matrix, _ adapter: LowRankAdapter, _ factors: FactorPair?, _ context: PassContext
    ) -> [GradientProduct] {
        guard let z = sum.kept?.z, let dz = sum.dz, let factors else { return [] }
        let rank = adapter.trainedRank
        if adapter.origin != nil {
            // B is the sum of both halves of what dz was made with.
            context.compute { ColumnParts(widths: [rank, rank]).add(1, to: 0, of: dz) }
        }
        return [
            GradientProduct(z, count: rank, sum.dy, addedTo: factors.b, .manyByFew),
            GradientProduct(dz, count: rank, x, addedTo: factors.a, .fewByMany),
        ]
    }

    private func dz(_ block: RowBlock) -> Matrix {
        guard let dz = site.dz else { preconditionFailure("an adapter without room for dz") }
        return dz.rows(block.rows)
    }

    // MARK: Dropout

    /// Whether the adapter's input is masked.
    var drops: Bool { site.context.drops(site.layer) }

    /// Room for the block's rows of a masked input; nil where nothing is dropped.
    func maskedRows(_ block: RowBlock, type: ElementType) -> Matrix? {
        guard drops, let masked = site.masked else { return nil }
        return Matrix(
            pointer: masked[block].pointer, rows: block.rows.count, columns: site.layer.inputSize, type: type)
    }

    func mask(_ x: Matrix, into masked: Matrix, _ block: RowBlock) {
        site.context.mask(x, of: site.layer, into: masked, firstRow: block.rows.lowerBound)
    }
}
