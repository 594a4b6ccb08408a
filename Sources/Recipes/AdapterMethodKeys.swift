// Keys of single methods of adapting: names as PEFT has them, range, meaning. Defaults stand in `AdapterMethodSettings`.

public import Vocabulary

extension AdapterSection {
    /// What only some methods read.
    static var methodKeys: [RecipeKey<AdapterSection>] {
        [
            .optionalTexts(
                "feedforward_modules", \.settings.feedforwardModules,
                "ia3: modules whose inputs are scaled, by the ends of their names; null: those that end a feed-forward part"
            ),
            .integer(
                "projection_prng_key", \.settings.projectionKey, 0...Int(Int32.max),
                "vera: the seed of the matrices that all layers share"),
            .number(
                "d_initial", \.settings.initialD, expected: "a number", "vera: what the trained scales of A begin with",
                accepts: \.isFinite),
            .integer(
                "decompose_factor", \.settings.decomposeFactor, -1...65_536,
                "lokr: size of the first side of the product; -1: as near to the second one's as can be"),
            .boolean(
                "decompose_both", \.settings.decomposesBoth, "lokr: the first side is a product of rank r, too"),
        ] + budgetKeys
    }

    private static var budgetKeys: [RecipeKey<AdapterSection>] {
        [
            .integer("init_r", \.settings.budget.initialRank, 1...65_536, "adalora: the rank that layers begin with"),
            .integer(
                "target_r", \.settings.budget.targetRank, 1...65_536,
                "adalora: the rank that is left, on average over the layers"),
            .integer(
                "tinit", \.settings.budget.firstSteps, 0...Int(Int32.max),
                "adalora: steps before the first rank is given up"),
            .integer(
                "tfinal", \.settings.budget.lastSteps, 0...Int(Int32.max),
                "adalora: steps at the end in which none is given up"),
            .integer(
                "deltaT", \.settings.budget.interval, 1...Int(Int32.max), "adalora: steps from one cut to the next"),
            .decay("beta1", \.settings.budget.sensitivityDecay, "adalora: what a step leaves of the mean sensitivity"),
            .decay("beta2", \.settings.budget.uncertaintyDecay, "adalora: what a step leaves of its mean uncertainty"),
            .number(
                "orth_reg_weight", \.settings.budget.orthogonality, expected: "a number from 0 on",
                "adalora: how much it counts that A and B are not orthogonal", accepts: \.isFromZero),
        ]
    }

    /// The rank that factors begin with.
    public var rank: Int { method.reads("init_r") ? settings.budget.initialRank : r }
}

extension AdapterMethodKind {
    /// Keys of `adapter` that the method reads and others may not.
    private var keys: [String] {
        let patterns = ["r", "alpha", "rank_pattern", "alpha_pattern"]
        return switch self {
        case .lora, .dora, .fold: patterns + ["dropout", "use_rslora"]
        case .ia3: ["feedforward_modules"]
        case .vera: ["r", "dropout", "projection_prng_key", "d_initial"]
        case .loha: patterns
        case .lokr: patterns + ["decompose_factor", "decompose_both"]
        case .adalora:
            [
                "alpha", "dropout", "init_r", "target_r", "tinit", "tfinal", "deltaT", "beta1", "beta2",
                "orth_reg_weight",
            ]
        }
    }

    /// Whether it trains what LoRA+ makes faster: a B, or vectors.
    fileprivate var hasFasterPart: Bool {
        switch self {
        case .lora, .dora, .fold, .adalora, .vera: true
        case .ia3, .loha, .lokr: false
        }
    }

    /// Keys of `adapter` that not every method reads, by name.
    public static var settings: [String] { Set(allCases.flatMap(\.keys)).sorted() }

    /// Whether the method reads `key`, one of `settings`.
    public func reads(_ key: String) -> Bool { keys.contains(key) }
}

extension TrainSection {
    /// The key that hands on a mean of steps, in which adapters of `method` would have again what training gave up; nil where none does.
    public func meanKey(undoing method: AdapterMethodKind) -> String? {
        guard method == .adalora else { return nil }
        return optimizer.needsNoSchedule ? "train.optimizer" : emaDecay != nil ? "train.ema_decay" : nil
    }

    /// What is said of that key.
    public static func undoing(_ method: AdapterMethodKind) -> (message: String, hint: String) {
        (
            "a mean of steps brings back the directions that adapter.method \(method.rawValue) gives up",
            "set no train.ema_decay and no train.optimizer that learns a mean, or take another adapter.method"
        )
    }
}

extension RecipeDecoding {
    /// Of an adapter that is trained further the method is not known yet.
    mutating func noteMethodConflicts(in recipe: Recipe) {
        let method = recipe.adapter.method
        guard recipe.adapter.continueFrom == nil, let key = recipe.train.meanKey(undoing: method),
            let place = setKeys[key]
        else { return }
        let (message, hint) = TrainSection.undoing(method)
        note(.conflict, place, key, message, hint: hint)
    }
}

extension Recipe {
    /// Why nothing that is trained would be faster by LoRA+; `nil` where something is, or only the model tells.
    var withoutFasterPart: String? {
        if adapter.numVirtualTokens > 0 { return "virtual tokens are all that is trained" }
        let trainsMore = task.hasHead || adapter.bias != .none || !adapter.modulesToSave.isEmpty
        if trainsMore || adapter.method.hasFasterPart { return nil }
        return "adapter.method \(adapter.method.rawValue) has no B, and no magnitude"
    }
}

extension RecipeKey<AdapterSection> {
    fileprivate static func decay(_ name: String, _ path: WritableKeyPath<AdapterSection, Double>, _ meaning: String)
        -> Self
    {
        .number(name, path, expected: "a number between 0 and 1", meaning, accepts: { $0 > 0 && $0 < 1 })
    }

    fileprivate static func optionalTexts(
        _ name: String, _ path: WritableKeyPath<AdapterSection, [String]?>, _ meaning: String
    ) -> Self {
        let expected = "a list of names, or null"
        return RecipeKey(
            name: name, meaning: meaning, expected: expected, shape: .any([.oneOrMore(.text), .null]),
            decode: { node, section, decoding, place in
                if node.isNull { return section[keyPath: path] = nil }
                guard let texts = decoding.texts(node, place, expected: expected) else { return }
                section[keyPath: path] = texts
            },
            text: { $0[keyPath: path].map { YAMLText.list($0.map(YAMLText.string)) } ?? "null" })
    }
}
