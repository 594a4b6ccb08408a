// The objectives that a recipe can name, and what of its other keys they read.

/// What a model learns from its rows.
public enum ObjectiveKind: String, Sendable, CaseIterable {
    case crossEntropy = "cross_entropy"
    case dpo

    /// Keys of `train` that the objective reads and others may not.
    private var keys: [String] {
        switch self {
        case .crossEntropy: []
        case .dpo: ["dpo_beta"]
        }
    }

    /// Whether it learns from pairs of answers, one better than the other.
    public var comparesAnswers: Bool { self == .dpo }

    /// Keys of `train` that not every objective reads, by name.
    static var settings: [String] { Set(allCases.flatMap(\.keys)).sorted() }

    /// Whether a key of the recipe, as "train.dpo_beta", is one that other objectives read and this one does not.
    func concerns(_ path: String) -> Bool {
        guard let key = Self.settings.first(where: { "train." + $0 == path }) else { return true }
        return reads(key)
    }

    /// Whether the objective reads `key`, one of `settings`.
    func reads(_ key: String) -> Bool { keys.contains(key) }
}
