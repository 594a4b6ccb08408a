// What is asked of a served model.

public import Grammars

/// An adapter by its name, and how much it counts.
public struct AdapterChoice: Sendable, Hashable {
    public var name: String
    public var scale: Float

    /// - Parameter scale: by which its change of the base is multiplied.
    public init(_ name: String, scale: Float = 1) {
        self.name = name
        self.scale = scale
    }
}

/// How tokens are chosen.
public struct ServedSampling: Sendable {
    /// 0 is greedy: the most likely token.
    public var temperature: Double
    /// Only the k most likely; nil for all.
    public var topK: Int?
    /// Only the most likely tokens that together reach this probability; 1 for all.
    public var topP: Double
    /// Only tokens at least this fraction as likely as the most likely one; 0 for all.
    public var minP: Double
    /// The same seed and request give the same tokens, whatever else is asked at the time.
    public var seed: UInt64
    /// Tells the answers of one seed apart, as those of `n`.
    public var stream: UInt32
    /// Divides positive and multiplies negative logits of tokens that prompt or answer hold; 1 for none.
    public var repetitionPenalty: Double
    /// Taken off the logits of tokens that the answer holds; 0 for none.
    public var presencePenalty: Double
    /// Taken off for each time that the answer holds the token; 0 for none.
    public var frequencyPenalty: Double
    /// Added to the logits of tokens.
    public var logitBias: [Int32: Float]

    public init(
        temperature: Double = 0, topK: Int? = nil, topP: Double = 1, minP: Double = 0, seed: UInt64 = 0,
        stream: UInt32 = 0, repetitionPenalty: Double = 1, presencePenalty: Double = 0, frequencyPenalty: Double = 0,
        logitBias: [Int32: Float] = [:]
    ) {
        (self.temperature, self.topK, self.topP, self.minP) = (temperature, topK, topP, minP)
        (self.seed, self.stream) = (seed, stream)
        self.repetitionPenalty = repetitionPenalty
        (self.presencePenalty, self.frequencyPenalty) = (presencePenalty, frequencyPenalty)
        self.logitBias = logitBias
    }
}

/// A prompt, and how to go on from it.
public struct ServedRequest: Sendable {
    /// Tokens of the model, at least one.
    public var prompt: [Int32]
    /// None for the base alone; several act as their weighted sum.
    public var adapters: [AdapterChoice]
    /// The most tokens of the answer; the model's context may end it earlier.
    public var maximumTokens: Int
    public var sampling: ServedSampling
    /// Texts that end the answer and are no part of it.
    public var stop: [String]
    /// Tokens that end the answer, beside those that the model ends with.
    public var stopTokens: Set<Int32>
    /// How many of the likeliest tokens are told with each token of the answer; nil: not even its own probability.
    public var topLogProbs: Int?
    /// Whether the log-probabilities of the prompt's tokens are told.
    public var promptLogProbs: Bool
    /// What the answer must be; nil: anything.
    public var grammar: (any TokenGrammar)?
    /// Whether the answer goes on where the model would end it.
    public var ignoresEnd: Bool
    /// Whether tokens that stand for no text, as those that mark turns, are part of the text.
    public var showsSpecialTokens: Bool
    /// From submission to the end; nil: the engine's own limit.
    public var deadline: Duration?

    public init(
        prompt: [Int32], adapters: [AdapterChoice] = [], maximumTokens: Int,
        sampling: ServedSampling = ServedSampling(),
        stop: [String] = [], stopTokens: Set<Int32> = []
    ) {
        self.prompt = prompt
        self.adapters = adapters
        self.maximumTokens = maximumTokens
        self.sampling = sampling
        self.stop = stop
        self.stopTokens = stopTokens
        (topLogProbs, promptLogProbs, ignoresEnd, showsSpecialTokens, deadline) = (nil, false, false, false, nil)
    }
}
