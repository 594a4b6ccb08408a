// One decoder block, backward: the mirror of `forward`, in the opposite order. Only input gradients and adapters' gradients.

import Kernels
import Tensors

/// Gradients that outlive the block of rows they were made in, because sums over all rows need them.
private struct BlockGradients {
    /// Of the outputs of `down` and `output`, `[N, C]`.
    let down: Matrix
    let output: Matrix
    /// Of queries, keys and values, `[N, H·D]`, `[N, G·D]`, `[N, G·D]`.
    let query: Matrix
    let key: Matrix
    let value: Matrix
    /// dz of each adapter, in the order of `DecoderBlock.linearLayers`.
    let low: [Matrix?]
    /// The layers' inputs, made again: of query, key and value; of gate and up, `[N, C]`; of down, `[N, F]`.
    let normedInput: Matrix
    let normedMiddle: Matrix
    let product: Matrix

    init(rows: Int, block: DecoderBlock, _ context: PassContext) {
        let shape = block.configuration
        func matrix(_ columns: Int) -> Matrix { context.activations(rows: rows, columns: columns) }
        (down, output, normedInput, normedMiddle) =
            (matrix(shape.width), matrix(shape.width), matrix(shape.width), matrix(shape.width))
        (query, key, value) = (matrix(shape.queryWidth), matrix(shape.keyValueWidth), matrix(shape.keyValueWidth))
        product = matrix(shape.mlpWidth)
        low = block.linearLayers.map { $0.low(rows: rows, context) }
    }
}

extension DecoderBlock {
    /// Turns ∂loss/∂output into ∂loss/∂input, in place, adding to the adapters' gradients on the way.
    ///
    /// Uses up `saved`: gate and up are overwritten with their gradients.
    ///
    /// - Parameters:
    ///   - dx: `[N, C]`, fp32.
    ///   - isLowest: nothing below is trained, so `dx` is left undefined and what only it needs is not computed.
    func backward(
        _ dx: Matrix, saved: BlockActivations, isLowest: Bool, span: AttentionSpan, _ context: PassContext
    ) {
        context.workspace.scoped {
            let gradients = BlockGradients(rows: dx.rows, block: self, context)
            context.workspace.scoped {
                let dAttended = context.activations(rows: dx.rows, columns: configuration.queryWidth)
                backwardMLP(dx, dAttended, saved, gradients, context)
                backwardAttention(dAttended, dx, saved, gradients, isLowest: isLowest, span, context)
            }
            addAdapterGradients(saved, gradients, context)
        }
    }

    /// From the block's output down to what attention gave.
    private func backwardMLP(
        _ dx: Matrix, _ dAttended: Matrix, _ saved: BlockActivations, _ gradients: BlockGradients,
        _ context: PassContext
    ) {
        context.workspace.scoped {
            let layers = [output, gate, up, down]
            let panels = PassPanels(layers, .backward(needsInput: true), context)
            let dProduct = RowScratch(columns: configuration.mlpWidth, type: .f32, in: context.workspace)
            let dNormed = RowScratch(columns: configuration.width, type: .f32, in: context.workspace)
            RowBlock.forEach(of: dx.rows) { block in
                let rows = block.rows
                let (dxRows, gateRows, upRows) = (dx.rows(rows), saved.gate.rows(rows), saved.up.rows(rows))
                let dLow = layers.indices.map { gradients.low[$0 + 3]?.rows(rows) }
                // y = m + D·(silu(G·n) ⊙ U·n)
                let dDown = gradients.down.rows(rows)
                Conversion.convert(dxRows, into: dDown)
                SwiGLU.forward(gate: gateRows, up: upRows, into: gradients.product.rows(rows))
                inputGradient([(down, dDown, dLow[3], 3)], into: dProduct[block], panels, block, context)
                SwiGLU.backward(dProduct[block], gate: gateRows, up: upRows, into: gateRows, dup: upRows)
                // n = norm(m)
                RMSNorm.apply(
                    saved.middle.rows(rows), weight: middleNorm.matrix, inverseRMS: saved.middleInverseRMS.rows(rows),
                    into: gradients.normedMiddle.rows(rows))
                inputGradient(
                    [(gate, gateRows, dLow[1], 1), (up, upRows, dLow[2], 2)], into: dNormed[block], panels, block,
                    context)
                RMSNorm.backward(
                    dNormed[block], x: saved.middle.rows(rows), weight: middleNorm.matrix,
                    inverseRMS: saved.middleInverseRMS.rows(rows), into: dxRows, accumulate: true)
                // m = x + O·attended
                let dOutput = gradients.output.rows(rows)
                Conversion.convert(dxRows, into: dOutput)
                inputGradient([(output, dOutput, dLow[0], 0)], into: dAttended.rows(rows), panels, block, context)
            }
        }
    }

