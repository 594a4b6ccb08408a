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

    /// Runs the block.
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
            let normed = context.activations(rows: x.rows, columns: x.columns)
            normInput(x, into: normed, saved)
            project(normed, saving: saved, span, context)
        }
        span.attend(saved, block: self, context)
        Elements.copy(x, into: saved.middle)
        output.forward(saved.attended, into: saved.middle, accumulate: true, low: saved.low[3], context)
        workspace.scoped {
            let normed = context.activations(rows: x.rows, columns: x.columns)
            normMiddle(into: normed, saved)
            gate.forward(normed, into: saved.gate, low: saved.low[4], context)
            up.forward(normed, into: saved.up, low: saved.low[5], context)
        }
        workspace.scoped {
            let product = context.activations(rows: x.rows, columns: configuration.mlpWidth)
            SwiGLU.forward(gate: saved.gate, up: saved.up, into: product)
            guard let y else {
                // The adapter's z is a saved value too; it needs the product, but not W.
                down.forwardLow(product, into: saved.low[6], context)
                return
            }
            Elements.copy(saved.middle, into: y)
            down.forward(product, into: y, accumulate: true, low: saved.low[6], context)
        }
    }

    func normInput(_ x: Matrix, into normed: Matrix, _ saved: BlockActivations) {
        RMSNorm.forward(
            x, weight: inputNorm.matrix, epsilon: configuration.normEpsilon, into: normed,
            inverseRMS: saved.inputInverseRMS)
    }

    func normMiddle(into normed: Matrix, _ saved: BlockActivations) {
        RMSNorm.forward(
            saved.middle, weight: middleNorm.matrix, epsilon: configuration.normEpsilon, into: normed,
            inverseRMS: saved.middleInverseRMS)
    }

    /// Queries, keys and values, normed where the family norms them, and rotated.
    private func project(
        _ normed: Matrix, saving saved: BlockActivations, _ span: AttentionSpan, _ context: PassContext
    ) {
        query.forward(normed, into: saved.rawQuery ?? saved.query, low: saved.low[0], context)
        key.forward(normed, into: saved.rawKey ?? saved.key, low: saved.low[1], context)
        value.forward(normed, into: saved.value, low: saved.low[2], context)
        let (heads, groups) = (configuration.heads, configuration.keyValueHeads)
        if let queryNorm, let raw = saved.rawQuery, let inverseRMS = saved.queryInverseRMS {
            RMSNorm.forward(
                raw.split(into: heads), weight: queryNorm.matrix, epsilon: configuration.normEpsilon,
                into: saved.query.split(into: heads), inverseRMS: inverseRMS)
        }
        if let keyNorm, let raw = saved.rawKey, let inverseRMS = saved.keyInverseRMS {
            RMSNorm.forward(
                raw.split(into: groups), weight: keyNorm.matrix, epsilon: configuration.normEpsilon,
                into: saved.key.split(into: groups), inverseRMS: inverseRMS)
        }
        span.rotate(saved.query, heads: heads, .forward)
        span.rotate(saved.key, heads: groups, .forward)
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
