// The gated feed-forward part of a block:
//
//     x + D·(act(G·norm(x)) ⊙ U·norm(x))
//
// N rows, C width, F inner width.

import Kernels
import Tensors

/// A gated feed-forward network with its frozen weights.
final class FeedForwardSublayer: Sublayer {
    /// Of what it reads of the stream, where the family norms there.
    let norm: Norm?
    let join: ResidualJoin
    let activation: GateActivation
    let gate: LinearLayer
    let up: LinearLayer
    let down: LinearLayer

    init(
        norm: Norm?, join: ResidualJoin, activation: GateActivation, gate: LinearLayer, up: LinearLayer,
        down: LinearLayer
    ) {
        self.norm = norm
        self.join = join
        self.activation = activation
        self.gate = gate
        self.up = up
        self.down = down
    }

    /// F.
    var innerWidth: Int { gate.outputSize }
    var headLayers: [LinearLayer] { [gate, up] }
    var tailLayers: [LinearLayer] { [down] }
    var mixesRows: Bool { false }

    func begin(rows: Int, _ span: AttentionSpan, _ context: PassContext) -> any SublayerPass {
        FeedForwardPass(self, rows: rows, context)
    }

    func generate(_ x: Matrix, to y: Matrix, _ pass: GenerationPass) {
        let workspace = pass.workspace
        workspace.scoped {
            let gated = pass.matrix(x.rows, innerWidth)
            workspace.scoped {
                let normed = norm?.generate(x, pass) ?? x, raised = pass.matrix(x.rows, innerWidth)
                LinearLayer.generate([(gate, gated), (up, raised)], normed, pass)
                pass.context.compute { activation.forward(gate: gated, up: raised, into: gated) }
            }
            join.generate(down, gated, to: y, pass)
        }
    }
}

/// The feed-forward part forward, with what it saves, in the type of activations. The normed input and the product are made again
/// on the way back.
private struct FeedForwardPass: SublayerPass {
    let layers: FeedForwardSublayer
    let context: PassContext
    let input: ResidualInput
    /// `[N, F]`; their gradients, once the way back is through.
    let gate: Matrix
    let up: Matrix
    let kept: FeedForwardLayers<AdapterRows?>
    let output: ResidualOutput

    init(_ layers: FeedForwardSublayer, rows: Int, _ context: PassContext) {
        self.layers = layers
        self.context = context
        input = ResidualInput(layers.norm, rows: rows, columns: layers.gate.inputSize, context)
        gate = context.activations(rows: rows, columns: layers.innerWidth)
        up = context.activations(rows: rows, columns: layers.innerWidth)
        kept = FeedForwardLayers(layers) { context.adapterRows($0, rows: rows) }
        output = ResidualOutput(layers.join, rows: rows, columns: layers.down.outputSize, context)
    }

    var sublayer: any Sublayer { layers }

    func head(_ panels: LayerPanels) -> (_ x: Matrix, _ block: RowBlock) -> Void {
        let read = input.reading()
        let gatePass = panels.whereLaidOut(layers.gate, kept.gate), upPass = panels.whereLaidOut(layers.up, kept.up)
        return { x, block in
            let rows = block.rows, normed = read(x, block)
            gatePass?.forward(normed, into: gate.rows(rows), block)
            upPass?.forward(normed, into: up.rows(rows), block)
        }
    }

    func tail(_ panels: LayerPanels) -> (_ x: Matrix, _ y: Matrix?, _ block: RowBlock) -> Void {
        let product = context.scratch(columns: layers.innerWidth)
        let add = output.adding(panels(layers.down, kept.down))
        return { x, y, block in
            let rows = block.rows
            layers.activation.forward(gate: gate.rows(rows), up: up.rows(rows), into: product[block])
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
    let dz: FeedForwardLayers<Matrix?>

    init(_ saved: FeedForwardPass) {
        self.saved = saved
        let (rows, width, context) = (saved.input.rows, saved.input.columns, saved.context)
        down = context.activations(rows: rows, columns: width)
        normed = saved.input.restored()
        product = context.activations(rows: rows, columns: saved.layers.innerWidth)
        dz = FeedForwardLayers(saved.layers) { context.lowRankRows($0, rows: rows) }
    }

    func tail(_ panels: LayerPanels) -> (_ dx: Matrix, _ block: RowBlock) -> Void {
        let dProduct = saved.context.scratch(columns: saved.layers.innerWidth, type: .f32)
        let downPass = panels(saved.layers.down, saved.kept.down, dz: dz.down)
        return { dx, block in
            let rows = block.rows, dDown = down.rows(rows)
            let (gate, up) = (saved.gate.rows(rows), saved.up.rows(rows))
            saved.output.backward(dx, into: dDown, block)
            saved.layers.activation.forward(gate: gate, up: up, into: product.rows(rows))
            LayerPass.inputGradient([(downPass, dDown)], into: dProduct[block], block)
            saved.layers.activation.backward(dProduct[block], gate: gate, up: up, into: gate, dup: up)
        }
    }

    func head(_ panels: LayerPanels, needsInput: Bool) -> (_ dx: Matrix, _ block: RowBlock) -> Void {
        let dNormed = saved.context.scratch(columns: normed.columns, type: .f32)
        let layers = saved.layers
        let gatePass = panels(layers.gate, saved.kept.gate, dz: dz.gate)
        let upPass = panels(layers.up, saved.kept.up, dz: dz.up)
        return { dx, block in
            let rows = block.rows
            let parts = [(gatePass, saved.gate.rows(rows)), (upPass, saved.up.rows(rows))]
            saved.input.restore(into: normed, block)
            guard needsInput else {
                for (pass, dy) in parts { pass.backward(dy, block) }
                return
            }
            LayerPass.inputGradient(parts, into: dNormed[block], block)
            saved.input.backward(dNormed[block], addedTo: dx, block)
        }
    }

    var sums: [AdapterSum] {
        let (layers, kept) = (saved.layers, saved.kept)
        return [
            AdapterSum(layer: layers.gate, x: normed, dy: saved.gate, kept: kept.gate, dz: dz.gate),
            AdapterSum(layer: layers.up, x: normed, dy: saved.up, kept: kept.up, dz: dz.up),
            AdapterSum(layer: layers.down, x: product, dy: down, kept: kept.down, dz: dz.down),
        ]
    }
}

/// What there is of each layer.
private struct FeedForwardLayers<Value> {
    let gate: Value
    let up: Value
    let down: Value

    init(_ layers: FeedForwardSublayer, _ value: (LinearLayer) -> Value) {
        (gate, up, down) = (value(layers.gate), value(layers.up), value(layers.down))
    }
}
