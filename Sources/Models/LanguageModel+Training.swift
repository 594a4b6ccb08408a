// Forward and backward through the whole model, for one micro-batch.

import Kernels
public import Tensors

extension LanguageModel {
    /// Runs `batch` forward and backward and adds ∂(Σ loss · `gradientScale`) into the adapters' gradients.
    ///
    /// - Parameters:
    ///   - gradientScale: 1 / Σ target tokens of the whole optimiser step.
    ///   - recomputedBlocks: how many of the trained blocks, from the lowest up, keep their input only and are run again on the
    ///     way back; same gradients.
    ///   - dropout: where the adapters' masks come from.
    /// - Throws: `ModelError` for a loss that is not finite; the gradients are then of no use. Whether they are finite is for the
    ///   caller to see, once a step.
    public func accumulateGradients(
        _ batch: TokenBatch, gradientScale: Float, recomputedBlocks: Int, workspace: Workspace, dropout: DropoutKey
    ) throws -> BatchLoss {
        try checkTokens(batch)
        let context = PassContext(workspace: workspace, precision: precision, dropout: dropout)
        return try workspace.scoped {
            try withSpan(batch) { span in
                let pass = forwardSaving(batch, span, recomputedBlocks: recomputedBlocks, context)
                let dx = context.residual(rows: batch.rowCount, columns: configuration.width)
                let loss = try lossGradient(batch, pass.output, into: dx, gradientScale, context)
                for index in blocks.indices.reversed() where index >= lowestTrained {
                    backward(index, dx, pass.kept[index - lowestTrained], span, context)
                }
                return loss
            }
        }
    }

    /// The lowest block with an adapter; the number of blocks where there is none. Nothing below it is kept.
    var lowestTrained: Int { blocks.firstIndex(where: \.hasAdapter) ?? blocks.count }

    /// Blocks that keep values for their backward, or can be run again instead.
    public var trainedBlocks: Int { blocks.count - lowestTrained }

    /// What a trained block leaves for the way back.
    private enum Kept {
        case activations(BlockActivations)
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
        _ batch: TokenBatch, _ span: AttentionSpan, recomputedBlocks: Int, _ context: PassContext
    ) -> ForwardPass {
        let rows = batch.rowCount, lowest = lowestTrained
        var x = context.residual(rows: rows, columns: configuration.width)
        embed(batch.ids, into: x)
        var kept: [Kept] = []
        for (index, block) in blocks.enumerated() {
            if index >= lowest + recomputedBlocks {
                let saved = BlockActivations(rows: rows, block: block, context)
                block.forward(x, into: x, saving: saved, span: span, context)
                kept.append(.activations(saved))
                continue
            }
            let y = index < lowest ? x : context.residual(rows: rows, columns: configuration.width)
            context.workspace.scoped {
                let passing = BlockActivations(rows: rows, block: block, context)
                block.forward(x, into: y, saving: passing, span: span, context)
            }
            if index >= lowest { kept.append(.input(x)) }
            x = y
        }
        return ForwardPass(output: x, kept: kept)
    }

    private func backward(
        _ index: Int, _ dx: Matrix, _ kept: Kept, _ span: AttentionSpan, _ context: PassContext
    ) {
        let block = blocks[index], isLowest = index == lowestTrained
        switch kept {
        case .activations(let saved): block.backward(dx, saved: saved, isLowest: isLowest, span: span, context)
        case .input(let x):
            context.workspace.scoped {
                let saved = BlockActivations(rows: x.rows, block: block, context)
                block.forward(x, into: nil, saving: saved, span: span, context)
                block.backward(dx, saved: saved, isLowest: isLowest, span: span, context)
            }
        }
    }

    /// The losses, and their gradient at the last block's output in `dx` `[N, C]`: zero in rows without loss.
    private func lossGradient(
        _ batch: TokenBatch, _ x: Matrix, into dx: Matrix, _ gradientScale: Float, _ context: PassContext
    ) throws -> BatchLoss {
        let rows = batch.targetRows
        Elements.fill(dx, with: 0)
        return try context.workspace.scoped {
            let dHidden = context.residual(rows: rows.count, columns: x.columns)
            let losses = try withTargets(batch, rows, x, context) { hidden, targets, losses, correct in
                CrossEntropy.forwardBackward(
                    hidden, head: RowLayout(head), targets: targets, losses: losses, isCorrect: correct,
                    gradientScale: gradientScale, into: dHidden, workspace: context.workspace)
            }
            guard !rows.isEmpty else { return losses.batch }
            let gathered = context.residual(rows: rows.count, columns: x.columns)
            let normed = context.activations(rows: rows.count, columns: x.columns)
            let inverseRMS = context.residual(rows: rows.count, columns: 1)
            rows.withUnsafeBufferPointer { Elements.gatherRows(x, $0, into: gathered) }
            normFinal(gathered, into: normed, inverseRMS: inverseRMS)
            RMSNorm.backward(
                dHidden, x: gathered, weight: finalNorm.matrix, inverseRMS: inverseRMS, into: dHidden, accumulate: false
            )
            rows.withUnsafeBufferPointer { Elements.scatterAddRows(dHidden, $0, into: dx) }
            return losses.batch
        }
    }
}
