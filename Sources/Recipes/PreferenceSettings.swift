// What a recipe may say of objectives that learn from preferences: keys of `train`, named as TRL names them.

/// The losses that objectives of preferences choose among.
public enum LossType: String, Sendable, CaseIterable {
    case sigmoid, hinge, ipo
    case exoPair = "exo_pair"
    case ncaPair = "nca_pair"
    case robust
    case bcoPair = "bco_pair"
    case sppoHard = "sppo_hard"
    case aot
    case aotUnpaired = "aot_unpaired"
    case apoZero = "apo_zero"
    case apoDown = "apo_down"
    case discopop
    /// The likelihood of the chosen answer.
    case sft
    case sigmoidNorm = "sigmoid_norm"
    case kto
    case apoZeroUnpaired = "apo_zero_unpaired"
    /// Of grpo: of what the loss is the mean.
    case dapo, grpo, bnpo
    case drGRPO = "dr_grpo"

    /// Whether it is of the difference of two scores alone, in which what a divergence adds to both is gone.
    var isOfMargin: Bool {
        [.sigmoid, .sigmoidNorm, .hinge, .ipo, .exoPair, .robust, .discopop, .sft].contains(self)
    }

    /// Whether dpo's loss of that name reads `train.label_smoothing`.
    var readsSmoothing: Bool { [.robust, .exoPair, .aot, .aotUnpaired].contains(self) }
}

/// What holds the model to its reference.
public enum PreferenceDivergence: String, Sendable, CaseIterable {
    case reverseKL = "reverse_kl"
    case forwardKL = "forward_kl"
    case jensenShannon = "js_divergence"
    case alpha = "alpha_divergence"
}

/// The settings of objectives of preferences.
public struct PreferenceSettings: Sendable, Equatable {
    /// `nil`: `dpoBeta` of dpo, else 0.1.
    public var beta: Double?
    public var dpoBeta = 0.1
    /// Empty: the objective's first.
    public var lossTypes: [LossType] = []
    /// Of `lossTypes`; empty: 1 each.
    public var lossWeights: [Double] = []
    /// `nil`: none, and what EXO's paper takes.
    public var labelSmoothing: Double?
    /// What tokens count in which the longer answer goes on after the shorter one; `nil`: as all others.
    public var ldAlpha: Double?
    /// What the likelihood of the chosen answer counts beside dpo's loss.
    public var rpoAlpha = 0.0
    public var divergence = PreferenceDivergence.reverseKL
    public var alphaDivergence = 0.5
    public var discopopTau = 0.05
    /// What the likelihood of the chosen answer counts; `nil`: 1 of cpo, 0 of simpo.
    public var cpoAlpha: Double?
    /// AlphaPO's shape of rewards; 0: log-probabilities as they are.
    public var alpha = 0.0
    public var simpoGamma = 0.5
    /// What the loss of a good answer counts, and that of a bad one.
    public var desirableWeight = 1.0
    public var undesirableWeight = 1.0
    /// Ratings above it are of good answers.
    public var desirableAbove = 0.0
    /// What the square of a pair's summed rewards counts.
    public var centerRewards = 0.0
    /// The adapter under which the base is what answers are held against; nil: the base as it is.
    public var referenceAdapter: String?

    public init() {}
}

extension TrainSection {
    /// The losses of the recipe's objective with what each counts.
    public var weightedLossTypes: [(type: LossType, weight: Double)] {
        let types = preferences.lossTypes.isEmpty ? Array(objective.lossTypes.prefix(1)) : preferences.lossTypes
        return types.enumerated().map { number, type in
            (type, preferences.lossWeights.isEmpty ? 1 : preferences.lossWeights[number])
        }
    }

    /// β, as the recipe's objective has it.
    public var beta: Double { preferences.beta ?? (objective == .dpo ? preferences.dpoBeta : 0.1) }

