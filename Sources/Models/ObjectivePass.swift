// The seam between a model and what it learns: a micro-batch goes forward, is handed over at the head, and goes back from the
// gradient that was left there.

public import Kernels
public import Tensors

/// What an objective may ask of a model for one micro-batch: the pass that is trained or scored, and passes under other adapters.
///
/// Built over a workspace that only counts, the same passes say what memory they take.
public struct ObjectivePass {
    /// How the pass goes back.
    struct WayBack {
        let gradientScale: Float
        /// How many of the trained blocks, from the lowest up, keep their input only and are run again on the way back.
        let recomputedBlocks: Int
    }

    public let batch: TokenBatch
    let model: LanguageModel
    let context: PassContext
    /// Nil where only losses are asked for.
    let wayBack: WayBack?

    /// What each loss of the batch counts in the gradient: 1 / the weight of the whole optimiser step. Nil where nothing goes back.
    public var gradientScale: Float? { wayBack?.gradientScale }

    /// Whether only memory is counted: the batch is then made up, nothing is computed, and no number may be looked at.
    public var measures: Bool { context.measures }

    /// Runs the batch forward, hands over the rows that carry loss, and goes back from what `body` leaves as their gradient.
    /// - Parameter blocks: after which `body` wants the residual stream, too.
    public func run<Result>(
        residualsAfter blocks: [Int] = [], _ body: (HeadRows) throws -> Result
    ) throws -> Result {
        try context.workspace.scoped {
            let residuals = model.residuals(after: blocks, of: batch, goesBack: wayBack != nil, context)
            guard let wayBack else { return try model.runForward(batch, residuals, context, body) }
            return try model.runForwardBackward(
                batch, residuals, recomputedBlocks: wayBack.recomputedBlocks, context, body)
        }
    }

    /// The losses of the targets under other adapters, without gradients and without dropout.
    /// - Parameter temperature: what logits are divided by.
    public func tokenLosses(under adapters: AdapterBinding, temperature: Double = 1) throws -> TokenLosses {
        var context = context
        (context.adapters, context.dropout) = (adapters, nil)
        return try model.runForward(batch, [], context) { try $0.tokenLosses(temperature: temperature) }
    }

    /// The losses of the targets under other adapters, without gradients and without dropout, and what the head got of the rows
    /// that carry loss, which lies in the pass's workspace while `body` runs.
    public func withTokenLosses<Result>(
        under adapters: AdapterBinding, _ body: (TokenLosses, TeacherRows) throws -> Result
    ) throws -> Result {
        var context = context
        (context.adapters, context.dropout) = (adapters, nil)
        return try context.workspace.scoped {
            let hidden = context.activations(rows: batch.targetCount, columns: model.configuration.width)
            let losses = try model.runForward(batch, [], context) { rows in
                context.compute { hidden.pointer.copyMemory(from: rows.hidden.pointer, byteCount: hidden.byteCount) }
                return try rows.tokenLosses()
            }
            let head = model.head(adapters, measures: context.measures)
            return try body(losses, TeacherRows(hidden: hidden, head: head, residuals: []))
        }
    }

    /// The losses of the targets of another batch, without gradients and without dropout.
    /// - Parameter adapters: nil: those of the pass.
    /// - Throws: `ModelError` for a token that the model does not have.
    public func tokenLosses(of batch: TokenBatch, under adapters: AdapterBinding? = nil) throws -> TokenLosses {
        try model.checkTokens(batch)
        var context = context
        (context.adapters, context.dropout) = (adapters ?? context.adapters, nil)
        return try model.runForward(batch, [], context) { try $0.tokenLosses() }
    }

