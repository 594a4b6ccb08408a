// A linear layer with its adapter in one direction of a pass, block by block of rows: `y = x·Wᵀ + b`, `dx = dy·W`, and what the
// adapter's method makes of it. Products of one result are one sum, rounded once.

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

    /// A layer's panels.
    private struct Laid {
        let layer: LinearLayer
        let weight: Panels?
        /// Those of A and B; nil where there are none.
        let factors: (a: Panels, b: Panels)?
    }

    private let laid: [Laid]
    /// Room for the masked input of any layer.
    private let masked: RowScratch?
    private let context: PassContext

    /// Widens the weights of `layers` and lays them out, all in one go or, where weights are streamed, one after the other.
    /// - Parameter reading: `.transposed` forward, `.plain` backward.
    init(_ layers: [Wanted], _ reading: PanelSource.Reading, _ context: PassContext) {
        let (workspace, type) = (context.workspace, context.precision)
        func source(_ layout: RowLayout, padding: Bool = false) -> PanelSource {
            PanelSource(layout, reading, type: type, paddingColumns: padding, in: workspace)
        }
        let sources = layers.map { wanted in
            let adapter = context.adapters[wanted.layer], factors = adapter.flatMap(context.factors)
            let needsWeight = wanted.weight || adapter.map { $0.method.pass.readsWeightBackward($0) } ?? false
            return (
                weight: needsWeight ? source(RowLayout(context.weight(of: wanted.layer))) : nil,
                a: factors.map { source(RowLayout($0.a), padding: reading == .transposed) },
                b: factors.map { source(RowLayout($0.b), padding: reading == .plain) }
            )
        }
        context.compute {
            if context.streamsWeights {
                for (wanted, source) in zip(layers, sources) {
                    Panels.pack([source.weight, source.a, source.b].compactMap { $0 })
                    wanted.layer.weight.dropPages()
                }
            } else {
                Panels.pack(sources.flatMap { [$0.weight, $0.a, $0.b].compactMap { $0 } })
            }
        }
        let widest = layers.filter { context.drops($0.layer) }.map(\.layer.inputSize).max()
        masked = widest.map { RowScratch(columns: $0, type: .f32, in: workspace) }
        laid = zip(layers, sources).map { wanted, source in
            var factors: (Panels, Panels)?
            if let a = source.a, let b = source.b { factors = (a.panels, b.panels) }
            return Laid(layer: wanted.layer, weight: source.weight?.panels, factors: factors)
        }
        self.context = context
    }

    /// Takes the room that the loop over rows needs.
    /// - Parameters:
    ///   - kept: what the adapter leaves for the way back; nil where there is none.
    ///   - dz: its gradient's part, on the way back.
    func callAsFunction(_ layer: LinearLayer, _ kept: AdapterRows?, dz: Matrix? = nil) -> LayerPass {
        guard let pass = whereLaidOut(layer, kept, dz: dz) else { preconditionFailure("the layer was not laid out") }
        return pass
    }

    /// The same; nil where the layer is not among these: another loop over the same rows has it.
    func whereLaidOut(_ layer: LinearLayer, _ kept: AdapterRows?, dz: Matrix? = nil) -> LayerPass? {
        guard let found = laid.first(where: { $0.layer === layer }) else { return nil }
        var pass: (any AdapterPass)?
        if let adapter = context.adapters[layer], let kept {
            pass = adapter.method.pass.init(
                AdapterSite(
                    layer: layer, adapter: adapter, weight: found.weight, factors: found.factors, kept: kept, dz: dz,
                    masked: masked, context: context))
        }
        return LayerPass(
            layer: layer, weight: found.weight, adapter: pass, bias: context.bias(of: layer),
            seen: context.inputs?[layer])
    }
}

/// One layer in one direction, with its adapter where it has one.
struct LayerPass {
    let layer: LinearLayer
    /// Nil on the way back where nothing below is trained.
    let weight: Panels?
    let adapter: (any AdapterPass)?
    /// b `[1, out]`, fp32.
    let bias: Matrix?
    /// Where the layer's input goes, `[N, in]`, fp32; nil where nobody asks for it.
    let seen: Matrix?

    // MARK: Forward

