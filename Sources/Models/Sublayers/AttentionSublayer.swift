// Self-attention, its keys and values shared by groups of query heads:
//
//     x + O·attention(rotate(Q·norm(x)), rotate(K·norm(x)), V·norm(x))
//
// The two directions of training stand in `AttentionPass`.

import Kernels
import Tensors

/// Attention with its frozen weights.
final class AttentionSublayer: Sublayer {
    let shape: AttentionShape
    /// The block's number: where its keys and values stand in a cache.
    let layer: Int
    /// Of what it reads of the stream, where the family norms there.
    let norm: Norm?
    /// Before the rotation, where the family has them.
    let queryNorm: HeadNorm?
    let keyNorm: HeadNorm?
    /// Added to scores by distance, where the family does that.
    let bias: PositionBiases?
    let join: ResidualJoin
    /// To query, key and value.
    let input: Projection
    let output: LinearLayer

    init(
        shape: AttentionShape, layer: Int, norm: Norm?, queryNorm: HeadNorm?, keyNorm: HeadNorm?,
        bias: PositionBiases? = nil, join: ResidualJoin, input: Projection, output: LinearLayer
    ) {
        self.shape = shape
        self.layer = layer
        self.norm = norm
        self.queryNorm = queryNorm
        self.keyNorm = keyNorm
        self.bias = bias
        self.join = join
        self.input = input
        self.output = output
    }

    var headLayers: [LinearLayer] { input.layers }
    var norms: [Norm] { [norm].compactMap { $0 } + join.norms }
    var tailLayers: [LinearLayer] { [output] }
    var mixesRows: Bool { true }

    func begin(rows: Int, _ span: AttentionSpan, _ context: PassContext) -> any SublayerPass {
        AttentionPass(self, rows: rows, span, context)
    }

    func generate(_ x: Matrix, to y: Matrix, _ pass: GenerationPass) {
        let workspace = pass.workspace
        workspace.scoped {
            let attended = pass.matrix(x.rows, shape.queryWidth)
            workspace.scoped {
                let normed = norm?.generate(x, pass) ?? x
                let (q, k) = (pass.matrix(x.rows, shape.queryWidth), pass.matrix(x.rows, shape.keyValueWidth))
                let v = pass.matrix(x.rows, shape.keyValueWidth)
                input.generate(normed, into: [q, k, v], pass)
                for (norm, x, heads) in [(queryNorm, q, shape.heads), (keyNorm, k, shape.groups)] {
                    norm?.generate(x, pass)
                    if let rotary = shape.rotary { pass.rotate(x, heads: heads, rotary) }
                }
                pass.attend(self, q, k, v, into: attended)
            }
            join.generate(output, attended, to: y, pass)
        }
    }
}
