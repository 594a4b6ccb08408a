// One decoder block in generation: `forward` without anything kept for a way back, in fp32 between products.

import Kernels
import Tensors

extension DecoderBlock {
    /// Runs the block on the residual stream `[n, C]`, in place.
    func generate(_ x: Matrix, _ pass: GenerationPass) {
        let workspace = pass.workspace, shape = configuration
        workspace.scoped {
            let attended = pass.matrix(x.rows, shape.queryWidth)
            workspace.scoped {
                let normed = pass.matrix(x.rows, x.columns)
                norm(x, inputNorm, into: normed, pass)
                let (q, k) = (pass.matrix(x.rows, shape.queryWidth), pass.matrix(x.rows, shape.keyValueWidth))
                let v = pass.matrix(x.rows, shape.keyValueWidth)
                LinearLayer.generate([(query, q), (key, k), (value, v)], normed, pass)
                if let queryNorm { normHeads(q, queryNorm, shape.heads, pass) }
                if let keyNorm { normHeads(k, keyNorm, shape.keyValueHeads, pass) }
                pass.rotate(q, heads: shape.heads)
                pass.rotate(k, heads: shape.keyValueHeads)
                pass.attend(q, k, v, into: attended, block: self)
            }
            output.generate(adding: attended, to: x, pass)
        }
        workspace.scoped {
            let gated = pass.matrix(x.rows, shape.mlpWidth)
            workspace.scoped {
                let normed = pass.matrix(x.rows, x.columns), raised = pass.matrix(x.rows, shape.mlpWidth)
                norm(x, middleNorm, into: normed, pass)
                LinearLayer.generate([(gate, gated), (up, raised)], normed, pass)
                SwiGLU.forward(gate: gated, up: raised, into: gated)
            }
            down.generate(adding: gated, to: x, pass)
        }
    }

    private func norm(_ x: Matrix, _ weight: ConstantVector, into y: Matrix, _ pass: GenerationPass) {
        pass.workspace.scoped {
            RMSNorm.forward(
                x, weight: weight.matrix, epsilon: configuration.normEpsilon, into: y,
                inverseRMS: pass.matrix(x.rows, 1))
        }
    }

    private func normHeads(_ x: Matrix, _ weight: ConstantVector, _ heads: Int, _ pass: GenerationPass) {
        norm(x.split(into: heads), weight, into: x.split(into: heads), pass)
    }
}
