// Row by row: tokens, targets, loss; and token by token where asked.

internal import Datasets
internal import Evaluation
internal import Foundation
public import JSON
internal import Models
internal import Objectives
internal import Recipes
internal import Tensors

/// Tells the losses of held-out rows, one after the other, in the rows' order.
public struct ScoreStage: StandaloneStage {
    private let withTokens: Bool
    private let row: Int?
    private let onRow: (JSONObject) throws -> Void

    /// - Parameters:
    ///   - tokens: whether each token's id, log-probability and mask are told too.
    ///   - row: the only row that is scored, by its number from 0; nil: all of them.
    ///   - onRow: gets a row's facts as soon as they are known.
    public init(tokens: Bool = false, row: Int? = nil, onRow: @escaping (JSONObject) throws -> Void) {
        withTokens = tokens
        self.row = row
        self.onRow = onRow
    }

    private var objective: any Objective { CrossEntropyObjective() }

    func open(_ session: Session, _ observer: any RunObserver) throws {
        try session.requireWriter(for: "lathe score")
        try session.requireLanguage(for: "lathe score")
        try session.rendering().tell(observer)
        try session.startComputing()
        _ = try rows(session, observer)
        _ = try session.model()
        try session.attachAdapter()
    }

    /// Those of a file of rows, or the held-out ones of a prepared file.
    private func rows(_ session: Session, _ observer: any RunObserver) throws -> PreparedDataset {
        let files = session.recipe.data.heldOut
        guard files.count == 1, files[0].hasSuffix(".h5"), PreparedFile.isPrepared(URL(fileURLWithPath: files[0]))
        else {
            return try session.openHeldOut(for: objective, observer)
        }
        if let rows = session.heldOutRows[objective.unit] { return rows }
        if let key = session.recipe.overriddenKeys.sorted().first(where: { $0.hasPrefix("data.") }) {
            throw Failure(
                .usage, "\(key) has no effect: a prepared file holds its rows as they were made", hint: "leave it out")
        }
        let rows = try session.preparation(for: objective).heldOutRows(prepared: files[0], session.recipe)
        session.heldOutRows[objective.unit] = rows
        return rows
    }

    func forecast(_ session: Session, _ memory: StageMemory) throws -> [StageForecast] {
        let rows = try rows(session, SilentObserver())
        return [
            memory.evaluation(
                try session.learner(objective), session.recipe, rows.report, nil,
                workspaceBytes: try session.evaluationBytes(), generates: true)
        ]
    }

    /// - Throws: `Failure` where rows or model cannot be read or memory is too little, and what `onRow` throws.
    public func run(_ session: Session, _ observer: any RunObserver) throws -> ScoreReport {
        try session.ready(self, observer)
        let rows = try rows(session, observer)
        let scoring = RowScoring(
            rows: rows, learner: try session.learner(objective),
            workspace: Workspace(reservingBytes: try session.evaluationBytes()), observer: observer)
        let data = DataSummary(rows.report)
        for note in data.notes { observer.receive(.note(note)) }
        session.tell(data.warnings + (session.adapter?.warnings ?? []) + (try session.base().warnings), observer)
        var report = ScoreReport()
        let put = { (row: ScoredRow) in
            report.add(row)
            try onRow(row.facts)
        }
        if let row {
            try scoring.row(row, withTokens: withTokens, put)
        } else {
            try (withTokens ? scoring.rowsWithTokens : scoring.wholeRows)(put)
        }
        return report
    }
}
