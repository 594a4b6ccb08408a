// How much memory a micro-batch takes, before it is run: the same buffers as the passes, counted instead of taken.

import Kernels
import Tensors

extension LanguageModel {
    /// Workspace bytes that `accumulateGradients` needs for `rows` token rows, all of which carry loss; weights and adapters
    /// not counted. Never too low; high by some per cent.
    public func predictedBytes(rows: Int, recompute: Bool) -> Int {
        let plan = MemoryPlan(model: self, rows: rows)
        let trained = blocks.count - (blocks.firstIndex(where: \.hasAdapter) ?? blocks.count)
        let kept = plan.saved * (recompute ? min(trained, 1) : trained)
        // The embedded input and each trained block's output, and the gradient that runs down.
        let streams = plan.residual * (trained + 2)
        // The saved values of a block run again are not there while the loss is computed.
        let keptAtLoss = recompute ? 0 : kept
        let untrained = trained < blocks.count ? plan.saved + plan.blockTransient : 0
        return streams + max(keptAtLoss + plan.loss, kept + plan.blockTransient, untrained)
    }

    /// Workspace bytes that `evaluate` needs for `rows` token rows, all of which carry loss.
    public func predictedEvaluationBytes(rows: Int) -> Int {
        let plan = MemoryPlan(model: self, rows: rows)
        return plan.residual + max(plan.saved + plan.blockTransient, plan.loss)
    }
}

/// Sizes of the buffers of one pass of `rows` rows.
private struct MemoryPlan {
    /// One state of the residual stream.
    let residual: Int
    /// The saved values of one block.
    let saved: Int
    /// The most that one block takes on top, in either direction.
    let blockTransient: Int
    /// The loss and its gradient.
    let loss: Int

    init(model: LanguageModel, rows: Int) {
        let shape = model.configuration
        let type = model.precision
        let isMixed = type == .bf16
        func bytes(_ rows: Int, _ columns: Int, _ type: ElementType = .f32) -> Int {
            let padded = (rows + Workspace.rowPadding - 1) / Workspace.rowPadding * Workspace.rowPadding
            return (padded * columns * type.byteCount + 63) / 64 * 64
        }
        let (width, query, keyValue, inner) = (shape.width, shape.queryWidth, shape.keyValueWidth, shape.mlpWidth)
        let rank = model.linearLayers.compactMap { $0.adapter?.rank }.max() ?? 0
        let drops = model.linearLayers.contains { ($0.adapter?.dropout ?? 0) > 0 }
        residual = bytes(rows, width)

        var saved = bytes(rows, width) + 2 * bytes(rows, 1) + bytes(rows, shape.heads)
        saved += 2 * bytes(rows, query, type) + 2 * bytes(rows, keyValue, type) + 2 * bytes(rows, inner, type)
        if shape.hasQueryKeyNorm {
            saved += bytes(rows, query, type) + bytes(rows, keyValue, type)
            saved += bytes(rows * shape.heads, 1) + bytes(rows * shape.keyValueHeads, 1)
        }
        self.saved = saved + 7 * bytes(rows, rank, type)

        // A layer: its widened weight; or its adapter's factors, dz and masked input; and a sum in fp32.
        func layer(_ input: Int, _ output: Int) -> Int {
            let weight = bytes(output, input, type)
            let factors = bytes(rank, input, type) + bytes(output, rank, type) + bytes(rows, rank, type)
            let masked = drops ? bytes(rows, input, type) + bytes(rows, input) : 0
            let sum = isMixed && rank > 0 ? bytes(rows, output) : 0
            return max(weight, factors + masked) + sum
        }
        let rounded = isMixed ? bytes(rows, width, type) : 0
        let mlpBackward = bytes(rows, inner) + bytes(rows, inner, type) + rounded + layer(inner, width)
        let mlpForward = max(
            bytes(rows, width, type) + layer(width, inner), bytes(rows, inner, type) + layer(inner, width))
        let attentionNorm = shape.hasQueryKeyNorm ? bytes(rows, query) + bytes(rows, keyValue) : 0
        let attentionBackward =
            2 * bytes(rows, query) + 2 * bytes(rows, keyValue) + attentionNorm + bytes(rows, width, type)
            + bytes(rows, width) + (isMixed ? bytes(rows, query, type) : 0) + layer(width, query)
        let middleBackward = bytes(rows, width, type) + bytes(rows, width) + layer(width, inner)
        blockTransient = max(mlpBackward, mlpForward, attentionBackward, middleBackward)

        let head = model.head.isUsableAs(type) ? 0 : bytes(shape.vocabularySize, width, type)
        loss =
            2 * bytes(rows, width) + bytes(rows, width, type) + 2 * bytes(rows, 1) + head
            + CrossEntropy.workspaceBytes(rows: rows, vocabulary: shape.vocabularySize, type: type, backward: true)
    }
}
