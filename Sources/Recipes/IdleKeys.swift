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
            + OptimiserKind.settings.map { name in
                IdleKey(path: "train." + name) { recipe in
                    let kind = recipe.train.optimizer
                    return kind.reads(name) ? nil : "train.optimizer \(kind.rawValue) has no such setting"
                }
            }
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
            + [
                IdleKey(path: "data.too_long") { recipe in
                    let format = recipe.data.format
                    return recipe.data.tooLong != .chunk || format == .auto || format == .text
                        ? nil : "rows of data.format \(format.rawValue) are no documents to chunk"
                }
            ]
    }

    /// A key for rows of some formats; what `auto` finds is known only once rows were read.
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

extension DataStep {
    /// Why the step would leave every row as it is; `nil` where it acts.
    var idleReason: String? {
        switch self {
        case .filter(let step):
            // What only says where or how to measure is no bound.
            var bare = FilterStep()
            (bare.fields, bare.ngramWords, bare.ngramCharacters) = (step.fields, step.ngramWords, step.ngramCharacters)
            return step == bare ? "it gives no bound" : nil
        case .mask(let step): return step.kinds.isEmpty ? "kinds is empty, so nothing would be masked" : nil
        case .normalise(let step):
            let keepsAll = step.unicode == .keep && step.whitespace == .keep && !step.html
            return keepsAll && step.fullWidth == .keep && step.letterCase == .keep ? "it keeps everything" : nil
        case .augment(let step):
            if step.copies == 0 { return "copies is 0" }
            let replaces = step.replace > 0 && !step.synonyms.isEmpty
            return step.drop > 0 || step.swap > 0 || replaces
                ? nil : "drop, swap and replace (with synonyms) are 0, so its copies would be the rows themselves"
        case .sample(let step): return step.size == 1 ? "size 1 keeps every row" : nil
        case .deduplicate, .balance, .map: return nil
        }
    }
}

extension RecipeDecoding {
    /// Every key that differs from its default and would do nothing.
    mutating func noteIdleKeys(in recipe: Recipe) -> [RecipeDiagnostic] {
        let found = recipe.idle(given: setKeys)
        notices += found.told
        return found.refused
    }
}

extension Recipe {
    /// Keys that do nothing now that it is known what the rows and their files are: what `auto` found, or the recipe said.
    ///
    /// - Parameter layouts: of the files; a key that acts on one of them acts.
    /// - Returns: what is to be refused, and what is only to be told.
    public func idleKeys(
        format: DataFormat, layouts: [DataLayout]
    ) -> (refused: [RecipeDiagnostic], told: [RecipeDiagnostic]) {
        var known = self
        known.data.format = format
        let each = layouts.map { layout in
            known.data.input.layout = layout
            return known.idle(given: givenPlaces)
        }
        guard let first = each.first else { return ([], []) }
        func everywhere(_ side: KeyPath<IdleFindings, [RecipeDiagnostic]>) -> [RecipeDiagnostic] {
            first[keyPath: side].filter { found in
                each.allSatisfy { $0[keyPath: side].contains { $0.keyPath == found.keyPath } }
            }
        }
        // What was told when the recipe was read is not told twice.
        let told = everywhere(\.told).filter { found in !notices.contains { $0.keyPath == found.keyPath } }
        return (everywhere(\.refused), told)
    }

    fileprivate struct IdleFindings {
        var refused: [RecipeDiagnostic] = []
        var told: [RecipeDiagnostic] = []
    }

    /// Every key among `places` that differs from its default and would do nothing.
    fileprivate func idle(given places: [String: RecipePlace]) -> IdleFindings {
        var findings = IdleFindings()
        let defaults = Dictionary(Recipe().values.map { ($0.path, $0.text) }, uniquingKeysWith: { first, _ in first })
        let hasOverrides = places.values.contains(where: \.isOverride)
        for (path, text) in values where defaults[path] != text {
            guard let place = Self.place(of: path, in: places),
                let reason = IdleKey.all.lazy.filter({ $0.path == path }).compactMap({ $0.reason(self) }).first
            else { continue }
            let found = RecipeDiagnostic(
                kind: .noEffect, place: place, keyPath: path, message: "has no effect: \(reason)")
            // An override is meant to win: what the file says for the case that it changes is only told.
            if !place.isOverride, hasOverrides { findings.told.append(found) } else { findings.refused.append(found) }
        }
        return findings
    }

    /// Where a key was given, or the first key in it.
    private static func place(of path: String, in places: [String: RecipePlace]) -> RecipePlace? {
        places[path]
            ?? places.filter { $0.key.hasPrefix(path + ".") }.map(\.value)
            .min { ($0.line, $0.column) < ($1.line, $1.column) }
    }
}