    /// Runs a batch through a model that is not trained, without gradients and without dropout. What its head would get of the rows
    /// that carry loss lies in this pass's workspace while `body` runs.
    /// - Parameters:
    ///   - model: this one too, under other adapters.
    ///   - batch: what that model reads, where it is not what this one does: the same targets, one after the other.
    ///   - blocks: after which its residual stream is wanted, too.
    /// - Throws: `ModelError` for a token that the model does not have.
    public func withTeacher<Result>(
        _ teacher: LanguageModel, under adapters: AdapterBinding, reading batch: TokenBatch? = nil,
        residualsAfter blocks: [Int] = [], _ body: (TeacherRows) throws -> Result
    ) throws -> Result {
        let batch = batch ?? self.batch
        precondition(
            batch.targets.filter { $0 >= 0 } == self.batch.targets.filter { $0 >= 0 }, "a teacher of other targets")
        try teacher.checkTokens(batch)
        let workspace = context.workspace
        var teaching = teacher.context(workspace)
        teaching.adapters = adapters
        return try workspace.scoped {
            let hidden = teaching.activations(rows: batch.targetCount, columns: teacher.configuration.width)
            let residuals = teacher.residuals(after: blocks, of: batch, goesBack: false, teaching)
            try teacher.runForward(batch, residuals, teaching) { rows in
                teaching.compute { hidden.pointer.copyMemory(from: rows.hidden.pointer, byteCount: hidden.byteCount) }
            }
            let head = teacher.head(adapters, measures: teaching.measures)
            return try body(TeacherRows(hidden: hidden, head: head, residuals: residuals))
        }
    }
}

/// What a teacher's head gets, and the head: its predictions, before they are as wide as the vocabulary.
///
/// Legend: M rows that carry loss, C the teacher's width, V its vocabulary.
public struct TeacherRows {
    /// `[M, C]`, in the type of the teacher's products.
    public let hidden: Matrix
    /// Of V tokens.
    public let head: LogitHead
    /// What it has after the blocks that were asked for.
    public let residuals: [ResidualRows]
}

extension LanguageModel {
    /// Room for the residual stream after `blocks`.
    fileprivate func residuals(
        after blocks: [Int], of batch: TokenBatch, goesBack: Bool, _ context: PassContext
    ) -> [ResidualRows] {
        precondition(blocks.allSatisfy(self.blocks.indices.contains), "a block that there is not")
        return blocks.map {
            ResidualRows(
                after: $0, rows: batch.readRows.count, width: configuration.width, goesBack: goesBack, context)
        }
    }

    /// A pass of `batch` without gradients.
    /// - Parameter dropout: where the adapters' masks come from; nil: nothing is dropped.
    /// - Throws: `ModelError` for a token that the model does not have.
    public func pass(_ batch: TokenBatch, workspace: Workspace, dropout: DropoutKey? = nil) throws -> ObjectivePass {
        try checkTokens(batch)
        return ObjectivePass(batch: batch, model: self, context: context(workspace, dropout: dropout), wayBack: nil)
    }

    /// A pass of `batch` that adds to the gradients of the model's adapters.
    /// - Parameters:
    ///   - gradientScale: 1 / the weight of the whole optimiser step.
    ///   - recomputedBlocks: how many of the trained blocks, from the lowest up, keep their input only and are run again on the
    ///     way back; same gradients.
    ///   - dropout: where the adapters' masks come from.
    /// - Throws: `ModelError` for a token that the model does not have.
    public func trainingPass(
        _ batch: TokenBatch, gradientScale: Float, recomputedBlocks: Int, workspace: Workspace, dropout: DropoutKey
    ) throws -> ObjectivePass {
        try checkTokens(batch)
        return ObjectivePass(
            batch: batch, model: self, context: context(workspace, dropout: dropout),
            wayBack: .init(gradientScale: gradientScale, recomputedBlocks: recomputedBlocks))
    }

    /// The losses of the targets of `batch`, without gradients.
    /// - Throws: `ModelError` for a token that the model does not have, and for a loss that is not finite.
    public func tokenLosses(_ batch: TokenBatch, workspace: Workspace) throws -> TokenLosses {
        try pass(batch, workspace: workspace).run { try $0.tokenLosses() }
    }
}
