// Base and adapter on the same held-out rows.

internal import Adapters
internal import Datasets
internal import Evaluation
public import Foundation
internal import Objectives
internal import Recipes
internal import Spelling
internal import Tensors

/// Scores the session's model on its held-out rows, with the adapter and without it.
public struct EvaluateStage: StandaloneStage {
    /// Whether answers are generated for the metrics that compare them.
    private let generates: Bool
    /// Where rows go with what both sides made of them; nil where they are not asked for.
    private let answers: AnswersPlace?
    /// The run whose rows' scores are kept; nil where they are not.
    private let run: RunDirectory?

    /// - Parameters:
    ///   - generates: whether answers are generated for the metrics that compare them, which takes longest.
    ///   - output: a file for the rows with what base and adapter made of them, those first on which most changed.
    public init(generates: Bool = true, answersTo output: URL? = nil) {
        self.generates = generates
        answers = output.map(AnswersPlace.init(file:))
        run = nil
    }

    /// - Parameter run: where rows with their answers go, and what each adds to the metrics.
    init(generates: Bool, in run: RunDirectory) {
        self.generates = generates
        answers = AnswersPlace(run)
        self.run = run
    }

    func open(_ session: Session, _ observer: any RunObserver) throws {
        try answers?.require(session)
        try session.followAdapter()
        let rendering = try session.rendering()
        // A head reads texts as they stand.
        let hasHead = session.recipe.task.hasHead
        for note in hasHead ? [] : rendering.notes { observer.receive(.note(note)) }
        try session.startComputing()
        let sets = try session.heldOutSets(observer)
        let rows = sets.reduce(0) { $0 + $1.rows.rows.count }
        let targets = sets.reduce(0) { $0 + $1.rows.report.targetTokens }
        observer.receive(
            .stage(
                "evaluate",
                detail: (sets.count > 1 ? "\(sets.count) sets, " : "") + "\(Count.text(rows, "row")), "
                    + "\(Count.text(targets, "target token")); \(session.precision.reason)"))
        _ = try session.model()
        let adapterWarnings = try session.attachAdapter()?.warnings ?? []
        let data = sets.map { DataSummary($0.rows.report) }
        for note in data.flatMap(\.notes) { observer.receive(.note(note)) }
        session.tell(
            rendering.warnings + adapterWarnings + data.flatMap(\.warnings) + (try session.base().warnings), observer)
        for note in sets.flatMap(\.notes) { observer.receive(.warning(note)) }
    }

    func forecast(_ session: Session, _ memory: StageMemory) throws -> [StageForecast] {
        let bytes = try session.evaluationBytes()
        let forecasts = try session.heldOutSets(SilentObserver()).map { set in
            memory.evaluation(
                try session.learner(set.objective), session.recipe, set.rows.report, set.tasks, workspaceBytes: bytes,
                generates: generates)
        }
        return forecasts.reduce(nil) { highest, next in highest.map { .higher($0, next) } ?? next }.map { [$0] } ?? []
    }

    /// - Throws: `Failure` where no row is held out, where a metric fits no row, or where memory is too little.
    public func run(_ session: Session, _ observer: any RunObserver) throws -> EvaluationReport {
        try session.ready(self, observer)
        let sets = try session.heldOutSets(observer)
        let workspace = Workspace(reservingBytes: try session.evaluationBytes())
        let evaluated = try sets.map { try measured($0, session, workspace, observer) }
        if let run, let own = evaluated.first {
            try run.write(RowScores(own, of: session.recipe).text, to: run.scores)
        }
        let written = try answers.map { try $0.write(AnswersFile(evaluated, of: session)) } ?? nil
        return EvaluationReport(evaluated, answers: written, warnings: session.told)
    }

    private func measured(
        _ set: HeldOutSet, _ session: Session, _ workspace: Workspace, _ observer: any RunObserver
    ) throws -> EvaluatedSet {
        let learner = try session.learner(set.objective)
        let measure = SideMeasure(
            learner, try session.base(), session.recipe, rows: set.rows, longest: set.rows.report.longestExample,
            set.tasks, head: try session.taskHead(), generates: generates, workspace: workspace,
            observer)
        let units = try measure.units()
        let adapter = try session.adapter.map { _ in try measure.side(set.side("adapter")) }
        let base =
            try session.adapter?.set.whileDetached(from: learner.model) { try measure.side(set.side("base")) }
            ?? measure.side(set.side("base"))
        return EvaluatedSet(
            session.recipe, set, base: base, adapter: adapter, last: try last(set, session, measure), units: units)
    }

    /// What the run's last step led to, where the adapter is a mean of its steps.
    private func last(_ set: HeldOutSet, _ session: Session, _ measure: SideMeasure) throws -> MeasuredSide? {
        guard let values = session.lastValues, let trained = session.training?.adapter else { return nil }
        // What is handed on may be another set than the one that was trained.
        let model = try session.model(), bound = model.adapters
        trained.attach(to: model)
        defer { model.adapters = bound }
        return try trained.whileHolding(values) { try measure.side(set.side("last step")) }
    }
}
