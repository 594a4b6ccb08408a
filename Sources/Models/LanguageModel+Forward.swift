// Forward passes of the whole model: losses without gradients, and logits.

import Kernels
public import Tensors

extension LanguageModel {
    /// The losses of `batch` without gradients; with `tokenLogProbabilities` also log p of each target, in row order.
    /// - Parameter adapters: nil for those that the model has.
    public func evaluate(
        _ batch: TokenBatch, workspace: Workspace, adapters: AdapterBinding? = nil, tokenLogProbabilities: Bool = false
    ) throws -> (BatchLoss, [Float]?) {
        try checkTokens(batch)
        let losses = try runForward(batch, context(workspace, adapters))
        return (losses.batch, tokenLogProbabilities ? losses.tokens.map { -$0 } : nil)
    }

    /// `evaluate` for tokens that are known to be the model's.
    func runForward(_ batch: TokenBatch, _ context: PassContext) throws -> (batch: BatchLoss, tokens: [Float]) {
        let head = head(context.adapters)
        return try context.workspace.scoped {
            defer { if streamsWeights { head.dropPages() } }
            let x = hiddenStates(batch, context)
            let rows = batch.targetRows
            return try withTargets(batch, rows, x, context) { hidden, targets, losses, correct in
                guard !context.measures else {
                    return context.workspace.count(bytes: lossBytes(rows: rows.count, context, backward: false))
                }
                CrossEntropy.forward(
                    hidden, head: RowLayout(head), targets: targets, losses: losses, isCorrect: correct,
                    workspace: context.workspace)
            }
        }
    }

    /// What the loss takes of the workspace, by the kernel's own word.
    func lossBytes(rows: Int, _ context: PassContext, backward: Bool) -> Int {
        CrossEntropy.workspaceBytes(
            rows: rows, width: configuration.width, vocabulary: configuration.vocabularySize, type: context.precision,
            backward: backward)
    }

    /// - Parameter adapters: nil for those that the model has.
    func context(_ workspace: Workspace, _ adapters: AdapterBinding?, dropout: DropoutKey? = nil) -> PassContext {
        PassContext(
            workspace: workspace, precision: precision, adapters: adapters ?? self.adapters, dropout: dropout)
    }

    /// All logits `[N, V]`, row-major. For tests and probes: its size grows with N·V.
    public func logits(_ batch: TokenBatch, workspace: Workspace) throws -> [Float] {
        try checkTokens(batch)
        let context = context(workspace, nil)
        return workspace.scoped {
            let x = hiddenStates(batch, context)
            let normed = context.activations(rows: x.rows, columns: x.columns)
            finalNorm.forward(x, into: normed, inverseRMS: context.residual(rows: x.rows, columns: 1))
            let logits = context.residual(rows: x.rows, columns: configuration.vocabularySize)
            let panels = Panels.pack([
                PanelSource(RowLayout(head(adapters)), .transposed, type: precision, in: workspace)
            ])[0]
            Products.sum([Term(normed, panels)], into: logits)
            return Array(logits.floats)
        }
    }

    /// What the head turns into logits, `[N, C]` in the type of products, into `states`.
    public func finalStates(_ batch: TokenBatch, into states: Matrix, workspace: Workspace) throws {
        try checkTokens(batch)
        precondition(states.rows == batch.rowCount && states.columns == configuration.width && states.type == precision)
        let context = context(workspace, nil)
        workspace.scoped {
            let x = hiddenStates(batch, context)
            finalNorm.forward(x, into: states, inverseRMS: context.residual(rows: x.rows, columns: 1))
        }
    }

    /// The logits of the tokens `range` at `states`, which `finalStates` gave: `[N, range.count]`, fp32.
    public func logits(of states: Matrix, tokens range: Range<Int>, into logits: Matrix, workspace: Workspace) {
        precondition(logits.rows == states.rows && logits.columns == range.count && logits.type == .f32)
        workspace.scoped {
            let panels = Panels.pack([
                PanelSource(RowLayout(head(adapters)), rows: range, .transposed, type: precision, in: workspace)
            ])[0]
            Products.sum([Term(states, panels)], into: logits)
        }
        if streamsWeights { head(adapters).dropPages() }
    }

    /// The residual stream after the last block, `[N, C]`, valid until the end of the enclosing scope.
    func hiddenStates(
        _ batch: TokenBatch, _ context: PassContext, afterEach: (Int, Matrix) -> Void = { _, _ in }
    ) -> Matrix {
        let x = context.residual(rows: batch.rowCount, columns: configuration.width)
        context.compute { embed(batch.ids, into: x) }
        if streamsWeights { embedding.dropPages() }
        afterEach(-1, x)
        withSpan(batch, context) { span in
            for (index, block) in blocks.enumerated() {
                context.workspace.scoped { block.begin(rows: batch.rowCount, span, context).forward(x, into: x) }
                if streamsWeights { block.linearLayers.forEach { $0.weight.dropPages() } }
                afterEach(index, x)
            }
        }
        return x
    }

