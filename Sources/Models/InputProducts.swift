// What the inputs of linear layers multiply to, block after block: all rows go through one block before the next, so that the sums
// of one block's layers are in memory, and no others.

public import Kernels
import Tensors

/// H = Σ x·xᵀ of the linear layers of a model over token rows, one block at a time.
///
/// As long as it is asked it holds the residual stream of all rows, and the sums of the block that was asked for last. Not for
/// several threads at once.
public final class InputProducts {
    private let model: LanguageModel
    private let batches: [TokenBatch]
    private let workspace = Workspace()
    /// The residual stream before block `next`, batch after batch, `[N, C]`.
    private var streams: PageMemory?
    private var next = 0
    private var held: [LayerProducts] = []

    /// - Parameters:
    ///   - model: with the adapters that act whenever it is asked.
    ///   - batches: tokens that the model has.
    public init(_ model: LanguageModel, over batches: [TokenBatch]) {
        self.model = model
        self.batches = batches
    }

    /// Bytes that one token row takes.
    public static func streamBytes(_ configuration: ModelConfiguration) -> Int { configuration.width * 4 }

    /// Bytes of the products of the largest block, and of what rounding makes of them.
    public static func blockBytes(_ model: LanguageModel) -> Int {
        model.blocks.map { block in
            LayerInputs.groups(of: block).reduce(0) { $0 + 2 * $1[0].inputSize * $1[0].inputSize * 4 }
        }.max() ?? 0
    }

    /// The products of what the layer called `path` is given; nil where it is none of the blocks'. Cheapest asked for in network
    /// order: below the block that was asked for last it begins again from the embedding.
    public func products(of path: String) throws -> LayerProducts? {
        if let found = held.first(where: { $0.paths.contains(path) }) { return found }
        guard let index = model.blocks.firstIndex(where: { $0.linearLayers.contains { $0.path == path } }) else {
            return nil
        }
        if streams == nil || index < next { try restart() }
        while next <= index { runBlock(keeping: next == index) }
        return held.first { $0.paths.contains(path) }
    }

    /// Gives its memory back; who asks again waits for all blocks below.
    public func release() {
        held = []
        streams = nil
        workspace.release()
    }

    private func restart() throws {
        held = []
        next = 0
        let rows = batches.reduce(0) { $0 + $1.rowCount }
        streams = PageMemory(byteCount: rows * Self.streamBytes(model.configuration))
        for (batch, x) in streamed { try model.embed(batch, into: x, workspace: workspace) }
    }

    private var streamed: [(TokenBatch, Matrix)] {
        guard var start = streams?.bytes.baseAddress else { return [] }
        return batches.map { batch in
            let x = Matrix(
                pointer: start, rows: batch.rowCount, columns: model.configuration.width, type: .f32)
            start += x.byteCount
            return (batch, x)
        }
    }

    /// - Parameter keeping: whether the block's products are asked for.
    private func runBlock(keeping: Bool) {
        // The earlier block's sums go before the next ones come.
        held = []
        held = keeping ? LayerInputs.groups(of: model.blocks[next]).map { LayerProducts($0) } : []
        for (batch, x) in streamed {
            var place = 0
            model.forward(block: next, batch, x, workspace: workspace) { input in
                if keeping { SecondMoments.addProducts(of: input.rows, to: held[place].sums) }
                place += 1
            }
        }
        next += 1
    }
}

/// The products of one input.
public final class LayerProducts {
    /// Of the layers that share it.
    public let paths: [String]
    /// H `[C, C]`, fp32, its lower triangle.
    fileprivate let sums: Matrix
    /// Room of the same size, which the system backs once it is used.
    private let room: Matrix
    private let memory: [PageMemory]

    fileprivate init(_ layers: [LinearLayer]) {
        let width = layers[0].inputSize
        paths = layers.map(\.path)
        memory = (0..<2).map { _ in PageMemory(byteCount: width * width * 4) }
        let matrices = memory.map {
            Matrix(pointer: $0.bytes.baseAddress.unsafelyUnwrapped, rows: width, columns: width, type: .f32)
        }
        (sums, room) = (matrices[0], matrices[1])
    }

    /// How rounding goes on from column to column, and what each column counts: Σ x². Nil where the sums are not finite.
    public private(set) lazy var feedback: (rule: ErrorFeedback, importance: [Float])? = {
        let importance = (0..<sums.rows).map { sums.floats[$0 * (sums.columns + 1)] }
        return ErrorFeedback(sums, using: room).map { ($0, importance) }
    }()
}
