// Forward passes of the whole model: up to the rows that carry loss, and logits.

import Kernels
public import Tensors

extension LanguageModel {
    /// Runs `batch` forward and hands `body` the rows that it reads.
    func runForward<Result>(
        _ batch: TokenBatch, _ residuals: [ResidualRows], _ context: PassContext,
        _ body: (HeadRows) throws -> Result
    ) throws -> Result {
        try context.workspace.scoped {
            defer { if streamsWeights { headWeight(context.adapters, measures: context.measures).dropPages() } }
            let parts = try parts(of: batch, context)
            let written = (parts?.written ?? batch).following(context.adapters.virtualTokens), rows = written.readRows
            let x = hiddenStates(written, encode(parts?.source, context), context) {
                residuals.take(after: $0, $1, rows, context)
            }
            return try withHeadRows(written, of: batch, x, residuals, gradient: nil, context, body)
        }
    }

    /// With the adapters that the model has.
    func context(_ workspace: Workspace, dropout: DropoutKey? = nil) -> PassContext {
        PassContext(
            workspace: workspace, precision: precision, adapters: adapters, dropout: dropout,
            streamsWeights: streamsWeights)
    }

    /// All logits `[N, V]`, row-major, of a model with an encoder those of what is written. For tests and probes: its size grows with
    /// N·V.
    public func logits(_ batch: TokenBatch, workspace: Workspace) throws -> [Float] {
        try checkTokens(batch)
        let context = context(workspace)
        return try workspace.scoped {
            let parts = try parts(of: batch, context)
            let x = textStates(parts?.written ?? batch, encode(parts?.source, context), context)
            let normed = context.activations(rows: x.rows, columns: x.columns)
            finalNorm.forward(x, into: normed, statistics: finalNorm.statistics(rows: x.rows, context), context)
            let logits = context.residual(rows: x.rows, columns: configuration.vocabularySize)
            let head = head(adapters)
            let panels = Panels.pack([PanelSource(head.weight, .transposed, type: precision, in: workspace)])[0]
            head.multiply(normed, panels, tokens: 0..<head.rows, into: logits)
            return Array(logits.floats)
        }
    }

    /// What the head turns into logits, `[N, C]` in the type of products, into `states`; of a model with an encoder, the rows that are
    /// written, from the start token on.
    public func finalStates(_ batch: TokenBatch, into states: Matrix, workspace: Workspace) throws {
        try checkTokens(batch)
        let context = context(workspace)
        try workspace.scoped {
            let parts = try parts(of: batch, context), written = parts?.written ?? batch
            precondition(
                states.rows == written.rowCount && states.columns == configuration.width && states.type == precision)
            let x = textStates(written, encode(parts?.source, context), context)
            finalNorm.forward(x, into: states, statistics: finalNorm.statistics(rows: x.rows, context), context)
        }
    }

    /// The logits of the tokens `range` at `states`, which `finalStates` gave: `[N, range.count]`, fp32.
    public func logits(of states: Matrix, tokens range: Range<Int>, into logits: Matrix, workspace: Workspace) {
        precondition(logits.rows == states.rows && logits.columns == range.count && logits.type == .f32)
        workspace.scoped {
            let head = head(adapters)
            let panels = Panels.pack([
                PanelSource(head.weight, rows: range, .transposed, type: precision, in: workspace)
            ])[0]
            head.multiply(states, panels, tokens: range, into: logits)
        }
        if streamsWeights { headWeight(adapters).dropPages() }
    }

    /// The residual stream after the last block, `[N, C]`, valid until the end of the enclosing scope.
    /// - Parameter encoded: what was read before, where the model has an encoder.
    func hiddenStates(
        _ batch: TokenBatch, _ encoded: EncodedRows?, _ context: PassContext,
        afterEach: (Int, Matrix) -> Void = { _, _ in }
    ) -> Matrix {
        let x = context.residual(rows: batch.rowCount, columns: configuration.width)
        embed(batch, into: x, context)
        if streamsWeights { for table in input.tables { table.dropPages() } }
        afterEach(-1, x)
        withSpan(batch, after: encoded, context) { stack.forward(x, $0, context, afterEach: afterEach) }
        return x
    }

