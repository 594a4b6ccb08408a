// What every layer of one pass through the network shares.

import Kernels
import Tensors

/// The buffers, types, adapters and random numbers of one forward (and backward) pass.
struct PassContext {
    let workspace: Workspace
    /// The type of activations and of the operands of products; the residual stream is fp32 whatever it is.
    let precision: ElementType
    var adapters: AdapterBinding
    /// Dropout's random numbers; nil where nothing is dropped: evaluation and generation.
    var dropout: DropoutKey?
    /// The rows of the micro-batch that those of the pass are, ascending; nil where they are all of them.
    var batchRows: [Int32]?
    /// Where what linear layers are given is left; nil where nobody asks.
    var inputs: LayerInputs?
    /// Whether only what the next product needs is in memory of the weights: each layer's are laid out
    /// when its turn comes, and their pages leave memory at once. For passes without gradients.
    var streamsWeights = false

    /// The same for a pass whose rows are `rows` of the micro-batch.
    func of(_ rows: [Int32]?) -> PassContext {
        var context = self
        context.batchRows = rows
        return context
    }

    /// Whether only memory is counted: nothing is computed, and no number may be looked at.
    var measures: Bool { workspace.measures }

    /// Runs `body`, which computes; not where only memory is counted.
    func compute(_ body: () throws -> Void) rethrows {
        if !measures { try body() }
    }

    /// Runs `body` for each block of `count` rows, on the pool.
    func forEachBlock(of count: Int, _ body: (RowBlock) -> Void) {
        compute { RowBlock.forEach(of: count, body) }
    }

    /// The weight that products of `layer` read: its own, or what is trained in its place, or with the adapter's change inside.
    func weight(of layer: LinearLayer) -> FrozenTensor {
        if let whole = adapters.parts?.weight(of: layer) { return whole.tensor }
        guard !measures, let adapter = adapters[layer], let folding = adapter.method.folding else {
            return layer.weight
        }
        return folding.weight(adapter, layer.weight)
    }

    /// What is added to products of `layer`, `[1, out]`.
    func bias(of layer: LinearLayer) -> Matrix? { adapters.parts?.bias(of: layer)?.values ?? layer.bias }

    /// The norm with what is trained of it.
    func norm(_ norm: Norm) -> Norm { adapters.parts?.norm(norm, measures: measures) ?? norm }

    // MARK: Buffers

    /// A buffer in the type of activations.
    func activations(rows: Int, columns: Int) -> Matrix {
        workspace.matrix(rows: rows, columns: columns, type: precision)
    }

    /// A buffer of the residual stream's type.
    func residual(rows: Int, columns: Int) -> Matrix { workspace.matrix(rows: rows, columns: columns, type: .f32) }

    /// Room for the rows of one block at a time, of each thread.
    func scratch(columns: Int, type: ElementType? = nil) -> RowScratch {
        RowScratch(columns: columns, type: type ?? precision, in: workspace)
    }

    /// Room for what the adapter of `layer` leaves for the way back; nil without adapter.
    func adapterRows(_ layer: LinearLayer, rows: Int) -> AdapterRows? {
        guard let adapter = adapters[layer], let z = lowRankRows(layer, rows: rows) else { return nil }
        return AdapterRows(z: z, own: adapter.method.pass.keeping(layer, adapter, rows: rows, self))
    }

    /// Room for z of the adapter of `layer`, or for its gradient: `[N, r]` with r rounded up to whole pairs; nil without adapter.
    func lowRankRows(_ layer: LinearLayer, rows: Int) -> Matrix? {
        adapters[layer].map { activations(rows: rows, columns: Panels.paddedDepth($0.rank, precision)) }
    }

    // MARK: Dropout

    /// Whether the input of the adapter of `layer` is masked.
    func drops(_ layer: LinearLayer) -> Bool { dropout != nil && (adapters[layer]?.dropout ?? 0) > 0 }

    /// Masks an input of the adapter, or the gradient of one: the same numbers are dropped, since a mask depends on its key alone.
    /// - Parameter firstRow: the row of the pass that `x` begins with.
    func mask(_ x: Matrix, of layer: LinearLayer, into masked: Matrix, firstRow: Int) {
        guard let adapter = adapters[layer], let dropout else { preconditionFailure("nothing is dropped here") }
        func apply(_ rows: Range<Int>, from place: Int) {
            Dropout.apply(
                x.rows(rows), into: masked.rows(rows), probability: adapter.dropout,
                seed: dropout.seed(layer: adapter.index), stream: dropout.stream,
                firstElement: (dropout.firstRow + place) * layer.inputSize)
        }
        guard let batchRows else { return apply(0..<x.rows, from: firstRow) }
        var start = 0
        while start < x.rows {
            let place = Int(batchRows[firstRow + start])
            var end = start + 1
            while end < x.rows, Int(batchRows[firstRow + end]) == place + end - start { end += 1 }
            apply(start..<end, from: place)
            start = end
        }
    }
}

/// What the dropout masks of one micro-batch follow from: the same rows of the same step are masked alike, however the step is
/// cut into micro-batches.
public struct DropoutKey: Sendable {
    public let seed: UInt64
    public let stream: UInt32
    /// Rows of the step before this micro-batch.
    public let firstRow: Int
    /// How much noise is on what tokens begin as; 0: none.
    public let noiseAlpha: Double

    public init(seed: UInt64, stream: UInt32, firstRow: Int, noiseAlpha: Double = 0) {
        self.noiseAlpha = noiseAlpha
        self.seed = seed
        self.stream = stream
        self.firstRow = firstRow
    }

    /// The seed of one layer's mask: layers must not share masks. The odd factor (2⁶⁴/φ) spreads neighbouring indices.
    func seed(layer index: Int) -> UInt64 { seed ^ (UInt64(truncatingIfNeeded: index + 1) &* 0x9E37_79B9_7F4A_7C15) }
}
