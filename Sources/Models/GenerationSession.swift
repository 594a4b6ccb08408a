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

    public let capacity: Int
    public let arithmetic: GenerationArithmetic
    private let model: LanguageModel
    private let cache: KeyValueCache
    private let workspace: Workspace
    private let adapters: AdapterBinding

    /// Tokens in the cache.
    public var length: Int { cache.length }

    /// - Parameters:
    ///   - capacity: the most tokens of prompt and answer together.
    ///   - adapters: nil for those that the model has.
    ///   - arithmetic: nil for what goes with the model's precision: exact in fp32, rounded in bf16.
    public init(
        model: LanguageModel, capacity: Int, adapters: AdapterBinding? = nil, arithmetic: GenerationArithmetic? = nil,
        workspace: Workspace = Workspace()
    ) {
        precondition(capacity > 0)
        self.model = model
        self.capacity = capacity
        self.workspace = workspace
        self.adapters = adapters ?? model.adapters
        self.arithmetic = arithmetic ?? GenerationArithmetic(model.precision)
        cache = KeyValueCache(configuration: model.configuration, capacity: capacity, type: self.arithmetic.cacheType)
    }

    /// Forgets all tokens; memory stays.
    public func reset() { cache.length = 0 }

    /// Reads `ids` after what is already there.
    ///
    /// - Returns: the logits `[V]` of the token that follows.
    public func extend(_ ids: [Int32]) throws -> [Float] { try extend(ids) { Array($0) } }

    /// Reads `prompt` and generates until a stop token, `maximumTokens`, or `listener` returning false.
    public func generate(
        _ prompt: [Int32], maximumTokens: Int, sampler: Sampler, stopTokens: Set<Int32>,
        listener: (Int32) -> Bool = { _ in true }
    ) throws -> Generated {
        var tokens: [Int32] = []
        guard maximumTokens > 0 else { return Generated(tokens: [], end: .maximumTokens) }
        var unread = prompt
        while true {
            let step = tokens.count
            guard let next = try extend(unread, { sampler.token(logits: $0, step: step) }) else {
                throw ModelError.nonFiniteLogits(position: length)
            }
            if stopTokens.contains(next) { return Generated(tokens: tokens, end: .stopToken(next)) }
            tokens.append(next)
            guard listener(next) else { return Generated(tokens: tokens, end: .listener) }
            guard tokens.count < maximumTokens else { return Generated(tokens: tokens, end: .maximumTokens) }
            unread = [next]
        }
    }

    private func extend<Result>(
        _ ids: [Int32], _ body: (UnsafeBufferPointer<Float>) -> Result
    ) throws -> Result {
        precondition(!ids.isEmpty)
        guard length + ids.count <= capacity else { throw ModelError.contextFull(capacity: capacity) }
        try model.checkTokens(ids)
        return model.read(ids, into: cache, arithmetic, workspace: workspace, adapters: adapters) {
            body(UnsafeBufferPointer($0.floats))
        }
    }
}