    /// Keys of what is learnt from preferences.
    static var preferenceKeys: [RecipeKey<TrainSection>] {
        [
            .optionalNumber(
                "beta", \.preferences.beta, expected: "a number from 0, or null for the objective's own",
                "how closely the model is held to its reference; without one how much margins count",
                accepts: \.isFromZero),
            .number(
                "dpo_beta", \.preferences.dpoBeta, expected: "a number above 0", "beta of dpo, as it was called first",
                accepts: \.isPositive),
            .text(
                "reference_adapter", \.preferences.referenceAdapter,
                "an adapter on the base under which it is the reference; none: the base as it is"),
            .choices("loss_type", \.preferences.lossTypes, "the losses of the objective; none: its first"),
            numbers("loss_weights", \.preferences.lossWeights, "what each of loss_type counts; none: 1 each"),
            .optionalNumber(
                "label_smoothing", \.preferences.labelSmoothing, expected: "a number from 0 and below 0.5, or null",
                "how likely a pair is labelled the wrong way round", accepts: { $0 >= 0 && $0 < 0.5 }),
            .optionalNumber(
                "ld_alpha", \.preferences.ldAlpha, expected: "a number from 0 to 1, or null",
                "what tokens count in which the longer answer goes on after the shorter one",
                accepts: { $0 >= 0 && $0 <= 1 }),
            .number(
                "rpo_alpha", \.preferences.rpoAlpha, expected: "a number from 0",
                "what the likelihood of the chosen answer counts beside the loss", accepts: \.isFromZero),
            .choice(
                "f_divergence_type", \.preferences.divergence, "the divergence that holds the model to its reference"),
            .number(
                "f_alpha_divergence_coef", \.preferences.alphaDivergence, expected: "a number",
                "the order of alpha_divergence", accepts: \.isFinite),
            .number(
                "discopop_tau", \.preferences.discopopTau, expected: "a number above 0",
                "how softly discopop goes from one of its losses to the other", accepts: \.isPositive),
            .optionalNumber(
                "cpo_alpha", \.preferences.cpoAlpha, expected: "a number from 0, or null for the objective's own",
                "what the likelihood of the chosen answer counts beside the loss: 1 in cpo, 0 in simpo",
                accepts: \.isFromZero),
            .number(
                "alpha", \.preferences.alpha, expected: "a number",
                "AlphaPO's shape of rewards, (1 - p^-alpha) / alpha; 0: log p", accepts: \.isFinite),
            .number(
                "simpo_gamma", \.preferences.simpoGamma, expected: "a number from 0",
                "by how much the chosen answer's reward is to exceed the other's", accepts: \.isFromZero),
            .number(
                "desirable_weight", \.preferences.desirableWeight, expected: "a number from 0",
                "what the loss of a good answer counts", accepts: \.isFromZero),
            .number(
                "undesirable_weight", \.preferences.undesirableWeight, expected: "a number from 0",
                "what the loss of a bad answer counts", accepts: \.isFromZero),
            .number(
                "desirable_above", \.preferences.desirableAbove, expected: "a number",
                "ratings above it are of good answers", accepts: \.isFinite),
            .number(
                "center_rewards_coefficient", \.preferences.centerRewards, expected: "a number from 0",
                "what the square of a pair's summed rewards counts, so that they stay about 0", accepts: \.isFromZero),
        ]
    }

    private static func numbers(
        _ name: String, _ keyPath: WritableKeyPath<TrainSection, [Double]>, _ meaning: String
    ) -> RecipeKey<TrainSection> {
        RecipeKey(
            name: name, meaning: meaning, expected: "a list of numbers from 0", shape: .oneOrMore(.number),
            decode: { node, section, decoding, path in
                var numbers: [Double] = []
                for (index, element) in node.elements.enumerated() {
                    guard let number = element.number, number >= 0, number.isFinite else {
                        decoding.wrongType(element, "\(path)[\(index)]", expected: "a number from 0")
                        continue
                    }
                    numbers.append(number)
                }
                section[keyPath: keyPath] = numbers
            },
            text: { YAMLText.list($0[keyPath: keyPath].map(YAMLText.number)) })
    }
}

