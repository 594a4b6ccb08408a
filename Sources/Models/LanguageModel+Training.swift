// Forward and backward through the whole model, for one micro-batch.

import Kernels
import Tensors

extension LanguageModel {
    /// Runs `batch` forward, hands `body` the rows that it reads, and runs it backward from the gradient that `body` leaves
    /// there, into the adapters' gradients.
    func runForwardBackward<Result>(
        _ batch: TokenBatch, _ residuals: [ResidualRows], recomputedBlocks: Int, _ context: PassContext,
        _ body: (HeadRows) throws -> Result
    ) throws -> Result {
        let parts = try parts(of: batch, context)
        let written = (parts?.written ?? batch).following(context.adapters.virtualTokens), rows = written.readRows
        let trained = trainedBlocks(context.adapters), below = min(recomputedBlocks, trained.encoder)
        return try context.workspace.scoped {
            try withEncoded(parts, recomputedBlocks: below, context) { encoded in
                let context = context.of(parts?.writtenRows)
                return try withSpan(written, after: encoded, context) { span in
                    let x = context.residual(rows: written.rowCount, columns: configuration.width)
                    embed(written, into: x, context)
                    let pass = stack.forwardSaving(
                        x, span, lowest: blocks.count - trained.own, recomputedBlocks: recomputedBlocks - below, context
                    ) { residuals.take(after: $0, $1, rows, context) }
                    let dx = context.residual(rows: written.rowCount, columns: configuration.width)
                    let result = try headGradient(written, of: batch, pass.output, residuals, into: dx, context, body)
                    pass.backward(dx) { residuals.addGradient(after: $0, to: $1, rows, context) }
                    embedBackward(dx, written, context)
                    return result
                }
            }
        }
    }

    /// Adds to the gradients of what is trained of the embedding.
    /// - Parameter dx: of the first rows of the stream, used up.
    private func embedBackward(_ dx: Matrix, _ batch: TokenBatch, _ context: PassContext) {
        guard context.adapters.parts?.trainsInput ?? false, !context.measures else { return }
        input.backward(dx, batch.ids, at: batch.positions, context)
    }

    /// Blocks that keep values for their backward, or can be run again instead.
    public var trainedBlocks: Int {
        let trained = trainedBlocks(adapters)
        return trained.encoder + trained.own
    }

    /// How many blocks, from the top down, the way back goes through: of the encoder, and of the decoder, all of whose blocks it needs
    /// where it goes on into the encoder.
    private func trainedBlocks(_ adapters: AdapterBinding) -> (encoder: Int, own: Int) {
        let below = encoder.map { $0.stack.blocks.count - $0.stack.lowestTrained(adapters) } ?? 0
        return (below, below > 0 ? blocks.count : blocks.count - stack.lowestTrained(adapters))
    }

    /// What `body` makes of the rows that the batch reads; the gradient that it leaves there, at the last block's output in `dx`
    /// `[N, C]`: zero in all other rows.
    /// - Parameter whole: what `batch` is, or is the written part of.
    private func headGradient<Result>(
        _ batch: TokenBatch, of whole: TokenBatch, _ x: Matrix, _ residuals: [ResidualRows], into dx: Matrix,
        _ context: PassContext,
        _ body: (HeadRows) throws -> Result
    ) throws -> Result {
        let rows = batch.readRows
        context.compute { Elements.fill(dx, with: 0) }
        return try context.workspace.scoped {
            let dHidden = context.residual(rows: rows.count, columns: x.columns)
            let result = try withHeadRows(batch, of: whole, x, residuals, gradient: dHidden, context, body)
            context.compute {
                rows.withUnsafeBufferPointer { Elements.scatterAddRows(dHidden, $0, into: dx) }
            }
            return result
        }
    }
}
