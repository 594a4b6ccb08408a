// Generation, token by token, with a key/value cache. Adapters act as they stand on the layers; nothing is merged.

import Kernels
public import Tensors

/// One sequence that grows: the tokens seen so far are in the cache, each new one costs one row.
public final class GenerationSession {
    /// Why generation ended.
    public enum End: Sendable, Equatable {
        case stopToken(Int32)
        case maximumTokens
        /// The listener asked for it.
        case listener
    }

    /// What was generated: the new tokens, without the prompt and without the token that ended it.
    public struct Generated: Sendable, Equatable {
        public let tokens: [Int32]
        public let end: End
    }

    /// Tokens in the cache.
    public private(set) var length = 0
    public let capacity: Int
    private let model: LanguageModel
    private let cache: KeyValueCache
    private let workspace: Workspace

    /// Rows that `MatrixVector` takes at once.
    private static let fewRows = 8

    /// - Parameter capacity: the most tokens of prompt and answer together.
    public init(model: LanguageModel, capacity: Int, workspace: Workspace = Workspace()) {
        precondition(capacity > 0)
        self.model = model
        self.capacity = capacity
        self.workspace = workspace
        cache = KeyValueCache(configuration: model.configuration, capacity: capacity)
    }

    /// Forgets all tokens; memory stays.
    public func reset() { length = 0 }

    /// Reads `ids` after what is already there.
    ///
    /// - Returns: the logits `[V]` of the token that follows.
    public func extend(_ ids: [Int32]) throws -> [Float] {
        precondition(!ids.isEmpty)
        guard length + ids.count <= capacity else { throw ModelError.contextFull(capacity: capacity) }
        let size = model.configuration.vocabularySize
        for (row, id) in ids.enumerated() where !(0..<size).contains(Int(id)) {
            throw ModelError.tokenOutOfRange(id: Int(id), row: row, vocabularySize: size)
        }
        let logits = workspace.scoped { run(ids) }
        length += ids.count
        return logits
    }

    /// Reads `prompt` and generates until a stop token, `maximumTokens`, or `listener` returning false.
    public func generate(
        _ prompt: [Int32], maximumTokens: Int, sampler: Sampler, stopTokens: Set<Int32>,
        listener: (Int32) -> Bool = { _ in true }
    ) throws -> Generated {
        var tokens: [Int32] = []
        guard maximumTokens > 0 else { return Generated(tokens: [], end: .maximumTokens) }
        var logits = try extend(prompt)
        while true {
            guard let next = sampler.token(logits: logits, step: tokens.count) else {
                throw ModelError.nonFiniteLogits(position: length)
            }
            if stopTokens.contains(next) { return Generated(tokens: tokens, end: .stopToken(next)) }
            tokens.append(next)
            guard listener(next) else { return Generated(tokens: tokens, end: .listener) }
            guard tokens.count < maximumTokens else { return Generated(tokens: tokens, end: .maximumTokens) }
            logits = try extend([next])
        }
    }

    private func run(_ ids: [Int32]) -> [Float] {
        // Few rows read each weight once, straight from its blocks and in fp32; many rows go the way of training.
        let isFew = ids.count <= Self.fewRows
        let context = PassContext(
            workspace: workspace, precision: isFew ? .f32 : model.precision, readsStoredBlocks: isFew)
        let x = context.residual(rows: ids.count, columns: model.configuration.width)
        model.embed(ids, into: x)
        let positions = (length..<(length + ids.count)).map { Int32($0) }
        positions.withUnsafeBufferPointer { positions in
            let span = AttentionSpan(
                reach: .cache(cache, start: length), positions: positions,
                table: model.rotaryTable(positions: length + ids.count))
            for block in model.blocks {
                workspace.scoped {
                    let saved = BlockActivations(rows: ids.count, block: block, context)
                    block.forward(x, into: x, saving: saved, span: span, context)
                }
            }
        }
        let last = x.rows((ids.count - 1)..<ids.count)
        model.normFinal(last, into: last, inverseRMS: context.residual(rows: 1, columns: 1))
        let logits = context.residual(rows: 1, columns: model.configuration.vocabularySize)
        MatrixVector.multiply(model.head, last, into: logits)
        return Array(logits.floats)
    }
}
