// Experts in training and evaluation, both directions. N rows, C width, E experts, K of a row, F inner width. Between the head, which
// asks the router, and the tail, which adds to the stream, the experts are taken one after the other: only the weights of one that
// rows go to are laid out at a time. Of what they save, each expert's rows are a part of N·K.

import Kernels
import Tensors

/// Experts forward, with what they save, all but the small ones in the type of activations.
final class ExpertsPass: SublayerPass {
    fileprivate let layers: ExpertsSublayer
    fileprivate let context: PassContext
    fileprivate let input: ResidualInput
    /// What router and experts read, `[N, C]`: kept, since rows go to the experts from here.
    fileprivate let normed: Matrix
    /// The router's logits `[N, E]`, fp32; its probabilities, once rows have gone.
    fileprivate let probabilities: Matrix
    /// `[N, K]`, fp32: what each expert of a row counts.
    fileprivate let shares: Matrix
    fileprivate let routerKept: AdapterRows?
    /// `[N·K, F]`; their gradients, once the way back is through.
    fileprivate let gate: Matrix
    fileprivate let up: Matrix
    fileprivate let kept: ExpertLayers<StackRows?>
    fileprivate let output: ResidualOutput
    /// Nil until all rows are through the head.
    fileprivate private(set) var routed: RoutedRows?

    init(_ layers: ExpertsSublayer, rows: Int, _ context: PassContext) {
        let spec = layers.spec, width = layers.router.inputSize
        self.layers = layers
        self.context = context
        input = ResidualInput(layers.norm, rows: rows, columns: width, context)
        normed = context.activations(rows: rows, columns: width)
        probabilities = context.residual(rows: rows, columns: spec.count)
        shares = context.residual(rows: rows, columns: spec.used)
        routerKept = context.adapterRows(layers.router, rows: rows)
        gate = context.activations(rows: rows * spec.used, columns: layers.innerWidth)
        up = context.activations(rows: rows * spec.used, columns: layers.innerWidth)
        kept = ExpertLayers(layers) { StackRows($0, rows: rows * spec.used, context) }
        output = ResidualOutput(layers.join, rows: rows, columns: width, context)
    }

    var sublayer: any Sublayer { layers }
    var normGradients: [NormGradient] { [input.normGradient].compactMap { $0 } + output.normGradients }

    func head(_ panels: LayerPanels) -> (_ x: Matrix, _ block: RowBlock) -> Void {
        let read = input.reading(), router = panels(layers.router, routerKept)
        return { [self] x, block in
            let rows = block.rows
            Conversion.convert(read(x, block), into: normed.rows(rows))
            router.forward(normed.rows(rows), into: probabilities.rows(rows), block)
        }
    }

    func tail(_ panels: LayerPanels) -> (_ x: Matrix, _ y: Matrix?, _ block: RowBlock) -> Void {
        let sum = context.residual(rows: input.rows, columns: input.columns)
        context.compute { Elements.fill(sum) }
        let routed = RoutedRows(layers.spec, probabilities, into: shares, context)
        self.routed = routed
        for (expert, part) in routed.parts { context.workspace.scoped { run(expert, part, routed, addingTo: sum) } }
        return { [output] x, y, block in output.add(sum.rows(block.rows), to: x, into: y, block) }
    }

    /// Takes the rows `part` through an expert, and adds what it gives to those of `sum` `[N, C]`.
    private func run(_ number: Int, _ part: Range<Int>, _ routed: RoutedRows, addingTo sum: Matrix) {
        let expert = layers.experts[number], seen = context.inputs?.experts(of: layers)
        seen?.begin(number, part)
        let panels = LayerPanels(expert.layers.map { LayerPanels.Wanted($0) }, .transposed, context)
        let given = context.scratch(columns: input.columns), product = context.scratch(columns: layers.innerWidth)
        let result = context.scratch(columns: input.columns, type: .f32)
        let gatePass = panels(expert.gate, kept.gate?.rows(of: expert.gate, part, context))
        let upPass = panels(expert.up, kept.up?.rows(of: expert.up, part, context))
        let downPass = panels(expert.down, kept.down?.rows(of: expert.down, part, context))
        let (gate, up) = (gate.rows(part), up.rows(part))
        context.forEachBlock(of: part.count) { block in
            guard let rows = routed.rows else { return }
            let places = block.places(in: part)
            let (x, h, y) = (given[block], product[block], result[block])
            rows.gather(places, of: normed, into: x)
            gatePass.forward(x, into: gate.rows(block.rows), block)
            upPass.forward(x, into: up.rows(block.rows), block)
            layers.activation.forward(gate: gate.rows(block.rows), up: up.rows(block.rows), into: h)
            downPass.forward(h, into: y, block)
            rows.weigh(places, y, by: shares)
            rows.scatterAdd(places, y, into: sum)
            seen?.leave(x, h, places)
        }
    }

