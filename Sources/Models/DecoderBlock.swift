// One decoder block, forward. Differences between families are data: biases, norms over heads, a sliding window.
//
//     m = x + O·attention(rotate(Q·norm(x)), rotate(K·norm(x)), V·norm(x))
//     y = m + D·(silu(G·norm(m)) ⊙ U·norm(m))

import Kernels
import Tensors

/// A pre-norm block: attention, then a gated MLP, each added to the residual stream.
final class DecoderBlock {
    let configuration: ModelConfiguration
    /// Its number, from 0.
    let layer: Int
    let inputNorm: ConstantVector
    let middleNorm: ConstantVector
    let queryNorm: ConstantVector?
    let keyNorm: ConstantVector?
    let query: LinearLayer
    let key: LinearLayer
    let value: LinearLayer
    let output: LinearLayer
    let gate: LinearLayer
    let up: LinearLayer
    let down: LinearLayer
    /// How many positions a token sees; nil for all before it.
    let window: Int?

    /// In network order; the indices of `BlockActivations.low`.
    var linearLayers: [LinearLayer] { [query, key, value, output, gate, up, down] }
    var hasAdapter: Bool { linearLayers.contains { $0.adapter != nil } }

    init(configuration: ModelConfiguration, layer: Int, parts: BlockParts) {
        self.configuration = configuration
        self.layer = layer
        inputNorm = parts.inputNorm
        middleNorm = parts.middleNorm
        queryNorm = parts.queryNorm
        keyNorm = parts.keyNorm
        query = parts.query
        key = parts.key
        value = parts.value
        output = parts.output
        gate = parts.gate
        up = parts.up
        down = parts.down
        window = configuration.window(layer: layer)
    }

    var attentionScale: Float { 1 / Float(configuration.headWidth).squareRoot() }

    /// Runs the block: rows in blocks through all that is a row's own affair, attention in between.
    ///
    /// - Parameters:
    ///   - x: the residual stream `[N, C]`, fp32.
    ///   - y: where the block's output goes, `[N, C]`, fp32; may be `x`. Nil stops before the last product, whose result
    ///     backward does not need.
    func forward(
        _ x: Matrix, into y: Matrix?, saving saved: BlockActivations, span: AttentionSpan, _ context: PassContext
    ) {
        let workspace = context.workspace
        workspace.scoped {
            let panels = PassPanels(linearLayers, .forward, context)
            let normed = RowScratch(columns: configuration.width, type: context.precision, in: workspace)
            RowBlock.forEach(of: x.rows) { block in
                let rows = block.rows
                Conversion.convert(x.rows(rows), into: saved.input.rows(rows))
                normInput(x.rows(rows), into: normed[block], saved, rows)
                project(normed[block], saving: saved, span, panels, block, context)
            }
            span.attend(saved, block: self, context)
            let middle = RowScratch(columns: configuration.width, type: .f32, in: workspace)
            let product = RowScratch(columns: configuration.mlpWidth, type: context.precision, in: workspace)
            RowBlock.forEach(of: x.rows) { block in
                let rows = block.rows
                output.forward(
                    saved.attended.rows(rows), into: middle[block], low: saved.low[3]?.rows(rows), base: x.rows(rows),
                    panels, 3, block: block, context)
                Conversion.convert(middle[block], into: saved.middle.rows(rows))
                normMiddle(middle[block], into: normed[block], saved, rows)
                gate.forward(
                    normed[block], into: saved.gate.rows(rows), low: saved.low[4]?.rows(rows), panels, 4, block: block,
                    context)
                up.forward(
                    normed[block], into: saved.up.rows(rows), low: saved.low[5]?.rows(rows), panels, 5, block: block,
                    context)
                SwiGLU.forward(gate: saved.gate.rows(rows), up: saved.up.rows(rows), into: product[block])
                guard let y else {
                    // The adapter's z is a saved value too; it needs the product, but not W.
                    down.forwardLow(product[block], into: saved.low[6]?.rows(rows), panels, 6, block: block, context)
                    return
                }
                down.forward(
                    product[block], into: y.rows(rows), low: saved.low[6]?.rows(rows), base: middle[block], panels, 6,
                    block: block, context)
            }
        }
    }

    /// The norm before attention, of rows `rows`.
    func normInput(_ x: Matrix, into normed: Matrix, _ saved: BlockActivations, _ rows: Range<Int>) {
        RMSNorm.forward(
            x, weight: inputNorm.matrix, epsilon: configuration.normEpsilon, into: normed,
            inverseRMS: saved.inputInverseRMS.rows(rows))
    }

    /// The norm before the MLP, of rows `rows`.
    func normMiddle(_ middle: Matrix, into normed: Matrix, _ saved: BlockActivations, _ rows: Range<Int>) {
        RMSNorm.forward(
            middle, weight: middleNorm.matrix, epsilon: configuration.normEpsilon, into: normed,
            inverseRMS: saved.middleInverseRMS.rows(rows))
    }

    /// Queries, keys and values of a block of rows, normed where the family norms them, and rotated.
    private func project(
        _ normed: Matrix, saving saved: BlockActivations, _ span: AttentionSpan, _ panels: PassPanels,
        _ block: RowBlock,
        _ context: PassContext
    ) {
        let rows = block.rows, (heads, groups) = (configuration.heads, configuration.keyValueHeads)
        let results = [saved.rawQuery ?? saved.query, saved.rawKey ?? saved.key, saved.value]
        for (index, (layer, result)) in zip([query, key, value], results).enumerated() {
            layer.forward(
                normed, into: result.rows(rows), low: saved.low[index]?.rows(rows), panels, index, block: block, context
            )
        }
        if let queryNorm, let raw = saved.rawQuery, let inverseRMS = saved.queryInverseRMS {
            RMSNorm.forward(
                raw.rows(rows).split(into: heads), weight: queryNorm.matrix, epsilon: configuration.normEpsilon,
                into: saved.query.rows(rows).split(into: heads), inverseRMS: inverseRMS.rows(rows, times: heads))
        }
        if let keyNorm, let raw = saved.rawKey, let inverseRMS = saved.keyInverseRMS {
            RMSNorm.forward(
                raw.rows(rows).split(into: groups), weight: keyNorm.matrix, epsilon: configuration.normEpsilon,
                into: saved.key.rows(rows).split(into: groups), inverseRMS: inverseRMS.rows(rows, times: groups))
        }
        span.rotate(saved.query.rows(rows), rows, heads: heads, .forward)
        span.rotate(saved.key.rows(rows), rows, heads: groups, .forward)
    }
}

/// The weights of a block, as the loader found them.
struct BlockParts {
    let inputNorm: ConstantVector
    let middleNorm: ConstantVector
    let queryNorm: ConstantVector?
    let keyNorm: ConstantVector?
    let query: LinearLayer
    let key: LinearLayer
    let value: LinearLayer
    let output: LinearLayer
    let gate: LinearLayer
    let up: LinearLayer
    let down: LinearLayer
}