    /// From what attention gave down to the block's input.
    private func backwardAttention(
        _ dAttended: Matrix, _ dx: Matrix, _ saved: BlockActivations, _ gradients: BlockGradients, isLowest: Bool,
        _ span: AttentionSpan, _ context: PassContext
    ) {
        let (heads, groups) = (configuration.heads, configuration.keyValueHeads)
        let dQuery = context.residual(rows: dx.rows, columns: configuration.queryWidth)
        let shares = span.gradientShares(heads: heads)
        let dKey = (0..<shares).map { _ in context.residual(rows: dx.rows, columns: configuration.queryWidth) }
        let dValue = (0..<shares).map { _ in context.residual(rows: dx.rows, columns: configuration.queryWidth) }
        span.attendBackward(dAttended, saved, block: self, dQuery, dKey, dValue)

        let layers = [query, key, value]
        let panels = PassPanels(layers, .backward(needsInput: !isLowest), context)
        let grouped = RowScratch(columns: configuration.keyValueWidth, type: .f32, in: context.workspace)
        let dNormed = RowScratch(columns: configuration.width, type: .f32, in: context.workspace)
        RowBlock.forEach(of: dx.rows) { block in
            let rows = block.rows, dQueryRows = dQuery.rows(rows)
            span.rotate(dQueryRows, rows, heads: heads, .backward)
            throughNorm(
                dQueryRows, heads: heads, queryNorm, raw: saved.rawQuery?.rows(rows),
                saved.queryInverseRMS?.rows(rows, times: heads), into: gradients.query.rows(rows))
            Attention.sumOverGroup(
                dKey, rows: rows, groups: groups, headWidth: configuration.headWidth, into: grouped[block])
            span.rotate(grouped[block], rows, heads: groups, .backward)
            throughNorm(
                grouped[block], heads: groups, keyNorm, raw: saved.rawKey?.rows(rows),
                saved.keyInverseRMS?.rows(rows, times: groups), into: gradients.key.rows(rows))
            Attention.sumOverGroup(
                dValue, rows: rows, groups: groups, headWidth: configuration.headWidth, into: grouped[block])
            Conversion.convert(grouped[block], into: gradients.value.rows(rows))

            let x = saved.input.rows(rows)
            RMSNorm.apply(
                x, weight: inputNorm.matrix, inverseRMS: saved.inputInverseRMS.rows(rows),
                into: gradients.normedInput.rows(rows))
            let outputs = [gradients.query, gradients.key, gradients.value]
            let parts = layers.indices.map {
                (layers[$0], outputs[$0].rows(rows), gradients.low[$0]?.rows(rows), $0)
            }
            guard !isLowest else {
                for (layer, dy, dLow, index) in parts { layer.backwardLow(dy, into: dLow, panels, index) }
                return
            }
            inputGradient(parts, into: dNormed[block], panels, block, context)
            RMSNorm.backward(
                dNormed[block], x: x, weight: inputNorm.matrix, inverseRMS: saved.inputInverseRMS.rows(rows),
                into: dx.rows(rows), accumulate: true)
        }
    }

    /// dz of each layer's adapter, and the gradient of the input that the layers share.
    ///
    /// - Parameters:
    ///   - parts: each layer with the gradients of its output and of z, and its place in `panels`.
    ///   - dx: `[n, in]`, fp32 or, where nothing is dropped, of the type of activations.
    private func inputGradient(
        _ parts: [(LinearLayer, dy: Matrix, dLow: Matrix?, index: Int)], into dx: Matrix, _ panels: PassPanels,
        _ block: RowBlock, _ context: PassContext
    ) {
        var terms: [Term] = []
        for (layer, dy, dLow, index) in parts {
            layer.backwardLow(dy, into: dLow, panels, index)
            terms += layer.inputGradient(dy, dLow, panels, index, context)
        }
        Products.sum(terms, into: dx)
        for (layer, _, dLow, index) in parts {
            layer.addMaskedGradient(dLow, into: dx, panels, index, block: block, context)
        }
    }

    /// The gradient before a norm over heads, where there is one, in the type of activations.
    private func throughNorm(
        _ gradient: Matrix, heads: Int, _ norm: ConstantVector?, raw: Matrix?, _ inverseRMS: Matrix?,
        into result: Matrix
    ) {
        guard let norm, let raw, let inverseRMS else { return Conversion.convert(gradient, into: result) }
        RMSNorm.backward(
            gradient.split(into: heads), x: raw.split(into: heads), weight: norm.matrix, inverseRMS: inverseRMS,
            into: result.split(into: heads), accumulate: false)
    }

    /// The sums over all rows, once every row has its gradients.
    private func addAdapterGradients(_ saved: BlockActivations, _ gradients: BlockGradients, _ context: PassContext) {
        let outputs = [
            gradients.query, gradients.key, gradients.value, gradients.output, saved.gate, saved.up, gradients.down,
        ]
        let normed = (gradients.normedInput, gradients.normedMiddle)
        let inputs = [normed.0, normed.0, normed.0, saved.attended, normed.1, normed.1, gradients.product]
        var products: [GradientProduct] = []
        for (index, layer) in linearLayers.enumerated() {
            let (low, dLow) = (saved.low[index], gradients.low[index])
            guard layer.drops(context) else {
                products += layer.adapterGradients(outputs[index], x: inputs[index], low: low, dLow: dLow)
                continue
            }
            context.workspace.scoped {
                let masked = context.activations(rows: inputs[index].rows, columns: layer.inputSize)
                layer.mask(inputs[index], into: masked, firstRow: 0, context)
                GradientProduct.run(layer.adapterGradients(outputs[index], x: masked, low: low, dLow: dLow))
            }
        }
        GradientProduct.run(products)
    }
}
