// Keys that would do nothing beside what else the recipe says: who writes a key means something by it.

internal import Vocabulary

/// A key, and when it has no effect.
struct IdleKey {
    /// "merge.path".
    let path: String
    private let reasonOfRecipe: (Recipe) -> String?
    /// The same where only rows and model tell.
    private let reasonOfRows: (Recipe, KnownRows) -> String?

    init(
        path: String, reason: @escaping (Recipe) -> String?,
        ofRows: @escaping (Recipe, KnownRows) -> String? = { _, _ in nil }
    ) {
        self.path = path
        reasonOfRecipe = reason
        reasonOfRows = ofRows
    }

    /// Why the key would do nothing, by the recipe and, where they were looked at, by the rows; `nil` where it acts.
    func reason(_ recipe: Recipe, _ rows: KnownRows?) -> String? {
        reasonOfRecipe(recipe) ?? rows.flatMap { reasonOfRows(recipe, $0) }
    }

    static var all: [IdleKey] {
        evaluation + training + rows + rendering + files + distillation + writing + merge + ofTasks
            + ofVectors + ofSearch + ofPreferences + ofPolicies + ofStarts
    }

    // MARK: Merge

    private static var merge: [IdleKey] {
        ["path", "dtype", "allow_near_no_op"].map { name in
            IdleKey(path: "merge." + name) { $0.merge.enabled ? nil : "merge.enabled is false" }
        } + [
            IdleKey(path: "merge.adapters") { recipe in
                recipe.merge.enabled || !recipe.export.isEmpty ? nil : "nothing is merged or exported"
            },
            IdleKey(path: "merge.density") { $0.merge.method.prunes ? nil : "merge.method prunes nothing" },
            IdleKey(path: "merge.majority_sign_method") { recipe in
                recipe.merge.method.electsSigns ? nil : "merge.method elects no signs"
            },
            IdleKey(path: "merge.svd_rank") { $0.merge.method.choosesRank ? nil : "merge.method has no SVD" },
        ]
            + ["weight", "method", "density", "majority_sign_method", "svd_rank"].map { name in
                IdleKey(path: "merge." + name) { recipe in
                    recipe.merge.adapters.isEmpty ? "there are no merge.adapters" : nil
                }
            }
    }

    // MARK: Evaluation

    private static var evaluation: [IdleKey] {
        [
            "metrics", "max_new_tokens", "reward_model", "few_shot", "few_shot_from", "bootstrap_samples", "held_out",
            "slices", "cluster_by",
        ].map {
            name in
            IdleKey(path: "evaluate." + name) { recipe in
                recipe.evaluate.enabled ? recipe.withoutHeldOutRows : "evaluate.enabled is false"
            }
        } + [
            IdleKey(path: "evaluate.max_new_tokens") { recipe in
                !recipe.metricsOfAnswers.isEmpty
                    ? nil : "none of evaluate.metrics is of generated text"
            },
            IdleKey(path: "evaluate.reward_model") { recipe in
                recipe.task.hasHead ? "the head of a task writes no answers" : nil
            },
            IdleKey(path: "evaluate.few_shot") { recipe in
                recipe.task.hasHead ? "the head of a task is asked no questions" : nil
            },
            IdleKey(path: "evaluate.few_shot_from") { recipe in
                recipe.evaluate.fewShot > 0 ? nil : "evaluate.few_shot is 0"
            },
            IdleKey(path: "evaluate.general") { recipe in
                if !recipe.evaluate.enabled { return "evaluate.enabled is false" }
                let name = recipe.evaluate.general
                if recipe.task.hasHead { return "the head of a task says nothing of general text" }
                return recipe.generalSet == nil ? "evaluate.held_out has no set called \(name)" : nil
            },
        ]
    }

    // MARK: Training

    private static var training: [IdleKey] {
        ["eval_every", "save_best", "early_stopping_patience"].map { name in
            IdleKey(path: "train." + name, reason: \.withoutHeldOutRows)
        } + [
            IdleKey(path: "train.keep_last") { recipe in
                recipe.train.saveEvery > 0 ? nil : "train.save_every is 0, so there is one checkpoint, the last"
            }
        ]
            + ["save_best", "early_stopping_patience"].map { name in
                IdleKey(path: "train." + name) { recipe in
                    recipe.train.evalEvery > 0
                        ? nil : "train.eval_every is 0, so held-out rows are scored at the end alone"
                }
            }
            + AdapterMethodKind.settings.map { name in
                IdleKey(path: "adapter." + name) { recipe in
                    // Which one an adapter has that is trained further, its files say.
                    guard recipe.adapter.continueFrom == nil else { return nil }
                    let method = recipe.adapter.method
                    return method.reads(name) ? nil : "adapter.method \(method.rawValue) has no such setting"
                }
            }
            + ObjectiveKind.settings.map { name in
                IdleKey(path: "train." + name) { recipe in
                    let kind = recipe.train.objective
                    return kind.reads(name) ? nil : "train.objective \(kind.rawValue) has no such setting"
                }
            }
            + [
                IdleKey(path: "train.loraplus_lr_ratio", reason: \.withoutFasterPart),
                IdleKey(path: "train.loraplus_weight_decay") { recipe in
                    recipe.train.loraPlusRatio == nil ? "train.loraplus_lr_ratio is not given" : nil
                },
                IdleKey(path: "train.ema_decay") { recipe in
                    let kind = recipe.train.optimizer
                    return kind.needsNoSchedule ? "train.optimizer \(kind.rawValue) learns a mean of its steps" : nil
                },
                IdleKey(path: "train.lr_scheduler_kwargs", reason: \.train.idleScheduleKey),
                IdleKey(path: "train.lr_scheduler") { recipe in
                    if recipe.train.optimizer.needsNoSchedule {
                        return [.constant, .constantWithWarmUp].contains(recipe.train.lrScheduler)
                            ? nil : "train.optimizer \(recipe.train.optimizer.rawValue) needs no schedule"
                    }
                    guard recipe.train.lrScheduler.followsHeldOutLoss else { return nil }
                    return recipe.withoutHeldOutRows
                        ?? (recipe.train.evalEvery > 0
                            ? nil : "train.eval_every is 0, so there is no held-out loss to follow")
                },
            ]
            + OptimiserKind.settings.map { name in
                IdleKey(path: "train." + name) { recipe in
                    let kind = recipe.train.optimizer
                    return kind.reads(name) ? nil : "train.optimizer \(kind.rawValue) has no such setting"
                }
            }
    }

