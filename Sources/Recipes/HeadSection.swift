// The head of a task: what a recipe may say of it.

import Vocabulary

/// The layer that answers in the place of the language's head where `task` writes no text.
public struct HeadSection: Sendable, Equatable {
    /// Whether a text may have several classes, or none.
    public var multiLabel = false
    /// What a row's loss counts by its class.
    public var classWeights = ClassWeights.none
    /// By how much the loss of rows that are answered well already counts less; 0: not at all.
    public var focalGamma = 0.0
    /// Training rows that are held back to choose on them from which probability on a text has each label: below 1 a share of the rows,
    /// else their number; 0: a half for all labels.
    public var thresholdSize = 0.0

    public init() {}
}

/// What the loss of a class counts.
public enum ClassWeights: String, Sendable, CaseIterable {
    /// All rows the same.
    case none
    /// All classes the same together: rows / (classes · rows of the class).
    case balanced
}

extension HeadSection: RecipeKeyed {
    static var keys: [RecipeKey<HeadSection>] {
        [
            .boolean("multi_label", \.multiLabel, "a text may have several classes or none: label is a list"),
            .choice(
                "class_weights", \.classWeights,
                "what a row's loss counts by its class; balanced: all classes the same together"),
            .number(
                "focal_gamma", \.focalGamma, expected: "a number from 0 to 10",
                "focal loss: rows that are answered well already count less by (1 - p)^gamma; 0: cross entropy",
                accepts: { $0 >= 0 && $0 <= 10 }),
            .number(
                "threshold_size", \.thresholdSize, expected: "a share below 1, or a whole number of rows",
                "training rows held back to choose each label's threshold on them, with multi_label; 0: a half for all",
                accepts: { $0 >= 0 && $0.isFinite && $0 <= 1e9 && ($0 < 1 || $0 == $0.rounded()) }),
        ]
    }
}

extension TaskKind {
    /// Keys of `head` that the task reads.
    private var headKeys: [String] {
        switch self {
        case .classify: ["multi_label", "class_weights", "focal_gamma", "threshold_size"]
        case .tag: ["class_weights", "focal_gamma"]
        case .generate, .seq2seq, .regress, .embed: []
        }
    }

    /// Whether a key of the recipe, as "head.multi_label", is one that other tasks read and this one does not.
    func concerns(_ path: String) -> Bool {
        !path.hasPrefix("head.") || headKeys.contains(String(path.dropFirst("head.".count)))
    }
}

extension IdleKey {
    /// Keys that say nothing to the recipe's task.
    static var ofTasks: [IdleKey] {
        HeadSection.keys.map(\.name).map { name in
            IdleKey(path: "head." + name) { recipe in
                recipe.task.concerns("head." + name) ? nil : "task \(recipe.task.rawValue) has no such setting"
            }
        }
            + textKeys.map { path in
                IdleKey(path: path) { recipe in
                    recipe.task.writesText || (recipe.learnsRewards && rewardKeys.contains(path))
                        ? nil : "task \(recipe.task.rawValue) reads a text by itself and writes none"
                }
            }
            + [
                IdleKey(path: "head.class_weights") { recipe in
                    recipe.head.multiLabel ? "with head.multi_label each class is answered by itself" : nil
                },
                IdleKey(path: "head.threshold_size") { recipe in
                    recipe.head.multiLabel ? nil : "without head.multi_label a text has the likeliest class"
                },
                IdleKey(path: "data.labels") { $0.task == .regress ? "task regress gives numbers" : nil },
                IdleKey(path: "data.label_words") { $0.task == .regress ? "task regress gives numbers" : nil },
            ]
    }

    /// Those that say something where the head of a task reads prompts with their answers.
    private static let rewardKeys: Set = [
        "data.chat_template", "data.template_date", "data.prompt_style", "data.system", "data.roles", "data.turn_roles",
        "train.objective", "train.center_rewards_coefficient",
    ]

    /// Keys of how rows are asked and answered in text.
    private static let textKeys =
        [
            "data.chat_template", "data.template_date", "data.prompt_style", "data.system", "data.train_on_prompt",
            "data.train_on", "data.roles", "data.turn_roles", "train.objective", "evaluate.metrics",
            "evaluate.max_new_tokens",
        ] + ObjectiveKind.settings.map { "train." + $0 }
}

extension RecipeDecoding {
    /// Notes what does not go with the recipe's task.
    mutating func noteTaskConflicts(in recipe: Recipe) {
        guard !recipe.task.writesText else { return }
        let name = recipe.task.rawValue
        if recipe.distill.isAsked, let place = setKeys["distill.teacher"] ?? setKeys["distill.source"] {
            note(
                .conflict, place, "distill.teacher", "a student of task \(name) learns from its rows alone",
                hint: "leave distill out, or task")
        }
        for (number, step) in recipe.data.steps.enumerated() where step.asksModel {
            guard let place = setKeys["data.steps"] else { continue }
            note(
                .conflict, place, "data.steps[\(number)]",
                "rows of task \(name) are not chosen by a model that writes text", hint: "leave the step out")
        }
    }
}
