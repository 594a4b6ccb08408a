// Keys that would do nothing beside what else the recipe says: who writes a key means something by it.

/// A key, and when it has no effect.
private struct IdleKey {
    /// "merge.path".
    let path: String
    /// Why the key would do nothing; `nil` where it acts.
    let reason: (Recipe) -> String?

    static var all: [IdleKey] {
        evaluation + training + rows + files + [
            IdleKey(path: "merge.path") { $0.merge.enabled ? nil : "merge.enabled is false" },
            IdleKey(path: "merge.dtype") { $0.merge.enabled ? nil : "merge.enabled is false" },
        ]
    }

    // MARK: Evaluation

    private static var evaluation: [IdleKey] {
        ["metrics", "max_new_tokens", "bootstrap_samples"].map { name in
            IdleKey(path: "evaluate." + name) { recipe in
                recipe.evaluate.enabled ? recipe.withoutHeldOutRows : "evaluate.enabled is false"
            }
        } + [
            IdleKey(path: "evaluate.max_new_tokens") { recipe in
                let generated: [EvaluationMetric] = [.exactMatch, .rougeL, .bleu]
                return recipe.evaluate.metrics.contains(where: generated.contains)
                    ? nil : "none of evaluate.metrics is of generated text"
            }
        ]
    }

    // MARK: Training

    private static var training: [IdleKey] {
        ["eval_every", "save_best", "early_stopping_patience"].map { name in
            IdleKey(path: "train." + name, reason: \.withoutHeldOutRows)
        } + [
            IdleKey(path: "train.early_stopping_patience") { recipe in
                recipe.train.evalEvery > 0 ? nil : "train.eval_every is 0, so held-out rows are scored at the end alone"
            }
        ]
    }

    // MARK: Rows

    private static var rows: [IdleKey] {
        [
            IdleKey(path: "data.split") { $0.data.valSize > 0 ? nil : "data.val_size is 0, so nothing is split" },
            IdleKey(path: "data.leakage", reason: \.withoutHeldOutRows),
            IdleKey(path: "data.mix_exhausted") { $0.data.input.mix.isEmpty ? "there is no data.mix" : nil },
            IdleKey(path: "data.train_on") { recipe in
                recipe.data.trainOnPrompt ? "data.train_on_prompt trains on every token" : nil
            },
        ]
            + ["labels", "label_words"].map { idle("data." + $0, outside: [.classification]) }
            + ["roles", "turn_roles"].map { idle("data." + $0, outside: [.chat, .sharegpt, .preference, .rated]) }
    }

    /// A key for rows of some formats; what `auto` finds is not known here.
    private static func idle(_ path: String, outside formats: [DataFormat]) -> IdleKey {
        IdleKey(path: path) { recipe in
            let format = recipe.data.format
            return format == .auto || formats.contains(format)
                ? nil : "rows of data.format \(format.rawValue) have none"
        }
    }

    // MARK: Files

    private static var files: [IdleKey] {
        [
            ("quotes", [DataLayout.csv, .tsv]), ("separator", [.csv, .tsv]), ("column_names", [.csv, .tsv]),
            ("documents", [.text]),
            ("records", [.json, .hdf5]), ("encoding", [.csv, .tsv, .text, .json, .jsonl]),
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
    fileprivate var withoutHeldOutRows: String? {
        data.heldOut.isEmpty && data.valSize == 0 ? "there are no held-out rows: data.held_out, or data.val_size" : nil
    }
}

extension RecipeDecoding {
    /// Every key that differs from its default and would do nothing.
    mutating func noteIdleKeys(in recipe: Recipe) -> [RecipeDiagnostic] {
        var idle: [RecipeDiagnostic] = []
        let defaults = Dictionary(Recipe().values.map { ($0.path, $0.text) }, uniquingKeysWith: { first, _ in first })
        let hasOverrides = setKeys.values.contains(where: \.isOverride)
        for (path, text) in recipe.values where defaults[path] != text {
            guard let place = place(of: path),
                let reason = IdleKey.all.lazy.filter({ $0.path == path }).compactMap({ $0.reason(recipe) }).first
            else { continue }
            let found = RecipeDiagnostic(
                kind: .noEffect, place: place, keyPath: path, message: "has no effect: \(reason)")
            // An override is meant to win: what the file says for the case that it changes is only told.
            if !place.isOverride, hasOverrides { notices.append(found) } else { idle.append(found) }
        }
        return idle
    }

    /// Where a key was given, or the first key in it.
    private func place(of path: String) -> RecipePlace? {
        setKeys[path]
            ?? setKeys.filter { $0.key.hasPrefix(path + ".") }.map(\.value)
            .min { ($0.line, $0.column) < ($1.line, $1.column) }
    }
}
