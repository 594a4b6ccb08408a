// What a recipe may say of objectives that learn from answers of the model's own: keys of `train`, named as TRL names them.

/// How answers are written, judged and learnt from.
public struct PolicySettings: Sendable, Equatable {
    /// Answers to each row of a step.
    public var numGenerations = 8
    public var temperature = 1.0
    public var topP = 1.0
    public var maxCompletionLength = 256
    public var epsilon = 0.2
    /// `nil`: as `epsilon`.
    public var epsilonHigh: Double?
    public var scaleRewards = RewardScale.group
    public var normalizeAdvantages = false
    public var useBiasCorrectionKL = true
    /// Steps that learn from the same answers.
    public var numIterations = 1
    public var rewards: [RewardEntry] = []

    public init() {}
}

/// What the rewards' distance from their group's mean is divided by.
public enum RewardScale: String, Sendable, CaseIterable {
    /// The spread of the group.
    case group
    /// The spread of all rewards of the step.
    case batch
    /// Nothing.
    case none
}

/// What says how good an answer is.
public enum RewardKind: String, Sendable, CaseIterable {
    /// It is the row's answer.
    case exact
    /// A regular expression is found in it.
    case regex
    /// It is JSON that fits a schema.
    case jsonSchema = "json_schema"
    /// It is the row's label.
    case label
    /// A program says it.
    case command

    /// The field of the rows that it looks into, where the recipe names none.
    public var field: String? {
        switch self {
        case .exact: "answer"
        case .regex: "pattern"
        case .jsonSchema: "schema"
        case .label: "label"
        case .command: nil
        }
    }
}

/// One of the rewards that are added up.
public struct RewardEntry: Sendable, Equatable {
    public var kind = RewardKind.exact
    public var weight = 1.0
    /// What reports call it; `nil`: its kind.
    public var name: String?
    /// The field of the rows that it looks into; `nil`: the kind's own.
    public var field: String?
    /// Of `regex`: the same for all rows.
    public var pattern: String?
    /// Of `json_schema`: a file that holds one for all rows.
    public var schema: String?
    /// Of `command`: the program and its arguments.
    public var command: [String] = []
    /// Of `command`: seconds that it may take for the answers of a step.
    public var timeout = 60.0
    /// Of `command`: the most memory that each of its processes may take.
    public var memoryBytes = 1 << 30

    public init() {}

    /// What reports call it.
    public var shownName: String { name ?? kind.rawValue }
    /// The field of the rows that it looks into; `nil` where it reads none.
    public var readField: String? { pattern == nil && schema == nil ? field ?? kind.field : nil }
}

extension RewardEntry: RecipeKeyed {
    static var keys: [RecipeKey<RewardEntry>] {
        [
            .choice("kind", \.kind, "what says how good an answer is, from 0 to 1; of a command any number"),
            .number(
                "weight", \.weight, expected: "a number", "what it counts beside the others",
                accepts: { $0.isFinite && $0 != 0 }),
            .text("name", \.name, "what reports call it; null: its kind"),
            .text(
                "field", \.field,
                "the field of the rows that it looks into; null: answer, pattern, schema or label, by its kind"),
            .text("pattern", \.pattern, "regex: what is to be found in every answer; null: what the row's field says"),
            .text(
                "schema", \.schema,
                "json_schema: a file with what every answer is to fit; null: what the row's field says"),
            .texts(
                "command", \.command, expected: "a program and its arguments, as [python3, check.py]",
                "command: reads a JSON object a line (prompt, answer, row), writes a number a line; without network, "
                    + "in a folder of its own"),
            .number(
                "timeout", \.timeout, expected: "seconds above 0, at most 3600",
                "command: how long it may take for the answers of a step", accepts: { $0 > 0 && $0 <= 3600 }),
            .scalar(
                "memory", \.memoryBytes, .any([.text, .integer(1 << 20...Int.max)]), expected: "a size such as 1GiB",
                "command: the most memory that each of its processes may take", read: \.byteCount,
                accepts: { $0 >= 1 << 20 }, text: { String($0) }),
        ]
    }

    /// Keys that only one kind reads.
    private static let ofKinds: [(key: String, kind: RewardKind)] = [
        ("pattern", .regex), ("schema", .jsonSchema), ("command", .command), ("timeout", .command),
        ("memory", .command),
    ]

    /// The reward as YAML on one line, every key filled in that its kind reads.
    var text: String { YAMLText.keys(of: self) { idleReason($0) == nil } }

    /// A key that does nothing, and why.
    fileprivate func idleReason(_ key: String) -> String? {
        if let kind = Self.ofKinds.first(where: { $0.key == key })?.kind, kind != self.kind {
            return "rewards of kind \(self.kind.rawValue) have no such setting"
        }
        guard key == "field" else { return nil }
        if kind == .command { return "a command reads the whole row" }
        return readField == nil ? "\(kind == .regex ? "pattern" : "schema") says it for all rows" : nil
    }
}

extension RecipeDecoding {
    /// A reward says what it looks at, and has a name that no other one has.
    fileprivate mutating func check(_ reward: ListedEntry<RewardEntry>) {
        let entry = reward.value, path = reward.path
        for key in RewardEntry.keys.map(\.name) {
            guard let place = setKeys["\(path).\(key)"], let reason = entry.idleReason(key) else { continue }
            note(.noEffect, place, "\(path).\(key)", "has no effect: \(reason)")
        }
        require("kind", of: reward, "a reward says what it looks at", hint: "as kind: exact")
        if entry.kind == .command, entry.command.isEmpty {
            note(
                .missingKey, reward.node.place, path + ".command",
                "the program is named by the recipe, and by nothing else", hint: "as command: [python3, check.py]")
        }
        if reward.earlier.contains(where: { $0.shownName == entry.shownName }) {
            note(
                .duplicateKey, reward.node.place, path + ".name",
                "another reward is called \(entry.shownName) already", hint: "give each a name")
        }
    }
}

