// How much memory a micro-batch takes, before it is run: the same buffers as the passes, counted instead of taken.

import Kernels
import Tensors

extension LanguageModel {
    /// Workspace bytes that `accumulateGradients` needs for `rows` token rows, all of which carry loss; weights and adapters
    /// not counted. Never too low; high by some per cent.
    public func predictedBytes(rows: Int, recomputedBlocks: Int) -> Int {
        let plan = PassMemory(model: self, rows: rows)
        let again = min(recomputedBlocks, trainedBlocks)
        let kept = plan.saved * (trainedBlocks - again)
        // The residual stream, the inputs of blocks run again, and the gradient that runs down.
        let streams = plan.residual * (again + 2)
        let passing = plan.saved + plan.forward
        let backward = plan.backward + (again > 0 ? plan.saved : 0)
        return streams + max(kept + max(plan.loss, backward, plan.forward), passing)
    }

    /// Workspace bytes that `evaluate` needs for `rows` token rows, all of which carry loss.
    public func predictedEvaluationBytes(rows: Int) -> Int {
        let plan = PassMemory(model: self, rows: rows)
        return plan.residual + max(plan.saved + plan.forward, plan.lossForward)
    }

    /// Bytes that generation takes for sequences that run together, of `lengths` tokens with their answers; weights not counted.
    public func predictedGenerationBytes(lengths: [Int]) -> Int {
        let cached =
            lengths.reduce(0, +) * KeyValueCache.bytesPerToken(configuration, GenerationArithmetic(precision).cacheType)
        return cached + 2 * predictedEvaluationBytes(rows: lengths.max() ?? 1)
    }
}

/// Sizes of the buffers of one pass of `rows` rows.
private struct PassMemory {
    /// One state of the residual stream.
    let residual: Int
    /// The saved values of one block.
    let saved: Int
    /// What one block takes on top, in each direction.
    let forward: Int
    let backward: Int
    /// The loss and its gradient, and the loss alone.
    let loss: Int
    let lossForward: Int

    init(model: LanguageModel, rows: Int) {
        let shape = model.configuration, type = model.precision
        let (width, query, keyValue, inner) = (shape.width, shape.queryWidth, shape.keyValueWidth, shape.mlpWidth)
        let rank = Panels.paddedDepth(model.linearLayers.compactMap { $0.adapter?.rank }.max() ?? 0, type)
        let drops = model.linearLayers.contains { ($0.adapter?.dropout ?? 0) > 0 }
        func bytes(_ columns: Int, _ type: ElementType = .f32) -> Int {
            Workspace.byteCount(rows: rows, columns: columns, type: type)
        }
        func scratch(_ columns: Int, _ type: ElementType) -> Int { RowScratch.byteCount(columns: columns, type: type) }
        residual = bytes(width)
        let low = 7 * bytes(rank, type)
        var saved = 2 * bytes(width, type) + 2 * bytes(1) + bytes(shape.heads) + low
        saved += 2 * bytes(query, type) + 2 * bytes(keyValue, type) + 2 * bytes(inner, type)
        if shape.hasQueryKeyNorm {
            saved += bytes(query, type) + bytes(keyValue, type)
            saved += Workspace.byteCount(rows: rows * shape.heads, columns: 1)
            saved += Workspace.byteCount(rows: rows * shape.keyValueHeads, columns: 1)
        }
        self.saved = saved

        // A layer's panels read one way or the other, with its adapter's.
        func panels(_ input: Int, _ output: Int) -> Int {
            let sizes = [(input, output), (input, rank), (rank, output)]
            return sizes.reduce(0) { sum, size in
                sum
                    + max(
                        Panels.byteCount(depth: size.0, columns: size.1, type: type),
                        Panels.byteCount(depth: size.1, columns: size.0, type: type))
            }
        }
        let attention = panels(width, query) + 2 * panels(width, keyValue)
        let mlp = panels(query, width) + 2 * panels(width, inner) + panels(inner, width)
        let masked = drops ? scratch(max(width, query, inner), .f32) : 0
        forward = attention + mlp + masked + scratch(width, type) + scratch(width, .f32) + scratch(inner, type)

        let gradients =
            4 * bytes(width, type) + bytes(query, type) + 2 * bytes(keyValue, type) + bytes(inner, type) + low
        let attended = bytes(query, type)
        let backwardMLP = attended + mlp + masked + scratch(inner, .f32) + scratch(width, .f32)
        let backwardAttention =
            attended + 5 * bytes(query) + attention + masked + scratch(keyValue, .f32) + scratch(width, .f32)
        backward = gradients + max(backwardMLP, backwardAttention, drops ? bytes(max(width, query, inner), type) : 0)

        func loss(backward: Bool) -> Int {
            2 * bytes(width) + bytes(width, type) + 2 * bytes(1)
                + CrossEntropy.workspaceBytes(
                    rows: rows, width: width, vocabulary: shape.vocabularySize, type: type, backward: backward)
        }
        self.loss = loss(backward: true)
        lossForward = loss(backward: false)
    }
}
