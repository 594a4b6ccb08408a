// What generation asks of a model: prompts read into caches, and one token more of many sequences at once.

import Kernels
public import Tensors

/// Reads tokens into caches and says what may follow them.
///
///     let reader = SequenceReader(model)
///     let cache = reader.cache(capacity: prompt.count + 20)
///     while let chunk = reader.nextChunk(of: prompt, in: cache) {
///         reader.read(chunk, of: prompt, into: cache, adapters: model.adapters) { logits in … }
///     }
///     reader.step([token], into: [cache], adapters: model.adapters) { _, logits in … }
///
/// The numbers of a sequence depend on its own tokens alone, whatever is read beside it, bit for bit. It is for one
/// thread at a time.
///
/// Tokens have to be the model's: ids below its vocabulary's size.
public struct SequenceReader {
    public let model: LanguageModel
    public let arithmetic: GenerationArithmetic
    private let workspace: Workspace

    /// - Parameter arithmetic: nil for what goes with the model's precision.
    public init(_ model: LanguageModel, arithmetic: GenerationArithmetic? = nil, workspace: Workspace = Workspace()) {
        self.model = model
        self.arithmetic = arithmetic ?? GenerationArithmetic(model.precision)
        self.workspace = workspace
    }

    /// Bytes of a cache for each token that it has room for.
    public var bytesPerToken: Int { KeyValueCache.bytesPerToken(model.configuration, arithmetic.cacheType) }

    /// An empty cache for the tokens of a prompt and of its answer.
    public func cache(capacity: Int) -> KeyValueCache {
        KeyValueCache(configuration: model.configuration, capacity: capacity, type: arithmetic.cacheType)
    }

    /// What is to be read next of `prompt`, the beginning of which is in `cache`; nil when all has been. An encoder reads a prompt as a
    /// whole.
    public func nextChunk(of prompt: [Int32], in cache: KeyValueCache) -> PromptChunk? {
        guard model.encoder != nil else { return PromptChunk(after: cache.length, ofPromptOf: prompt.count) }
        return cache.length == 0 ? PromptChunk(whole: prompt.count) : nil
    }

    /// Reads a chunk of `prompt` after what is in `cache`.
    ///
    /// - Parameter body: gets the logits `[V]` of the token after the prompt, valid until it returns.
    /// - Returns: what `body` made of them; nil where the prompt goes on after the chunk.
    /// - Precondition: the chunk begins where the cache ends, and has room.
    @discardableResult
    public func read<Result>(
        _ chunk: PromptChunk, of prompt: [Int32], into cache: KeyValueCache, adapters: AdapterBinding,
        _ body: (UnsafeBufferPointer<Float>) -> Result
    ) -> Result? {
        precondition(chunk.range.lowerBound == cache.length, "a prompt is read from its beginning")
        let source = readSource(prompt, chunk.manner, into: cache, adapters)
        let ids = Array(prompt[chunk.range.dropFirst(source)])
        guard chunk.manner != .step else { return step(ids, into: [cache], adapters: adapters) { body($1) }[0] }
        defer { cache.append(ids, chunk.manner) }
        return run(ids, .prompt(cache, chunk.manner), adapters) { x, pass in
            guard chunk.range.upperBound == prompt.count else { return nil }
            return body(UnsafeBufferPointer(logits(x.rows((ids.count - 1)..<ids.count), pass).floats))
        }
    }

    /// How often the base's weights are read for a step of sequences with these adapters.
    public static func passes(_ adapters: [AdapterBinding]) -> Int { MixedPasses(adapters).passes.count }

    /// Reads one token more of each sequence, `ids[i]` into `caches[i]`, whatever adapters each has: weights of the base are read once
    /// for all whose adapters add to its products, and once more for each that has weights of its own.
    ///
    /// - Parameters:
    ///   - adapters: of each sequence.
    ///   - body: gets each sequence's number and the logits `[V]` of its next token, valid until it returns; in no particular order.
    /// - Returns: what `body` made of them.
    public func step<Result>(
        _ ids: [Int32], into caches: [KeyValueCache], adapters: [AdapterBinding],
        _ body: (Int, UnsafeBufferPointer<Float>) -> Result
    ) -> [Result] {
        precondition(ids.count == caches.count && ids.count == adapters.count)
        var results = [Result?](repeating: nil, count: ids.count)
        for pass in MixedPasses(adapters).passes {
            let places = pass.places
            let part = step(places.map { ids[$0] }, into: places.map { caches[$0] }, pass) { body(places[$0], $1) }
            for (place, result) in zip(places, part) { results[place] = result }
        }
        return results.compactMap { $0 }
    }

    /// Reads one token more of each sequence, `ids[i]` into `caches[i]`.
    ///
    /// - Parameter body: gets each sequence's number and the logits `[V]` of its next token, valid until it returns.
    /// - Returns: what `body` made of them.
    public func step<Result>(
        _ ids: [Int32], into caches: [KeyValueCache], adapters: AdapterBinding,
        _ body: (Int, UnsafeBufferPointer<Float>) -> Result
    ) -> [Result] {
        step(ids, into: caches, adapters: [AdapterBinding](repeating: adapters, count: ids.count), body)
    }

    private func step<Result>(
        _ ids: [Int32], into caches: [KeyValueCache], _ mixed: MixedPasses.Pass,
        _ body: (Int, UnsafeBufferPointer<Float>) -> Result
    ) -> [Result] {
        precondition(!ids.isEmpty)
        defer { for (id, cache) in zip(ids, caches) { cache.append([id], .step) } }
        return run(ids, .step(caches), mixed.adapters, groups: mixed.groups) { x, pass in
            let logits = logits(x, pass)
            return ids.indices.map { body($0, UnsafeBufferPointer(logits.rows($0..<$0 + 1).floats)) }
        }
    }

