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

/// Where a pass leaves what the layers of a block are given: N rows for the first of those that share them.
struct LayerInputs {
    let inputs: [LayerInput]

    /// Takes room for what the layers of `block` are given.
    init(of block: DecoderBlock, rows: Int, _ workspace: Workspace) {
        inputs = Self.groups(of: block).map { layers in
            LayerInput(layers: layers, rows: workspace.matrix(rows: rows, columns: layers[0].inputSize))
        }
    }

    /// The layers of `block` that share an input, in network order.
    static func groups(of block: DecoderBlock) -> [[LinearLayer]] {
        block.sublayers.flatMap(\.inputGroups)
    }

    /// Where the input of `layer` goes; nil where another layer leaves the same.
    subscript(layer: LinearLayer) -> Matrix? { inputs.first { $0.layers.first === layer }?.rows }
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
