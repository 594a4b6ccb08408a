// What each verb reads of a recipe. One recipe serves all verbs, so its file may say more than one of them reads; a key that is set for
// one call alone, and that its verb does not read, would do nothing.

internal import Recipes

/// A verb that reads less than a whole recipe.
public enum Verb: String, Sendable {
    case prepare
    /// Rows as they are before they become text and tokens.
    case prepareRows = "prepare --export"
    /// All stages of one recipe.
    case run
    case train, sweep, distill, capture, evaluate, score, predict, imatrix, merge, extract, export, generate, serve,
        compare
    /// A merge that scores rows.
    case mergeOfRows = "merge --search"
    /// An export that reads rows of the person's, to score what is written or to weigh its columns.
    case exportScored = "export --data"
    case prune
    /// A pruning that reads rows of the person's.
    case pruneScored = "prune --data"
    /// A row of a recipe.
    case inspectRecipe = "inspect --example"
    /// A row of a file.
    case inspectRows = "inspect"

    /// Keys that it reads, or the beginnings of their paths.
    private var read: [String] {
        switch self {
        case .prepare:
            [
                "name", "seed", "task", "head.", "embed.objective", "model.path", "data.", "train.objective",
                "train.threads",
            ]
        case .prepareRows: ["name", "seed", "model.path", "data.", "train.threads"]
        case .run: Recipe.shape.map(\.name).flatMap { [$0, $0 + "."] }
        case .sweep:
            [
                "name", "seed", "task", "head.", "embed.", "model.", "data.", "adapter.", "train.", "sweep", "search.",
                "evaluate.",
            ]
        case .train, .distill:
            [
                "name", "seed", "task", "head.", "embed.", "model.", "data.", "adapter.", "train.", "evaluate.",
                "distill.",
            ]
        case .capture:
            ["name", "seed", "model.", "data.", "train.objective", "train.threads", "train.memory_limit"]
                + Self.captured
        case .evaluate:
            Self.scored + ["seed", "task", "embed.", "train.objective", "evaluate."] + ObjectiveKind.settingPaths
        case .score, .imatrix: Self.scored
        case .predict: Self.scored + ["seed", "task", "embed.pooling", "embed.normalize", "evaluate.max_new_tokens"]
        case .merge: Self.merged
        case .mergeOfRows: Self.merged + ["data.", "model.precision"]
        case .extract: ["train.threads"]
        case .compare: ["seed", "evaluate.bootstrap_samples"]
        case .export: Self.exported
        case .exportScored: Self.exported + ["data."]
        case .prune: Self.pruned
        case .pruneScored: Self.pruned + ["data."]
        case .generate:
            [
                "seed", "model.precision", "train.threads", "data.chat_template", "data.template_date",
                "data.prompt_style", "data.system",
            ]
        case .serve: ["model.precision", "train.threads", "data.chat_template", "data.template_date"]
        case .inspectRecipe: ["seed", "task", "head.", "embed.objective", "model.path", "data."]
        case .inspectRows: ["data."]
        }
    }

    private static let merged = [
        "seed", "merge.dtype", "merge.allow_near_no_op", "merge.method", "merge.density",
        "merge.majority_sign_method", "merge.svd_rank", "evaluate.bootstrap_samples", "train.threads",
        "train.memory_limit",
    ]
    private static let exported = [
        "seed", "evaluate.bootstrap_samples", "train.threads", "train.memory_limit", "data.chat_template",
        "data.template_date",
    ]
    private static let pruned = [
        "seed", "model.precision", "evaluate.bootstrap_samples", "train.threads", "train.memory_limit",
    ]
    /// Who predicts, and what is kept of it.
    private static let captured =
        ["teacher", "teacher_adapter", "context", "source", "path", "keep", "tokens", "k"]
        .map { "distill." + $0 } + ["distill.temperature"]
    private static let scored = ["model.precision", "data.", "train.threads", "train.memory_limit"]

    /// What lies among these and is not read.
    private var unread: [String] {
        switch self {
        case .prepare, .capture, .inspectRecipe: ["data.shuffle"]
        case .prepareRows: ["data.shuffle"] + Self.ofText
        case .run: ["sweep", "search."]
        case .train: ["evaluate.max_new_tokens", "evaluate.reward_model"]
        case .evaluate: Self.ofRuns + ["evaluate.enabled"]
        case .score, .imatrix, .exportScored, .inspectRows, .mergeOfRows, .pruneScored: Self.ofRuns
        case .predict: Self.ofRuns + ["data.train_on", "data.train_on_prompt"]
        case .sweep, .compare, .distill, .merge, .extract, .export, .prune, .generate, .serve: []
        }
    }

    /// Keys of data of which rows that are taken as they are have no use.
    private static let ofRuns = [
        "data.train", "data.held_out", "data.val_size", "data.mix", "data.mix_exhausted", "data.split", "data.leakage",
        "data.steps", "data.shuffle",
    ]

    /// How rows become text and tokens.
    private static let ofText = [
        "data.max_length", "data.too_long", "data.chat_template", "data.template_date", "data.prompt_style",
        "data.system", "data.train_on", "data.train_on_prompt", "data.labels", "data.label_words",
    ]

    /// Keys that a step reads which asks the model: how its rows become tokens, and how an adapter is trained on them.
    private static let judged =
        ["model.precision", "train.memory_limit", "train.recompute"] + ofText + Recipe.judgingKeys

    /// Whether rows go through the recipe's steps.
    private var takesSteps: Bool {
        switch self {
        case .prepare, .prepareRows, .inspectRecipe, .capture: true
        default: false
        }
    }

    /// - Parameter asksModel: whether a step of the recipe does.
    fileprivate func reads(_ key: String, asksModel: Bool) -> Bool {
        func holds(_ path: String) -> Bool {
            path == key || key.hasPrefix(path.hasSuffix(".") ? path : path + ".") || key.hasPrefix(path + "[")
        }
        if asksModel, takesSteps, Self.judged.contains(where: holds) { return true }
        return read.contains(where: holds) && !unread.contains(where: holds)
    }
}

extension Recipe {
    /// Throws where a key was set for this call that `verb` does not read.
    func requireReading(by verb: Verb) throws {
        let asksModel = data.steps.contains(where: \.asksModel)
        let all = overriddenKeys.filter { !verb.reads($0, asksModel: asksModel) }
        // A section of which a key was set stands there with it.
        let unread = all.filter { key in !all.contains { $0.hasPrefix(key + ".") } }.sorted()
        guard let first = unread.first else { return }
        let others = unread.dropFirst().joined(separator: ", ")
        throw Failure(
            .usage,
            "--set \(first): lathe \(verb.rawValue) does not read this key" + (others.isEmpty ? "" : ", nor \(others)"),
            hint: hint(for: first, verb))
    }

    private func hint(for key: String, _ verb: Verb) -> String {
        switch (verb, key) {
        case (.export, "merge.dtype"), (.exportScored, "merge.dtype"): "write --type \(merge.dtype.rawValue)"
        case (.evaluate, "data.held_out"), (.score, "data.held_out"), (.imatrix, "data.held_out"),
            (.predict, "data.held_out"),
            (.exportScored, "data.held_out"), (.pruneScored, "data.held_out"):
            "leave it out: --data names the rows"
        case (_, "model.path"): "leave it out: --model names the model"
        case (.run, "sweep"), (.train, "sweep"): "leave it out: lathe sweep tries several values of a key"
        default: "leave it out: it would do nothing here"
        }
    }
}
