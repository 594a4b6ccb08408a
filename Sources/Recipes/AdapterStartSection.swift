// How the factors of an adapter begin, as recipes say it.

public import Vocabulary

/// How factors begin.
public struct AdapterStartSection: Sendable, Equatable {
    public var kind = AdapterStart.kaiming
    /// Training rows that a start looks at, from the first on.
    public var rows = 64
    public var eva = EVASection()
    public var loraGA = LoRAGASection()
    /// The model in full precision of which the base is a quantised copy.
    public var fullModel: String?

    public init() {}
}

/// What a start by activations does: PEFT's `EvaConfig`.
public struct EVASection: Sendable, Equatable {
    /// By how much a layer's rank may exceed the one asked for.
    public var rho = 2.0
    /// How alike the directions of two passes are when no more are looked at.
    public var tau = 0.99
    /// Whether only tokens that carry loss count.
    public var usesLabelMask = true
    public var whitens = false
    /// Whether alpha follows a changed rank.
    public var adjustsScale = true

    public init() {}
}

/// What a start by gradients does: PEFT's `LoraGAConfig`.
public struct LoRAGASection: Sendable, Equatable {
    public var direction = GradientDirections.strongestInA
    public var scale = GradientScale.stable
    public var stableGamma = 16.0

    public init() {}
}

extension AdapterSection {
    static var startKeys: [RecipeKey<AdapterSection>] {
        [
            .start,
            .integer(
                "init_rows", \.start.rows, 1...Int.max, "how many of the first training rows eva and lora_ga look at"),
            .section("eva_config", \.start.eva, "what init_lora_weights: eva does"),
            .section("lora_ga_config", \.start.loraGA, "what init_lora_weights: lora_ga does"),
            .text(
                "loftq_model", \.start.fullModel,
                "the model in full precision of which model.path is a quantised copy, for init_lora_weights: loftq"),
        ]
    }
}

extension RecipeKey<AdapterSection> {
    fileprivate static var start: Self {
        let expected = (AdapterStart.names + ["pissa_niter_N"]).joined(separator: " | ")
        return RecipeKey(
            name: "init_lora_weights",
            meaning: "how A and B begin: at random, by the weights, by the first rows, or by what quantising lost",
            expected: expected, shape: .any([.text, .boolean]),
            decode: { node, section, decoding, path in
                // PEFT's word for its default.
                let text = node.boolean == true ? AdapterStart.kaiming.name : node.string
                guard let text else { return decoding.wrongType(node, path, expected: expected) }
                if let start = AdapterStart(text) { return section.start.kind = start }
                let suggestion = nearest(to: text, among: AdapterStart.names).map { "did you mean \($0)?" }
                decoding.note(.outOfRange, node.place, path, "'\(text)' is none of \(expected)", hint: suggestion)
            },
            text: { $0.start.kind.name })
    }
}

extension EVASection: RecipeKeyed {
    static var keys: [RecipeKey<EVASection>] {
        [
            .number(
                "rho", \.rho, expected: "a number from 1",
                "a layer's rank is at most r · rho; the sum over layers stays",
                accepts: { $0 >= 1 && $0.isFinite }),
            .number(
                "tau", \.tau, expected: "a number above 0, at most 1",
                "how alike the directions of two passes are when no more are looked at",
                accepts: { $0 > 0 && $0 <= 1 }),
            .boolean("use_label_mask", \.usesLabelMask, "only tokens that carry loss count"),
            .boolean("whiten", \.whitens, "directions are divided by the root of their strength"),
            .boolean("adjust_scaling_factors", \.adjustsScale, "alpha follows a changed rank"),
        ]
    }
}

extension LoRAGASection: RecipeKeyed {
    static var keys: [RecipeKey<LoRAGASection>] {
        [
            .choice("direction", \.direction, "which of the gradient's 2 · r strongest directions A and B take"),
            .choice("scale", \.scale, "how large their product begins"),
            .number(
                "stable_gamma", \.stableGamma, expected: "a number above 0", "scale: stable divides by its root",
                accepts: \.isPositive),
        ]
    }
}

extension AdapterStartSection {
    /// Whether the key has a say in the numbers that the adapter begins with.
    func concerns(_ path: String) -> Bool {
        switch path {
        case "adapter.init_lora_weights": kind != .kaiming
        case "adapter.init_rows": kind.readsRows
        case "adapter.eva_config": kind == .eva
        case "adapter.lora_ga_config": kind == .loraGA
        default: true
        }
    }
}

extension IdleKey {
    static var ofStarts: [IdleKey] {
        func only(_ path: String, _ starts: String, _ acts: @escaping (AdapterSection) -> Bool) -> IdleKey {
            IdleKey(path: "adapter." + path) { recipe in
                acts(recipe.adapter) ? nil : "adapter.init_lora_weights is not \(starts)"
            }
        }
        return [
            only("init_rows", "eva or lora_ga") { $0.start.kind.readsRows },
            only("eva_config", "eva") { $0.start.kind == .eva },
            only("lora_ga_config", "lora_ga") { $0.start.kind == .loraGA },
            IdleKey(path: "adapter.lora_ga_config") { recipe in
                let settings = recipe.adapter.start.loraGA
                return settings.scale != .stable && settings.stableGamma != LoRAGASection().stableGamma
                    ? "scale \(settings.scale.rawValue) does not read stable_gamma" : nil
            },
            only("loftq_model", "loftq") { $0.start.kind == .loftq },
            IdleKey(path: "adapter.init_lora_weights") { recipe in
                recipe.adapter.continueFrom.map { _ in "adapter.continue_from says with which numbers it begins" }
            },
        ]
    }
}
