// What is told of an answer while it is written.

/// A token with its probability.
public struct TokenProbability: Sendable, Equatable {
    public let id: Int32
    /// Of the model itself: before temperature, penalties and filters.
    public let logProb: Float

    public init(id: Int32, logProb: Float) {
        self.id = id
        self.logProb = logProb
    }
}

/// A token of an answer.
public struct ServedToken: Sendable, Equatable {
    public let id: Int32
    /// What it stands for; parts of characters where a token holds such.
    public let bytes: [UInt8]
    /// Nil where nobody asked.
    public let logProb: Float?
    /// The likeliest tokens in its place, the first the likeliest; as many as were asked for.
    public let top: [TokenProbability]

    public init(id: Int32, bytes: [UInt8], logProb: Float? = nil, top: [TokenProbability] = []) {
        self.id = id
        self.bytes = bytes
        self.logProb = logProb
        self.top = top
    }
}

/// Why an answer ended.
public enum ServedEnd: Sendable, Equatable {
    /// With this token, which is no part of the answer.
    case token(Int32)
    /// With this text, which is no part of the answer.
    case text(String)
    /// What its grammar allows is complete.
    case grammar
    case maximumTokens
    case contextFull
    /// Its time was over.
    case deadline
}

/// What a request took.
public struct ServedUsage: Sendable, Equatable {
    public internal(set) var promptTokens = 0
    /// Of the prompt's, those that an earlier request had read.
    public internal(set) var cachedTokens = 0
    /// With the one that ended the answer, where a token did.
    public internal(set) var answerTokens = 0
    public internal(set) var waited = Duration.zero
    public internal(set) var reading = Duration.zero
    public internal(set) var writing = Duration.zero

    public init() {}
}

/// What is told of a request, in this order: `prompt` where that was asked for, `began`, pieces of text, and one end.
public enum ServedEvent: Sendable {
    /// Its turn has come.
    case began(cachedTokens: Int)
    /// The log-probability of each token of the prompt given those before it; the first has none.
    case prompt([Float?])
    /// A piece of the answer: whole characters, nothing of a text that ends it. Its tokens, joined over all pieces, are those of the
    /// answer; a piece may have tokens and no text yet.
    case text(String, tokens: [ServedToken])
    case finished(ServedEnd, ServedUsage)
    case failed(ServingError)
}
