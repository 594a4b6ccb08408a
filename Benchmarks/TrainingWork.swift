// The one place that says how much arithmetic a training step needs. Everything called "share of peak" divides by this.

package import Models
import Tensors

/// The useful floating-point operations of training steps with LoRA on a frozen model.
///
/// Legend: N token rows, M rows that carry loss, C width, V vocabulary, r rank, H heads of width D. A multiplication with its
/// addition is two operations. What counts:
///
/// - each frozen linear layer `[out, in]`: `2·N·out·in` forward, and the same for the gradient of its input, unless nothing
///   below it is trained;
/// - each adapter: forward `2·N·r·(in + out)`, gradients of A and B `2·N·r·(in + out)`, gradient through B `2·N·r·out`, and
///   through A `2·N·r·in` where the layer's input has a gradient;
/// - the vocabulary's projection: `2·M·V·C` forward and the same backward;
/// - causal attention inside each example of T tokens, P = T·(T + 1)/2 pairs (fewer with a sliding window): `4·P·H·D` forward
///   and `8·P·H·D` backward in blocks with anything trained in or below them.
///
/// What does not count: whatever is computed twice (recomputation, the scores again in attention's backward), norms,
/// activations, softmax, the optimiser, the conversion of weights.
package struct TrainingWork {
    /// Sizes of a linear layer and of the adapter on it; rank 0: none.
    package struct Layer {
        var block: Int
        var input: Int
        var output: Int
        var rank: Int
        /// Its input is the residual stream as the block received it: query, key, value.
        var readsBlockInput: Bool

        package init(block: Int, input: Int, output: Int, rank: Int, readsBlockInput: Bool) {
            self.block = block
            self.input = input
            self.output = output
            self.rank = rank
            self.readsBlockInput = readsBlockInput
        }
    }

    /// Operations for each token row, without attention and the head.
    package let perRow: Double
    /// Operations for each row that carries loss.
    package let perTarget: Double
    /// Operations for each pair of positions that see one another.
    private let perPair: [(operations: Double, window: Int?)]

    package init(_ configuration: ModelConfiguration, layers: [Layer]) {
        let lowest = layers.filter { $0.rank > 0 }.map(\.block).min() ?? configuration.layers
        var perRow = 0.0
        for layer in layers {
            let size = Double(layer.input) * Double(layer.output), rank = Double(layer.rank)
            let (input, output) = (Double(layer.input), Double(layer.output))
            // The embedding is frozen: the lowest trained block's input needs no gradient.
            let hasInputGradient = layer.block > lowest || (layer.block == lowest && !layer.readsBlockInput)
            perRow += 2 * size + (hasInputGradient ? 2 * size : 0)
            perRow += 4 * rank * (input + output) + 2 * rank * output + (hasInputGradient ? 2 * rank * input : 0)
        }
        self.perRow = perRow
        perTarget = 4 * Double(configuration.vocabularySize) * Double(configuration.width)
        perPair = configuration.blocks.enumerated().map { layer, block in
            let shape = block.attention.shape
            return ((layer >= lowest ? 12 : 4) * Double(shape.queryWidth), shape.window)
        }
    }

    /// For `model` with the adapters that are attached to it.
    init(_ model: LanguageModel) {
        self.init(
            model.configuration,
            layers: model.linearLayers.map { layer in
                let parts = layer.path.split(separator: ".")
                let block = parts.firstIndex(of: "layers").flatMap { Int(parts[$0 + 1]) } ?? 0
                return Layer(
                    block: block, input: layer.inputSize, output: layer.outputSize,
                    rank: model.adapters[layer]?.rank ?? 0,
                    readsBlockInput: ["q_proj", "k_proj", "v_proj"].contains { layer.path.hasSuffix($0) })
            })
    }

    /// Operations of one step over examples of `lengths` tokens, every token but the first of each a target.
    package func operations(lengths: [Int]) -> Double {
        lengths.reduce(0) { sum, length in
            sum + perRow * Double(length) + perTarget * Double(length - 1) + attention(length: length)
        }
    }

    /// Operations of attention, both ways, inside one example.
    package func attention(length: Int) -> Double {
        perPair.reduce(0) { sum, layer in
            let window = min(layer.window ?? length, length)
            let pairs = Double(window) * Double(window + 1) / 2 + Double(length - window) * Double(window)
            return sum + layer.operations * pairs
        }
    }
}
