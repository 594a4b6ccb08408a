// A decoder with its frozen weights: what it is made of. What it computes stands in the files `LanguageModel+….swift`.

public import Tensors
public import WeightFiles
import Kernels

/// A Llama-style language model over frozen weights.
///
/// Training it means adding to the gradients of the adapters on its linear layers; everything else is frozen.
public final class LanguageModel {
    /// The file or folder that the weights came from.
    private let location: String
    public let configuration: ModelConfiguration
    /// The type of activations and products: bf16 is mixed precision, with the residual stream in fp32 all the same.
    public let precision: ElementType
    /// Every layer that may carry an adapter, in network order. The head is not among them: its product is fused with the
    /// loss and has no gradient of its own.
    public let linearLayers: [LinearLayer]

    let input: InputEmbedding
    /// `[V, C]` as stored; the embedding itself where the model is tied.
    let storedHead: FrozenTensor
    /// b `[1, V]`.
    let headBias: ConstantVector?
    let finalNorm: FinalNorm
    /// On the first token's state, where an encoder has it.
    let pooler: LinearLayer?
    /// What stands between the states and the answers of tasks, as far as the file has it.
    let top: TopLayers
    let stack: BlockStack
    /// Those that have numbers of their own, by their number.
    let norms: [BaseNorm]
    /// Reads a text as a whole, for the blocks to see; nil where there is no such part.
    let encoder: TextEncoder?
    let rotaryTables = RotaryTables()
    /// The head of a task that the model's folder has; it answers where no adapter has one.
    public var ownHead: TaskHead? {
        didSet { adapters = adapters.with(task: adapters.task ?? ownHead) }
    }
    /// What acts in passes that are not told otherwise.
    public var adapters = AdapterBinding.none
    /// Has no more of the weights in memory than the next product needs, and lets their pages leave it at once: for models of
    /// which a few passes are asked, and of which there are two. The numbers are the same.
    public var streamsWeights = false

    /// Finds the configured model's weights in `weights`; nothing is widened or copied but norms and biases.
    ///
    /// - Throws: `ModelLoadError` with every tensor that is missing, mis-shaped, unreadable or left over.
    public init(configuration: ModelConfiguration, weights: any WeightSource, precision: ElementType) throws {
        let configuration = try configuration.validated()
        let parts = try ModelWeights(configuration, from: weights)
        location = weights.location
        self.configuration = configuration
        self.precision = precision
        input = parts.input
        storedHead = parts.head
        headBias = parts.headBias
        finalNorm = parts.finalNorm
        pooler = parts.pooler
        top = parts.top
        stack = BlockStack(parts.blocks)
        encoder = parts.encoder
        norms = parts.norms
        linearLayers =
            ((parts.encoder?.stack.blocks ?? []) + parts.blocks).flatMap(\.linearLayers)
            + parts.top.layers
    }

    var blocks: [DecoderBlock] { stack.blocks }

    /// `[V, C]`.
    var embedding: FrozenTensor { input.tokens }

    /// The layer whose path is `path`.
    public func linearLayer(_ path: String) -> LinearLayer? { linearLayers.first { $0.path == path } }

    /// Numbers looked at together for whether they are finite.
    private static let validatedAtOnce = 1 << 22
    /// Memory that `validateFinite` takes.
    public static let validationBytes = validatedAtOnce * 4

    /// Throws at the first NaN or infinity in any weight, quantised ones included. Reads all weights once, and lets their pages
    /// leave memory again.
    public func validateFinite(workspace: Workspace) throws {
        var problems: [ModelLoadError.Problem] = []
        let tensors = input.tables + linearLayers.map(\.weight) + (configuration.isTied ? [] : [storedHead])
        for tensor in tensors {
            let (rows, columns) = (tensor.shape[0], tensor.shape[1])
            let step = max(1, Self.validatedAtOnce / max(columns, 1))
            for start in stride(from: 0, to: rows, by: step) {
                let bad: Int? = workspace.scoped {
                    let range = start..<min(rows, start + step)
                    let chunk = workspace.matrix(rows: range.count, columns: columns)
                    Widening.widen(tensor, rows: range, into: chunk)
                    tensor.dropPages(rows: range)
                    return Elements.firstNonFinite(UnsafeBufferPointer(chunk.floats))
                }
                if let bad {
                    problems.append(.notFinite(path: tensor.name, index: start * columns + bad))
                    break
                }
            }
            tensor.dropPages()
        }
        guard problems.isEmpty else { throw ModelLoadError(location: location, problems: problems) }
    }
}
