// What a session's model is for: what its recipe says, or what the head of its adapter on disk was trained for.

internal import Adapters
internal import Datasets
internal import Models
internal import Recipes
internal import Vocabulary

extension Session {
    /// Takes over the task of the adapter on disk, where that has the head of one, or of the model's own head: rows are read as the head
    /// was trained on them.
    ///
    /// - Throws: `Failure` where the recipe names another task.
    func followAdapter() throws {
        guard let head = try taskHead(), try !isOwn(head) || (recipe.task != .embed && notedVectors() == nil) else {
            return try followVectors()
        }
        try base().requireOneText(for: "task: \(head.task.rawValue)")
        var recipe = self.recipe
        guard !recipe.isSet("task") || recipe.task == head.task else {
            throw Failure(
                .badInput,
                "task: \(recipe.task.rawValue), and the \(try isOwn(head) ? "model" : "adapter") was trained for task: "
                    + head.task.rawValue,
                hint: "leave task out: its own is taken")
        }
        recipe.task = head.task
        recipe.head.multiLabel = head.isMultiLabel
        if recipe.data.labels.isEmpty { recipe.data.labels = head.labels }
        guard head.labels.isEmpty || recipe.data.labels == head.labels else {
            throw Failure(
                .badInput,
                "data.labels: \(recipe.data.labels.joined(separator: ", ")), and the adapter's head tells apart "
                    + head.labels.joined(separator: ", "), hint: "leave data.labels out: the adapter's own are taken")
        }
        follow(recipe)
    }

    /// The head that answers: the adapter's, of the open one, else as it stands on disk; where that has none, the model's own.
    func taskHead() throws -> SavedHead? {
        let trained = if let adapter { adapter.set.configuration.head } else { try storedHead() }
        return try (trained ?? base().ownHead?.head)?.named(recipe.data.labels)
    }

    private func isOwn(_ head: SavedHead) throws -> Bool {
        try base().ownHead?.head.named(recipe.data.labels) == head
    }

    /// Numbers the labels of rows as the model's own head has them, where it is trained on and the recipe gives no others.
    func followOwnLabels() throws {
        guard let own = try base().ownHead, !own.hasMadeUpLabels, own.head.task == recipe.task,
            own.head.isMultiLabel == recipe.head.multiLabel, recipe.data.labels.isEmpty,
            recipe.task != .tag
                || (TagScheme(labels: own.head.labels) != nil && !TagScheme.lackBeginnings(own.head.labels))
        else { return }
        var recipe = self.recipe
        recipe.data.labels = own.head.labels
        follow(recipe)
    }

    /// Throws where the model reads texts and writes none, and text is asked of it: no head of a task, and no vectors.
    func requireWriter(for work: String) throws {
        let configuration = try base().configuration
        guard recipe.task != .embed, !recipe.task.hasHead else { return }
        if let head = try base().ownHead?.head {
            throw Failure(
                .badInput, "\(work): the model answers with the head of task \(head.task.rawValue), and writes no text",
                hint: "lathe evaluate and lathe predict ask its head; task: \(head.task.rawValue) trains it further")
        }
        guard !configuration.writesText else { return }
        throw Failure(
            .badInput,
            "\(work): a model of the family \(configuration.family) reads texts and writes none",
            hint:
                "task: classify, regress and tag train a head on it, task: embed its vectors of texts, which lathe predict "
                + "makes")
    }

    /// Texts are no longer than the model has positions for.
    ///
    /// - Throws: `Failure` where the person says that they may be.
    func fit(_ settings: inout DataSettings, _ data: DataSection) throws {
        guard let most = try base().configuration.embedding.mostTokens, settings.maxLength > most else { return }
        guard !recipe.isSet("data.max_length") else {
            throw Failure(
                .badInput, "data.max_length: \(data.maxLength), and the model has positions for \(most) tokens",
                hint: "set data.max_length to \(most), and data.too_long to what becomes of longer texts")
        }
        settings.maxLength = most
    }

    /// What is asked of each text; nil where the model writes text.
    func rowTask() throws -> RowTask? {
        guard recipe.task != .embed else { return try textTask() }
        guard recipe.task.hasHead else { return nil }
        let reads: RowTask.Reads =
            switch try base().configuration.taskHeads[recipe.task]?.pooling {
            case .first: .first
            case .last: .last
            case .mean: .all
            case nil: .words
            }
        return RowTask(
            recipe.task, isMultiLabel: recipe.head.multiLabel, comparesAnswers: recipe.learnsRewards, reads: reads)
    }

    /// Throws where the model's adapter has the head of a task: `work` is of models that write.
    func requireLanguage(for work: String) throws {
        guard let head = try taskHead() else { return }
        throw Failure(
            .badInput,
            "\(work): the \(try isOwn(head) ? "model" : "adapter") has the head of task \(head.task.rawValue), and writes no text",
            hint: "lathe evaluate and lathe predict ask its head")
    }
}

extension Session {
    /// Throws where the session's head cannot stand in the model that `key` wants written.
    func requireClass(in format: ExportFormat, _ key: String) throws {
        guard format != .gguf || (recipe.task != .embed && adapter?.provenance?.vectors == nil) else {
            throw Failure(
                .badInput, "\(key): how an adapter's texts become vectors is not written into GGUF files",
                hint: "take safetensors: a folder says it, as sentence-transformers reads it")
        }
        guard let task = recipe.task.hasHead ? recipe.task : try taskHead()?.task else { return }
        try base().requireClass(for: task, in: format, key)
    }

