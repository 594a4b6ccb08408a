// A linear layer with its adapter in one direction of a pass, block by block of rows. N rows, r rank:
//
//     z = s·x·Aᵀ  [N, r]      y = x·Wᵀ + z·Bᵀ + b
//     dB += dyᵀ·z             dz = s·dy·B            dA += dzᵀ·x            dx = dy·W + dz·A
//
// Products of one result are one sum, rounded once. With dropout the adapter sees x masked, W sees x whole.

import Kernels
import Tensors

/// The layers of one loop over rows, laid out for the products of one direction; valid until the end of the enclosing scope.
struct LayerPanels {
    /// A layer that is wanted, with its weight or its adapter's factors alone.
    struct Wanted {
        let layer: LinearLayer
        let weight: Bool

        /// - Parameter weight: not needed on the way back where nothing below is trained.
        init(_ layer: LinearLayer, weight: Bool = true) {
            self.layer = layer
            self.weight = weight
        }
    }

    private let passes: [LayerPass]

    /// Widens the weights of `layers` and lays them out, all in one go.
    /// - Parameter reading: `.transposed` forward, `.plain` backward.
    init(_ layers: [Wanted], _ reading: PanelSource.Reading, _ context: PassContext) {
        let (workspace, type) = (context.workspace, context.precision)
        func source(_ layout: RowLayout, padding: Bool = false) -> PanelSource {
            PanelSource(layout, reading, type: type, paddingColumns: padding, in: workspace)
        }
        let sources = layers.map { wanted in
            (
                weight: wanted.weight ? source(RowLayout(wanted.layer.weight)) : nil,
                a: context.adapters[wanted.layer].map { source(RowLayout($0.a), padding: reading == .transposed) },
                b: context.adapters[wanted.layer].map { source(RowLayout($0.b), padding: reading == .plain) }
            )
        }
        context.compute { Panels.pack(sources.flatMap { [$0.weight, $0.a, $0.b].compactMap { $0 } }) }
        let widest = layers.filter { context.drops($0.layer) }.map(\.layer.inputSize).max()
        let masked = widest.map { RowScratch(columns: $0, type: .f32, in: workspace) }
        passes = zip(layers, sources).map { wanted, source in
            var adapter: LayerPass.Adapter?
            if let found = context.adapters[wanted.layer], let a = source.a, let b = source.b {
                adapter = LayerPass.Adapter(found, a: a.panels, b: b.panels)
            }
            return LayerPass(
                layer: wanted.layer, weight: source.weight?.panels, adapter: adapter, masked: masked, context: context)
        }
    }

    /// - Parameter low: where z is kept for the way back, or its gradient; nil where there is no adapter.
    func callAsFunction(_ layer: LinearLayer, low: Matrix?) -> LayerPass {
        guard var pass = passes.first(where: { $0.layer === layer }) else {
            preconditionFailure("the layer was not laid out")
        }
        pass.adapter?.low = low
        return pass
    }
}

/// One layer in one direction, with its adapter where it has one.
struct LayerPass {
    /// The adapter's part.
    struct Adapter {
        let adapter: LowRankAdapter
        let a: Panels
        let b: Panels
        /// z, or on the way back dz, of all rows `[N, r]`, r rounded up to whole pairs.
        var low: Matrix?

        init(_ adapter: LowRankAdapter, a: Panels, b: Panels) {
            self.adapter = adapter
            self.a = a
            self.b = b
        }
    }

    let layer: LinearLayer
    /// Nil on the way back where nothing below is trained.
    let weight: Panels?
    var adapter: Adapter?
    /// Room for the adapter's masked input; nil where nothing is dropped.
    let masked: RowScratch?
    let context: PassContext

    // MARK: Forward

    /// `y = …`, or `base + …`, for the rows of a block.
    ///
    /// - Parameter x: the block's rows `[n, in]`, in the type of activations; `y` and `base` likewise hold these rows only.
    func forward(_ x: Matrix, into y: Matrix, base: Matrix? = nil, _ block: RowBlock) {
        guard let weight else { preconditionFailure("no weight was laid out") }
        forwardLow(x, block)
        var terms = [Term(x, weight)]
        if let adapter { terms.append(Term(adapter.rows(of: block), adapter.b)) }
        Products.sum(terms, into: y, bias: layer.bias, base: base)
    }

