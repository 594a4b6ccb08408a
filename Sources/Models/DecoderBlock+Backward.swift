// One decoder block, backward: the mirror of `forward`, in the opposite order. Only input gradients and adapters' gradients.

import Kernels
import Tensors

extension DecoderBlock {
    /// Turns ∂loss/∂output into ∂loss/∂input, in place, adding to the adapters' gradients on the way.
    ///
    /// Uses up `saved`: gate and up are overwritten with their gradients.
    ///
    /// - Parameters:
    ///   - dx: `[N, C]`, fp32.
    ///   - x: the block's input `[N, C]`, fp32.
    ///   - isLowest: nothing below is trained, so `dx` is left undefined and what only it needs is not computed.
    func backward(
        _ dx: Matrix, x: Matrix, saved: BlockActivations, isLowest: Bool, span: AttentionSpan, _ context: PassContext
    ) {
        backwardMLP(dx, saved: saved, context)
        context.workspace.scoped {
            let dAttended = context.residual(rows: x.rows, columns: configuration.queryWidth)
            context.workspace.scoped {
                output.backward(
                    activations(dx, context), x: saved.attended, low: saved.low[3], into: dAttended, context)
            }
            backwardAttention(dAttended, dx, x: x, saved: saved, isLowest: isLowest, span: span, context)
        }
    }

    private func backwardMLP(_ dx: Matrix, saved: BlockActivations, _ context: PassContext) {
        let workspace = context.workspace
        let rows = dx.rows
        workspace.scoped {
            let dProduct = context.residual(rows: rows, columns: configuration.mlpWidth)
            workspace.scoped {
                let product = context.activations(rows: rows, columns: configuration.mlpWidth)
                SwiGLU.forward(gate: saved.gate, up: saved.up, into: product)
                down.backward(activations(dx, context), x: product, low: saved.low[6], into: dProduct, context)
            }
            SwiGLU.backward(dProduct, gate: saved.gate, up: saved.up, into: saved.gate, dup: saved.up)
        }
        workspace.scoped {
            let normed = context.activations(rows: rows, columns: configuration.width)
            normMiddle(into: normed, saved)
            let dNormed = context.residual(rows: rows, columns: configuration.width)
            gate.backward(saved.gate, x: normed, low: saved.low[4], into: dNormed, context)
            up.backward(saved.up, x: normed, low: saved.low[5], into: dNormed, accumulate: true, context)
            RMSNorm.backward(
                dNormed, x: saved.middle, weight: middleNorm.matrix, inverseRMS: saved.middleInverseRMS, into: dx,
                accumulate: true)
        }
    }

    private func backwardAttention(
        _ dAttended: Matrix, _ dx: Matrix, x: Matrix, saved: BlockActivations, isLowest: Bool, span: AttentionSpan,
        _ context: PassContext
    ) {
        let rows = x.rows
        let dQuery = context.residual(rows: rows, columns: configuration.queryWidth)
        let dKey = context.residual(rows: rows, columns: configuration.keyValueWidth)
        let dValue = context.residual(rows: rows, columns: configuration.keyValueWidth)
        span.attendBackward(dAttended, saved, block: self, dQuery, dKey, dValue, context)
        span.rotate(dQuery, heads: configuration.heads, .backward)
        span.rotate(dKey, heads: configuration.keyValueHeads, .backward)
        let queryGradient = throughNorm(
            dQuery, heads: configuration.heads, norm: queryNorm, raw: saved.rawQuery, saved.queryInverseRMS, context)
        let keyGradient = throughNorm(
            dKey, heads: configuration.keyValueHeads, norm: keyNorm, raw: saved.rawKey, saved.keyInverseRMS, context)

        let normed = context.activations(rows: rows, columns: configuration.width)
        normInput(x, into: normed, saved)
        let dNormed = isLowest ? nil : context.residual(rows: rows, columns: configuration.width)
        for (index, (layer, gradient)) in [(query, queryGradient), (key, keyGradient), (value, dValue)].enumerated() {
            context.workspace.scoped {
                layer.backward(
                    activations(gradient, context), x: normed, low: saved.low[index], into: dNormed,
                    accumulate: index > 0,
                    context)
            }
        }
        guard let dNormed else { return }
        RMSNorm.backward(
            dNormed, x: x, weight: inputNorm.matrix, inverseRMS: saved.inputInverseRMS, into: dx, accumulate: true)
    }

    /// The gradient before a norm over heads, where there is one.
    private func throughNorm(
        _ gradient: Matrix, heads: Int, norm: ConstantVector?, raw: Matrix?, _ inverseRMS: Matrix?,
        _ context: PassContext
    ) -> Matrix {
        guard let norm, let raw, let inverseRMS else { return gradient }
        let result = context.residual(rows: gradient.rows, columns: gradient.columns)
        RMSNorm.backward(
            gradient.split(into: heads), x: raw.split(into: heads), weight: norm.matrix, inverseRMS: inverseRMS,
            into: result.split(into: heads), accumulate: false)
        return result
    }

    /// An fp32 gradient in the type that products take.
    private func activations(_ gradient: Matrix, _ context: PassContext) -> Matrix {
        guard gradient.type != context.precision else { return gradient }
        let result = context.activations(rows: gradient.rows, columns: gradient.columns)
        Conversion.convert(gradient, into: result)
        return result
    }
}
