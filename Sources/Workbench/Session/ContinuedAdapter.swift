// An adapter that is trained further keeps its shape; a recipe that asks for another one is refused.

internal import Adapters
internal import Models
internal import Recipes
internal import Tensors
internal import Vocabulary

extension Recipe {
    /// The adapter of `adapter.continue_from`, attached to `model`, with the recipe's dropout and what it says of AdaLoRA's budget, and the
    /// shares of the labels as `head` has them, that of the rows which are trained on.
    func continuedAdapter(
        _ path: String, _ model: LanguageModel, _ opened: OpenedModel, _ head: SavedHead?, observer: any RunObserver
    ) throws -> AdapterSet {
        let attached = try StoredAdapter(path).attached(to: model, opened)
        for warning in attached.warnings { observer.receive(.warning(warning)) }
        if let noted = attached.provenance?.vectors, let wanted = vectorNotes, noted != wanted {
            throw Failure(
                .badInput,
                "adapter.continue_from: \(path: path) was trained with pooling \(noted.pooling), normalize "
                    + "\(noted.isNormalized), and the recipe comes to \(wanted.pooling), \(wanted.isNormalized)",
                hint: "set embed: { pooling: \(noted.pooling), normalize: \(noted.isNormalized) }")
        }
        let found = attached.set.configuration
        if let key = train.meanKey(undoing: found.method) {
            let (message, hint) = TrainSection.undoing(found.method)
            throw Failure(.badInput, "\(key): \(message), and \(path: path) is such an adapter", hint: hint)
        }
        try requireShape(of: attached.set, path, AdaptedModel(model).layers, opened)
        try requireHead(head, of: attached.set, path)
        let budget = budget(found.settings.budget)
        guard
            found.dropout != adapter.dropout || found.head?.shares != head?.shares || budget != found.settings.budget
        else { return attached.set }
        if found.dropout != adapter.dropout {
            observer.receive(
                .note(
                    "adapter.dropout: \(adapter.dropout) as the recipe has it; \(path: path) was trained with "
                        + "\(found.dropout)"))
        }
        var configuration = found
        configuration.dropout = adapter.dropout
        configuration.settings.budget = budget
        configuration.head?.shares = head?.shares ?? []
        let set = try AdapterSet(configuration, for: model)
        let slab = attached.set.slab
        try set.load(slab.slots.map { ($0.name, $0.rows, $0.columns, Array(slab.values[$0.range])) })
        set.attach(to: model)
        return set
    }

    /// `found` with what the recipe says of it: how ranks are spent is no shape.
    private func budget(_ found: RankBudget) -> RankBudget {
        var budget = found
        func take<Value>(_ key: String, _ path: WritableKeyPath<RankBudget, Value>) {
            if isSet("adapter." + key) { budget[keyPath: path] = adapter.settings.budget[keyPath: path] }
        }
        take("target_r", \.targetRank)
        take("tinit", \.firstSteps)
        take("tfinal", \.lastSteps)
        take("deltaT", \.interval)
        take("beta1", \.sensitivityDecay)
        take("beta2", \.uncertaintyDecay)
        take("orth_reg_weight", \.orthogonality)
        return budget
    }

    /// Throws where the adapter at `path` has another head than `wanted`.
    private func requireHead(_ wanted: SavedHead?, of set: AdapterSet, _ path: String) throws {
        func words(_ head: SavedHead?) -> String {
            guard let head else { return "no head of a task" }
            return "the head of task \(head.task.rawValue)\(head.isMultiLabel ? " with head.multi_label" : "")"
                + (head.labels.isEmpty ? "" : " with the labels \(head.labels.joined(separator: ", "))")
        }
        let found = set.configuration.head
        if let found, let wanted, found.answersAlike(wanted) { return }
        guard found != nil || wanted != nil else { return }
        throw Failure(
            .badInput,
            "adapter.continue_from: \(path: path) has \(words(found)), and the recipe trains \(words(wanted))",
            hint: found?.isMultiLabel == wanted?.isMultiLabel
                ? "give data.labels in the adapter's order, or train a new adapter without adapter.continue_from"
                : "set task and head.multi_label as the adapter was trained, or leave adapter.continue_from out")
    }

    /// Keys of other methods than that of the adapter, each with what is wrong about it.
    private func foreignSettings(_ method: AdapterMethodKind) -> [String] {
        AdapterMethodKind.settings.filter { name in
            guard isSet("adapter." + name), !method.reads(name) else { return false }
            // Recipes that runs wrote have it with its default.
            return name != "dropout" || adapter.dropout != 0
        }.map { "adapter.\($0): adapters of method \(method.rawValue) have no such setting" }
    }

    /// Throws, with every key, where the recipe says something else than the adapter is.
    private func requireShape(
        of set: AdapterSet, _ path: String, _ layers: [AdaptableLayer], _ opened: OpenedModel
    ) throws {
        let found = set.configuration
        var section = adapter
        if !isSet("adapter.method") { section.method = found.method }
        section.settings.budget = budget(found.settings.budget)
        section.settings.budget.initialRank = isSet("adapter.init_r") ? adapter.settings.budget.initialRank : found.rank
        // What is usual of a new adapter says nothing of this one.
        if !isSet("adapter.target_modules") { section.targetModules = .allLinear }
        var asked = try AdapterConfiguration(section, for: layers, of: ModelFamily.named(opened.configuration.family))
        asked.beside = found.beside
        var differences = foreignSettings(found.method)
        func compare<Value: Equatable>(_ key: String, _ asked: Value, _ found: Value, values: Bool = true) {
            guard isSet("adapter." + key), asked != found else { return }
            differences.append(
                "adapter.\(key)"
                    + (values ? ": \(asked), and the adapter has \(found)" : ": another than the adapter's"))
        }
        compare("method", asked.method, found.method)
        let words = AdapterMethod.of(found.method).words
        compare(words.rank ?? "r", asked.rank, found.rank)
        compare("alpha", asked.alpha, found.alpha)
        compare("use_rslora", asked.usesRankStabilisation, found.usesRankStabilisation)
        compare("num_virtual_tokens", adapter.numVirtualTokens, found.beside.prompt?.count ?? 0)
        compare("prefix_tuning", adapter.prefixTuning, found.beside.prompt?.isPrefix ?? false)
        compare("modules_to_save", adapter.modulesToSave, found.beside.modules, values: false)
        compare("bias", adapter.bias, found.beside.biases)
        compare("rank_pattern", asked.rankOverrides, found.rankOverrides, values: false)
        compare("alpha_pattern", asked.alphaOverrides, found.alphaOverrides, values: false)
        if isSet("adapter.trainable_token_indices") {
            let asked = try AdapterConfiguration.tokens(adapter.trainableTokenIndices, opened.tokenizer)
            compare("trainable_token_indices", asked, found.beside.tokens, values: false)
        }
        // What is said of AdaLoRA's budget is taken.
        for member in words.members where AdapterMethod.of(found.method).directions == nil {
            compare(member.key, member.write(asked.settings), member.write(found.settings), values: false)
        }
        let targets = try TargetCoverage(asked, for: layers).matched
        for key in ["target_modules", "layers"] { compare(key, Set(targets), Set(set.coverage.matched), values: false) }
        guard !differences.isEmpty else { return }
        throw Failure(
            .badInput,
            "adapter.continue_from: \(path: path) keeps its shape\n  " + differences.joined(separator: "\n  "),
            hint: "leave these keys out, or train a new adapter without adapter.continue_from")
    }
}