    /// Only z of `forward`: what a block run again for its backward needs of its last product.
    func forwardLow(_ x: Matrix, _ block: RowBlock) {
        guard let adapter else { return }
        var input = x
        if let masked = maskedRows(block, type: x.type) {
            mask(x, into: masked, firstRow: block.rows.lowerBound)
            input = masked
        }
        Products.sum([Term(input, adapter.a)], into: adapter.rows(of: block), alpha: adapter.adapter.scale)
    }

    // MARK: Backward

    /// dz of each layer's adapter, and the gradient of the input that the layers share, for the rows of a block.
    ///
    /// - Parameters:
    ///   - parts: each layer with the gradient of its output `[n, out]`.
    ///   - dx: `[n, in]`, fp32 or, where nothing is dropped, of the type of activations.
    static func inputGradient(_ parts: [(pass: LayerPass, dy: Matrix)], into dx: Matrix, _ block: RowBlock) {
        var terms: [Term] = []
        for (pass, dy) in parts {
            pass.backwardLow(dy, block)
            if let weight = pass.weight { terms.append(Term(dy, weight)) }
            if let adapter = pass.adapter, !pass.drops { terms.append(Term(adapter.rows(of: block), adapter.a)) }
        }
        Products.sum(terms, into: dx)
        for (pass, _) in parts { pass.addMaskedGradient(into: dx, block) }
    }

    /// dz alone, where nothing below is trained.
    func backwardLow(_ dy: Matrix, _ block: RowBlock) {
        guard let adapter else { return }
        Products.sum([Term(dy, adapter.b)], into: adapter.rows(of: block), alpha: adapter.adapter.scale)
    }

    /// Adds the adapter's share of the input's gradient where its input was masked; `dx` is fp32.
    private func addMaskedGradient(into dx: Matrix, _ block: RowBlock) {
        guard let adapter, let share = maskedRows(block, type: .f32) else { return }
        Products.sum([Term(adapter.rows(of: block), adapter.a)], into: share)
        mask(share, into: share, firstRow: block.rows.lowerBound)
        Elements.add(share, into: dx)
    }

    // MARK: Dropout

    private var drops: Bool { context.drops(layer) }

    /// Room for the block's rows of a masked input; nil where nothing is dropped.
    private func maskedRows(_ block: RowBlock, type: ElementType) -> Matrix? {
        guard drops, let masked else { return nil }
        return Matrix(
            pointer: masked[block].pointer, rows: block.rows.count, columns: layer.inputSize, type: type)
    }

    private func mask(_ x: Matrix, into masked: Matrix, firstRow: Int) {
        context.mask(x, of: layer, into: masked, firstRow: firstRow)
    }
}

extension LayerPass.Adapter {
    /// z or dz of the block's rows.
    fileprivate func rows(of block: RowBlock) -> Matrix {
        guard let low else { preconditionFailure("an adapter without room for z") }
        return low.rows(block.rows)
    }
}

/// Whose sums over all rows add to an adapter's gradients: a layer with its input, the gradient of its output, z and dz.
struct AdapterSum {
    let layer: LinearLayer
    /// `[N, in]`, not masked.
    let x: Matrix
    /// `[N, out]`.
    let dy: Matrix
    /// `[N, r]` each; nil where there is no adapter.
    let z: Matrix?
    let dz: Matrix?

    /// Adds the gradients of the adapters of `sums`.
    static func run(_ sums: [AdapterSum], _ context: PassContext) {
        var products: [GradientProduct] = []
        for sum in sums {
            guard context.drops(sum.layer) else {
                products += sum.products(x: sum.x, context)
                continue
            }
            context.workspace.scoped {
                let masked = context.activations(rows: sum.x.rows, columns: sum.layer.inputSize)
                context.compute {
                    context.mask(sum.x, of: sum.layer, into: masked, firstRow: 0)
                    GradientProduct.run(sum.products(x: masked, context))
                }
            }
        }
        context.compute { GradientProduct.run(products) }
    }

    /// - Parameter x: as the adapter saw it.
    private func products(x: Matrix, _ context: PassContext) -> [GradientProduct] {
        guard let adapter = context.adapters[layer], let z, let dz else { return [] }
        return [
            GradientProduct(z, count: adapter.rank, dy, addedTo: adapter.gradientB, .manyByFew),
            GradientProduct(dz, count: adapter.rank, x, addedTo: adapter.gradientA, .fewByMany),
        ]
    }
}
