// How much memory passes take, before they are run: the same code, with a workspace that only counts.

import Kernels
public import Tensors

extension LanguageModel {
    /// Workspace bytes that training needs for `rows` token rows; weights and adapters not counted. Never too low.
    /// - Parameters:
    ///   - targets: rows that carry loss; nil for all.
    ///   - body: runs the passes that are trained.
    public func predictedBytes(
        rows: Int, targets: Int? = nil, recomputedBlocks: Int, _ body: (ObjectivePass) throws -> Void
    ) -> Int {
        measuring(precision, dropout: DropoutKey(seed: 0, stream: 0, firstRow: 0)) { context in
            try body(
                ObjectivePass(
                    batch: TokenBatch(rows: rows, targets: targets ?? rows), model: self, context: context,
                    wayBack: .init(gradientScale: 1, recomputedBlocks: recomputedBlocks)))
        }
    }

    /// Workspace bytes that `tokenLosses` needs for `rows` token rows, all of which carry loss.
    /// - Parameters:
    ///   - attended: rows as attention sees them, where several sequences share some; 0 where none do.
    ///   - type: of products, where another model of the same shape is asked about.
    public func predictedEvaluationBytes(rows: Int, attended: Int = 0, type: ElementType? = nil) -> Int {
        measuring(type ?? precision) { context in
            let batch = TokenBatch(rows: rows, targets: rows, attended: attended)
            _ = try runForward(batch, context) { try $0.tokenLosses() }
        }
    }

    private func measuring(
        _ precision: ElementType, dropout: DropoutKey? = nil, _ body: (PassContext) throws -> Void
    ) -> Int {
        do {
            return try Workspace.measuring { workspace in
                try body(
                    PassContext(workspace: workspace, precision: precision, adapters: adapters, dropout: dropout))
            }
        } catch {
            preconditionFailure("nothing was computed that could go wrong: \(error)")
        }
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
        let attentions = shape.blocks.map(\.attention.shape), width = shape.width
        let query = attentions.map(\.queryWidth).max() ?? 0, keyValue = attentions.map(\.keyValueWidth).max() ?? 0
        let inner = shape.blocks.map(\.feedForward.width).max() ?? 0
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
