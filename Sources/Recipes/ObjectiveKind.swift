// The objectives that a recipe can name, and what of its other keys they read.

/// What a model learns from its rows.
public enum ObjectiveKind: String, Sendable, CaseIterable {
    case crossEntropy = "cross_entropy"
    case dpo, cpo, simpo, orpo, kto
    case grpo, rloo
    /// A head that gives answers numbers.
    case reward

    /// Keys of `train` that the objective reads and others may not.
    private var keys: [String] {
        switch self {
        case .crossEntropy: []
        case .dpo:
            [
                "dpo_beta", "beta", "loss_type", "loss_weights", "label_smoothing", "ld_alpha", "rpo_alpha",
                "f_divergence_type", "f_alpha_divergence_coef", "discopop_tau", "reference_adapter",
            ]
        case .cpo: ["beta", "loss_type", "label_smoothing", "cpo_alpha", "alpha"]
        case .simpo: ["beta", "label_smoothing", "cpo_alpha", "alpha", "simpo_gamma"]
        case .orpo: ["beta"]
        case .kto:
            ["beta", "loss_type", "desirable_weight", "undesirable_weight", "desirable_above", "reference_adapter"]
        case .grpo: Self.keysOfAnswers + ["loss_type", "scale_rewards", "use_bias_correction_kl"]
        case .rloo: Self.keysOfAnswers + ["normalize_advantages"]
        case .reward: ["center_rewards_coefficient"]
        }
    }

    /// Keys of all that learn from answers of the model's own.
    private static let keysOfAnswers = [
        "beta", "rewards", "num_generations", "temperature", "top_p", "max_completion_length", "epsilon",
        "epsilon_high", "num_iterations", "reference_adapter",
    ]

    /// The losses that `train.loss_type` may name, the first where it names none; empty where there is but one.
    public var lossTypes: [LossType] {
        switch self {
        case .dpo:
            [
                .sigmoid, .hinge, .ipo, .exoPair, .ncaPair, .robust, .bcoPair, .sppoHard, .aot, .aotUnpaired, .apoZero,
                .apoDown, .discopop, .sft, .sigmoidNorm,
            ]
        case .cpo: [.sigmoid, .hinge, .ipo]
        case .kto: [.kto, .apoZeroUnpaired]
        case .grpo: [.dapo, .grpo, .bnpo, .drGRPO]
        case .crossEntropy, .simpo, .orpo, .rloo, .reward: []
        }
    }

    /// Whether it learns from answers that are compared or rated, and not to say them.
    public var comparesAnswers: Bool {
        switch self {
        case .dpo, .cpo, .simpo, .orpo, .kto, .reward: true
        case .crossEntropy, .grpo, .rloo: false
        }
    }

    /// Whether it learns from answers that the model writes, by what rewards say of them.
    public var writesAnswers: Bool { self == .grpo || self == .rloo }

    /// Whether it holds the model to what a reference says of the answers of rows.
    public var hasReference: Bool { [.dpo, .kto].contains(self) }

    /// Those that learn from preferences.
    static var ofPreferences: String { allCases.filter(\.comparesAnswers).map(\.rawValue).joined(separator: " | ") }

    /// Keys of `train` that not every objective reads, by name.
    static var settings: [String] { Set(allCases.flatMap(\.keys)).sorted() }
    /// The same, as "train.beta".
    public static var settingPaths: [String] { settings.map { "train." + $0 } }

    /// Whether a key of the recipe, as "train.beta", is one that other objectives read and this one does not.
    func concerns(_ path: String) -> Bool {
        guard let key = Self.settings.first(where: { "train." + $0 == path }) else { return true }
        return reads(key)
    }

    /// Whether the objective reads `key`, one of `settings`.
    func reads(_ key: String) -> Bool { keys.contains(key) }
}
