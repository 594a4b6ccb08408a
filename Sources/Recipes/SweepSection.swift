// Several values for a key: what `lathe sweep` tries, and how it chooses among it.

internal import Vocabulary

/// A key of the recipe with the values that are tried of it.
public struct SweptKey: Sendable, Equatable {
    /// "train.learning_rate".
    public let path: String
    /// Each as YAML on one line, in the order in which they were given.
    public let values: [String]

    /// A key with its values as YAML.
    public init(path: String, values: [String]) {
        self.path = path
        self.values = values
    }

    /// Why a key has one value for all trials: they share base and prepared rows, and differ in what they train.
    static func refusal(of path: String) -> String? {
        let section = path.prefix { $0 != "." }
        if ObjectiveKind.settingPaths.contains(path) || EmbedSection.lossPaths.contains(path) {
            return "it changes what the loss is, and trials are compared by their losses"
        }
        switch path {
        case "seed": return "it decides how rows are split and drawn, and all trials share their rows"
        case "train.objective", "embed.objective", "head.multi_label", "task":
            return "it decides how rows are prepared, and all trials share their rows"
        case "adapter.continue_from":
            return "it names a place, and no trial goes on from another adapter than the others"
        case "train.save_every", "train.keep_last", "train.log_every", "train.memory_limit", "train.recompute",
            "train.threads":
            return "it decides nothing of what is learnt"
        default: break
        }
        switch section {
        case "adapter", "head", "embed", "train": return nil
        case "model": return "all trials share one base"
        case "data": return "it decides how rows are prepared, and all trials share their rows"
        default: return "it decides nothing of what is learnt"
        }
    }
}

/// How the trials of a sweep are held against each other.
public struct SearchSection: Sendable, Equatable {
    public var method = SearchMethod.halving
    /// Training rows on which trials are compared and which none is trained on: below 1 a share, from 1 on a number of rows.
    public var valSize = 0.1
    /// One of so many trials goes on to the next round.
    public var factor = 3
    /// The fewest steps of the first round.
    public var minSteps = 10
    /// The most trials; nil: all combinations.
    public var trials: Int?

    public init() {}
}

/// Which trials are trained for how long.
public enum SearchMethod: String, Sendable, CaseIterable {
    /// All for a few steps, and the better ones further, round by round.
    case halving
    /// All to their end.
    case grid
}

extension SearchSection: RecipeKeyed {
    static var keys: [RecipeKey<SearchSection>] {
        [
            .choice(
                "method", \.method,
                "halving: all trials for some steps, the better ones further; grid: all to their end"),
            .number(
                "val_size", \.valSize, expected: "a share below 1, or a whole number of rows, above 0",
                "training rows on which trials are compared; none of them is trained on",
                accepts: { $0 > 0 && $0.isFinite && $0 <= 1e9 && ($0 < 1 || $0 == $0.rounded()) }),
            .integer("factor", \.factor, 2...100, "one of so many trials goes on to the next round of halving"),
            .integer(
                "min_steps", \.minSteps, 1...TrainSection.mostSteps, "steps of the first round of halving, at least"),
            .integer(
                "trials", \.trials, 1...Recipe.mostTrials, absent: "null",
                "the most trials: of more combinations so many are drawn by the seed; null: all combinations"),
        ]
    }
}

extension Recipe {
    /// More trials than anybody can wait for.
    static let mostTrials = 1000

    /// What is swept and how, as key and value: what two sweeps differ in beside what trials share.
    public var sweepKeys: [(path: String, text: String)] {
        sweep.map { ("sweep." + $0.path, YAMLText.list($0.values)) }
            + SearchSection.keys.map { ("search." + $0.name, $0.text(search)) }
    }

    /// Every combination of the values of `sweep`, each with one of every key: the last key changes first.
    public var combinations: [[(path: String, value: String)]] {
        sweep.reduce([[]]) { combinations, key in
            combinations.flatMap { combination in key.values.map { combination + [(key.path, $0)] } }
        }
    }
}

extension IdleKey {
    /// Keys of a search that say nothing to a recipe.
    static var ofSearch: [IdleKey] {
        SearchSection.keys.map(\.name).map { name in
            IdleKey(path: "search." + name) { $0.sweep.isEmpty ? "sweep names no key" : nil }
        }
            + ["factor", "min_steps"].map { name in
                IdleKey(path: "search." + name) { recipe in
                    recipe.search.method == .halving
                        ? nil : "search.method \(recipe.search.method.rawValue) has no rounds"
                }
            }
    }
}
