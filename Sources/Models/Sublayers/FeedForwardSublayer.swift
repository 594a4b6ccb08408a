// The feed-forward part of a block, gated or plain:
//
//     x + D·(act(G·norm(x)) ⊙ U·norm(x))
//     x + D·act(U·norm(x))
//
// N rows, C width, F inner width.

import Kernels
import Tensors

/// A feed-forward network with its frozen weights.
final class FeedForwardSublayer: Sublayer {
    /// Of what it reads of the stream, where the family norms there.
    let norm: Norm?
    let join: ResidualJoin
    let activation: Activation
    /// To gate and up, or to up alone.
    let input: Projection
    let isGated: Bool
    let down: LinearLayer

    init(
        norm: Norm?, join: ResidualJoin, activation: Activation, input: Projection, isGated: Bool, down: LinearLayer
    ) {
        self.norm = norm
        self.join = join
        self.activation = activation
        self.input = input
        self.isGated = isGated
        self.down = down
    }

    /// F.
    var innerWidth: Int { down.inputSize }
    var headLayers: [LinearLayer] { input.layers }
    var norms: [Norm] { [norm].compactMap { $0 } + join.norms }
    var tailLayers: [LinearLayer] { [down] }
    var mixesRows: Bool { false }

    func begin(rows: Int, _ span: AttentionSpan, _ context: PassContext) -> any SublayerPass {
        FeedForwardPass(self, rows: rows, context)
    }

    func generate(_ x: Matrix, to y: Matrix, _ pass: GenerationPass) {
        let workspace = pass.workspace
        workspace.scoped {
            let product = pass.matrix(x.rows, innerWidth)
            workspace.scoped {
                let normed = norm?.generate(x, pass) ?? x
                let parts = [product] + (isGated ? [pass.matrix(x.rows, innerWidth)] : [])
                input.generate(normed, into: parts, pass)
                pass.context.compute { activate(parts, into: product) }
            }
            join.generate(down, product, to: y, pass)
        }
    }

    /// What goes into `down`, `[n, F]`, from gate and up or from up alone.
    fileprivate func activate(_ parts: [Matrix], into product: Matrix) {
        if isGated {
            activation.forward(gate: parts[0], up: parts[1], into: product)
        } else {
            activation.forward(parts[0], into: product)
        }
    }

    /// From the gradient of that to those of the parts, in their place.
    fileprivate func activateBackward(_ dProduct: Matrix, _ parts: [Matrix]) {
        if isGated {
            activation.backward(dProduct, gate: parts[0], up: parts[1], into: parts[0], dup: parts[1])
        } else {
            activation.backward(dProduct, parts[0], into: parts[0])
        }
    }
}

/// The feed-forward part forward, with what it saves, in the type of activations. The normed input and the product are made again
/// on the way back.
private struct FeedForwardPass: SublayerPass {
    let layers: FeedForwardSublayer
    let context: PassContext
    let input: ResidualInput
    /// Gate and up, or up; their gradients, once the way back is through.
    let projected: ProjectedRows
    let keptInput: [AdapterRows?]
    let keptDown: AdapterRows?
    let output: ResidualOutput

    init(_ layers: FeedForwardSublayer, rows: Int, _ context: PassContext) {
        self.layers = layers
        self.context = context
        input = ResidualInput(layers.norm, rows: rows, columns: layers.input.inputSize, context)
        projected = ProjectedRows(layers.input, rows: rows, context)
        keptInput = layers.input.adapterRows(rows, context)
        keptDown = context.adapterRows(layers.down, rows: rows)
        output = ResidualOutput(layers.join, rows: rows, columns: layers.down.outputSize, context)
    }

    var sublayer: any Sublayer { layers }
    var normGradients: [NormGradient] { [input.normGradient].compactMap { $0 } + output.normGradients }

    func head(_ panels: LayerPanels) -> (_ x: Matrix, _ block: RowBlock) -> Void {
        let read = input.reading()
        let passes = zip(layers.input.layers, keptInput).map { panels.whereLaidOut($0, $1) }
        return { x, block in
            let normed = read(x, block)
            for (pass, result) in zip(passes, projected.results) {
                pass?.forward(normed, into: result.rows(block.rows), block)
            }
        }
    }

    func tail(_ panels: LayerPanels) -> (_ x: Matrix, _ y: Matrix?, _ block: RowBlock) -> Void {
        let product = context.scratch(columns: layers.innerWidth)
        let parts = projected.parts(context)
        let add = output.adding(panels(layers.down, keptDown))
        return { x, y, block in
            layers.activate(parts.take(block), into: product[block])
            add(product[block], x, y, block)
        }
    }

    func backward() -> any SublayerBackward { FeedForwardBackward(self) }
}

/// The feed-forward part on the way back.
private struct FeedForwardBackward: SublayerBackward {
    let saved: FeedForwardPass
    /// Of the output of `down`, `[N, C]`; those of gate and up take the place of what was saved.
    let down: Matrix
    /// The layers' inputs, made again: of gate and up `[N, C]`, of down `[N, F]`.
    let normed: Matrix
    let product: Matrix
    let input: ProjectionBackward
    let dzDown: Matrix?

    init(_ saved: FeedForwardPass) {
        self.saved = saved
        let (rows, width, context) = (saved.input.rows, saved.input.columns, saved.context)
        down = context.activations(rows: rows, columns: width)
        normed = saved.input.restored()
        product = context.activations(rows: rows, columns: saved.layers.innerWidth)
        input = ProjectionBackward(
            saved.layers.input, saved.keptInput, gradient: saved.projected, rows: rows, context)
        dzDown = context.lowRankRows(saved.layers.down, rows: rows)
    }

    func tail(_ panels: LayerPanels) -> (_ dx: Matrix, _ block: RowBlock) -> Void {
        let layers = saved.layers
        let dProduct = saved.context.scratch(columns: layers.innerWidth, type: .f32)
        let parts = saved.projected.parts(saved.context)
        let downPass = panels(layers.down, saved.keptDown, dz: dzDown)
        return { dx, block in
            let rows = block.rows, dDown = down.rows(rows), inner = parts.take(block)
            saved.output.backward(dx, into: dDown, block)
            layers.activate(inner, into: product.rows(rows))
            LayerPass.inputGradient([(downPass, dDown)], into: dProduct[block], block)
            layers.activateBackward(dProduct[block], inner)
            parts.keep(block)
        }
    }

    func head(_ panels: LayerPanels, needsInput: Bool) -> (_ dx: Matrix, _ block: RowBlock) -> Void {
        let dNormed = saved.context.scratch(columns: normed.columns, type: .f32)
        let step = input.step(panels)
        return { dx, block in
            saved.input.restore(into: normed, block)
            step(needsInput ? dNormed[block] : nil, block)
            if needsInput { saved.input.backward(dNormed[block], addedTo: dx, block) }
        }
    }

    var sums: [AdapterSum] {
        input.sums(x: normed) + [
            AdapterSum(layer: saved.layers.down, x: product, dy: down, kept: saved.keptDown, dz: dzDown)
        ]
    }
}
