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
        let rows = batch.readRows
        return try context.workspace.scoped {
            try withSpan(batch, context) { span in
                let x = context.residual(rows: batch.rowCount, columns: configuration.width)
                embed(batch, into: x, context)
                let pass = stack.forwardSaving(
                    x, span, lowest: stack.lowestTrained(context.adapters), recomputedBlocks: recomputedBlocks, context
                ) { residuals.take(after: $0, $1, rows, context) }
                let dx = context.residual(rows: batch.rowCount, columns: configuration.width)
                let result = try headGradient(batch, pass.output, residuals, into: dx, context, body)
                pass.backward(dx) { residuals.addGradient(after: $0, to: $1, rows, context) }
                return result
            }
        }
    }

    /// Blocks that keep values for their backward, or can be run again instead.
    public var trainedBlocks: Int { blocks.count - stack.lowestTrained(adapters) }

    /// What `body` makes of the rows that the batch reads; the gradient that it leaves there, at the last block's output in `dx`
    /// `[N, C]`: zero in all other rows.
    private func headGradient<Result>(
        _ batch: TokenBatch, _ x: Matrix, _ residuals: [ResidualRows], into dx: Matrix, _ context: PassContext,
        _ body: (HeadRows) throws -> Result
    ) throws -> Result {
        let rows = batch.readRows
        context.compute { Elements.fill(dx, with: 0) }
        return try context.workspace.scoped {
            let dHidden = context.residual(rows: rows.count, columns: x.columns)
            let result = try withHeadRows(batch, rows, x, residuals, gradient: dHidden, context, body)
            guard !rows.isEmpty else { return result }
            let gathered = context.residual(rows: rows.count, columns: x.columns)
            let normed = context.activations(rows: rows.count, columns: x.columns)
            let statistics = finalNorm.statistics(rows: rows.count, context)
            context.compute {
                rows.withUnsafeBufferPointer { Elements.gatherRows(x, $0, into: gathered) }
                finalNorm.forward(gathered, into: normed, statistics: statistics)
                finalNorm.backward(dHidden, x: gathered, statistics: statistics)
                rows.withUnsafeBufferPointer { Elements.scatterAddRows(dHidden, $0, into: dx) }
            }
            return result
        }
    }
}