    // MARK: Memory

    /// Bytes of its workspace that reading a prompt of `promptTokens` and steps of `sequences` together need, beside
    /// caches: what the same code takes from a workspace that only counts.
    public func predictedBytes(promptTokens: Int, sequences: Int, adapters: AdapterBinding) -> Int {
        Workspace.measuring { workspace in
            let reader = SequenceReader(model, arithmetic: arithmetic, workspace: workspace)
            func count(_ rows: Int, _ kind: GenerationPass.Rows) {
                _ = reader.run([Int32](repeating: 0, count: rows), kind, adapters) { x, pass in
                    if case .step = kind { reader.logits(x, pass) } else { reader.logits(x.rows(0..<1), pass) }
                }
            }
            if model.encoder != nil {
                let prompt = GenerationPass.Rows.prompt(cache(capacity: 0), PromptChunk(whole: promptTokens).manner)
                let source = TokenBatch(rows: promptTokens, targets: 0)
                reader.readSource(source, prompt, adapters) { _, _, _ in }
                count(1, prompt)
            } else if let chunk = PromptChunk(after: 0, ofPromptOf: promptTokens) {
                count(chunk.range.count, .prompt(cache(capacity: 0), chunk.manner))
            }
            if sequences > 0 { count(sequences, .step([])) }
        }
    }

    // MARK: Passes

    /// Has an encoder read what stands in `prompt` before the decoder's first token, into an empty cache.
    /// - Returns: how many tokens these are; 0 where there is no encoder.
    /// - Precondition: there are some, and the decoder's first token after them.
    private func readSource(
        _ prompt: [Int32], _ manner: ReadingManner, into cache: KeyValueCache, _ adapters: AdapterBinding
    ) -> Int {
        guard let encoder = model.encoder else { return 0 }
        guard let place = prompt.firstIndex(of: Int32(encoder.spec.startToken)), place > 0 else {
            preconditionFailure("a prompt with nothing to read, or nothing to write")
        }
        let source = TokenBatch(texts: [Array(prompt[..<place])], reads: .all)
        readSource(source, .prompt(cache, manner), adapters) { cache.storeSource($0, $1, layer: $2) }
        cache.appendSource(source.ids, manner)
        return place
    }

    /// - Parameter store: takes a layer's keys and values, and its number.
    private func readSource(
        _ source: TokenBatch, _ rows: GenerationPass.Rows, _ adapters: AdapterBinding,
        _ store: (Matrix, Matrix, Int) -> Void
    ) {
        let context = context(adapters)
        workspace.scoped {
            guard let encoded = model.encode(source, context) else { return }
            let states = context.residual(rows: source.rowCount, columns: model.configuration.width)
            context.compute { Conversion.convert(encoded.states, into: states) }
            let pass = GenerationPass(
                rows: rows, arithmetic: arithmetic, context: context,
                positions: UnsafeBufferPointer(start: nil, count: 0),
                tables: model.rotaryTables, groups: [AdaptedRows(rows: 0..<states.rows, adapters: adapters)])
            for block in model.blocks {
                for case let cross as CrossAttentionSublayer in block.sublayers {
                    workspace.scoped {
                        let (keys, values) = cross.keysAndValues(of: states, pass)
                        context.compute { store(keys, values, cross.layer) }
                    }
                }
            }
        }
    }

    private func context(_ adapters: AdapterBinding) -> PassContext {
        PassContext(
            workspace: workspace, precision: arithmetic == .exact ? .f32 : model.precision, adapters: adapters)
    }

    /// - Parameters:
    ///   - groups: nil: `adapters` act on all rows.
    ///   - body: gets the rows that come out of the last block, `[n, C]`.
    private func run<Result>(
        _ ids: [Int32], _ rows: GenerationPass.Rows, _ adapters: AdapterBinding, groups: [AdaptedRows]? = nil,
        _ body: (Matrix, GenerationPass) -> Result
    ) -> Result {
        let positions: [Int32] =
            switch rows {
            case .prompt(let cache, _): ids.indices.map { Int32(cache.position + $0) }
            case .step(let caches): caches.map { Int32($0.position) }
            }
        let context = context(adapters)
        return workspace.scoped {
            let x = context.residual(rows: ids.count, columns: model.configuration.width)
            model.input.forward(ids, at: positions, types: nil, into: x, context)
            return positions.withUnsafeBufferPointer { positions in
                let pass = GenerationPass(
                    rows: rows, arithmetic: arithmetic, context: context, positions: positions,
                    tables: model.rotaryTables,
                    groups: groups ?? [AdaptedRows(rows: 0..<ids.count, adapters: adapters)])
                for block in model.blocks { block.generate(x, pass) }
                return body(x, pass)
            }
        }
    }

    /// The logits `[n, V]` after the last block's rows, valid until the end of the enclosing scope.
    @discardableResult
    private func logits(_ x: Matrix, _ pass: GenerationPass) -> Matrix {
        let normed = pass.matrix(x.rows, x.columns)
        model.finalNorm.generate(x, into: normed, pass)
        let logits = pass.matrix(x.rows, model.configuration.vocabularySize)
        let input = pass.input(normed)
        let adapters = pass.context.adapters
        pass.context.compute {
            RowProducts.multiply([RowProducts.Term(model.headWeight(adapters), input, into: logits)])
            model.head(adapters).finish(logits)
        }
        return logits
    }
}
