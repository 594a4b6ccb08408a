// What a session's model is for: what its recipe says, or what the head of its adapter on disk was trained for.

internal import Adapters
internal import Datasets
internal import Recipes
internal import Vocabulary

extension Session {
    /// Takes over the task of the adapter on disk, where that has the head of one: its rows are read as they were trained on.
    ///
    /// - Throws: `Failure` where the recipe names another task.
    func followAdapter() throws {
        guard let head = try taskHead() else { return }
        guard head.task == .classify || head.task == .regress else {
            throw Failure(
                .badInput, "the adapter has the head of task \(head.task.rawValue), which is not asked yet",
                hint: "\(TaskKind.classify.rawValue) | \(TaskKind.regress.rawValue)")
        }
        var recipe = self.recipe
        guard !recipe.isSet("task") || recipe.task == head.task else {
            throw Failure(
                .badInput,
                "task: \(recipe.task.rawValue), and the adapter was trained for task: \(head.task.rawValue)",
                hint: "leave task out: the adapter's own is taken")
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

    /// The head of a task that the adapter has: of the open one, else as it stands on disk.
    func taskHead() throws -> SavedHead? {
        guard let adapter else { return try storedHead() }
        return adapter.set.configuration.head
    }

    /// Throws where the model reads texts and writes none, and more is asked of it than vectors.
    func requireWriter(for work: String) throws {
        let configuration = try base().configuration
        guard !configuration.writesText, recipe.task != .embed else { return }
        throw Failure(
            .badInput,
            "\(work): a model of the family \(configuration.family) reads texts and writes none",
            hint: "lathe predict makes vectors of texts with it")
    }

    /// Throws where the model's adapter has the head of a task: `work` is of models that write.
    func requireLanguage(for work: String) throws {
        guard let head = try taskHead() else { return }
        throw Failure(
            .badInput, "\(work): the adapter has the head of task \(head.task.rawValue), and writes no text",
            hint: "lathe evaluate and lathe predict ask its head")
    }
}

extension Recipe {
    /// Throws where the recipe's task is one that is not trained, or the run would write a model with the head of one.
    func requireTrainableTask() throws {
        guard task != .tag, task != .embed else {
            throw Failure(
                .badInput, "task: \(task.rawValue) is not trained yet",
                hint: "\(TaskKind.generate.rawValue) | \(TaskKind.classify.rawValue) | \(TaskKind.regress.rawValue)")
        }
        guard task.hasHead else { return }
        let models = export.filter { !$0.isAdapter }.map { "export: { format: \($0.format.rawValue) }" }
        guard let key = (merge.enabled ? ["merge.enabled"] : models).first else { return }
        throw Failure(
            .badInput, "\(key): a model with the head of task \(task.rawValue) is not written yet",
            hint: "leave it out: adapters are written with their head, as peft and hdf5")
    }

    /// What is asked of each text; nil where the model writes text.
    var rowTask: RowTask? { task.hasHead ? RowTask(task, isMultiLabel: head.multiLabel) : nil }
}

extension SavedHead {
    /// A new head for what `recipe` trains, over states of `width` numbers.
    ///
    /// - Parameters:
    ///   - labels: of the training rows, in the order of their numbers.
    ///   - shares: how often each is wanted there; of numbers the mean.
    init(_ recipe: Recipe, width: Int, labels: [String], shares: [Double]) {
        let isNumber = recipe.task == .regress
        self.init(
            task: recipe.task, path: "score", inputSize: width, outputs: isNumber ? 1 : labels.count,
            hasBias: recipe.task == .tag, isMultiLabel: recipe.head.multiLabel, labels: isNumber ? [] : labels,
            shares: shares)
    }
}

extension PreparedSplit {
    /// The head that is trained on these rows; nil where the recipe's model writes text.
    ///
    /// - Throws: `Failure` where there is nothing to choose among.
    func head(_ recipe: Recipe, width: Int) throws -> SavedHead? {
        guard recipe.task.hasHead else { return nil }
        let isNumber = recipe.task == .regress
        let least = recipe.head.multiLabel ? 1 : 2
        guard isNumber || labels.count >= least else {
            throw Failure(
                .badInput,
                "task: \(recipe.task.rawValue)\(recipe.head.multiLabel ? " with head.multi_label" : "") needs at least "
                    + "\(least == 1 ? "one label" : "two labels"), the training rows have \(labels.count)",
                hint: "name the label's column with data.columns.label, the label set with data.labels")
        }
        var sums = [Double](repeating: 0, count: isNumber ? 1 : labels.count)
        var count = 0
        for index in 0..<train.examples.count {
            let wanted = try train.examples.example(index).wanted
            for value in wanted { if isNumber { sums[0] += Double(value) } else { sums[Int(value)] += 1 } }
            count += recipe.task == .tag ? wanted.count : 1
        }
        return SavedHead(recipe, width: width, labels: labels, shares: sums.map { $0 / Double(max(count, 1)) })
    }
}
