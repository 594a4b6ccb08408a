// What is kept of a distribution, and so which columns a capture has.

/// What a capture keeps of each of the teacher's distributions.
public enum CaptureMethod: Sendable, Equatable {
    /// The likeliest token with its exact probability, and about so many others that differ, drawn from the rest: an unbiased
    /// estimate.
    case sampled(tokens: Int)
    /// The `k` likeliest tokens with their probabilities, and what the rest comes to.
    case topK(k: Int)

    /// As a recipe names it.
    public var name: String {
        switch self {
        case .sampled: "sampled"
        case .topK: "top_k"
        }
    }

    /// The recipe's key of its size, and the size.
    public var size: (key: String, value: Int) {
        switch self {
        case .sampled(let tokens): ("tokens", tokens)
        case .topK(let k): ("k", k)
        }
    }

    /// What stands in the file of each target, and of each token that is kept of a target's distribution.
    /// - Parameter vocabulary: tokens of a distribution: one that is kept whole needs no ids.
    func columns(vocabulary: Int) -> [CaptureColumn] {
        switch self {
        case .sampled: [.logSumExp, .first, .firstLogProbability, .kept, .ids, .counts]
        case .topK(let k):
            [.logSumExp] + (k < vocabulary ? [.restLogProbability, .ids] : []) + [.logProbabilities]
        }
    }
}

/// A column of a capture.
struct CaptureColumn: Sendable, Equatable {
    enum Extent: Sendable { case targets, entries }

    /// Its dataset, below `/targets` or `/entries`.
    let name: String
    let extent: Extent
    let isWhole: Bool

    var path: String { extent == .targets ? "/targets/\(name)" : "/entries/\(name)" }

    private init(_ name: String, _ extent: Extent, isWhole: Bool) {
        (self.name, self.extent, self.isWhole) = (name, extent, isWhole)
    }

    /// log Σ exp(logit / temperature).
    static let logSumExp = CaptureColumn("log_sum_exp", .targets, isWhole: false)
    /// The likeliest token.
    static let first = CaptureColumn("first", .targets, isWhole: true)
    static let firstLogProbability = CaptureColumn("first_log_probability", .targets, isWhole: false)
    /// How many tokens were drawn that differ from each other and from the first.
    static let kept = CaptureColumn("kept", .targets, isWhole: true)
    /// What all tokens that are not kept come to.
    static let restLogProbability = CaptureColumn("rest_log_probability", .targets, isWhole: false)
    static let ids = CaptureColumn("ids", .entries, isWhole: true)
    /// How often each was drawn.
    static let counts = CaptureColumn("counts", .entries, isWhole: true)
    static let logProbabilities = CaptureColumn("log_probabilities", .entries, isWhole: false)
}
