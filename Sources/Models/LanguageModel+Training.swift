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
                let lowest = lowestTrained(context.adapters)
                let pass = forwardSaving(batch, span, lowest: lowest, recomputedBlocks: recomputedBlocks, context) {
                    residuals.take(after: $0, $1, rows, context)
                }
                let dx = context.residual(rows: batch.rowCount, columns: configuration.width)
                let result = try headGradient(batch, pass.output, residuals, into: dx, context, body)
                for index in blocks.indices.reversed() where index >= lowest {
                    residuals.addGradient(after: index, to: dx, rows, context)
                    let kept = pass.kept[index - lowest]
                    backward(blocks[index], dx, kept, isLowest: index == lowest, span, context)
                }
                return result
            }
        }
    }

    /// The lowest block with an adapter; the number of blocks where there is none. Nothing below it is kept.
    private func lowestTrained(_ adapters: AdapterBinding) -> Int {
        blocks.firstIndex { $0.linearLayers.contains { adapters[$0] != nil } } ?? blocks.count
    }

    /// Blocks that keep values for their backward, or can be run again instead.
    public var trainedBlocks: Int { blocks.count - lowestTrained(adapters) }

    /// What a trained block leaves for the way back.
    private enum Kept {
        case saved(BlockPass)
        /// Its input `[N, C]`, fp32.
        case input(Matrix)
    }

    /// What the way up leaves for the way back.
    private struct ForwardPass {
        /// The last block's output.
        let output: Matrix
        /// Of each trained block, from the lowest up.
        let kept: [Kept]
    }

    private func forwardSaving(
        _ batch: TokenBatch, _ span: AttentionSpan, lowest: Int, recomputedBlocks: Int, _ context: PassContext,
        afterEach: (Int, Matrix) -> Void
    ) -> ForwardPass {
        let rows = batch.rowCount
        var x = context.residual(rows: rows, columns: configuration.width)
        embed(batch, into: x, context)
        var kept: [Kept] = []
        for (index, block) in blocks.enumerated() {
            if index >= lowest + recomputedBlocks {
                let pass = block.begin(rows: rows, span, context)
                pass.forward(x, into: x)
                afterEach(index, x)
                kept.append(.saved(pass))
                continue
            }
            let y = index < lowest ? x : context.residual(rows: rows, columns: configuration.width)
            context.workspace.scoped { block.begin(rows: rows, span, context).forward(x, into: y) }
            if index >= lowest { kept.append(.input(x)) }
            x = y
            afterEach(index, x)
        }
        return ForwardPass(output: x, kept: kept)
    }

    private func backward(
        _ block: DecoderBlock, _ dx: Matrix, _ kept: Kept, isLowest: Bool, _ span: AttentionSpan,
        _ context: PassContext
    ) {
        switch kept {
        case .saved(let pass): pass.backward(dx, isLowest: isLowest)
        case .input(let x):
            context.workspace.scoped {
                let pass = block.begin(rows: x.rows, span, context)
                pass.forward(x, into: nil)
                pass.backward(dx, isLowest: isLowest)
            }
        }
    }

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
