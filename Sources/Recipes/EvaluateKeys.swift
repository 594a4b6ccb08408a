// Every key of how base and adapter are compared: name, range, meaning. Defaults stand in `EvaluateSection`.

extension EvaluateSection: RecipeKeyed {
    static var keys: [RecipeKey<EvaluateSection>] {
        [
            .boolean("enabled", \.enabled, "compare base and adapter on held-out rows at the end"),
            .choices(
                "metrics", \.metrics,
                "beyond loss, perplexity and token accuracy; those of labels come together where rows are classified",
                alsoWritten: EvaluationMetric.otherSpellings),
            .integer(
                "max_new_tokens", \.maxNewTokens, 1...1_000_000,
                "tokens generated a row at most, for metrics of generated text"),
            .text(
                "reward_model", \.rewardModel,
                "an adapter on the base whose head task: regress with train.objective: reward trained: it says how good generated "
                    + "answers are"),
            .integer(
                "few_shot", \.fewShot, 0...1024,
                "rows that are shown with their answers before each that is answered or labelled, the same ones in their order; losses "
                    + "are of the rows as they stand"),
            .text("few_shot_from", \.fewShotFrom, "the file of rows whose first few_shot are shown"),
            .integer(
                "bootstrap_samples", \.bootstrapSamples, 100...10_000_000, "resamplings of the rows for the interval"),
            .sets,
            .text(
                "general", \.general, expected: "the name of a set of evaluate.held_out",
                "the set of evaluate.held_out whose loss tells whether general skills were forgotten; its rows are read by their own fields"
            ),
            .texts(
                "slices", \.slices, expected: "a field or a list of fields",
                "fields of the rows: every metric is told for each of their values too", namesOnce: true),
            .text(
                "cluster_by", \.clusterBy, expected: "a field of the rows",
                "rows with the same value, such as one patient's, are drawn together for intervals"),
        ]
    }
}

extension RecipeKey<EvaluateSection> {
    fileprivate static var sets: Self {
        let expected = "a mapping of names to a file or a list of files"
        return entries(
            "held_out", .oneOrMore(.text), known: nil, expected: expected,
            "name: file or files; further held-out sets beside data.held_out, each with metrics, intervals and verdicts of its own",
            acceptsName: Recipe.isName, read: files, text: { YAMLText.list($0.map(YAMLText.string)) },
            set: { section, entries in
                section.heldOut = entries.map { HeldOutFiles(name: $0.key, files: $0.value) }
            },
            get: { section in section.heldOut.map { ($0.name, $0.files) } })
    }

    @Sendable private static func files(_ node: RecipeNode) -> [String]? {
        if case .mapping = node.content { return nil }
        let files = node.elements.compactMap(\.string)
        return files.isEmpty || files.count < node.elements.count || files.contains("") ? nil : files
    }
}
