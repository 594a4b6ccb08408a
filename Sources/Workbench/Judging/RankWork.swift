// `rank`: which rows are wrong by what was learnt from others.

internal import Datasets
internal import JSON
internal import Objectives
internal import Preparation
internal import Recipes
internal import Selection

/// Judges each row by what did not learn from it: a map from the base's states to labels, or an adapter; or by an adapter on disk.
struct RankWork {
    private let step: RankStep
    private let bench: JudgingBench
    /// What classified rows are asked; nil where rows are judged by their losses.
    private let tasks: HeldOutTasks?

    private var examples: JudgedExamples { bench.examples }

    /// - Parameter path: of the step, for messages.
    init(_ step: RankStep, _ bench: JudgingBench, _ preparation: RowPreparation, _ path: String) throws {
        self.step = step
        self.bench = bench
        var recipe = bench.session.recipe
        // Labels alone are asked for, whatever is measured on held-out rows.
        recipe.evaluate.metrics = []
        if recipe.data.labels.isEmpty { recipe.data.labels = bench.examples.settings.labels }
        let found =
            step.asksLabels ? try HeldOutTasks(recipe, rows: bench.examples.data, preparation: preparation) : nil
        tasks = found.flatMap { $0.labelled.isEmpty ? nil : $0 }
        guard step.by != .label || tasks != nil else {
            throw Failure(
                .badInput, "\(path).by: label needs rows of data.format: classification, with two labels or more",
                hint: "by: change or by: loss ranks rows by the losses of their answers")
        }
    }

    /// What is known of one row.
    private struct Finding {
        /// Its losses; zero where no adapter was asked.
        var before = 0.0
        var after = 0.0
        /// Of each label; empty where the row has none.
        var probabilities: [Double] = []
    }

    /// One for each of the bench's entries.
    func verdicts() throws -> [RowVerdict] {
        let entries = Array(examples.entries.indices)
        var findings = [Finding](repeating: Finding(), count: entries.count)
        if let tasks, step.readsStates {
            try judgeByStates(tasks, &findings)
            return try labelVerdicts(tasks, findings)
        }
        let before = try bench.withoutAdapter { try bench.losses(of: entries, for: "base") }
        for entry in entries { findings[entry].before = before[entry] }
        if step.adapter != nil {
            try judge(entries, "adapter", &findings)
        } else {
            try judgeOutOfFold(entries, &findings)
        }
        return try tasks.map { try labelVerdicts($0, findings) } ?? findings.map(lossVerdict)
    }

    private func folds(_ rows: Int) -> Folds {
        Folds(rows: rows, count: step.folds, seed: UInt64(bitPattern: Int64(bench.session.recipe.seed)))
    }

    /// Fits a map from the base's states to labels to all folds but one, and judges that one, for each of them.
    private func judgeByStates(_ tasks: HeldOutTasks, _ findings: inout [Finding]) throws {
        let given = try givenLabels(tasks), labelled = Set(tasks.labelled)
        let asked = examples.entries.indices.filter {
            given[$0] != nil && labelled.contains(examples.entries[$0].kept)
        }
        let prompts = try asked.map { try tasks.prompt(examples.data.rows.row(examples.entries[$0].kept))?.ids ?? [] }
        let judged = zip(asked, try bench.states(of: prompts)).compactMap { entry, states in
            states.map { (entry: entry, states: $0, label: given[entry] ?? 0) }
        }
        let folds = folds(judged.count)
        let probabilities = LabelRegression.probabilities(
            judged.map(\.states), given: judged.map(\.label), labels: tasks.labels.count, folds
        ) { bench.observer.receive(.progress(done: $0, total: folds.count, unit: "folds")) }
        for (row, probabilities) in zip(judged, probabilities) { findings[row.entry].probabilities = probabilities }
    }

    /// Trains on all folds but one, and judges that one, for each of them.
    private func judgeOutOfFold(_ entries: [Int], _ findings: inout [Finding]) throws {
        let folds = folds(entries.count), epochs = step.epochs ?? RankStep.usualEpochs
        for fold in 0..<folds.count {
            let others = examples.sequences(entries.filter { folds.fold[$0] != fold || folds.count == 1 })
            let name = "fold \(fold + 1) of \(folds.count)"
            _ = try bench.train(on: others, steps: bench.steps(others.count, epochs: epochs), for: name)
            try judge(entries.filter { folds.fold[$0] == fold }, name, &findings)
        }
    }

    /// Judges entries by the adapter as it stands.
    private func judge(_ entries: [Int], _ name: String, _ findings: inout [Finding]) throws {
        for (entry, loss) in zip(entries, try bench.losses(of: entries, for: name)) { findings[entry].after = loss }
        guard let tasks else { return }
        let labelled = Set(tasks.labelled)
        let asked = entries.filter { labelled.contains(examples.entries[$0].kept) }
        for start in stride(from: 0, to: asked.count, by: Self.rowsAtOnce) {
            let chunk = asked[start..<min(start + Self.rowsAtOnce, asked.count)]
            let scores = try bench.scorer.scores(
                ofAlternatives: chunk.map { try tasks.candidates(examples.data.rows.row(examples.entries[$0].kept)) },
                progress: (start * tasks.labels.count, asked.count * tasks.labels.count), unit: "labels (\(name))")
            for (entry, alternatives) in zip(chunk, scores) {
                findings[entry].probabilities = LabelConfidence.probabilities(lossSums: alternatives.map(\.lossSum))
            }
        }
    }

    private static let rowsAtOnce = 256

    // MARK: Verdicts

    private func losses(_ finding: Finding) -> [JSONObject.Member] {
        [("loss_before", .double(finding.before)), ("loss_after", .double(finding.after))]
    }

    private func lossVerdict(_ finding: Finding) -> RowVerdict {
        let left = finding.before > 0 ? finding.after / finding.before : 0
        return RowVerdict(score: step.by == .loss ? finding.after : left, facts: JSONObject(losses(finding)))
    }

    /// Of each entry the number of the label that it bears; nil where it bears none.
    private func givenLabels(_ tasks: HeldOutTasks) throws -> [Int?] {
        try examples.entries.map { entry in
            try examples.data.rows.row(entry.kept).label.flatMap { label in tasks.labels.firstIndex { $0 == label } }
        }
    }

    private func labelVerdicts(_ tasks: HeldOutTasks, _ findings: [Finding]) throws -> [RowVerdict] {
        let given = try givenLabels(tasks)
        let judged = findings.indices.filter { !findings[$0].probabilities.isEmpty && given[$0] != nil }
        let confidence = LabelConfidence(
            probabilities: judged.map { findings[$0].probabilities }, given: judged.compactMap { given[$0] })
        var verdicts = findings.map { _ in RowVerdict(score: nil) }
        for (place, entry) in judged.enumerated() {
            let suggestion = confidence.suggestion(place).map { JSONValue.string(tasks.labels[$0]) }
            verdicts[entry] = RowVerdict(
                score: confidence.wrongness(place),
                facts: JSONObject(
                    [
                        ("label", .string(tasks.labels[given[entry] ?? 0])), ("suggested", suggestion ?? .null),
                        ("probability", .double(confidence.probabilityGiven(place))),
                    ] + (step.readsStates ? [] : losses(findings[entry]))))
        }
        return verdicts
    }
}
