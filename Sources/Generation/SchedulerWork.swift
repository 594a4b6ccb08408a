// What a scheduler has done, for those who measure it.

/// Counts and times since a scheduler began.
public struct SchedulerWork: Sendable, Equatable {
    /// Tokens of prompts that were read.
    public internal(set) var readTokens = 0
    public internal(set) var readingTime = Duration.zero
    /// Steps that wrote a token more of one answer or several.
    public internal(set) var steps = 0
    /// Tokens that these wrote.
    public internal(set) var stepRows = 0
    public internal(set) var writingTime = Duration.zero
    /// How often a sequence gave up its cache for an older one, to begin again later.
    public internal(set) var pauses = 0
}
