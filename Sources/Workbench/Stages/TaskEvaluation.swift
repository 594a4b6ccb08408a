// What a model does with held-out rows beyond their loss: labels by likelihood, answers by generation.

internal import Datasets
internal import Evaluation
internal import Generation
internal import Models
internal import Recipes
internal import Tensors
internal import Tokenizers

/// The metrics that a recipe asks for, on the model as it stands.
struct TaskEvaluation {
    let recipe: Recipe
    let opened: OpenedModel
    let model: LanguageModel
    let rows: PreparedDataset
    let tasks: HeldOutTasks
    let scorer: ObservedEvaluator
    /// Given back while answers are generated, which have buffers of their own.
    let workspace: Workspace
    /// Whether answers are generated: they take longest, so only who asks for them waits for them.
    let generates: Bool

    /// Each metric over its rows. - Parameter side: "base" or "adapter", for the progress line.
    func metrics(_ side: String) throws -> [RowMetric] {
        var metrics: [RowMetric] = []
        if !tasks.labelled.isEmpty { metrics.append(.accuracy(try rightLabels(side))) }
        guard generates, !tasks.answered.isEmpty else { return metrics }
        let (answers, references) = try generatedAnswers(side)
        let units = TextUnits(fitting: references)
        for metric in tasks.generated {
            switch metric {
            case .exactMatch: metrics.append(.exactMatch(answers: answers, references: references))
            case .rougeL: metrics.append(.rougeL(answers: answers, references: references, units: units))
            case .bleu: metrics.append(.bleu(answers: answers, references: references, units: units))
            case .accuracy: break
            }
        }
        return metrics
    }

    /// What the texts of the rows are compared in, where any are.
    func units() throws -> TextUnits? {
        guard generates, tasks.generated.contains(where: { $0 != .exactMatch }) else { return nil }
        return TextUnits(fitting: try tasks.answered.compactMap { try tasks.prompt(rows.rows.row($0.row))?.reference })
    }

    // MARK: - Labels

    /// Of each classified row, whether its own label is the likeliest answer of the label set.
    private func rightLabels(_ side: String) throws -> [Bool] {
        var isRight: [Bool] = []
        // Candidates of many rows at once fill batches, as those of one row would not.
        for start in stride(from: 0, to: tasks.labelled.count, by: Self.rowsAtOnce) {
            let chunk = try tasks.labelled[start..<min(start + Self.rowsAtOnce, tasks.labelled.count)].map(
                rows.rows.row)
            let candidates = try chunk.map(tasks.candidates)
            let scores = try scorer.scores(
                ofAlternatives: candidates,
                progress: (start * tasks.labels.count, tasks.labelled.count * tasks.labels.count),
                unit: "candidate answers (\(side))")
            for (row, alternatives) in zip(chunk, scores) {
                let choice = LabelLikelihood.choice(lossSums: alternatives.map(\.lossSum))
                isRight.append(choice.map { tasks.labels[$0] == row.label } ?? false)
            }
        }
        return isRight
    }

    private static let rowsAtOnce = 256

    // MARK: - Generation

    /// Greedy answers to the rows that have one, and what the rows answer, in the rows' order.
    private func generatedAnswers(_ side: String) throws -> (answers: [String], references: [String]) {
        var requests: [GenerationRequest] = []
        var references: [String] = []
        for answered in tasks.answered {
            guard let (prompt, reference) = try tasks.prompt(rows.rows.row(answered.row)) else { continue }
            requests.append(
                GenerationRequest(
                    prompt: prompt, maximumTokens: recipe.evaluate.maxNewTokens, stopTokens: opened.stopIDs))
            references.append(reference)
        }
        let reserved = workspace.reservedBytes
        workspace.release()
        defer { workspace.reserve(bytes: reserved) }
        var (done, tokens) = (0, 0)
        let clock = ContinuousClock(), start = clock.now
        let scheduler = GenerationScheduler(
            model, arithmetic: GenerationArithmetic(recipe.model.precision), promptTokensPerStep: .max)
        let generated = try scheduler.answers(to: requests) { _, event in
            guard case .finished = event else {
                tokens += 1
                return
            }
            done += 1
            let speed = Double(tokens) / max((clock.now - start).seconds, 1e-9)
            scorer.report(done: done, total: requests.count, unit: "answers (\(side)), \(Int(speed)) tokens/s")
        }
        return (generated.map { opened.tokenizer.decode(opened.textTokens($0), skipSpecialTokens: true) }, references)
    }
}
