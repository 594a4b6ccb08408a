// How an engine stands: what `/slots`, `/metrics` and `/health` tell.

/// A request that runs.
public struct SlotStatus: Sendable, Equatable {
    /// The request's number, in order of submission.
    public var request: Int
    public var adapters: [AdapterChoice]
    public var promptTokens: Int
    public var cachedTokens: Int
    public var answerTokens: Int
    /// Whether its prompt is read.
    public var isWriting: Bool
}

/// Counts since the engine began, and what is held now.
public struct EngineStatus: Sendable, Equatable {
    /// By place; nil where none runs.
    public var slots: [SlotStatus?] = []
    public var queued = 0
    public var isStopping = false

    public var submitted = 0
    public var turnedAway = 0
    public var finished = 0
    public var cancelled = 0
    public var failed = 0
    public var deadlines = 0
    /// Tokens of prompts that were read, and those that earlier requests had read.
    public var promptTokens = 0
    public var cachedTokens = 0
    public var answerTokens = 0
    /// Steps that wrote a token of one answer or several, and the tokens that they wrote.
    public var steps = 0
    public var stepRows = 0
    /// How often an answer gave up its memory for an older one, to begin again later.
    public var pauses = 0
    /// Seconds of reading prompts and of writing answers.
    public var readingSeconds = 0.0
    public var writingSeconds = 0.0

    /// Of running requests.
    public var cacheBytes = 0
    public var prefixBytes = 0
    public var prefixEntries = 0
    public var adapterBytes = 0

    public init() {}
}