    /// The residual stream after the last block at the rows of texts, without those of virtual tokens.
    private func textStates(
        _ batch: TokenBatch, _ encoded: EncodedRows?, _ context: PassContext
    ) -> Matrix {
        let tokens = context.adapters.virtualTokens, whole = batch.following(tokens)
        let x = hiddenStates(whole, encoded, context)
        guard !tokens.isEmpty else { return x }
        let texts = context.residual(rows: batch.rowCount, columns: x.columns)
        whole.textRows(after: tokens.count).withUnsafeBufferPointer { Elements.gatherRows(x, $0, into: texts) }
        return texts
    }

    func embed(_ batch: TokenBatch, into x: Matrix, _ context: PassContext) {
        // Who asks for positions pays for their list.
        let positions = configuration.embedding.positions == nil || context.measures ? [] : batch.positions
        input.forward(batch.ids, at: positions, types: batch.types, into: x, context) {
            context.addNoise(to: $0, of: batch)
        }
    }

    /// Runs `body` with the reach of a training batch: each example by itself, positions from 0.
    /// - Parameter encoded: what was read before, where the model has an encoder and `batch` is what is written.
    func withSpan<Result>(
        _ batch: TokenBatch, after encoded: EncodedRows? = nil, _ context: PassContext,
        _ body: (AttentionSpan) throws -> Result
    ) rethrows -> Result {
        // What is only measured needs no table of its length.
        let positions = context.measures ? [0] : batch.positions
        return try positions.withUnsafeBufferPointer {
            try body(
                AttentionSpan(
                    reach: batch.sharing.map { .shared($0) } ?? .examples(bounds: batch.bounds), positions: $0,
                    tables: rotaryTables, encoded: encoded))
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
        let types = max(1, configuration.embedding.tokenTypes)
        if let type = batch.types?.first(where: { !(0..<types).contains(Int($0)) }) {
            throw ModelError.typeOutOfRange(type: Int(type), types: types)
        }
        let ahead = adapters.virtualTokens.count
        guard ahead == 0 || batch.reads == .targets else { throw ModelError.noTextAfterVirtualTokens }
        if let most = configuration.embedding.mostTokens, let last = batch.positions.max(), Int(last) + ahead >= most {
            throw ModelError.textTooLong(tokens: Int(last) + ahead + 1, limit: most)
        }
    }

    // MARK: Losses

    /// Gathers and norms the rows that a batch reads and hands them over.
    /// - Parameters:
    ///   - whole: what `batch` is, or is the written part of.
    ///   - gradient: `[M, C]`, for what `body` leaves there, and then for that of the stream; nil where nothing goes back.
    func withHeadRows<Result>(
        _ batch: TokenBatch, of whole: TokenBatch, _ x: Matrix, _ residuals: [ResidualRows], gradient: Matrix?,
        _ context: PassContext, _ body: (HeadRows) throws -> Result
    ) throws -> Result {
        let rows = batch.readRows
        return try context.workspace.scoped {
            let gathered = context.residual(rows: rows.count, columns: x.columns)
            let hidden = context.activations(rows: rows.count, columns: x.columns)
            let statistics = finalNorm.statistics(rows: rows.count, context)
            if !rows.isEmpty {
                context.compute {
                    rows.withUnsafeBufferPointer { Elements.gatherRows(x, $0, into: gathered) }
                    finalNorm.forward(gathered, into: hidden, statistics: statistics, context)
                }
            }
            let result = try body(
                HeadRows(
                    batch: batch, whole: whole, rows: rows, hidden: hidden,
                    head: head(context.adapters, measures: context.measures), gradient: gradient,
                    residuals: residuals, model: self, context: context))
            if let gradient, !rows.isEmpty {
                finalNorm.backward(gradient, x: gathered, statistics: statistics, context)
            }
            return result
        }
    }

    /// Where NaN or infinity first appears on the way up; runs the batch once more, which only an error pays for.
    func firstNonFiniteLayer(_ batch: TokenBatch, _ context: PassContext) -> String {
        var plain = context
        plain.dropout = nil
        var first: String?
        context.workspace.scoped {
            let parts = try? parts(of: batch, plain)
            let written = (parts?.written ?? batch).following(plain.adapters.virtualTokens)
            _ = hiddenStates(written, encode(parts?.source, plain), plain) { index, x in
                guard first == nil, Elements.firstNonFinite(UnsafeBufferPointer(x.floats)) != nil else { return }
                first = index < 0 ? "model.embed_tokens" : "model.layers.\(index)"
            }
        }
        return first ?? "the head"
    }
}
