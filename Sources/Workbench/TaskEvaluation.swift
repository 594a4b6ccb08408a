// What a model does with held-out rows beyond their loss: labels by likelihood, answers by generation.

internal import Adapters
internal import ChatTemplates
internal import Datasets
internal import Evaluation
internal import JSON
internal import Models
internal import Recipes
internal import Tokenizers

/// An adapter that can be taken off for a moment.
protocol Detachable {
    func whileDetached<Result>(from model: LanguageModel, _ body: () throws -> Result) rethrows -> Result
}

extension AdapterSet: Detachable {}

extension AttachedAdapter: Detachable {
    func whileDetached<Result>(from model: LanguageModel, _ body: () throws -> Result) rethrows -> Result {
        try set.whileDetached(from: model, body)
    }
}

/// One metric by name; nil where no row has what it needs.
struct TaskMetric {
    let name: String
    let value: Double?
}

/// The metrics that a recipe asks for, on the model as it stands.
struct TaskEvaluation {
    private let recipe: Recipe
    private let opened: OpenedModel
    private let model: LanguageModel
    private let rows: PreparedDataset
    private let scorer: ObservedEvaluator
    private let preparation: RowPreparation

    init(_ recipe: Recipe, opened: OpenedModel, model: LanguageModel, rows: PreparedDataset, scorer: ObservedEvaluator)
        throws
    {
        self.recipe = recipe
        self.opened = opened
        self.model = model
        self.rows = rows
        self.scorer = scorer
        preparation = try RowPreparation(recipe.data, opened)
    }

    func metrics() throws -> [TaskMetric] {
        var metrics: [TaskMetric] = []
        let asked = Set(recipe.evaluate.metrics)
        if asked.contains(.accuracy) || rows.report.format == .classification {
            metrics.append(TaskMetric(name: "accuracy", value: try labelAccuracy()))
        }
        guard !asked.isDisjoint(with: [.exactMatch, .rougeL, .bleu]) else { return metrics }
        let (answers, references) = try generatedAnswers()
        if asked.contains(.exactMatch) {
            metrics.append(
                TaskMetric(name: "exact_match", value: ExactMatch.score(answers: answers, references: references)))
        }
        if asked.contains(.rougeL) {
            metrics.append(TaskMetric(name: "rouge_l", value: RougeL.score(answers: answers, references: references)))
        }
        if asked.contains(.bleu) {
            metrics.append(TaskMetric(name: "bleu", value: BLEU.score(answers: answers, references: references)))
        }
        return metrics
    }

    // MARK: - Labels

    /// The share of labelled rows whose own label is the likeliest answer of the label set.
    private func labelAccuracy() throws -> Double? {
        let labels =
            recipe.data.labels.isEmpty
            ? try rows.rows.labels() : recipe.data.labels
        let labelled = try (0..<rows.rows.count).filter { try rows.rows.row($0).label != nil }
        guard labels.count > 1, !labelled.isEmpty else { return nil }
        var right = 0
        // Candidates of many rows at once fill batches, as those of one row would not.
        for start in stride(from: 0, to: labelled.count, by: Self.rowsAtOnce) {
            let chunk = try labelled[start..<min(start + Self.rowsAtOnce, labelled.count)].map(rows.rows.row)
            let candidates = try chunk.map { try preparation.candidates($0, labels: labels) }
            let scores = try scorer.scores(ofAlternatives: candidates, unit: "candidate answers")
            for (row, alternatives) in zip(chunk, scores) {
                let choice = LabelLikelihood.choice(lossSums: alternatives.map(\.lossSum))
                if let choice, labels[choice] == row.label { right += 1 }
            }
        }
        return Double(right) / Double(labelled.count)
    }

    private static let rowsAtOnce = 256

    // MARK: - Generation

    /// Greedy answers to the rows that have one, and what the rows answer, in the rows' order.
    private func generatedAnswers() throws -> (answers: [String], references: [String]) {
        let builder = preparation.builder
        var requests: [GenerationBatch.Request] = []
        var references: [String] = []
        for index in 0..<rows.rows.count {
            let row = try rows.rows.row(index)
            guard let (prompt, reference) = try builder.prompt(of: row) else { continue }
            let limit = min(recipe.evaluate.maxNewTokens, model.configuration.contextLength - prompt.count)
            guard limit > 0 else {
                throw Failure(.badInput, "\(row.place): the prompt's \(prompt.count) tokens fill the model's context")
            }
            requests.append(
                GenerationBatch.Request(prompt: prompt, maximumTokens: limit, stopTokens: opened.stopIDs))
            references.append(reference)
        }
        var (done, tokens) = (0, 0)
        let clock = ContinuousClock(), start = clock.now
        let batch = GenerationBatch(model: model, arithmetic: GenerationArithmetic(recipe.model.precision))
        let generated = try batch.generate(requests) { _, answer in
            (done, tokens) = (done + 1, tokens + answer.tokens.count)
            let speed = Double(tokens) / max((clock.now - start).seconds, 1e-9)
            scorer.report(done: done, total: requests.count, unit: "answers, \(Int(speed)) tokens/s")
        }
        return (generated.map { opened.tokenizer.decode($0.tokens, skipSpecialTokens: true) }, references)
    }
}

extension RowPreparation {
    /// The row answered with each of `labels`, as sequences.
    func candidates(_ row: DataRow, labels: [String]) throws -> [TokenizedExample] {
        let rows = labels.map { builder.replacingAnswer(of: row, with: row.answerText.prefix { $0.isWhitespace } + $0) }
        var report = DatasetReport()
        let examples = try rows.flatMap { try builder.examples(of: $0, counting: &report) }
        guard examples.count == labels.count else {
            throw Failure(.badInput, "\(row.place): with some labels the row is longer than data.max_length")
        }
        return examples
    }
}