    /// `y = …`, or `base + …`, for the rows of a block. Without `y` only what the way back needs is computed.
    ///
    /// - Parameter x: the block's rows `[n, in]`, in the type of activations; `y` and `base` likewise hold these rows only.
    func forward(_ x: Matrix, into y: Matrix?, base: Matrix? = nil, _ block: RowBlock) {
        if let seen { Conversion.convert(x, into: seen.rows(block.rows)) }
        if let adapter { return adapter.forward(x, into: y, base: base, block) }
        guard let y else { return }
        guard let weight else { preconditionFailure("no weight was laid out") }
        Products.sum([Term(x, weight)], into: y, bias: bias, base: base)
    }

    // MARK: Backward

    /// What the adapters' gradients need of each layer, and the gradient of the input that the layers share, for the rows of a
    /// block.
    ///
    /// - Parameters:
    ///   - parts: each layer with the gradient of its output `[n, out]`, which is used up.
    ///   - dx: `[n, in]`, fp32 or, where nothing is dropped, of the type of activations.
    static func inputGradient(_ parts: [(pass: LayerPass, dy: Matrix)], into dx: Matrix, _ block: RowBlock) {
        var terms: [Term] = []
        for (pass, dy) in parts { terms += pass.backward(dy, block) }
        // Of a layer whose inputs are scaled all comes as the rest.
        if terms.isEmpty { Elements.fill(dx) } else { Products.sum(terms, into: dx) }
        for (pass, _) in parts { pass.adapter?.addRest(into: dx, block) }
    }

    /// What the adapter's gradients need alone, where nothing below is trained; else also the terms of the input's gradient.
    @discardableResult
    func backward(_ dy: Matrix, _ block: RowBlock) -> [Term] {
        adapter?.backward(dy, block) ?? weight.map { [Term(dy, $0)] } ?? []
    }
}

/// Whose sums over all rows add to the gradients of a layer and of its adapter: a layer with its input, and what both ways left.
struct AdapterSum {
    let layer: LinearLayer
    /// `[N, in]`, not masked.
    let x: Matrix
    /// `[N, out]`, as the adapter left it.
    let dy: Matrix
    /// Nil where there is no adapter.
    let kept: AdapterRows?
    /// `[N, r]`.
    let dz: Matrix?
    /// The rows of the micro-batch that those of x are, where they are not those of the pass.
    var batchRows: [Int32]?

    /// Adds the gradients of the adapters of `sums`.
    static func run(_ sums: [AdapterSum], _ context: PassContext) {
        var products: [GradientProduct] = []
        for sum in sums {
            products += sum.ownProducts(context)
            guard let adapter = context.adapters[sum.layer] else { continue }
            guard context.drops(sum.layer) || adapter.makesFactors else {
                products += sum.products(x: sum.x, adapter, context.factorGradients(of: adapter), context)
                continue
            }
            context.workspace.scoped {
                // Before the products are asked for: a method may compute what they need of x.
                let x = sum.seen(context), factors = context.factorGradients(of: adapter)
                let products = sum.products(x: x, adapter, factors, context)
                context.compute {
                    GradientProduct.run(products)
                    adapter.spread(factors)
                }
            }
        }
        context.compute { GradientProduct.run(products) }
    }

    /// x as the adapter saw it.
    private func seen(_ context: PassContext) -> Matrix {
        guard context.drops(layer) else { return x }
        let masked = context.activations(rows: x.rows, columns: layer.inputSize)
        let own = batchRows.map(context.of) ?? context
        context.compute { own.mask(x, of: layer, into: masked, firstRow: 0) }
        return masked
    }

    private func products(
        x: Matrix, _ adapter: LowRankAdapter, _ factors: FactorPair?, _ context: PassContext
    ) -> [GradientProduct] {
        adapter.method.pass.gradients(self, x: x, adapter, factors, context)
    }

    /// Those of what is trained of the layer itself.
    private func ownProducts(_ context: PassContext) -> [GradientProduct] {
        guard let parts = context.adapters.parts else { return [] }
        var products: [GradientProduct] = []
        if let weight = parts.weight(of: layer) {
            products.append(
                GradientProduct(dy, count: layer.outputSize, x, addedTo: weight.gradients, .fewByMany))
        }
        if let bias = parts.bias(of: layer) {
            let ones = context.activations(rows: dy.rows, columns: 1)
            context.compute { Elements.fill(ones, with: 1) }
            products.append(GradientProduct(ones, count: 1, dy, addedTo: bias.gradients, .fewByMany))
        }
        return products
    }
}
