// A model together with what it learns.

public import Models
public import Tensors

/// What a training loop trains and an evaluation scores: a model with the adapters that it has, and an objective.
public struct Learner {
    public let model: LanguageModel
    public let objective: any Objective

    public init(_ model: LanguageModel, _ objective: any Objective) {
        self.model = model
        self.objective = objective
    }

    /// Adds ∂(Σ loss · `gradientScale`) into the gradients of the model's adapters.
    ///
    /// - Throws: `ModelError` for a loss that is not finite; the gradients are then of no use. Whether they are finite is for the
    ///   caller to see, once a step.
    public func accumulateGradients(
        _ batch: TokenBatch, gradientScale: Float, recomputedBlocks: Int, workspace: Workspace, dropout: DropoutKey
    ) throws -> LossSums {
        try objective.sums(
            model.trainingPass(
                read(batch, dropout), gradientScale: gradientScale, recomputedBlocks: recomputedBlocks,
                workspace: workspace, dropout: dropout))
    }

    /// The losses of `batch` without gradients.
    public func sums(_ batch: TokenBatch, workspace: Workspace) throws -> LossSums {
        try objective.sums(pass(batch, workspace: workspace))
    }

    /// A pass over `batch`, as it is read, from which nothing goes back.
    public func pass(_ batch: TokenBatch, workspace: Workspace) throws -> ObjectivePass {
        try model.pass(read(batch), workspace: workspace)
    }

    /// The batch as passes read it: prompts that several answers have stand once where that changes nothing.
    func read(_ batch: TokenBatch, _ dropout: DropoutKey? = nil) -> TokenBatch {
        objective.looksAtAnswersOnly && model.sharesPrompts(dropout) ? batch.sharingPrompts : batch
    }

    /// Workspace bytes that `accumulateGradients` needs for `rows` token rows; weights and adapters not counted. Never too low.
    /// - Parameter targets: rows that carry loss; nil for all.
    public func predictedBytes(rows: Int, targets: Int? = nil, recomputedBlocks: Int) -> Int {
        model.predictedBytes(
            rows: rows, targets: targets, sharesPrompts: objective.looksAtAnswersOnly,
            recomputedBlocks: recomputedBlocks
        ) {
            _ = try objective.sums($0)
        }
    }

    /// Workspace bytes that `sums` needs for `rows` token rows, all of which carry loss.
    public func predictedEvaluationBytes(rows: Int) -> Int {
        guard objective.looksAtAnswersOnly else { return model.predictedEvaluationBytes(rows: rows) }
        func bytes(_ rows: Int, attended: Int) -> Int {
            model.predictedEvaluationBytes(rows: rows, attended: attended) { _ = try objective.sums($0) }
        }
        return max(bytes(rows, attended: 0), bytes(TokenBatch.mostRows(sharing: rows), attended: rows))
    }
}
