// One model on held-out rows: what it scores, what its answers are worth, how fast it reads them.

internal import Adapters
internal import Datasets
internal import Evaluation
internal import Foundation
internal import Models
internal import Objectives
internal import Recipes
internal import Tensors

/// Measures a model as it stands, with what acts in it.
struct SideMeasure {
    private let learner: Learner
    private let rows: PreparedDataset
    private let examples: any ExampleSource
    private let scorer: ObservedEvaluator
    private let tasks: TaskEvaluation
    private let head: SavedHead?
    private let workspace: Workspace

    /// - Parameters:
    ///   - opened: the model's files.
    ///   - examples: what the model reads for the rows, where it reads more than they say.
    ///   - longest: tokens of the longest of them.
    ///   - head: of a task, that answers in the place of the language's; nil where the model writes text.
    ///   - generates: whether answers are generated for the metrics that compare them.
    init(
        _ learner: Learner, _ opened: OpenedModel, _ recipe: Recipe, rows: PreparedDataset,
        reading examples: (any ExampleSource)? = nil, longest: Int, _ tasks: HeldOutTasks,
        head: SavedHead? = nil, generates: Bool, workspace: Workspace, _ observer: any RunObserver
    ) {
        self.head = head
        self.learner = learner
        self.rows = rows
        self.workspace = workspace
        self.examples = examples ?? rows.examples
        scorer = ObservedEvaluator(learner, workspace: workspace, longest: longest, observer: observer)
        self.tasks = TaskEvaluation(
            recipe: recipe, opened: opened, model: learner.model, rows: rows, tasks: tasks, scorer: scorer,
            workspace: workspace, generates: generates)
    }

    /// - Parameter side: "base" or "adapter", for the progress line.
    func side(_ side: String) throws -> MeasuredSide {
        let scores = try HeldOutScores(
            scorer.scores(of: examples, unit: "examples (\(side))"),
            perRowOf: ExampleUnits(examples, of: learner.objective.unit), in: rows.rows)
        let head = try HeadPredictions(scores, rows.rows, head, words: tasks.tasks.words)
        let vectors = try VectorPredictions(scores, examples, learner.objective)
        let labels = try head?.labels ?? tasks.labelPredictions(side), answers = try tasks.generatedAnswers(side)
        var metrics = RowMetric.measures(of: learner.objective, scores)
        for metric in (labels?.metrics ?? []) + (head?.metrics ?? []) + (vectors?.metrics ?? [])
            + (try answers.map(tasks.metrics) ?? [])
        where !metrics.contains(where: { $0.name == metric.name }) { metrics.append(metric) }
        return MeasuredSide(
            scores: scores, metrics: metrics, labels: labels, labelSets: head?.labelSets, values: head?.values,
            spans: head?.spans, answers: answers)
    }

    /// How fast the model reads: of a few passes over the first rows the fastest, which others on the machine disturbed least.
    func tokensPerSecond() throws -> Double {
        var sample: [TokenizedExample] = []
        for index in 0..<examples.count where examples.targetCount(index) > 0 {
            sample.append(try examples.example(index))
            if sample.reduce(0, { $0 + $1.ids.count }) >= Self.timedTokens { break }
        }
        let batch = TokenBatch(of: sample), clock = ContinuousClock()
        let seconds = try (0..<Self.timedPasses).map { _ in
            let start = clock.now
            _ = try learner.model.tokenLosses(batch, workspace: workspace)
            return (clock.now - start).seconds
        }
        return Double(batch.rowCount) / max(seconds.min() ?? 0, 1e-9)
    }

    private static let timedTokens = 512
    private static let timedPasses = 4

    /// What the texts of the rows are compared in, where any are.
    func units() throws -> TextUnits? { try tasks.units() }
}
