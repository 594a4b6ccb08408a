// Cross attention in training and evaluation, both directions. N rows of the stream, M rows that were read, C width, H heads of width
// D, G key and value heads.

import Kernels
import Tensors

/// Cross attention forward, with what it saves, all but the small ones in the type of activations.
struct CrossAttentionPass: SublayerPass {
    fileprivate let attention: CrossAttentionSublayer
    fileprivate let span: AttentionSpan
    fileprivate let encoded: EncodedRows
    fileprivate let context: PassContext
    fileprivate let input: ResidualInput
    /// `[N, H·D]`.
    fileprivate let query: Matrix
    /// `[M, G·D]`.
    fileprivate let key: Matrix
    fileprivate let value: Matrix
    /// What attention gives, `[N, H·D]`.
    fileprivate let attended: Matrix
    /// `[N, H]`, fp32: the softmax's denominator.
    fileprivate let logSumExp: Matrix
    fileprivate let kept: CrossLayers<AdapterRows?>
    fileprivate let output: ResidualOutput

    init(_ attention: CrossAttentionSublayer, rows: Int, _ span: AttentionSpan, _ context: PassContext) {
        guard let encoded = span.encoded else { preconditionFailure("nothing was read") }
        let shape = attention.shape
        self.attention = attention
        self.span = span
        self.encoded = encoded
        self.context = context
        input = ResidualInput(attention.norm, rows: rows, columns: attention.query.inputSize, context)
        query = context.activations(rows: rows, columns: shape.queryWidth)
        key = context.activations(rows: encoded.states.rows, columns: shape.keyValueWidth)
        value = context.activations(rows: encoded.states.rows, columns: shape.keyValueWidth)
        attended = context.activations(rows: rows, columns: shape.queryWidth)
        logSumExp = context.residual(rows: rows, columns: shape.heads)
        kept = CrossLayers(attention, rows: rows, encoded) { context.adapterRows($0, rows: $1) }
        output = ResidualOutput(attention.join, rows: rows, columns: attention.output.outputSize, context)
    }

    var sublayer: any Sublayer { attention }
    var normGradients: [NormGradient] { [input.normGradient].compactMap { $0 } + output.normGradients }

    func head(_ panels: LayerPanels) -> (_ x: Matrix, _ block: RowBlock) -> Void {
        let read = input.reading(), queryPass = panels(attention.query, kept.query)
        return { x, block in queryPass.forward(read(x, block), into: query.rows(block.rows), block) }
    }

    func tail(_ panels: LayerPanels) -> (_ x: Matrix, _ y: Matrix?, _ block: RowBlock) -> Void {
        context.workspace.scoped {
            let panels = LayerPanels(
                attention.innerLayers.map { LayerPanels.Wanted($0) }, .transposed, context.of(encoded.batchRows))
            let keyPass = panels(attention.key, kept.key), valuePass = panels(attention.value, kept.value)
            context.forEachBlock(of: encoded.states.rows) { block in
                let states = encoded.states.rows(block.rows)
                keyPass.forward(states, into: key.rows(block.rows), block)
                valuePass.forward(states, into: value.rows(block.rows), block)
            }
        }
        context.compute {
            Attention.forward(
                attention.shape.rule(), q: query, k: key, v: value, bounds: span.exampleBounds,
                keyBounds: encoded.bounds, into: attended, logSumExp: logSumExp)
        }
        let add = output.adding(panels(attention.output, kept.output))
        return { x, y, block in add(attended.rows(block.rows), x, y, block) }
    }

    func backward() -> any SublayerBackward { CrossAttentionBackward(self) }
}

/// Cross attention on the way back, with gradients in the type of activations.
private struct CrossAttentionBackward: SublayerBackward {
    let saved: CrossAttentionPass
    /// Of the outputs of the four layers.
    let query: Matrix
    let key: Matrix
    let value: Matrix
    let output: Matrix
    /// Of what attention gave, `[N, H·D]`.
    let attended: Matrix
    /// The input of the queries, made again.
    let normed: Matrix
    let dz: CrossLayers<Matrix?>

    init(_ saved: CrossAttentionPass) {
        self.saved = saved
        let (rows, read) = (saved.input.rows, saved.encoded.states.rows)
        let (shape, context) = (saved.attention.shape, saved.context)
        query = context.activations(rows: rows, columns: shape.queryWidth)
        key = context.activations(rows: read, columns: shape.keyValueWidth)
        value = context.activations(rows: read, columns: shape.keyValueWidth)
        output = context.activations(rows: rows, columns: saved.input.columns)
        attended = context.activations(rows: rows, columns: shape.queryWidth)
        normed = saved.input.restored()
        dz = CrossLayers(saved.attention, rows: rows, saved.encoded) { context.lowRankRows($0, rows: $1) }
    }

