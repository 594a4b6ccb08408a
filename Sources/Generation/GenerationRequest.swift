// What is asked of a scheduler, and what it tells.

public import Grammars
public import Models

/// A prompt, and how to go on from it.
public struct GenerationRequest {
    /// Tokens of the model, at least one.
    public var prompt: [Int32]
    /// The most tokens of the answer; the model's context may end it earlier.
    public var maximumTokens: Int
    /// Requests that sample want samplers of different `stream`s.
    public var sampler: Sampler
    /// Tokens that end the answer and are no part of it.
    public var stopTokens: Set<Int32>
    /// What acts beside the base; nil for what the model has when the request is added. Sequences share a pass whatever
    /// adapters they have.
    public var adapters: AdapterBinding?
    /// What the sequence goes on from and is left in; nil where nothing is kept. It is for one request at a time:
    /// another that comes meanwhile reads its prompt from the beginning.
    public var memory: SequenceMemory?
    /// What is done to logits before a token is chosen of them.
    public var rules = LogitRules()
    /// What the answer must be; nil: anything.
    public var grammar: (any TokenGrammar)?
    /// How many of the likeliest tokens `whenChosen` is told with each token; nil: it is not called.
    public var scoredTokens: Int?
    /// Called when its turn has come, with how many tokens of the prompt need not be read, since they are remembered.
    public var whenBegun: ((_ kept: Int) -> Void)?
    /// Called with each token of the answer, before its event.
    public var whenChosen: ((TokenScores) -> Void)?

    public init(
        prompt: [Int32], maximumTokens: Int, sampler: Sampler = .greedy, stopTokens: Set<Int32> = [],
        adapters: AdapterBinding? = nil, memory: SequenceMemory? = nil
    ) {
        self.prompt = prompt
        self.maximumTokens = maximumTokens
        self.sampler = sampler
        self.stopTokens = stopTokens
        self.adapters = adapters
        self.memory = memory
    }
}

/// The number of a request, in order of arrival.
public struct RequestID: Sendable, Hashable {
    let number: Int
}

/// What a step of a scheduler brought.
public enum GenerationEvent: Sendable, Equatable {
    /// One token more of an answer.
    case token(RequestID, Int32)
    /// The last of a request.
    case finished(RequestID, FinishReason)
}

/// Why an answer ended.
public enum FinishReason: Sendable, Equatable {
    /// The token is one of the request's stop tokens, and no part of the answer.
    case stopToken(Int32)
    /// What its grammar asks for is whole, and nothing may follow.
    case whole
    /// It has as many tokens as were asked for.
    case maximumTokens
    /// Prompt and answer fill the model's context.
    case contextFull
    case failed(GenerationError)
}

/// An answer: the new tokens, without the prompt and without the token that ended it.
public struct Answer: Sendable, Equatable {
    public let tokens: [Int32]
    public let reason: FinishReason

    /// The tokens with the one that ended them, where one did.
    public var written: [Int32] {
        guard case .stopToken(let end) = reason else { return tokens }
        return tokens + [end]
    }

    public init(tokens: [Int32], reason: FinishReason) {
        self.tokens = tokens
        self.reason = reason
    }
}