    func backward() -> any SublayerBackward { ExpertsBackward(self) }
}

/// Experts on the way back.
private struct ExpertsBackward: SublayerBackward {
    let saved: ExpertsPass
    /// The gradient of what is added to the stream, `[N, C]`.
    let output: Matrix
    /// Of the router's logits, `[N, E]`, and of the shares, `[N, K]`, fp32.
    let logits: Matrix
    let shares: Matrix
    let routerDz: Matrix?
    let dz: ExpertLayers<StackRows?>

    init(_ saved: ExpertsPass) {
        self.saved = saved
        let (layers, context) = (saved.layers, saved.context)
        let (rows, spec) = (saved.input.rows, layers.spec)
        output = context.activations(rows: rows, columns: saved.input.columns)
        logits = context.activations(rows: rows, columns: spec.count)
        shares = context.residual(rows: rows, columns: spec.used)
        routerDz = context.lowRankRows(layers.router, rows: rows)
        dz = ExpertLayers(layers) { StackRows($0, rows: rows * spec.used, context) }
    }

    func tail(_ panels: LayerPanels) -> (_ dx: Matrix, _ block: RowBlock) -> Void {
        { dx, block in saved.output.backward(dx, into: output.rows(block.rows), block) }
    }

    func head(_ panels: LayerPanels, needsInput: Bool) -> (_ dx: Matrix, _ block: RowBlock) -> Void {
        let (layers, context) = (saved.layers, saved.context), spec = layers.spec
        let sum = context.residual(rows: output.rows, columns: output.columns)
        context.compute { Elements.fill(sum) }
        guard let routed = saved.routed else { preconditionFailure("backward before forward") }
        for (expert, part) in routed.parts {
            context.workspace.scoped { run(expert, part, routed, addingTo: needsInput ? sum : nil) }
        }
        let router = panels(layers.router, saved.routerKept, dz: routerDz)
        let dNormed = context.scratch(columns: output.columns, type: .f32)
        return { dx, block in
            let rows = block.rows, probabilities = saved.probabilities.rows(rows), dLogits = logits.rows(rows)
            ExpertRouting.backward(
                probabilities, chosen: routed.chosen[rows.lowerBound * spec.used..<rows.upperBound * spec.used],
                normalises: spec.normalisesShares, shares: saved.shares.rows(rows), gradients: shares.rows(rows))
            Conversion.convert(probabilities, into: dLogits)
            guard needsInput else {
                router.backward(dLogits, block)
                return
            }
            LayerPass.inputGradient([(router, dLogits)], into: dNormed[block], block)
            Elements.add(sum.rows(rows), into: dNormed[block])
            saved.input.backward(dNormed[block], addedTo: dx, block)
        }
    }

