// How far an answer has come and how long it took, as llama.cpp tells it: at its end, or in each piece.

internal import JSON
internal import Serving

/// Tokens of an answer and of its prompt, and the time that they took.
struct LlamaTimings: Sendable {
    static let fields = [
        Field("timings_per_token", .boolean, "Whether each piece of a stream tells how long it took so far"),
        Field("return_progress", .boolean, "Whether a stream tells how far the prompt is read: before, and after"),
    ]

    private var promptTokens: Int
    private var cachedTokens = 0, answerTokens = 0
    private var reading = Duration.zero, writing = Duration.zero
    /// Whether the prompt is read.
    private var isRead = false
    private var began: ContinuousClock.Instant?
    private var firstPiece: ContinuousClock.Instant?

    /// Before an answer to a prompt of so many tokens.
    init(promptTokens: Int) { self.promptTokens = promptTokens }

    /// Of a whole answer.
    init(_ usage: ServedUsage) {
        (promptTokens, cachedTokens, answerTokens) = (usage.promptTokens, usage.cachedTokens, usage.answerTokens)
        (reading, writing, isRead) = (usage.reading, usage.writing, true)
    }

    /// - Returns: whether the prompt is read further than it was before.
    mutating func take(_ event: ServedEvent) -> Bool {
        switch event {
        case .began(let cached):
            cachedTokens = cached
            began = .now
            return true
        case .text(_, let tokens):
            let now = ContinuousClock.now, isFirst = firstPiece == nil
            let first = firstPiece ?? now
            if isFirst { reading = now - (began ?? now) }
            (firstPiece, isRead) = (first, true)
            writing = now - first
            answerTokens += tokens.count
            return isFirst
        case .finished(_, let usage):
            self = LlamaTimings(usage)
            return false
        case .prompt, .failed: return false
        }
    }

    var json: JSONValue {
        func each(_ milliseconds: Double, _ tokens: Int) -> JSONValue {
            .double(tokens > 0 ? milliseconds / Double(tokens) : 0)
        }
        func rate(_ tokens: Int, _ milliseconds: Double) -> JSONValue {
            .double(milliseconds > 0 ? Double(tokens) * 1_000 / milliseconds : 0)
        }
        let read = isRead ? promptTokens - cachedTokens : 0
        // The first token comes with the prompt's end, before the time of writing begins.
        let steps = max(0, answerTokens - 1)
        return [
            "cache_n": .integer(cachedTokens), "prompt_n": .integer(read), "prompt_ms": .double(reading.milliseconds),
            "prompt_per_token_ms": each(reading.milliseconds, read),
            "prompt_per_second": rate(read, reading.milliseconds), "predicted_n": .integer(answerTokens),
            "predicted_ms": .double(writing.milliseconds), "predicted_per_token_ms": each(writing.milliseconds, steps),
            "predicted_per_second": rate(steps, writing.milliseconds),
        ]
    }

    /// How far the prompt is read.
    var progress: JSONValue {
        [
            "total": .integer(promptTokens), "cache": .integer(cachedTokens),
            "processed": .integer(isRead ? promptTokens : cachedTokens),
            "time_ms": .double(reading.milliseconds),
        ]
    }
}

extension Duration {
    var milliseconds: Double { Double(components.seconds) * 1_000 + Double(components.attoseconds) / 1e15 }
}