    /// The same for all models that a run writes.
    func requireClassOfRun() throws {
        if recipe.merge.enabled { try requireClass(in: .safetensors, "merge.enabled") }
        for entry in recipe.export where !entry.isAdapter {
            try requireClass(in: entry.format, "export: { format: \(entry.format.rawValue) }")
        }
    }

    /// The base as it is written with the session's adapter.
    func writtenBase() throws -> OpenedModel {
        try base().written(with: adapter?.set).makingVectors(adapter?.provenance?.vectors)
    }

    /// Held-out rows whose text is predicted token by token; nil where they are asked something else.
    var heldOutTexts: PreparedDataset? { recipe.task.writesText ? heldOut : nil }
}

extension Recipe {
    /// Throws where the recipe's task is one that is not trained on what it says.
    func requireTrainableTask() throws {
        if task == .tag { try requireTags() }
    }

    /// Throws where the label set is no set of tags.
    private func requireTags() throws {
        guard !data.labels.isEmpty, TagScheme(labels: data.labels) == nil else { return }
        let types = data.labels.filter { $0 != TagScheme.outside }
        let tags = TagScheme.classes(ofTypes: types).prefix(7).joined(separator: ", ")
        throw Failure(
            .badInput, "data.labels: for task: tag they are tags, O for words of no span and B- and I- for each type",
            hint: "leave it out, or set data.labels: [\(tags)]")
    }
}

extension SavedHead {
    /// A new head for what `recipe` trains, over the states of `model`.
    ///
    /// - Parameters:
    ///   - labels: of the training rows, in the order of their numbers.
    ///   - shares: how often each is wanted there; of numbers the mean.
    init?(_ recipe: Recipe, on model: LanguageModel, labels: [String], shares: [Double]) {
        let isNumber = recipe.task == .regress, width = model.configuration.width
        guard let layers = model.configuration.taskHeads[recipe.task]?.layers, let answers = layers.last else {
            return nil
        }
        self.init(
            task: recipe.task, path: answers.path, inputSize: width, outputs: isNumber ? 1 : labels.count,
            hasBias: answers.hasBias, isMultiLabel: recipe.head.multiLabel, labels: isNumber ? [] : labels,
            shares: shares,
            below: layers.dropLast().filter { !$0.isFrozen || !model.hasTopLayer($0.path) }.map {
                Layer($0.path, inputSize: width, outputs: width, hasBias: $0.hasBias)
            })
    }
}

extension PreparedSplit {
    /// The head that is trained on these rows; nil where the recipe's model writes text.
    ///
    /// - Throws: `Failure` where there is nothing to choose among.
    func head(_ recipe: Recipe, on model: LanguageModel) throws -> SavedHead? {
        guard recipe.task.hasHead else { return nil }
        let isNumber = recipe.task == .regress
        let least = recipe.head.multiLabel ? 1 : 2
        guard isNumber || labels.count >= least else {
            throw Failure(
                .badInput,
                "task: \(recipe.task.rawValue)\(recipe.head.multiLabel ? " with head.multi_label" : "") needs at least "
                    + "\(least == 1 ? "one label" : "two labels"), the training rows have \(labels.count)",
                hint: recipe.task == .tag
                    ? "name the column of the spans with data.columns.spans, that of tags with data.columns.tags"
                    : "name the label's column with data.columns.label, the label set with data.labels")
        }
        var sums = [Double](repeating: 0, count: isNumber ? 1 : labels.count)
        var count = 0
        for index in 0..<train.examples.count {
            let wanted = try train.examples.example(index).wanted
            // What is wanted of a pair is a margin, and no number of a row.
            for value in recipe.learnsRewards ? [] : wanted {
                if isNumber { sums[0] += Double(value) } else { sums[Int(value)] += 1 }
            }
            count += recipe.task == .tag ? wanted.count : 1
        }
        return SavedHead(recipe, on: model, labels: labels, shares: sums.map { $0 / Double(max(count, 1)) })
    }
}

extension PreparedSplit {
    /// Throws where rows are held against others of their step, and there are none, or nothing that a step could learn of them.
    func requireComparisons(_ recipe: Recipe) throws {
        if recipe.train.objective == .kto, recipe.train.batchSize == 1,
            recipe.train.weightedLossTypes.first?.type != .apoZeroUnpaired
        {
            throw Failure(
                .badInput,
                "train.batch_size: 1: the distance from the reference is told by answers of other rows of the step, and "
                    + "there are none",
                hint: "set train.batch_size to 2 or more, or train.loss_type: apo_zero_unpaired, which needs none")
        }
        guard recipe.task == .embed else { return }
        try requireCosines(recipe)
        guard recipe.train.batchSize == 1, [.auto, .inBatchNegatives, .cosent].contains(recipe.embed.objective) else {
            return
        }
        for index in 0..<train.examples.count where try train.examples.example(index).texts.count < 3 {
            throw Failure(
                .badInput,
                "train.batch_size: 1: \(train.examples.place(index)) is held against the other rows of its step, and there are "
                    + "none", hint: "set train.batch_size to 2 or more, as 64")
        }
    }

    /// Throws where a row's score is to be a cosine and can be none.
    private func requireCosines(_ recipe: Recipe) throws {
        guard recipe.embed.objective == .cosine else { return }
        for examples in [train.examples, heldOut?.examples].compactMap(\.self) {
            for index in 0..<examples.count {
                guard let score = try examples.example(index).wanted.first, !(-1...1).contains(score) else { continue }
                throw Failure(
                    .badInput, "\(examples.place(index)): the score \(score) is no cosine, which goes from -1 to 1",
                    hint: "bring scores into that range, or set embed.objective: cosent, which learns their order")
            }
        }
    }
}