    /// Takes an expert's rows back, and adds their gradients to those of `sum` `[N, C]`, where it is wanted. What its adapters sum
    /// over its rows is summed here: of these rows nothing else is kept.
    private func run(_ number: Int, _ part: Range<Int>, _ routed: RoutedRows, addingTo sum: Matrix?) {
        let (layers, context) = (saved.layers, saved.context), expert = layers.experts[number]
        let (count, width, inner) = (part.count, output.columns, layers.innerWidth)
        let wanted = [expert.gate, expert.up].map { LayerPanels.Wanted($0, weight: sum != nil) }
        let panels = LayerPanels([LayerPanels.Wanted(expert.down)] + wanted, .plain, context)
        let given = context.activations(rows: count, columns: width)
        let product = context.activations(rows: count, columns: inner)
        let dResult = context.activations(rows: count, columns: width)
        let dProduct = context.scratch(columns: inner, type: .f32)
        let dGiven = context.scratch(columns: width, type: .f32)
        func rows(_ stack: StackRows?, _ layer: LinearLayer) -> AdapterRows? { stack?.rows(of: layer, part, context) }
        let (gateKept, upKept) = (rows(saved.kept.gate, expert.gate), rows(saved.kept.up, expert.up))
        let downKept = rows(saved.kept.down, expert.down)
        let (gateDz, upDz) = (rows(dz.gate, expert.gate)?.z, rows(dz.up, expert.up)?.z)
        let downDz = rows(dz.down, expert.down)?.z
        let downPass = panels(expert.down, downKept, dz: downDz)
        let gatePass = panels(expert.gate, gateKept, dz: gateDz), upPass = panels(expert.up, upKept, dz: upDz)
        let (gate, up) = (saved.gate.rows(part), saved.up.rows(part))
        context.forEachBlock(of: count) { block in
            guard let rows = routed.rows else { return }
            let places = block.places(in: part), range = block.rows
            let (g, u, h, dh) = (gate.rows(range), up.rows(range), product.rows(range), dProduct[block])
            rows.gather(places, of: saved.normed, into: given.rows(range))
            rows.gather(places, of: output, into: dResult.rows(range))
            layers.activation.forward(gate: g, up: u, into: h)
            // As if the expert counted 1: the gradient of its share is what its product and this one multiply to.
            LayerPass.inputGradient([(downPass, dResult.rows(range))], into: dh, block)
            rows.dots(places, dh, h, into: shares)
            for matrix in [dh, downKept?.z.rows(range), downDz?.rows(range)].compactMap({ $0 }) {
                rows.weigh(places, matrix, by: saved.shares)
            }
            layers.activation.backward(dh, gate: g, up: u, into: g, dup: u)
            guard let sum else {
                gatePass.backward(g, block)
                upPass.backward(u, block)
                return
            }
            LayerPass.inputGradient([(gatePass, g), (upPass, u)], into: dGiven[block], block)
            rows.scatterAdd(places, dGiven[block], into: sum)
        }
        // One after the other: gate and up may share a factor.
        for sum in [
            AdapterSum(layer: expert.gate, x: given, dy: gate, kept: gateKept, dz: gateDz),
            AdapterSum(layer: expert.up, x: given, dy: up, kept: upKept, dz: upDz),
            AdapterSum(layer: expert.down, x: product, dy: dResult, kept: downKept, dz: downDz),
        ] { AdapterSum.run([sum], context) }
    }

    var sums: [AdapterSum] {
        [
            AdapterSum(
                layer: saved.layers.router, x: saved.normed, dy: logits, kept: saved.routerKept, dz: routerDz)
        ]
    }
}

/// What there is of each kind of layer, for all experts together.
private struct ExpertLayers<Value> {
    let gate: Value
    let up: Value
    let down: Value

    init(_ layers: ExpertsSublayer, _ value: ([LinearLayer]) -> Value) {
        gate = value(layers.experts.map(\.gate))
        up = value(layers.experts.map(\.up))
        down = value(layers.experts.map(\.down))
    }
}

/// What the adapters of one kind of layer leave of the rows of all experts, or their gradients.
private struct StackRows {
    /// `[N·K, r]`, for the largest of their ranks.
    private let z: Matrix

    /// Nil where none of `layers` has an adapter.
    init?(_ layers: [LinearLayer], rows: Int, _ context: PassContext) {
        let ranks = layers.compactMap { context.adapters[$0]?.rank }
        guard let largest = ranks.max() else { return nil }
        z = context.activations(rows: rows, columns: Panels.paddedDepth(largest, context.precision))
    }

    /// Those of an expert's rows; nil where its layer has no adapter.
    func rows(of layer: LinearLayer, _ part: Range<Int>, _ context: PassContext) -> AdapterRows? {
        guard let adapter = context.adapters[layer] else { return nil }
        let columns = Panels.paddedDepth(adapter.rank, context.precision)
        return AdapterRows(
            z: Matrix(pointer: z.rows(part).pointer, rows: part.count, columns: columns, type: z.type), own: [])
    }
}

extension RowBlock {
    /// The block's rows as a part of what `part` is of.
    fileprivate func places(in part: Range<Int>) -> Range<Int> {
        part.lowerBound + rows.lowerBound..<part.lowerBound + rows.upperBound
    }
}
