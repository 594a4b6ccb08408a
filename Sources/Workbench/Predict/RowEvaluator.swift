// What scores rows that are predicted, in as much memory as an evaluation may take.

internal import Evaluation
internal import Models
internal import Objectives
internal import Tensors

/// An `Evaluator` of the session's model, with the memory that it takes.
struct RowEvaluator {
    let evaluator: Evaluator
    private let model: LanguageModel
    private let workspaceBytes: Int

    /// - Parameter objective: what it asks of rows.
    init(_ session: Session, _ objective: any Objective) throws {
        let learner = try session.learner(objective)
        model = learner.model
        workspaceBytes = try session.evaluationBytes()
        evaluator = Evaluator(
            learner, workspace: Workspace(reservingBytes: workspaceBytes),
            rowLimit: EvaluationRows.limit(for: model, bytes: workspaceBytes))
    }

    /// Bytes that it takes where the longest row has so many tokens.
    func predictedBytes(longest: Int) -> Int {
        max(workspaceBytes, model.predictedEvaluationBytes(rows: longest + model.rowsAhead))
    }
}
