// The optimisers that a recipe can name, and what of its other keys they read.

/// The rule by which training changes the adapter's values.
public enum OptimiserKind: String, Sendable, CaseIterable {
    case adamw, lion

    /// Keys of `train` that the rule reads and others may not, and what other tools call the rule.
    private var facts: (keys: [String], namesElsewhere: [String]) {
        switch self {
        case .adamw:
            (
                ["adam_beta1", "adam_beta2", "adam_epsilon"],
                ["adamw_torch", "adamw_torch_fused", "adamw_hf", "paged_adamw", "paged_adamw_32bit"]
            )
        case .lion: (["adam_beta1", "adam_beta2"], ["lion_32bit", "paged_lion", "paged_lion_32bit"])
        }
    }

    /// Keys of `train` that not every rule reads, by name.
    static var settings: [String] { Set(allCases.flatMap(\.facts.keys)).sorted() }

    /// Whether the rule reads `key`, one of `settings`.
    func reads(_ key: String) -> Bool { facts.keys.contains(key) }

    /// What other tools call the optimisers → their names here.
    static var namesElsewhere: [String: String] {
        let names = allCases.flatMap { kind in kind.facts.namesElsewhere.map { ($0, kind.rawValue) } }
        return Dictionary(uniqueKeysWithValues: names)
    }
}
