// Forward and backward through the whole model, for one micro-batch.

import Kernels
public import Tensors

extension LanguageModel {
    /// Runs `batch` forward and backward and adds ∂(Σ loss · `gradientScale`) into the adapters' gradients.
    ///
    /// - Parameters:
    ///   - gradientScale: 1 / Σ target tokens of the whole optimiser step.
    ///   - recompute: keep only the blocks' inputs and run each block again on the way back; same gradients.
    ///   - randomSeed: the run's seed, for dropout.
    ///   - randomStream: tells micro-batches apart in the dropout masks.
    /// - Throws: `ModelError` for a loss or a gradient that is not finite; the gradients are then of no use.
    public func accumulateGradients(
        _ batch: TokenBatch, gradientScale: Float, recompute: Bool, workspace: Workspace, randomSeed: UInt64,
        randomStream: UInt32
    ) throws -> BatchLoss {
        try checkTokens(batch)
        let context = PassContext(
            workspace: workspace, precision: precision, dropout: DropoutKey(seed: randomSeed, stream: randomStream))
        let loss = try workspace.scoped {
            try withSpan(batch) { span in
                let pass = forwardSaving(batch, span, recompute: recompute, context)
                let dx = context.residual(rows: batch.rowCount, columns: configuration.width)
                let loss = try lossGradient(batch, pass.output, into: dx, gradientScale, context)
                for index in blocks.indices.reversed() where index >= pass.lowest {
                    backward(index, dx, pass, span, context)
                }
                return loss
            }
        }
        try checkGradients()
        return loss
    }

    /// What the way up leaves for the way back.
    private struct ForwardPass {
        /// The lowest block with an adapter; nothing below it is kept.
        let lowest: Int
        /// Each block's input from `lowest` on, `[N, C]`, fp32.
        let inputs: [Matrix]
        /// The last block's output.
        let output: Matrix
        /// Each block's saved values from `lowest` on; empty where blocks are run again.
        let saved: [BlockActivations]
    }

    private func forwardSaving(
        _ batch: TokenBatch, _ span: AttentionSpan, recompute: Bool, _ context: PassContext
    ) -> ForwardPass {
        let workspace = context.workspace
        let rows = batch.rowCount
        let lowest = blocks.firstIndex(where: \.hasAdapter) ?? blocks.count
        var x = context.residual(rows: rows, columns: configuration.width)
        embed(batch.ids, into: x)
        var inputs: [Matrix] = []
        var saved: [BlockActivations] = []
        for (index, block) in blocks.enumerated() {
            guard index >= lowest else {
                workspace.scoped {
                    let passing = BlockActivations(rows: rows, block: block, context)
                    block.forward(x, into: x, saving: passing, span: span, context)
                }
                continue
            }
            let y = context.residual(rows: rows, columns: configuration.width)
            if recompute {
                workspace.scoped {
                    let passing = BlockActivations(rows: rows, block: block, context)
                    block.forward(x, into: y, saving: passing, span: span, context)
                }
            } else {
                let kept = BlockActivations(rows: rows, block: block, context)
                block.forward(x, into: y, saving: kept, span: span, context)
                saved.append(kept)
            }
            inputs.append(x)
            x = y
        }
        return ForwardPass(lowest: lowest, inputs: inputs, output: x, saved: saved)
    }

    private func backward(
        _ index: Int, _ dx: Matrix, _ pass: ForwardPass, _ span: AttentionSpan, _ context: PassContext
    ) {
        let block = blocks[index]
        let place = index - pass.lowest
        let x = pass.inputs[place]
        context.workspace.scoped {
            let saved: BlockActivations
            if pass.saved.isEmpty {
                saved = BlockActivations(rows: x.rows, block: block, context)
                block.forward(x, into: nil, saving: saved, span: span, context)
            } else {
                saved = pass.saved[place]
            }
            block.backward(dx, x: x, saved: saved, isLowest: place == 0, span: span, context)
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
                    hidden, head: head.widened(context), targets: targets, losses: losses, isCorrect: correct,
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

    private func checkGradients() throws {
        for layer in linearLayers {
            guard let adapter = layer.adapter else { continue }
            for (name, gradient) in [("lora_A", adapter.gradientA), ("lora_B", adapter.gradientB)]
            where Elements.firstNonFinite(UnsafeBufferPointer(gradient.floats)) != nil {
                throw ModelError.nonFiniteGradient(tensor: "\(layer.path).\(name).weight")
            }
        }
    }
}
