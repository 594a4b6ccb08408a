// The most that a served model takes upon itself.

/// What an engine holds itself to.
public struct ServingLimits: Sendable, Equatable {
    /// Answers written at the same time.
    public var sequences: Int
    /// Bytes of the keys and values of those that are being read and written; one runs whatever it takes.
    public var cacheBytes: Int
    /// Requests that wait beside those that run; more are turned away.
    public var queue: Int
    /// Bytes of keys and values kept of prompts that were read, for others that begin alike; 0: none are kept.
    public var prefixBytes: Int
    /// From submission to the end of an answer; nil: as long as it takes.
    public var time: Duration?
    /// Tokens of prompts that are read before answers go on.
    public var promptTokensPerStep: Int

    public init(
        sequences: Int = 16, cacheBytes: Int = 512 << 20, queue: Int = 128, prefixBytes: Int = 256 << 20,
        time: Duration? = nil, promptTokensPerStep: Int = 512
    ) {
        precondition(sequences > 0 && cacheBytes >= 0 && queue >= 0 && prefixBytes >= 0 && promptTokensPerStep > 0)
        (self.sequences, self.cacheBytes, self.queue) = (sequences, cacheBytes, queue)
        (self.prefixBytes, self.time, self.promptTokensPerStep) = (prefixBytes, time, promptTokensPerStep)
    }
}

/// What a served model holds of adapters.
public struct AdapterLimits: Sendable, Equatable {
    /// Adapters at the same time.
    public var count: Int
    /// Bytes of their numbers, mixtures of several and changed copies of the head's weight included.
    public var bytes: Int

    public init(count: Int = 64, bytes: Int = 1 << 30) {
        precondition(count >= 0 && bytes >= 0)
        (self.count, self.bytes) = (count, bytes)
    }
}
