// Attention in training and evaluation, both directions. N rows, C width, H heads of width D, G key and value heads.

import Kernels
import Tensors

/// Attention forward, with what it saves, all but the small ones in the type of activations.
struct AttentionPass: SublayerPass {
    fileprivate let attention: AttentionSublayer
    fileprivate let span: AttentionSpan
    fileprivate let context: PassContext
    fileprivate let input: ResidualInput
    fileprivate let query: RotatedHeads
    fileprivate let key: RotatedHeads
    /// `[N, G·D]`.
    fileprivate let value: Matrix
    /// What attention gives, `[N, H·D]`.
    fileprivate let attended: Matrix
    /// `[N, H]`, fp32: the softmax's denominator.
    fileprivate let logSumExp: Matrix
    fileprivate let keptInput: [AdapterRows?]
    fileprivate let keptOutput: AdapterRows?
    fileprivate let output: ResidualOutput

    init(_ attention: AttentionSublayer, rows: Int, _ span: AttentionSpan, _ context: PassContext) {
        let shape = attention.shape, table = span.table(shape.rotary)
        self.attention = attention
        self.span = span
        self.context = context
        input = ResidualInput(attention.norm, rows: rows, columns: attention.input.inputSize, context)
        query = RotatedHeads(count: shape.heads, shape, attention.queryNorm, table, rows: rows, context)
        key = RotatedHeads(count: shape.groups, shape, attention.keyNorm, table, rows: rows, context)
        value = context.activations(rows: rows, columns: shape.keyValueWidth)
        attended = context.activations(rows: rows, columns: shape.queryWidth)
        logSumExp = context.residual(rows: rows, columns: shape.heads)
        keptInput = attention.input.adapterRows(rows, context)
        keptOutput = context.adapterRows(attention.output, rows: rows)
        output = ResidualOutput(attention.join, rows: rows, columns: attention.output.outputSize, context)
    }

    var sublayer: any Sublayer { attention }
    var normGradients: [NormGradient] { [input.normGradient].compactMap { $0 } + output.normGradients }

    func head(_ panels: LayerPanels) -> (_ x: Matrix, _ block: RowBlock) -> Void {
        let read = input.reading()
        let project = ProjectionForward(attention.input, panels, keptInput, context)
        let prefix = context.adapters.parts?.prefix
        return { x, block in
            let rows = block.rows, normed = read(x, block)
            project(normed, into: [query.projected, key.projected, value].map { $0.rows(rows) }, block) { part in
                if part < 2 { [query, key][part].forward(rows, span) }
                guard let prefix, let kind = TrainedPrefix.Kind(rawValue: part - 1) else { return }
                prefix.put(
                    kind, layer: attention.layer, positions: span.positions(rows),
                    into: (kind == .keys ? key.rotated : value).rows(rows))
            }
        }
    }

    func tail(_ panels: LayerPanels) -> (_ x: Matrix, _ y: Matrix?, _ block: RowBlock) -> Void {
        span.attend(
            span.rule(attention), query.rotated, key.rotated, value, into: attended, logSumExp: logSumExp, context)
        let add = output.adding(panels(attention.output, keptOutput))
        return { x, y, block in add(attended.rows(block.rows), x, y, block) }
    }

    func backward() -> any SublayerBackward { AttentionBackward(self) }
}

/// Attention on the way back, with gradients in the type of activations.
private struct AttentionBackward: SublayerBackward {
    let saved: AttentionPass
    /// Of the outputs of the layers.
    let projected: ProjectedRows
    let output: Matrix
    /// Of what attention gave, `[N, H·D]`.
    let attended: Matrix
    /// The input of query, key and value, made again.
    let normed: Matrix
    let input: ProjectionBackward
    let dzOutput: Matrix?

    init(_ saved: AttentionPass) {
        self.saved = saved
        let (rows, shape, context) = (saved.input.rows, saved.attention.shape, saved.context)
        projected = ProjectedRows(saved.attention.input, rows: rows, context)
        output = context.activations(rows: rows, columns: saved.input.columns)
        attended = context.activations(rows: rows, columns: shape.queryWidth)
        normed = saved.input.restored()
        input = ProjectionBackward(
            saved.attention.input, saved.keptInput, gradient: projected, rows: rows, context)
        dzOutput = context.lowRankRows(saved.attention.output, rows: rows)
    }