    func tail(_ panels: LayerPanels) -> (_ dx: Matrix, _ block: RowBlock) -> Void {
        let outputPass = panels(saved.attention.output, saved.kept.output, dz: dz.output)
        return { dx, block in
            let dOutput = output.rows(block.rows)
            saved.output.backward(dx, into: dOutput, block)
            LayerPass.inputGradient([(outputPass, dOutput)], into: attended.rows(block.rows), block)
        }
    }

    func head(_ panels: LayerPanels, needsInput: Bool) -> (_ dx: Matrix, _ block: RowBlock) -> Void {
        let (shape, context) = (saved.attention.shape, saved.context)
        let dQuery = context.residual(rows: query.rows, columns: shape.queryWidth)
        context.workspace.scoped { throughSource(dQuery) }
        let dNormed = context.scratch(columns: normed.columns, type: .f32)
        let queryPass = panels(saved.attention.query, saved.kept.query, dz: dz.query)
        return { dx, block in
            let dy = query.rows(block.rows)
            Conversion.convert(dQuery.rows(block.rows), into: dy)
            saved.input.restore(into: normed, block)
            guard needsInput else {
                queryPass.backward(dy, block)
                return
            }
            LayerPass.inputGradient([(queryPass, dy)], into: dNormed[block], block)
            saved.input.backward(dNormed[block], addedTo: dx, block)
        }
    }

    /// The gradient of the queries, `[N, H·D]` fp32, into `dQuery`, that of keys and values, and through these what is added to that
    /// of what was read.
    private func throughSource(_ dQuery: Matrix) {
        let (attention, encoded, context) = (saved.attention, saved.encoded, saved.context)
        let (shape, bounds) = (attention.shape, saved.span.exampleBounds)
        let shares = Attention.parts(bounds: bounds, heads: shape.heads)
        let dKey = (0..<shares).map { _ in context.residual(rows: key.rows, columns: shape.queryWidth) }
        let dValue = (0..<shares).map { _ in context.residual(rows: key.rows, columns: shape.queryWidth) }
        context.compute {
            Attention.backward(
                shape.rule(), attended, q: saved.query, k: saved.key, v: saved.value, o: saved.attended,
                logSumExp: saved.logSumExp, bounds: bounds, keyBounds: encoded.bounds, into: dQuery, dk: dKey,
                dv: dValue)
        }
        let wanted = attention.innerLayers.map { LayerPanels.Wanted($0, weight: encoded.gradient != nil) }
        let panels = LayerPanels(wanted, .plain, context.of(encoded.batchRows))
        let passes = [
            (panels(attention.key, saved.kept.key, dz: dz.key), key, dKey),
            (panels(attention.value, saved.kept.value, dz: dz.value), value, dValue),
        ]
        let grouped = context.scratch(columns: shape.keyValueWidth, type: .f32)
        let dStates = context.scratch(columns: encoded.states.columns, type: .f32)
        context.forEachBlock(of: key.rows) { block in
            for (_, dy, shares) in passes {
                Attention.sumOverGroup(
                    shares, rows: block.rows, groups: shape.groups, headWidth: shape.headWidth, into: grouped[block])
                Conversion.convert(grouped[block], into: dy.rows(block.rows))
            }
            guard let gradient = encoded.gradient else {
                for (pass, dy, _) in passes { pass.backward(dy.rows(block.rows), block) }
                return
            }
            LayerPass.inputGradient(passes.map { ($0.0, $0.1.rows(block.rows)) }, into: dStates[block], block)
            Elements.add(dStates[block], into: gradient.rows(block.rows))
        }
    }

    var sums: [AdapterSum] {
        let (attention, kept, states, rows) = (
            saved.attention, saved.kept, saved.encoded.states, saved.encoded.batchRows
        )
        return [
            AdapterSum(layer: attention.query, x: normed, dy: query, kept: kept.query, dz: dz.query),
            AdapterSum(layer: attention.key, x: states, dy: key, kept: kept.key, dz: dz.key, batchRows: rows),
            AdapterSum(
                layer: attention.value, x: states, dy: value, kept: kept.value, dz: dz.value, batchRows: rows),
            AdapterSum(layer: attention.output, x: saved.attended, dy: output, kept: kept.output, dz: dz.output),
        ]
    }
}

/// What there is of each layer.
private struct CrossLayers<Value> {
    let query: Value
    let key: Value
    let value: Value
    let output: Value

    /// - Parameter value: takes a layer and how many rows it is given.
    init(
        _ attention: CrossAttentionSublayer, rows: Int, _ encoded: EncodedRows, _ value: (LinearLayer, Int) -> Value
    ) {
        (query, output) = (value(attention.query, rows), value(attention.output, rows))
        (key, self.value) = (
            value(attention.key, encoded.states.rows), value(attention.value, encoded.states.rows)
        )
    }
}