    // MARK: Rows

    private static var rows: [IdleKey] {
        var keys = [
            IdleKey(path: "data.split") { $0.data.valSize > 0 ? nil : "data.val_size is 0, so nothing is split" },
            IdleKey(path: "data.leakage", reason: \.withoutHeldOutRows),
            IdleKey(path: "data.mix_exhausted") { $0.data.input.mix.isEmpty ? "there is no data.mix" : nil },
            IdleKey(path: "data.columns") { recipe in
                recipe.data.columns.keys.sorted().first { recipe.data.template[$0] != nil }
                    .map { "data.template builds \($0) itself" }
            },
            IdleKey(path: "data.too_long", reason: \.unsuitableCut),
            IdleKey(path: "data.train_on") { recipe in
                recipe.data.trainOnPrompt ? "data.train_on_prompt trains on every token" : nil
            },
            IdleKey(path: "data.train_on") { recipe in
                let format = recipe.data.format
                return recipe.data.trainOn == .last && [.alpaca, .classification].contains(format)
                    ? "rows of data.format \(format.rawValue) have one answer" : nil
            },
        ]
        keys += ["train_on", "train_on_prompt"].map { name in
            IdleKey(path: "data." + name) { recipe in
                switch recipe.data.format {
                case .text: "every token of a text carries loss"
                case .preference: "the answers of a pair carry loss, and nothing else"
                case .pairs, .scoredPairs: "whole texts are compared"
                default: nil
                }
            }
        }
        keys += ["labels", "label_words"].map { idle("data." + $0, outside: [.classification, .spans]) }
        keys += ["roles", "turn_roles"].map { idle("data." + $0, outside: [.chat, .sharegpt, .preference, .rated]) }
        return keys
    }

    /// A key for rows of some formats; what `auto` finds is known only once rows were read.
    private static func idle(_ path: String, outside formats: [RowFormat]) -> IdleKey {
        IdleKey(path: path) { recipe in
            let format = recipe.data.format
            return format == .auto || formats.contains(format)
                ? nil : "rows of data.format \(format.rawValue) have none"
        }
    }

    // MARK: Chat template

    private static var rendering: [IdleKey] {
        ["chat_template", "template_date"].map { name in
            IdleKey(path: "data." + name, reason: \.withoutTemplate) { _, rows in
                rows.rendered == .none ? "no row goes through a chat template" : nil
            }
        } + [
            IdleKey(path: "data.template_date", reason: { _ in nil }) { _, rows in
                rows.asksForDate ? nil : "the chat template does not ask for the date (strftime_now)"
            },
            IdleKey(path: "data.system") { $0.data.format == .text ? "texts have no messages" : nil },
            IdleKey(path: "data.prompt_style", reason: \.withoutStyle) { recipe, rows in
                recipe.data.promptStyle == .plain && rows.rendered == .all
                    ? "all rows are messages, which always go through the chat template" : nil
            },
        ]
    }

    // MARK: Files

    private static var files: [IdleKey] {
        [
            ("quotes", [InputLayout.commaSeparated, .tabSeparated]), ("separator", [.commaSeparated, .tabSeparated]),
            ("column_names", [.commaSeparated, .tabSeparated]),
            ("documents", [.text]),
            ("records", [.json, .hdf5]),
            ("encoding", [.commaSeparated, .tabSeparated, .conll, .text, .json, .jsonLines]),
        ].map { name, layouts in
            IdleKey(path: "data." + name) { recipe in
                let layout = recipe.data.input.layout
                return layout == .auto || layouts.contains(layout)
                    ? nil : "files of data.layout \(layout.rawValue) have nothing of the kind"
            }
        }
    }
}

extension Recipe {
    /// Why what concerns held-out rows does nothing.
    var withoutHeldOutRows: String? {
        data.heldOut.isEmpty && data.valSize == 0 ? "there are no held-out rows: data.held_out, or data.val_size" : nil
    }

    /// Why no row can go through a chat template.
    fileprivate var withoutTemplate: String? {
        switch data.format {
        case .text: "texts are taken as they stand"
        case .alpaca where data.promptStyle == .plain, .classification where data.promptStyle == .plain:
            "data.prompt_style is plain, so no row of data.format \(data.format.rawValue) goes through a chat template"
        default: nil
        }
    }

    /// Why there is one way alone in which rows become text.
    fileprivate var withoutStyle: String? {
        switch data.format {
        case .text: "texts are taken as they stand"
        case .chat, .sharegpt: "messages always go through the chat template"
        default: nil
        }
    }

    /// Why rows cannot be cut in the way that was asked for.
    fileprivate var unsuitableCut: String? {
        let format = data.format
        switch data.tooLong {
        case .chunk where format != .auto && format != .text:
            return "rows of data.format \(format.rawValue) are no documents to chunk"
        case .truncatePrompt where format == .text: return "texts have no prompt to cut"
        case .truncatePrompt where format == .preference: return "the prompt of a pair is not cut"
        default: return nil
        }
    }
}
