// Texts that belong together: what a model learns from to make vectors of texts.

internal import Vocabulary

/// What a text is to be near, or far from.
public struct TextGroup: Sendable, Equatable {
    /// The text that it is to be near; then those that it is to be far from.
    public var others: [String]
    /// How near the first of these is to be; nil where a pair belongs together.
    public var score: Double?

    /// - Precondition: at least one other text.
    public init(_ others: [String], score: Double? = nil) {
        precondition(!others.isEmpty, "a text by itself")
        self.others = others
        self.score = score
    }
}

/// What a recipe's objective needs of each row.
public enum TextNeed: String, Sendable {
    /// Pairs, or scored pairs.
    case any
    /// Texts that belong together.
    case pairs
    /// Such with a text that does not belong to them.
    case negatives
    /// A score.
    case scores

    /// The forms of row that have it.
    var formats: [RowFormat] {
        switch self {
        case .any: [.pairs, .scoredPairs]
        case .pairs, .negatives: [.pairs]
        case .scores: [.scoredPairs]
        }
    }
}

/// How the texts of a row are read.
public struct TextReading: Sendable, Equatable {
    public var need: TextNeed
    /// What is put before every text.
    public var prompt: String
    /// Whether texts are read in lower case.
    public var lowercases: Bool
    /// The most tokens that the model reads of a text; nil where it has no limit of its own.
    public var mostTokens: Int?

    public init(need: TextNeed = .any, prompt: String = "", lowercases: Bool = false, mostTokens: Int? = nil) {
        self.need = need
        self.prompt = prompt
        self.lowercases = lowercases
        self.mostTokens = mostTokens
    }

    var formats: [RowFormat] { need.formats }

    /// Written the same way always.
    var canonicalText: String {
        "\(need.rawValue) \(lowercases) \(mostTokens ?? 0) \(prompt)"
    }

    func text(_ text: String) -> String {
        let text = prompt + text
        return lowercases ? text.lowercased() : text
    }
}

extension TokenizedExample {
    /// The texts of a row that has several: each ends at a marked token.
    public var texts: [[Int32]] {
        var texts: [[Int32]] = []
        var start = 0
        for end in isTarget.indices where isTarget[end] {
            texts.append(Array(ids[start...end]))
            start = end + 1
        }
        return texts
    }
}
