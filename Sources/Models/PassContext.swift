// What every layer of one pass through the network shares.

import Tensors

/// The buffers, types and random numbers of one forward (and backward) pass.
struct PassContext {
    let workspace: Workspace
    /// The type of activations and of the operands of products; the residual stream is fp32 whatever it is.
    let precision: ElementType
    /// Dropout's random numbers; nil where nothing is dropped: evaluation and generation.
    var dropout: DropoutKey?

    /// A buffer in the type of activations.
    func activations(rows: Int, columns: Int) -> Matrix {
        workspace.matrix(rows: rows, columns: columns, type: precision)
    }

    /// A buffer of the residual stream's type.
    func residual(rows: Int, columns: Int) -> Matrix { workspace.matrix(rows: rows, columns: columns, type: .f32) }
}

/// What the dropout masks of one micro-batch follow from: the same rows of the same step are masked alike, however the step is
/// cut into micro-batches.
public struct DropoutKey: Sendable {
    public let seed: UInt64
    public let stream: UInt32
    /// Rows of the step before this micro-batch.
    public let firstRow: Int

    public init(seed: UInt64, stream: UInt32, firstRow: Int) {
        self.seed = seed
        self.stream = stream
        self.firstRow = firstRow
    }

    /// The seed of one layer's mask: layers must not share masks. The odd factor (2⁶⁴/φ) spreads neighbouring indices.
    func seed(layer index: Int) -> UInt64 { seed ^ (UInt64(truncatingIfNeeded: index + 1) &* 0x9E37_79B9_7F4A_7C15) }
}