    func tail(_ panels: LayerPanels) -> (_ dx: Matrix, _ block: RowBlock) -> Void {
        let outputPass = panels(saved.attention.output, saved.keptOutput, dz: dzOutput)
        return { dx, block in
            let dOutput = output.rows(block.rows)
            saved.output.backward(dx, into: dOutput, block)
            LayerPass.inputGradient([(outputPass, dOutput)], into: attended.rows(block.rows), block)
        }
    }

    func head(_ panels: LayerPanels, needsInput: Bool) -> (_ dx: Matrix, _ block: RowBlock) -> Void {
        let (shape, span, context) = (saved.attention.shape, saved.span, saved.context)
        let dQuery = context.residual(rows: normed.rows, columns: shape.queryWidth)
        let shares = span.gradientShares(heads: shape.heads)
        let dKey = (0..<shares).map { _ in context.residual(rows: normed.rows, columns: shape.queryWidth) }
        let dValue = (0..<shares).map { _ in context.residual(rows: normed.rows, columns: shape.queryWidth) }
        span.attendBackward(
            span.rule(saved.attention), attended, q: saved.query.rotated, k: saved.key.rotated, v: saved.value,
            o: saved.attended, logSumExp: saved.logSumExp, into: dQuery, dKey, dValue, context)
        if let prefix = context.adapters.parts?.prefix {
            context.compute {
                for (kind, shares) in [(TrainedPrefix.Kind.keys, dKey), (.values, dValue)] {
                    prefix.take(
                        kind, layer: saved.attention.layer, shape, positions: span.positions, from: shares)
                }
            }
        }
        let grouped = context.scratch(columns: shape.keyValueWidth, type: .f32)
        let dNormed = context.scratch(columns: normed.columns, type: .f32)
        let parts = projected.parts(context), step = input.step(panels)
        return { dx, block in
            let rows = block.rows, gradients = parts.rooms(block)
            saved.query.backward(dQuery.rows(rows), rows, span, into: gradients[0])
            Attention.sumOverGroup(
                dKey, rows: rows, groups: shape.groups, headWidth: shape.headWidth, into: grouped[block])
            saved.key.backward(grouped[block], rows, span, into: gradients[1])
            Attention.sumOverGroup(
                dValue, rows: rows, groups: shape.groups, headWidth: shape.headWidth, into: grouped[block])
            Conversion.convert(grouped[block], into: gradients[2])
            parts.keep(block)

            saved.input.restore(into: normed, block)
            step(needsInput ? dNormed[block] : nil, block)
            if needsInput { saved.input.backward(dNormed[block], addedTo: dx, block) }
        }
    }

    var sums: [AdapterSum] {
        input.sums(x: normed) + [
            AdapterSum(
                layer: saved.attention.output, x: saved.attended, dy: output, kept: saved.keptOutput, dz: dzOutput)
        ]
    }
}

/// Queries or keys: projected, normed where the family norms them, rotated where positions do that.
private struct RotatedHeads {
    let count: Int
    let norm: HeadNorm?
    let table: RotaryTable?
    /// `[N, count·D]`.
    let rotated: Matrix
    /// Before the norm, where there is one, and what the norm leaves for the way back, fp32.
    let raw: Matrix?
    let statistics: Matrix?

    init(
        count: Int, _ shape: AttentionShape, _ norm: HeadNorm?, _ table: RotaryTable?, rows: Int, _ context: PassContext
    ) {
        self.count = count
        self.norm = norm
        self.table = table
        let columns = count * shape.headWidth
        rotated = context.activations(rows: rows, columns: columns)
        raw = norm.map { _ in context.activations(rows: rows, columns: columns) }
        statistics = norm.map { $0.statistics(rows: rows, context) }
    }

    /// Where the projection puts its result.
    var projected: Matrix { raw ?? rotated }

    /// From what was projected of rows `rows` to what attention takes.
    func forward(_ rows: Range<Int>, _ span: AttentionSpan) {
        if let norm, let raw, let statistics {
            norm.forward(raw.rows(rows), into: rotated.rows(rows), statistics: statistics, rows)
        }
        span.rotate(rotated.rows(rows), rows, heads: count, table, .forward)
    }

    /// From the gradient of what attention took of rows `rows`, fp32, which is used up, to that of what was projected.
    func backward(_ gradient: Matrix, _ rows: Range<Int>, _ span: AttentionSpan, into result: Matrix) {
        span.rotate(gradient, rows, heads: count, table, .backward)
        guard let norm, let raw, let statistics else { return Conversion.convert(gradient, into: result) }
        norm.backward(gradient, x: raw.rows(rows), statistics: statistics, rows, into: result)
    }
}
