// How much memory passes take, before they are run: the same code, with a workspace that only counts.

import Kernels
public import Tensors

extension LanguageModel {
    /// Workspace bytes that training needs for `rows` token rows; weights and adapters not counted. Never too low.
    /// - Parameters:
    ///   - rows: with those before each text.
    ///   - targets: rows that carry loss; nil for all.
    ///   - sharesPrompts: whether answers may share the rows of their prompts.
    ///   - body: runs the passes that are trained.
    public func predictedBytes(
        rows: Int, targets: Int? = nil, sharesPrompts: Bool = false, recomputedBlocks: Int,
        _ body: (ObjectivePass) throws -> Void
    ) -> Int {
        func bytes(_ batch: TokenBatch) -> Int {
            measuring(precision, dropout: DropoutKey(seed: 0, stream: 0, firstRow: 0)) { context in
                try body(
                    ObjectivePass(
                        batch: batch, model: self, context: context,
                        wayBack: .init(gradientScale: 1, recomputedBlocks: recomputedBlocks)))
            }
        }
        let rows = textRows(rows)
        let whole = largest(targets ?? rows) { bytes(TokenBatch(rows: rows, targets: $0)) }
        guard sharesPrompts, encoder == nil else { return whole }
        // Sequences put together anew take room of their own.
        let left = TokenBatch.mostRows(sharing: rows)
        return max(
            whole, bytes(TokenBatch(rows: left, targets: min(targets ?? left, left), attended: rows)))
    }

    /// Rows of the one text, the longest that there can be, that has `rows` rows with those before it.
    private func textRows(_ rows: Int) -> Int { max(1, rows - rowsAhead) }

    /// The most of what passes take: where a batch has two parts, all of its rows may be of either.
    private func largest(_ targets: Int, _ bytes: (_ targets: Int) -> Int) -> Int {
        encoder == nil ? bytes(targets) : max(bytes(targets), bytes(min(targets, 1)))
    }

    /// Workspace bytes that `tokenLosses` needs for `rows` token rows, all of which carry loss.
    /// - Parameters:
    ///   - rows: with those before each text, as are `attended`.
    ///   - attended: rows as attention sees them, where several sequences share some; 0 where none do.
    ///   - type: of products, where another model of the same shape is asked about.
    ///   - streamed: where `streamsWeights` is to be set.
    ///   - body: runs the passes, where it is not one for the losses.
    public func predictedEvaluationBytes(
        rows: Int, attended: Int = 0, type: ElementType? = nil, streamed: Bool = false,
        _ body: (ObjectivePass) throws -> Void = { _ = try $0.run { try $0.tokenLosses() } }
    ) -> Int {
        let rows = textRows(rows)
        return largest(rows) { targets in
            measuring(type ?? precision, streamed: streamed) { context in
                let batch = TokenBatch(
                    rows: rows, targets: targets, attended: encoder == nil && attended > 0 ? textRows(attended) : 0)
                try body(ObjectivePass(batch: batch, model: self, context: context, wayBack: nil))
            }
        }
    }

    /// Workspace bytes that a pass without gradients needs that pools `rows` token rows, of however many texts.
    public func predictedPoolingBytes(rows: Int, _ pooling: Pooling) -> Int {
        measuring(precision) { context in
            // As many texts as rows: all of them are handed over, and none is another's.
            try runForward(TokenBatch(rows: rows, targets: rows), [], context) { head in
                head.withWorkspace { workspace in
                    head.pool(pooling, into: workspace.matrix(rows: rows, columns: configuration.width))
                }
            }
        }
    }

    func measuring(
        _ precision: ElementType, dropout: DropoutKey? = nil, streamed: Bool = false,
        _ body: (PassContext) throws -> Void
    ) -> Int {
        do {
            return try Workspace.measuring { workspace in
                try body(
                    PassContext(
                        workspace: workspace, precision: precision, adapters: adapters, dropout: dropout,
                        streamsWeights: streamed))
            }
        } catch {
            preconditionFailure("nothing was computed that could go wrong: \(error)")
        }
    }
}