    func embed(_ ids: [Int32], into x: Matrix) {
        ids.withUnsafeBufferPointer { Widening.gather(embedding, rows: $0, into: x) }
        if configuration.embeddingScale != 1 { Elements.scale(x, by: configuration.embeddingScale) }
    }

    /// Runs `body` with the reach of a training batch: each example by itself, positions from 0.
    func withSpan<Result>(
        _ batch: TokenBatch, _ context: PassContext, _ body: (AttentionSpan) throws -> Result
    ) rethrows -> Result {
        // What is only measured needs no table of its length.
        let positions = context.measures ? [0] : batch.positions
        return try positions.withUnsafeBufferPointer {
            try body(
                AttentionSpan(
                    reach: batch.sharing.map { .shared($0) } ?? .examples(bounds: batch.bounds), positions: $0,
                    tables: rotaryTables))
        }
    }

    func checkTokens(_ batch: TokenBatch) throws {
        let size = configuration.vocabularySize
        for (row, (id, target)) in zip(batch.ids, batch.targets).enumerated() {
            // A target of −1 means none.
            guard (0..<size).contains(Int(id)) else {
                throw ModelError.tokenOutOfRange(id: Int(id), row: row, vocabularySize: size)
            }
            guard target < size else {
                throw ModelError.tokenOutOfRange(id: Int(target), row: row, vocabularySize: size)
            }
        }
    }

    // MARK: Losses

    /// Gathers and norms the rows that carry loss, lets `body` compute their losses, and sums these by example.
    func withTargets(
        _ batch: TokenBatch, _ rows: [Int32], _ x: Matrix, _ context: PassContext,
        _ body: (
            Matrix, UnsafeBufferPointer<Int32>, UnsafeMutableBufferPointer<Float>, UnsafeMutableBufferPointer<Bool>
        ) -> Void
    ) throws -> (batch: BatchLoss, tokens: [Float]) {
        var tokens = [Float](repeating: 0, count: rows.count)
        var correct = [Bool](repeating: false, count: rows.count)
        let targets = rows.map { batch.targets[Int($0)] }
        if !rows.isEmpty {
            context.workspace.scoped {
                let gathered = context.residual(rows: rows.count, columns: x.columns)
                let hidden = context.activations(rows: rows.count, columns: x.columns)
                let inverseRMS = context.residual(rows: rows.count, columns: 1)
                context.compute {
                    rows.withUnsafeBufferPointer { Elements.gatherRows(x, $0, into: gathered) }
                    finalNorm.forward(gathered, into: hidden, inverseRMS: inverseRMS)
                }
                targets.withUnsafeBufferPointer { targets in
                    tokens.withUnsafeMutableBufferPointer { tokens in
                        correct.withUnsafeMutableBufferPointer { correct in body(hidden, targets, tokens, correct) }
                    }
                }
            }
        }
        let loss = BatchLoss(batch, rows: rows, losses: tokens, isCorrect: correct)
        if let example = loss.exampleLossSums.firstIndex(where: { !$0.isFinite }) {
            throw ModelError.nonFiniteLoss(example: example, firstLayer: firstNonFiniteLayer(batch, context))
        }
        return (loss, tokens)
    }

    /// Where NaN or infinity first appears on the way up; runs the batch once more, which only an error pays for.
    private func firstNonFiniteLayer(_ batch: TokenBatch, _ context: PassContext) -> String {
        var plain = context
        plain.dropout = nil
        var first: String?
        context.workspace.scoped {
            _ = hiddenStates(batch, plain) { index, x in
                guard first == nil, Elements.firstNonFinite(UnsafeBufferPointer(x.floats)) != nil else { return }
                first = index < 0 ? "model.embed_tokens" : "model.layers.\(index)"
            }
        }
        return first ?? "the head"
    }
}

extension BatchLoss {
    /// Sums over the target rows of `batch`, in row order, in double.
    init(_ batch: TokenBatch, rows: [Int32], losses: [Float], isCorrect: [Bool]) {
        self.init(
            exampleLossSums: Array(repeating: 0, count: batch.exampleCount),
            exampleTargetCounts: Array(repeating: 0, count: batch.exampleCount))
        var example = 0
        for (index, row) in rows.enumerated() {
            while Int(row) >= batch.bounds[example + 1] { example += 1 }
            exampleLossSums[example] += Double(losses[index])
            exampleTargetCounts[example] += 1
            if isCorrect[index] { correctCount += 1 }
        }
        lossSum = exampleLossSums.reduce(0, +)
        targetCount = rows.count
    }
}
