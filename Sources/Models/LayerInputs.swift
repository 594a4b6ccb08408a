// What linear layers are given in a pass, for who weighs their columns: block by block, since all of a model's inputs together
// are many times its size.

import Kernels
public import Tensors

/// Rows that one or several linear layers of a block are multiplied with.
public struct LayerInput {
    /// Those that share the rows, in network order.
    public let layers: [LinearLayer]
    /// `[N, in]`, fp32.
    public let rows: Matrix
}

/// Where a pass leaves what the layers of a block are given: N rows for the first of those that share them, and of experts the rows
/// that went to each.
struct LayerInputs {
    private let whole: [LayerInput]
    private let experts: [ExpertInputs]
    private let block: DecoderBlock

    /// Takes room for what the layers of `block` are given.
    init(of block: DecoderBlock, rows: Int, _ workspace: Workspace) {
        self.block = block
        experts = block.sublayers.compactMap { $0 as? ExpertsSublayer }.map {
            ExpertInputs($0, rows: rows, workspace)
        }
        whole = block.sublayers.flatMap { sublayer in
            let inner = sublayer.innerLayers
            return sublayer.inputGroups.filter { group in !inner.contains { $0 === group[0] } }
        }.map { layers in
            LayerInput(layers: layers, rows: workspace.matrix(rows: rows, columns: layers[0].inputSize))
        }
    }

    /// The layers of `block` that share an input, in network order.
    static func groups(of block: DecoderBlock) -> [[LinearLayer]] { block.sublayers.flatMap(\.inputGroups) }

    /// What the layers were given, in the order of `groups`: of an expert that no row went to, no rows.
    var inputs: [LayerInput] {
        Self.groups(of: block).compactMap { group in
            whole.first { $0.layers[0] === group[0] }
                ?? experts.lazy.compactMap { $0.rows(of: group[0]) }.first.map { LayerInput(layers: group, rows: $0) }
        }
    }

    /// Where the input of `layer` goes; nil where another layer leaves the same, or the layer is an expert's.
    subscript(layer: LinearLayer) -> Matrix? { whole.first { $0.layers.first === layer }?.rows }

    /// Where experts leave theirs.
    func experts(of sublayer: ExpertsSublayer) -> ExpertInputs? { experts.first { $0.sublayer === sublayer } }
}

/// What the experts of a block are given: one part of N·K rows after the other.
final class ExpertInputs {
    let sublayer: ExpertsSublayer
    /// What gate and up are given, `[N·K, C]`, and what down is, `[N·K, F]`, fp32.
    private let given: Matrix
    private let product: Matrix
    private var parts: [Int: Range<Int>] = [:]

    init(_ sublayer: ExpertsSublayer, rows: Int, _ workspace: Workspace) {
        self.sublayer = sublayer
        given = workspace.matrix(rows: rows * sublayer.spec.used, columns: sublayer.router.inputSize)
        product = workspace.matrix(rows: rows * sublayer.spec.used, columns: sublayer.innerWidth)
    }

    /// Says which part of the rows an expert has.
    func begin(_ expert: Int, _ part: Range<Int>) { parts[expert] = part }

    /// Takes what an expert's layers are given for the rows `places`.
    func leave(_ x: Matrix, _ h: Matrix, _ places: Range<Int>) {
        Conversion.convert(x, into: given.rows(places))
        Conversion.convert(h, into: product.rows(places))
    }

    /// What `layer` was given; nil where it is none of these experts'.
    fileprivate func rows(of layer: LinearLayer) -> Matrix? {
        for (number, expert) in sublayer.experts.enumerated() where expert.layers.contains(where: { $0 === layer }) {
            return (expert.down === layer ? product : given).rows(parts[number] ?? 0..<0)
        }
        return nil
    }
}

extension LanguageModel {
    /// Runs `batch` up through all blocks, with the adapters that the model has, and hands `body` what their linear layers are
    /// given, valid until it returns.
    public func layerInputs(_ batch: TokenBatch, workspace: Workspace, _ body: (LayerInput) throws -> Void) throws {
        try checkTokens(batch)
        try runThroughBlocks(batch, context(workspace), body)
    }

    /// The rows of `batch` below the first block, into `x` `[N, C]`, fp32.
    public func embed(_ batch: TokenBatch, into x: Matrix, workspace: Workspace) throws {
        try checkTokens(batch)
        embed(batch, into: x, context(workspace))
    }

    /// Runs the residual stream `x` `[N, C]` of `batch` through block `index`, in place, and hands `body` what its linear layers
    /// are given: for who takes all rows through one block after the other.
    public func forward(
        block index: Int, _ batch: TokenBatch, _ x: Matrix, workspace: Workspace, _ body: (LayerInput) throws -> Void
    ) rethrows {
        try forward(block: index, batch, x, context(workspace), body)
    }

    private func runThroughBlocks(
        _ batch: TokenBatch, _ context: PassContext, _ body: (LayerInput) throws -> Void
    ) rethrows {
        try context.workspace.scoped {
            let x = context.residual(rows: batch.rowCount, columns: configuration.width)
            embed(batch, into: x, context)
            for index in blocks.indices { try forward(block: index, batch, x, context, body) }
        }
    }

    private func forward(
        block index: Int, _ batch: TokenBatch, _ x: Matrix, _ context: PassContext,
        _ body: (LayerInput) throws -> Void
    ) rethrows {
        let block = blocks[index]
        try context.workspace.scoped {
            let seen = LayerInputs(of: block, rows: batch.rowCount, context.workspace)
            var context = context
            context.inputs = seen
            context.workspace.scoped {
                withSpan(batch, context) { block.begin(rows: batch.rowCount, $0, context).forward(x, into: x) }
            }
            for input in seen.inputs { try body(input) }
        }
    }

    /// Workspace bytes that `layerInputs` needs for `rows` token rows.
    public func predictedInputBytes(rows: Int) -> Int {
        measuring(precision) { runThroughBlocks(TokenBatch(rows: rows, targets: 0), $0) { _ in } }
    }
}
