public import Tensors

/// The vocabulary projection and a loss of it in one, for losses that look at a few tokens of each row by name and at all others
/// together: logits live only for a block of rows and a tile of the vocabulary, and what backward needs of them, exp(logit − the
/// tile's largest), for a chunk of rows in the type of products. Never for all `[M, V]`.
///
/// Let a loss have the slope a_o by the log-probability of its outcome o, a named token or the rest r. By the logit of token v it is
/// then a_v − p_v·A where v is named, and p_v·(a_r/p_r − A) elsewhere, with A the sum of all slopes: so what goes back to a chunk is
/// its exps times a factor for each row and tile, beside a few numbers by name.
///
/// Legend: M rows that carry loss, C width, V vocabulary.
public enum TokenOutcomes {
    /// The most bytes of exps at once.
    static let chunkBytes = 48 << 20
    /// Columns of a tile: with a block of rows its logits stay in the second-level cache.
    static let tileWidth = 1536

    /// What a row's softmax comes to, and what a rule leaves there.
    public struct Row {
        public let index: Int
        /// log p of each of the row's tokens, in their order.
        public let logProbabilities: UnsafeBufferPointer<Double>
        /// log p of all others together; −∞ where there are none.
        public let restLogProbability: Double
        /// Whether the row's first token is the most likely of the whole vocabulary, the first of equals.
        public let isFirstChoice: Bool
        /// For the loss's slope by each of `logProbabilities`; undefined at first.
        public let slopes: UnsafeMutableBufferPointer<Double>
    }

    /// Rows in one chunk.
    public static func chunkRows(vocabulary: Int, type: ElementType) -> Int {
        let rows = chunkBytes / (type.byteCount * max(vocabulary, 1))
        return max(RowBlock.height, rows / RowBlock.height * RowBlock.height)
    }

    /// Bytes taken from the workspace by `rows` rows.
    /// - Parameter gradient: what of the head is trained.
    public static func workspaceBytes(
        rows: Int, width: Int, vocabulary: Int, type: ElementType, backward: Bool,
        training gradient: HeadGradient = HeadGradient()
    ) -> Int {
        let tile = min(vocabulary, tileWidth), tiles = (vocabulary + tileWidth - 1) / tileWidth
        let chunk = min(rows, chunkRows(vocabulary: vocabulary, type: type))
        let panels = max(
            Panels.byteCount(depth: width, columns: tile, type: type),
            Panels.byteCount(depth: tile, columns: width, type: type))
        let exps = backward ? Workspace.byteCount(rows: chunk, columns: tiles * tile, type: type) : 0
        let sums =
            backward ? HeadSums.workspaceBytes(gradient, rows: chunk, width: width, tile: tile, type: type) : 0
        return exps + panels + sums + RowScratch.byteCount(columns: tile, type: .f32)
            + 2 * Workspace.byteCount(rows: chunk, columns: tiles)
    }

    /// Where the gradient goes.
    public struct Gradient {
        let dHidden: Matrix
        let isAdded: Bool

        /// - Parameters:
        ///   - dHidden: `[M, C]` fp32, for d(Σ losses) / d`hidden`.
        ///   - isAdded: whether it is added to what is there.
        public init(_ dHidden: Matrix, isAdded: Bool = false) {
            self.dHidden = dHidden
            self.isAdded = isAdded
        }
    }

    /// Hands each row to `rule`, in their order, and goes back by the slopes that it leaves.
    ///
    /// - Parameters:
    ///   - hidden: `[M, C]`, in the type of products.
    ///   - head: of V tokens.
    ///   - tokens: those of each row that are looked at by name; their values are not read.
    ///   - scale: what logits are multiplied by: 1 / the temperature.
    ///   - gradient: nil where only `rule` is asked for, which then leaves slopes in vain.
    ///   - rule: leaves the slopes of the row's loss, and returns that by the log-probability of the rest: 0 where there is none.
    public static func run(
        _ hidden: Matrix, head: LogitHead, tokens: SparseRows, scale: Float = 1, gradient: Gradient?,
        workspace: Workspace, _ rule: (Row) -> Double
    ) {
        precondition(hidden.columns == head.columns && head.rows > 0 && tokens.count == hidden.rows)
        precondition(tokens.columns.allSatisfy { $0 >= 0 && Int($0) < head.rows }, "a token that there is not")
        if let dHidden = gradient?.dHidden {
            precondition(dHidden.rows == hidden.rows && dHidden.columns == hidden.columns && dHidden.type == .f32)
        }
        let height = chunkRows(vocabulary: head.rows, type: hidden.type)
        for start in stride(from: 0, to: hidden.rows, by: height) {
            let rows = start..<min(start + height, hidden.rows)
            workspace.scoped {
                let chunk = VocabularyChunk(
                    hidden.rows(rows), head, tokens, firstRow: start, scale: scale, keepingExps: gradient != nil,
                    workspace)
                chunk.forward(workspace)
                for row in 0..<rows.count { chunk.finish(row, rule) }
                if let gradient {
                    chunk.backward(into: gradient.dHidden.rows(rows), isAdded: gradient.isAdded, workspace)
                }
                chunk.close()
            }
        }
    }
}
