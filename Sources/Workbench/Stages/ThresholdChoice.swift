// From which probability on a text has a label: chosen on training rows that are held back, so that held-out rows still judge.

internal import Adapters
internal import Datasets
internal import Evaluation
internal import Objectives
internal import Recipes
internal import Spelling

extension PreparedSplit {
    /// The rows that are trained on, and those on which thresholds are chosen; these are nil where the recipe has none chosen.
    /// - Throws: `Failure` where there are too few rows.
    func holdingBack(
        for recipe: Recipe, _ observer: any RunObserver
    ) throws -> (split: PreparedSplit, thresholds: (any ExampleSource)?) {
        guard recipe.task == .classify, recipe.head.multiLabel, recipe.head.thresholdSize > 0 else {
            return (self, nil)
        }
        let parts = try validating(on: recipe.head.thresholdSize, seed: recipe.seed, key: "head.threshold_size") {
            observer.receive(.warning($0))
        }
        return (
            PreparedSplit(train: parts.train, heldOut: heldOut, report: report, labels: labels, keeping: keeping),
            parts.heldOut?.examples
        )
    }
}

extension TrainingSetup {
    /// Chooses the thresholds with the best F1 of each label on the rows that were held back for it, by what the head answers now.
    func chooseThresholds(_ observer: any RunObserver) throws {
        guard let rows = thresholdRows, let head = adapter.configuration.head else { return }
        let longest = (0..<rows.count).map(rows.tokenCount).max() ?? 1
        let scores = try ObservedEvaluator(scored, workspace: workspace, longest: longest, observer: observer)
            .scores(of: rows, unit: "rows for thresholds").rows
        let truth = try (0..<rows.count).map { index in
            let wanted = try rows.example(index).wanted
            return head.labels.indices.map { wanted.contains(Float($0)) }
        }
        let thresholds = LabelThresholds.chosen(
            scores: scores.map { $0.answers.map(LabelLikelihood.probability(logit:)) }, truth: truth)
        adapter.choose(thresholds: thresholds)
        let told = zip(head.labels, thresholds).map { "\(ShownText.name($0)) \($1.shown)" }
        observer.receive(
            .note(
                "thresholds chosen on \(Count.text(rows.count, "row")) that \(rows.count == 1 ? "was" : "were") held back: "
                    + told.joined(separator: ", ")))
    }
}