extension TrainSection {
    /// Keys of what is learnt from answers of the model's own.
    static var policyKeys: [RecipeKey<TrainSection>] {
        [
            .list(
                "rewards", \.policy.rewards, expected: "a list of rewards, as [{ kind: exact }]",
                "what says how good an answer is: their weighted sum", text: \.text, check: { $1.check($0) }),
            .integer("num_generations", \.policy.numGenerations, 2...4096, "answers that are written to each row"),
            .number(
                "temperature", \.policy.temperature, expected: "a number above 0", "at which answers are drawn",
                accepts: { $0 > 0 && $0 <= 1e3 }),
            .number(
                "top_p", \.policy.topP, expected: "a number above 0, at most 1",
                "answers are drawn among the likeliest tokens that hold this probability together",
                accepts: { $0 > 0 && $0 <= 1 }),
            .integer(
                "max_completion_length", \.policy.maxCompletionLength, 1...1_000_000, "tokens of an answer at most"),
            .number(
                "epsilon", \.policy.epsilon, expected: "a number above 0",
                "how far below what it was the probability of a worse answer may fall", accepts: { $0 > 0 && $0 < 1 }),
            .optionalNumber(
                "epsilon_high", \.policy.epsilonHigh, expected: "a number above 0, or null for epsilon",
                "how far above what it was that of a better answer may rise", accepts: \.isPositive),
            .choice(
                "scale_rewards", \.policy.scaleRewards,
                "the spread by which advantages are divided: of the row's answers, of the step's, or none"),
            .boolean(
                "normalize_advantages", \.policy.normalizeAdvantages,
                "rloo: advantages of a step are brought to mean 0 and spread 1"),
            .boolean(
                "use_bias_correction_kl", \.policy.useBiasCorrectionKL,
                "grpo: the distance from the reference counts by how likely a token has become, which makes its gradient the "
                    + "divergence's"),
            .integer("num_iterations", \.policy.numIterations, 1...1000, "steps that learn from the same answers"),
        ]
    }

    /// What is told of each answer of a step: its reward, each part of it where there are several, whether a program had no number
    /// for it, whether all answers to its row are worth the same, whether it was cut off, and in rloo its distance from the reference.
    public var toldOfAnswers: [String] {
        let rewards = policy.rewards
        return ["reward"] + (rewards.count > 1 ? rewards.map { "reward_" + $0.shownName } : [])
            + (rewards.contains { $0.kind == .command } ? ["reward_failures"] : [])
            + ["groups_without_spread", "cut_off"] + (objective == .rloo && policyBeta > 0 ? ["sequence_kl"] : [])
    }

    /// How many sequences are learnt from for each row of a step.
    public var answersToEach: Int { objective.writesAnswers ? policy.numGenerations : 1 }
    /// How many steps learn from the same rows, one after the other.
    public var stepsOfEachRow: Int { objective.writesAnswers ? policy.numIterations : 1 }
    /// The first step from `step` on behind which a run can stop: not between steps that learn from the same answers.
    public func roundedUp(_ step: Int) -> Int { (step + stepsOfEachRow - 1) / stepsOfEachRow * stepsOfEachRow }
    /// The most tokens of an answer of the model's own; 0 where it writes none.
    public var mostTokensOfAnswers: Int { objective.writesAnswers ? policy.maxCompletionLength : 0 }

    /// β of an objective that learns from answers of the model's own.
    public var policyBeta: Double { preferences.beta ?? (objective == .rloo ? 0.05 : 0) }
}

extension IdleKey {
    /// Keys of answers of the model's own that do nothing beside others.
    static var ofPolicies: [IdleKey] {
        ["epsilon", "epsilon_high"].map { name in
            IdleKey(path: "train." + name) { recipe in
                recipe.train.policy.numIterations > 1
                    ? nil : "train.num_iterations is 1, so the model is still the one that wrote the answers"
            }
        } + [
            IdleKey(path: "train.use_bias_correction_kl") { $0.train.withoutReference },
            IdleKey(path: "train.reference_adapter") { $0.train.withoutReference },
        ]
    }
}

extension TrainSection {
    /// Why answers of the model's own are held against nothing; nil where they are, or are not learnt from.
    fileprivate var withoutReference: String? {
        !objective.writesAnswers || policyBeta > 0 ? nil : "train.beta is 0, so there is no reference"
    }
}

extension RecipeDecoding {
    /// Notes what does not go together where answers of the model's own are learnt from.
    mutating func notePolicyConflicts(in recipe: Recipe) {
        guard recipe.train.objective.writesAnswers, let place = setKeys["train.objective"] ?? setKeys["train"] else {
            return
        }
        let train = recipe.train, name = train.objective.rawValue, uses = train.policy.numIterations
        if train.policy.rewards.isEmpty {
            note(
                .missingKey, place, "train.rewards", "train.objective \(name) needs what says how good an answer is",
                hint: "as rewards: [{ kind: exact }]")
        }
        if recipe.task != .generate {
            note(
                .conflict, place, "train.objective",
                "\(name) is of models that write text, and task is "
                    + recipe.task.rawValue, hint: "leave task out")
        }
        for (key, every) in [("eval_every", train.evalEvery), ("save_every", train.saveEvery)] where every % uses != 0 {
            note(
                .conflict, setKeys["train." + key] ?? place, "train." + key,
                "\(every) steps are no multiple of train.num_iterations, \(uses), and no run goes on between steps of "
                    + "the same answers", hint: "write \((every / uses + 1) * uses)")
        }
    }
}
