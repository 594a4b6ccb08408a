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

    /// The metrics that are asked for of generated answers.
    func metrics(_ found: GeneratedAnswers) throws -> [RowMetric] {
        let units = TextUnits(fitting: found.references), numbers = found.numbers
        return try tasks.generated.compactMap { metric in
            let found: RowMetric? =
                switch metric {
                case .reward: try reward(found)
                case .rewardModel:
                    try tasks.judge.map {
                        .mean(metric.rawValue, try $0.rewards(of: found.sequences, workspace: workspace))
                    }
                default: metric.ofAnswers(found.answers, references: found.references, units: units)
                }
            return found?.numbered(numbers)
        }
    }

    /// The mean of what rewards say of the answers.
    private func reward(_ found: GeneratedAnswers) throws -> RowMetric? {
        guard let rewards = tasks.rewards else { return nil }
        let judged = try rewards.judged(
            zip(found.numbers, found.answers).map { number, text in
                JudgedAnswer(
                    prompt: try rows.rows.row(number).promptText, text: text, fields: try rows.rows.fields(number))
            })
        if judged.failures > 0 {
            scorer.warn(
                "evaluate.metrics: reward: of \(judged.failures) of \(found.answers.count) answers a reward had no number, which "
                    + "counts as 0")
        }
        return .mean("reward", judged.rewards)
    }

    /// What the texts of the rows are compared in, where any are.
    func units() throws -> TextUnits? {
        guard generates, tasks.generated.contains(where: \.countsUnits) else { return nil }
        return TextUnits(fitting: try tasks.answered.compactMap { try tasks.prompt(rows.rows.row($0.row))?.reference })
    }

    // MARK: - Labels

    /// What each row with a label is taken for; nil where there are none.
    ///
    /// - Parameter side: "base" or "adapter", for the progress line.
    func labelPredictions(_ side: String) throws -> LabelPredictions? {
        guard !tasks.labelled.isEmpty else { return nil }
        var rowLabels: [String] = [], lossSums: [[Double]] = []
        // Candidates of many rows at once fill batches, as those of one row would not.
        for start in stride(from: 0, to: tasks.labelled.count, by: Self.rowsAtOnce) {
            let chunk = try tasks.labelled[start..<min(start + Self.rowsAtOnce, tasks.labelled.count)].map(
                rows.rows.row)
            let candidates = try chunk.map(tasks.candidates)
            let scores = try scorer.scores(
                ofAlternatives: candidates,
                progress: (start * tasks.labels.count, tasks.labelled.count * tasks.labels.count),
                unit: "candidate answers (\(side))")
            rowLabels += chunk.map { $0.label ?? "" }
            lossSums += scores.map { $0.map(\.lossSum) }
        }
        return LabelPredictions(
            labels: tasks.labels, numbers: tasks.labelled, rowLabels: rowLabels, lossSums: lossSums)
    }

    private static let rowsAtOnce = 256

    // MARK: - Generation

    /// Greedy answers to the rows that have one, in the rows' order; nil where none are asked for.
    ///
    /// - Parameter side: "base" or "adapter", for the progress line.
    func generatedAnswers(_ side: String) throws -> GeneratedAnswers? {
        guard generates, !tasks.answered.isEmpty else { return nil }
        var requests: [GenerationRequest] = [], references: [String] = [], numbers: [Int] = []
        for answered in tasks.answered {
            guard let (prompt, reference) = try tasks.prompt(rows.rows.row(answered.row)) else { continue }
            requests.append(
                GenerationRequest(
                    prompt: prompt, maximumTokens: recipe.evaluate.maxNewTokens, stopTokens: opened.stopIDs))
            references.append(reference)
            numbers.append(answered.row)
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
        return GeneratedAnswers(
            numbers: numbers,
            answers: generated.map { opened.tokenizer.decode(opened.textTokens($0), skipSpecialTokens: true) },
            references: references, sequences: zip(requests, generated).map { $0.prompt + $1.written })
    }
}

extension EvaluationMetric {
    /// The metric of `answers`; nil for one of labels.
    fileprivate func ofAnswers(_ answers: [String], references: [String], units: TextUnits) -> RowMetric? {
        switch self {
        case .accuracy, .macroF1, .weightedF1, .calibrationError, .reward, .rewardModel: nil
        case .exactMatch: .exactMatch(answers: answers, references: references)
        case .rouge1: .rouge(1, answers: answers, references: references, units: units)
        case .rouge2: .rouge(2, answers: answers, references: references, units: units)
        case .rougeL: .rougeL(answers: answers, references: references, units: units)
        case .rougeLsum: .rougeLsum(answers: answers, references: references, units: units)
        case .bleu: .bleu(answers: answers, references: references, units: units)
        case .chrF: .chrF(answers: answers, references: references)
        case .chrFPlusPlus: .chrF(answers: answers, references: references, wordOrders: 2)
        }
    }
}
