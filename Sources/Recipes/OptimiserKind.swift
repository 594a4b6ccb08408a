// The optimisers that a recipe can name, and what of its other keys they read.

/// The rule by which training changes the adapter's values.
public enum OptimiserKind: String, Sendable, CaseIterable {
    case adamw, lion, adafactor, muon
    case scheduleFreeAdamW = "schedule_free_adamw"
    case adamW8bit = "adamw_8bit"

    /// Keys of `train` that the rule reads and others may not, and what other tools call the rule.
    private var facts: (keys: [String], namesElsewhere: [String]) {
        switch self {
        case .adamw:
            (
                ["adam_beta1", "adam_beta2", "adam_epsilon"],
                ["adamw_torch", "adamw_torch_fused", "adamw_hf", "paged_adamw", "paged_adamw_32bit"]
            )
        case .lion: (["adam_beta1", "adam_beta2"], ["lion_32bit", "paged_lion", "paged_lion_32bit"])
        case .adafactor: (["adafactor_scale_parameter"], [])
        case .muon:
            (
                [
                    "muon_momentum", "muon_nesterov", "muon_ns_steps", "muon_adjust_lr_fn", "adam_beta1", "adam_beta2",
                    "adam_epsilon",
                ], []
            )
        case .scheduleFreeAdamW: (["adam_beta1", "adam_beta2", "adam_epsilon"], [])
        case .adamW8bit: (["adam_beta1", "adam_beta2", "adam_epsilon"], ["adamw_bnb_8bit", "paged_adamw_8bit"])
        }
    }

    /// Whether the rule takes the place of a schedule: its rate stays where the warm-up led it.
    public var needsNoSchedule: Bool { self == .scheduleFreeAdamW }

    /// Keys of `train` that not every rule reads, by name.
    static var settings: [String] { Set(allCases.flatMap(\.facts.keys)).sorted() }

    /// Whether a key of the recipe, as "train.muon_momentum", is one that this rule reads or all do, or that stood there for all runs
    /// before rules had keys of their own.
    func concerns(_ path: String) -> Bool {
        guard path.hasPrefix("train."), let key = Self.settings.first(where: { "train." + $0 == path }) else {
            return true
        }
        return key.hasPrefix("adam_") || reads(key)
    }

    /// Whether the rule reads `key`, one of `settings`.
    func reads(_ key: String) -> Bool { facts.keys.contains(key) }

    /// What other tools call the optimisers → their names here.
    static var namesElsewhere: [String: String] {
        let names = allCases.flatMap { kind in kind.facts.namesElsewhere.map { ($0, kind.rawValue) } }
        return Dictionary(uniqueKeysWithValues: names)
    }
}

/// How the sizes of a matrix change the rate of Muon, by torch's names.
public enum MuonAdjustment: String, Sendable, CaseIterable {
    /// By the root of rows over columns, where there are more rows.
    case original
    /// So that a step is as large as one of AdamW at the same rate.
    case matchAdamW = "match_rms_adamw"
}
