// Attention of what is written to what was read: queries of the stream, keys and values of what comes out of an encoder:
//
//     x + O·attention(Q·norm(x), K·e, V·e)
//
// The two directions of training stand in `CrossAttentionPass`.

import Kernels
import Tensors

/// What a decoder sees of the texts that were read.
struct EncodedRows {
    /// e, what comes out of the encoder, `[M, C]`, in the type of activations.
    let states: Matrix
    /// Where each example's rows start, then M.
    let bounds: [Int]
    /// `[M, C]`, fp32: what the decoder's blocks add up on the way back; nil where nothing of the encoder is trained.
    let gradient: Matrix?
    /// The rows of the micro-batch that these are; nil where nothing is trained.
    let batchRows: [Int32]?
}

/// Cross attention with its frozen weights.
final class CrossAttentionSublayer: Sublayer {
    let shape: AttentionShape
    /// The block's number: where its keys and values stand in a cache.
    let layer: Int
    /// Of what it reads of the stream, where the family norms there.
    let norm: Norm?
    let join: ResidualJoin
    let query: LinearLayer
    let key: LinearLayer
    let value: LinearLayer
    let output: LinearLayer

    init(
        shape: AttentionShape, layer: Int, norm: Norm?, join: ResidualJoin, query: LinearLayer, key: LinearLayer,
        value: LinearLayer, output: LinearLayer
    ) {
        self.shape = shape
        self.layer = layer
        self.norm = norm
        self.join = join
        self.query = query
        self.key = key
        self.value = value
        self.output = output
    }

    var headLayers: [LinearLayer] { [query] }
    var innerLayers: [LinearLayer] { [key, value] }
    var norms: [Norm] { [norm].compactMap { $0 } + join.norms }
    var tailLayers: [LinearLayer] { [output] }
    var inputGroups: [[LinearLayer]] { [[query], [key, value], [output]] }
    var mixesRows: Bool { true }

    func begin(rows: Int, _ span: AttentionSpan, _ context: PassContext) -> any SublayerPass {
        CrossAttentionPass(self, rows: rows, span, context)
    }

    func generate(_ x: Matrix, to y: Matrix, _ pass: GenerationPass) {
        let workspace = pass.workspace
        workspace.scoped {
            let attended = pass.matrix(x.rows, shape.queryWidth)
            workspace.scoped {
                let normed = norm?.generate(x, pass) ?? x, queries = pass.matrix(x.rows, shape.queryWidth)
                LinearLayer.generate([(query, queries)], normed, pass)
                pass.attendToSource(shape, layer: layer, queries, into: attended)
            }
            join.generate(output, attended, to: y, pass)
        }
    }

    /// The keys and values of what was read, `[M, G·D]` each, fp32, in generation.
    func keysAndValues(of states: Matrix, _ pass: GenerationPass) -> (keys: Matrix, values: Matrix) {
        let keys = pass.matrix(states.rows, shape.keyValueWidth), values = pass.matrix(states.rows, shape.keyValueWidth)
        LinearLayer.generate([(key, keys), (value, values)], states, pass)
        return (keys, values)
    }
}
