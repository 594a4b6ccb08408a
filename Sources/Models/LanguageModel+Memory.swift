// How much memory a micro-batch takes, before it is run: the same buffers as the passes, counted instead of taken.

import Kernels
public import Tensors

extension LanguageModel {
    /// Workspace bytes that `accumulateGradients` needs for `rows` token rows; weights and adapters not counted. Never too low; high
    /// by some per cent.
    /// - Parameter targets: rows that carry loss; nil for all.
    public func predictedBytes(rows: Int, targets: Int? = nil, recomputedBlocks: Int) -> Int {
        let plan = PassMemory(model: self, rows: rows, targets: targets ?? rows, type: precision)
        let again = min(recomputedBlocks, trainedBlocks)
        let kept = plan.saved * (trainedBlocks - again)
        // The residual stream, the inputs of blocks run again, and the gradient that runs down.
        let streams = plan.residual * (again + 2)
        let passing = plan.saved + plan.forward
        let backward = plan.backward + (again > 0 ? plan.saved : 0)
        return streams + max(kept + max(plan.loss, backward, plan.forward), passing)
    }

    /// Workspace bytes that `evaluate` needs for `rows` token rows, all of which carry loss.
    /// - Parameters:
    ///   - attended: rows as attention sees them, where several sequences share some; 0 where none do.
    ///   - type: of products, where another model of the same shape is asked about.
    public func predictedEvaluationBytes(rows: Int, attended: Int = 0, type: ElementType? = nil) -> Int {
        let plan = PassMemory(model: self, rows: rows, targets: rows, type: type ?? precision)
        return plan.residual + max(plan.saved + max(plan.forward, plan.attention(attended)), plan.lossForward)
    }

    /// Bytes that generation takes for sequences that run together; weights not counted.
    /// - Parameter tokens: of each sequence's prompt and of its answer.
    public func predictedGenerationBytes(
        _ sequences: [(prompt: Int, answer: Int)], arithmetic: GenerationArithmetic? = nil
    ) -> Int {
        let shape = configuration, arithmetic = arithmetic ?? GenerationArithmetic(precision)
        let cached =
            sequences.reduce(0) { $0 + $1.prompt + $1.answer }
            * KeyValueCache.bytesPerToken(shape, arithmetic.cacheType)
        let (width, query, keyValue, inner) = (shape.width, shape.queryWidth, shape.keyValueWidth, shape.mlpWidth)
        /// Rows as products take them: four bytes a number, or whole numbers and a fact for each block beside these.
        func input(_ columns: Int) -> Int { arithmetic == .exact ? 0 : columns * 5 / 2 }
        func pass(rows: Int) -> Int {
            let attention = 4 * (2 * query + width + 2 * keyValue) + max(input(width), 2 * query)
            let mlp = max(4 * (2 * inner + width) + input(width), 4 * (inner + width) + input(inner))
            return rows * (4 * width + max(attention, mlp))
        }
        let type = arithmetic == .exact ? .f32 : precision
        let reads = pass(rows: min(sequences.map(\.prompt).max() ?? 1, Self.promptRows))
        // Weights that are no integers are widened one by one.
        let widened = linearLayers.contains { !RowProducts.hasIntegers($0.weight.dtype) } || arithmetic == .exact
        let panels = widened ? Panels.byteCount(depth: width, columns: max(query, inner), type: type) : 0
        let logits = 4 * sequences.count * shape.vocabularySize
        return cached + max(reads + panels, pass(rows: sequences.count) + logits)
    }
}

extension GenerationBatch {
    /// Bytes that answers to requests take, of which as many run together as there is room for.
    /// - Parameter requests: tokens of each prompt and of its answer.
    public static func predictedBytes(
        _ requests: [(prompt: Int, answer: Int)], of model: LanguageModel, arithmetic: GenerationArithmetic
    ) -> Int {
        // Neighbours run together; who ends early makes room for the next.
        let windows = stride(from: 0, to: requests.count, by: usualWidth).map {
            Array(requests[$0..<min($0 + usualWidth, requests.count)])
        }
        let perToken = KeyValueCache.bytesPerToken(model.configuration, arithmetic.cacheType)
        return windows.map { window in
            var together = window
            func cached() -> Int { together.reduce(0) { $0 + $1.prompt + $1.answer } * perToken }
            while together.count > 1, cached() > usualCacheBytes { together.removeLast() }
            return model.predictedGenerationBytes(together, arithmetic: arithmetic)
        }.max() ?? 0
    }
}

/// Sizes of the buffers of one pass.
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

    /// What attention takes of each row that it sees where sequences share some.
    private let attendedRow: Int

    /// - Parameters:
    ///   - targets: rows that carry loss.
    ///   - type: of products.
    init(model: LanguageModel, rows: Int, targets: Int, type: ElementType) {
        let shape = model.configuration
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

        attendedRow = (2 * query + 2 * keyValue) * type.byteCount + shape.heads * 4

        func loss(backward: Bool) -> Int {
            func bytes(_ columns: Int, _ type: ElementType = .f32) -> Int {
                Workspace.byteCount(rows: targets, columns: columns, type: type)
            }
            return 2 * bytes(width) + bytes(width, type) + 2 * bytes(1)
                + CrossEntropy.workspaceBytes(
                    rows: targets, width: width, vocabulary: shape.vocabularySize, type: type, backward: backward)
        }
        self.loss = loss(backward: true)
        lossForward = loss(backward: false)
    }

    func attention(_ rows: Int) -> Int { rows * attendedRow }
}
