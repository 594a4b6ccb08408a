// Base and adapter on the same held-out rows.

internal import Adapters
internal import Datasets
internal import Evaluation
internal import Objectives
internal import Recipes
internal import Spelling
internal import Tensors

/// Scores the session's model on its held-out rows, with the adapter and without it.
public struct EvaluateStage: StandaloneStage {
    /// Whether answers are generated for the metrics that compare them.
    private let generates: Bool

    /// - Parameter generates: whether answers are generated for the metrics that compare them, which takes longest.
    public init(generates: Bool = true) { self.generates = generates }

    func open(_ session: Session, _ observer: any RunObserver) throws {
        try session.followAdapter()
        let rendering = try session.rendering()
        // A head reads texts as they stand.
        let hasHead = session.recipe.task.hasHead
        for note in hasHead ? [] : rendering.notes { observer.receive(.note(note)) }
        try session.startComputing()
        let rows = try session.openHeldOut(observer), tasks = try session.tasks(of: rows)
        observer.receive(
            .stage(
                "evaluate",
                detail: "\(Count.text(rows.rows.count, "row")), "
                    + "\(Count.text(rows.report.targetTokens, "target token")); \(session.precision.reason)"))
        _ = try session.model()
        let adapterWarnings = try session.attachAdapter()?.warnings ?? []
        let data = DataSummary(rows.report)
        for note in data.notes { observer.receive(.note(note)) }
        session.tell(
            rendering.warnings + adapterWarnings + data.warnings + (try session.base().warnings), observer)
        for note in tasks.notes { observer.receive(.warning(note)) }
    }

    func forecast(_ session: Session, _ memory: StageMemory) throws -> [StageForecast] {
        guard let rows = session.heldOut else { return [] }
        return [
            memory.evaluation(
                try session.learner(), session.recipe, rows.report, try session.tasks(of: rows),
                workspaceBytes: try session.evaluationBytes(), generates: generates)
        ]
    }

    /// - Throws: `Failure` where no row is held out, where a metric fits no row, or where memory is too little.
    public func run(_ session: Session, _ observer: any RunObserver) throws -> EvaluationReport {
        try session.ready(self, observer)
        let learner = try session.learner(), objective = learner.objective
        let rows = try session.openHeldOut(observer), tasks = try session.tasks(of: rows)
        let measure = SideMeasure(
            learner, try session.base(), session.recipe, rows: rows, longest: rows.report.longestExample, tasks,
            generates: generates, workspace: Workspace(reservingBytes: try session.evaluationBytes()), observer)
        let units = try measure.units()
        let adapter = try session.adapter.map { _ in try measure.side("adapter") }
        let base =
            try session.adapter?.set.whileDetached(from: learner.model) { try measure.side("base") }
            ?? measure.side("base")
        return EvaluationReport(
            recipe: session.recipe, objective: objective, base: base, adapter: adapter, data: rows.report,
            tasks: tasks, units: units, warnings: session.told)
    }
}

extension HeldOutScores {
    /// Scores of units, added up over the rows they come from, in the rows' order.
    init(_ scores: HeldOutScores, perRowOf units: ExampleUnits) throws {
        let numbers = try units.examples.rowIndices()
        var rows: [NamedSums] = []
        var last: Int?
        for (unit, score) in scores.rows.enumerated() {
            let row = numbers[units.sequences(unit).lowerBound]
            if row == last { rows[rows.count - 1] += score } else { rows.append(score) }
            last = row
        }
        self.init(rows: rows)
    }
}
