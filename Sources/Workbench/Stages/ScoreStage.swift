// Row by row: tokens, targets, loss; and token by token where asked.

internal import Datasets
internal import Evaluation
public import JSON
internal import Models
internal import Objectives
internal import Recipes
internal import Tensors

/// Tells the losses of held-out rows, one after the other, in the rows' order.
public struct ScoreStage: StandaloneStage {
    private let withTokens: Bool
    private let onRow: (JSONObject) throws -> Void

    /// - Parameters:
    ///   - tokens: whether each token's id, log-probability and mask are told too.
    ///   - onRow: gets a row's facts as soon as they are known.
    public init(tokens: Bool = false, onRow: @escaping (JSONObject) throws -> Void) {
        withTokens = tokens
        self.onRow = onRow
    }

    private var objective: any Objective { CrossEntropyObjective() }

    func open(_ session: Session, _ observer: any RunObserver) throws {
        try session.requireWriter(for: "lathe score")
        try session.requireLanguage(for: "lathe score")
        try session.rendering().tell(observer)
        try session.startComputing()
        _ = try session.openHeldOut(for: objective, observer)
        _ = try session.model()
        try session.attachAdapter()
    }

    func forecast(_ session: Session, _ memory: StageMemory) throws -> [StageForecast] {
        let rows = try session.openHeldOut(for: objective, SilentObserver())
        return [
            memory.evaluation(
                try session.learner(objective), session.recipe, rows.report, nil,
                workspaceBytes: try session.evaluationBytes(), generates: true)
        ]
    }

    /// - Throws: `Failure` where rows or model cannot be read or memory is too little, and what `onRow` throws.
    public func run(_ session: Session, _ observer: any RunObserver) throws -> ScoreReport {
        try session.ready(self, observer)
        let rows = try session.openHeldOut(for: objective, observer)
        let scoring = RowScoring(
            rows: rows, learner: try session.learner(objective),
            workspace: Workspace(reservingBytes: try session.evaluationBytes()), observer: observer)
        let data = DataSummary(rows.report)
        for note in data.notes { observer.receive(.note(note)) }
        session.tell(data.warnings + (session.adapter?.warnings ?? []) + (try session.base().warnings), observer)
        var report = ScoreReport()
        try (withTokens ? scoring.rowsWithTokens : scoring.wholeRows) { row in
            report.add(row)
            try onRow(row.facts)
        }
        return report
    }
}
