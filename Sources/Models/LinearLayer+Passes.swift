// The two directions of a linear layer with an adapter, for a block of rows. N rows, r rank:
//
//     z = s·x·Aᵀ  [N, r]      y = x·Wᵀ + z·Bᵀ + b
//     dB += dyᵀ·z             dz = s·dy·B            dA += dzᵀ·x            dx = dy·W + dz·A
//
// Products of one result are one sum, rounded once. With dropout the adapter sees x masked, W sees x whole.

import Kernels
import Tensors

/// A layer's weight and its adapter's factors, laid out for the products of one direction.
struct LayerPanels {
    /// Nil on the way back where nothing below is trained.
    let weight: Panels?
    let a: Panels?
    let b: Panels?
}

/// The panels of several layers for one direction, valid until the end of the enclosing scope.
struct PassPanels {
    enum Direction: Equatable {
        case forward
        /// - needsInput: whether gradients of the layers' inputs are asked for.
        case backward(needsInput: Bool)
    }

    private let panels: [LayerPanels]
    /// Room for an adapter's masked input; nil where nothing is dropped.
    private let masked: RowScratch?

    /// Widens the weights of `layers` and lays them out, all in one go.
    init(_ layers: [LinearLayer], _ direction: Direction, _ context: PassContext) {
        let (workspace, type) = (context.workspace, context.precision)
        let reading: PanelSource.Reading = direction == .forward ? .transposed : .plain
        var sources: [PanelSource] = []
        for layer in layers {
            if direction != .backward(needsInput: false) {
                sources.append(PanelSource(RowLayout(layer.weight), reading, type: type, in: workspace))
            }
            if let adapter = layer.adapter {
                sources.append(
                    PanelSource(
                        RowLayout(adapter.a), reading, type: type, paddingColumns: reading == .transposed, in: workspace
                    ))
                sources.append(
                    PanelSource(
                        RowLayout(adapter.b), reading, type: type, paddingColumns: reading == .plain, in: workspace))
            }
        }
        var packed = Panels.pack(sources)[...]
        panels = layers.map { layer in
            LayerPanels(
                weight: direction == .backward(needsInput: false) ? nil : packed.popFirst(),
                a: layer.adapter == nil ? nil : packed.popFirst(), b: layer.adapter == nil ? nil : packed.popFirst())
        }
        let widest = layers.filter { $0.drops(context) }.map(\.inputSize).max()
        masked = widest.map { RowScratch(columns: $0, type: .f32, in: workspace) }
    }

    subscript(index: Int) -> LayerPanels { panels[index] }

    /// Room for the rows of a block of a masked matrix of `columns` columns.
    func masked(_ block: RowBlock, columns: Int, type: ElementType) -> Matrix? {
        masked.map { Matrix(pointer: $0[block].pointer, rows: block.rows.count, columns: columns, type: type) }
    }
}

extension LinearLayer {
    /// `y = …`, or `base + …`, for the rows of a block.
    ///
    /// - Parameters:
    ///   - x: the block's rows `[n, in]`, in the type of activations; `y`, `low` and `base` likewise hold these rows only.
    ///   - low: `[n, r]`, where z is kept for the way back.
    ///   - index: the layer's place in `panels`.
    ///   - block: which rows of the pass these are.
    func forward(
        _ x: Matrix, into y: Matrix, low: Matrix?, base: Matrix? = nil, _ panels: PassPanels, _ index: Int,
        block: RowBlock, _ context: PassContext
    ) {
        guard let weight = panels[index].weight else { preconditionFailure("no weight was laid out") }
        forwardLow(x, into: low, panels, index, block: block, context)
        var terms = [Term(x, weight)]
        if let low, let b = panels[index].b { terms.append(Term(low, b)) }
        Products.sum(terms, into: y, bias: bias, base: base)
    }

    /// Only z of `forward`: what a block run again for its backward needs of its last product.
    func forwardLow(
        _ x: Matrix, into low: Matrix?, _ panels: PassPanels, _ index: Int, block: RowBlock, _ context: PassContext
    ) {
        guard let adapter, let low, let a = panels[index].a else { return }
        Products.sum([Term(adapterInput(x, panels, block, context), a)], into: low, alpha: adapter.scale)
    }

    /// dz `[n, r]` of an adapter, for the rows of a block; nothing where there is none.
    func backwardLow(_ dy: Matrix, into dLow: Matrix?, _ panels: PassPanels, _ index: Int) {
        guard let adapter, let dLow, let b = panels[index].b else { return }
        Products.sum([Term(dy, b)], into: dLow, alpha: adapter.scale)
    }

    /// The products that make the gradient of the input, but for what a mask must fall on.
    func inputGradient(_ dy: Matrix, _ dLow: Matrix?, _ panels: PassPanels, _ index: Int, _ context: PassContext)
        -> [Term]
    {
        var terms: [Term] = []
        if let weight = panels[index].weight { terms.append(Term(dy, weight)) }
        if let dLow, let a = panels[index].a, !drops(context) { terms.append(Term(dLow, a)) }
        return terms
    }

    /// Adds the adapter's share of the input's gradient where its input was masked; `dx` is fp32.
    func addMaskedGradient(
        _ dLow: Matrix?, into dx: Matrix, _ panels: PassPanels, _ index: Int, block: RowBlock, _ context: PassContext
    ) {
        guard drops(context), let dLow, let a = panels[index].a,
            let share = panels.masked(block, columns: inputSize, type: .f32)
        else { return }
        Products.sum([Term(dLow, a)], into: share)
        mask(share, into: share, firstRow: block.rows.lowerBound, context)
        Elements.add(share, into: dx)
    }

    /// The sums over all rows that add to the adapter's gradients; `x` is masked where the adapter saw it so.
    func adapterGradients(_ dy: Matrix, x: Matrix, low: Matrix?, dLow: Matrix?) -> [GradientProduct] {
        guard let adapter, let low, let dLow else { return [] }
        return [
            GradientProduct(low, count: adapter.rank, dy, addedTo: adapter.gradientB, .manyByFew),
            GradientProduct(dLow, count: adapter.rank, x, addedTo: adapter.gradientA, .fewByMany),
        ]
    }

    /// Whether the adapter's input is masked in this pass.
    func drops(_ context: PassContext) -> Bool { context.dropout != nil && (adapter?.dropout ?? 0) > 0 }

    /// What the adapter sees of the rows of a block.
    private func adapterInput(_ x: Matrix, _ panels: PassPanels, _ block: RowBlock, _ context: PassContext) -> Matrix {
        guard drops(context), let masked = panels.masked(block, columns: x.columns, type: x.type) else { return x }
        mask(x, into: masked, firstRow: block.rows.lowerBound, context)
        return masked
    }

    /// Masks an input of the adapter, or the gradient of one: the same numbers are dropped, since a mask depends on its key alone.
    /// - Parameter firstRow: the row of the pass that `x` begins with.
    func mask(_ x: Matrix, into masked: Matrix, firstRow: Int, _ context: PassContext) {
        guard let adapter, let key = context.dropout else { preconditionFailure("nothing is dropped here") }
        Dropout.apply(
            x, into: masked, probability: adapter.dropout, seed: key.seed(layer: adapter.index), stream: key.stream,
            firstElement: (key.firstRow + firstRow) * inputSize)
    }
}