extension IdleKey {
    /// Keys of preferences that do nothing beside the losses that the recipe names.
    static var ofPreferences: [IdleKey] {
        [
            IdleKey(path: "train.dpo_beta") { recipe in
                recipe.train.preferences.beta == nil ? nil : "train.beta says it"
            },
            IdleKey(path: "train.label_smoothing") { recipe in
                guard recipe.train.objective == .dpo else {
                    return recipe.train.names(.sigmoid) || recipe.train.objective == .simpo
                        ? nil : "only the loss sigmoid of train.objective cpo has it"
                }
                return recipe.train.weightedLossTypes.contains(where: \.type.readsSmoothing)
                    ? nil : "of dpo's losses robust, exo_pair, aot and aot_unpaired have it"
            },
            IdleKey(path: "train.discopop_tau") { recipe in
                recipe.train.names(.discopop) ? nil : "train.loss_type is not discopop"
            },
            IdleKey(path: "train.f_alpha_divergence_coef") { recipe in
                recipe.train.preferences.divergence == .alpha
                    ? nil : "train.f_divergence_type is not alpha_divergence"
            },
        ]
    }
}

extension Recipe {
    /// Whether the head of its task learns from pairs of answers.
    public var learnsRewards: Bool { task == .regress && train.objective == .reward }
}

extension TrainSection {
    fileprivate func names(_ type: LossType) -> Bool { weightedLossTypes.contains { $0.type == type } }
}

extension RecipeDecoding {
    /// Notes what of the settings of preferences does not go together.
    mutating func notePreferenceConflicts(in recipe: Recipe) {
        let train = recipe.train, settings = train.preferences, kind = train.objective
        func place(_ key: String) -> RecipePlace? { setKeys["train." + key] }
        if let place = place("objective"), kind == .reward, recipe.task != .regress {
            note(
                .conflict, place, "train.objective", "reward trains a head that gives answers numbers",
                hint: "set task: regress")
        }
        if let place = place("loss_type"), !kind.lossTypes.isEmpty,
            let other = settings.lossTypes.first(where: { !kind.lossTypes.contains($0) })
        {
            note(
                .conflict, place, "train.loss_type",
                "train.objective \(kind.rawValue) has no loss \(other.rawValue)",
                hint: "it has " + kind.lossTypes.map(\.rawValue).joined(separator: ", "))
        }
        if let place = place("beta"), settings.beta == 0, !kind.writesAnswers {
            note(
                .conflict, place, "train.beta", "train.objective \(kind.rawValue) learns nothing at 0",
                hint: "write a number above 0")
        }
        if let place = place("loss_type"), kind != .dpo, settings.lossTypes.count > 1 {
            note(
                .conflict, place, "train.loss_type", "train.objective \(kind.rawValue) has one loss at a time",
                hint: "several are dpo's")
        }
        let count = max(settings.lossTypes.count, 1)
        if let place = place("loss_weights"), !settings.lossWeights.isEmpty, settings.lossWeights.count != count {
            note(
                .conflict, place, "train.loss_weights",
                "\(settings.lossWeights.count) weights, and train.loss_type names \(count)",
                hint: "give one for each loss")
        }
        if let place = place("f_divergence_type"), settings.divergence != .reverseKL,
            let other = train.weightedLossTypes.first(where: { !$0.type.isOfMargin })
        {
            note(
                .conflict, place, "train.f_divergence_type",
                "the loss \(other.type.rawValue) is not of the difference of two scores, and knows reverse_kl alone",
                hint: "leave it out, or name another train.loss_type")
        }
        if let place = place("label_smoothing"), settings.labelSmoothing == 0, train.names(.exoPair) {
            note(
                .conflict, place, "train.label_smoothing", "the loss exo_pair needs more than 0",
                hint: "its paper takes 0.001")
        }
    }
}
