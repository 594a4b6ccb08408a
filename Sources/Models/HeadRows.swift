// What a pass hands to an objective: the rows that its batch reads, most often those that carry loss, as the head sees them, and
// the head.

public import Kernels
public import Tensors

/// The rows that a pass hands over: those that carry loss, or what else the batch reads.
///
/// Legend: M such rows, C width, V vocabulary.
public struct HeadRows {
    public let batch: TokenBatch
    /// What `batch` is, or is the written part of.
    let whole: TokenBatch
    /// The rows' numbers in the batch, ascending.
    public let rows: [Int32]
    /// `[M, C]`, in the type of products.
    public let hidden: Matrix
    /// Of V tokens.
    public let head: LogitHead
    /// `[M, C]`, fp32, for the gradient of the losses at `hidden`; nil where nothing goes back.
    public let gradient: Matrix?
    /// What there is after the blocks that were asked for, at the same rows.
    public let residuals: [ResidualRows]
    let model: LanguageModel
    let context: PassContext

    /// The losses of the targets.
    ///
    /// - Parameters:
    ///   - weights: what each target's loss counts, one a row; `gradient` is then that of Σ weight · loss. Nil: no gradient.
    ///   - isAdded: whether the gradient is added to what is there.
    ///   - temperature: what logits are divided by.
    /// - Throws: `ModelError` for a loss that is not finite; the gradient is then of no use.
    /// - Precondition: there is a `gradient` where there are weights.
    public func tokenLosses(
        weights: [Float]? = nil, isAdded: Bool = false, temperature: Double = 1
    ) throws -> TokenLosses {
        // Where only memory is counted nothing is looked at, weights neither.
        var found = CrossEntropy(rows: rows.count, weights: measures ? nil : weights)
        forEachRow(
            naming: SparseRows(targets), temperature: temperature, goesBack: weights != nil, isAdded: isAdded
        ) { found.rule($0) }
        let losses = TokenLosses(batch, rows: rows, values: found.losses, isFirstChoice: found.isFirstChoice)
        try checkFinite(losses.sums)
        return losses
    }

    /// Runs `body` with the pass's workspace, for buffers that live no longer.
    public func withWorkspace<Result>(_ body: (Workspace) throws -> Result) rethrows -> Result {
        try context.workspace.scoped { try body(context.workspace) }
    }

    /// Whether only memory is counted: no number may be looked at.
    public var measures: Bool { context.measures }

    /// The tokens to be predicted, one a row; −1 where the batch reads a row for something else.
    public var targets: [Int32] { rows.map { batch.targets[Int($0)] } }

    /// Hands each row's predictions to `rule`, in their order: the log-probabilities of the tokens of `tokens`, and of all others
    /// together. What the loss is of these is `rule`'s affair; it leaves the loss's slope by each. Never is a row as wide as the
    /// vocabulary. Nothing is handed over where only memory is counted.
    ///
    /// - Parameters:
    ///   - tokens: a row for each of `rows`; its values are not read.
    ///   - temperature: what logits are divided by.
    ///   - goesBack: whether `gradient` becomes that of the losses; slopes are otherwise left in vain.
    ///   - isAdded: whether it is added to what is there.
    ///   - rule: returns the slope by the log-probability of the others; 0 where there are none.
    /// - Precondition: there is a `gradient` where something goes back.
    public func forEachRow(
        naming tokens: SparseRows, temperature: Double = 1, goesBack: Bool, isAdded: Bool = false,
        _ rule: (TokenOutcomes.Row) -> Double
    ) {
        guard !context.measures else { return context.workspace.count(bytes: lossBytes(backward: goesBack)) }
        guard !rows.isEmpty else { return }
        precondition(gradient != nil || !goesBack, "this pass does not go back")
        TokenOutcomes.run(
            hidden, head: head, tokens: tokens, scale: Float(1 / temperature),
            gradient: goesBack ? gradient.map { .init($0, isAdded: isAdded) } : nil, workspace: context.workspace, rule)
    }

    /// Σ of the rows' numbers, by example, in row order.
    public func sums(_ values: [Double]) -> [Double] {
        var sums = [Double](repeating: 0, count: batch.exampleCount)
        for (value, example) in zip(values, batch.examples(of: rows)) { sums[example] += value }
        return sums
    }

    /// How many rows there are of each example.
    public var counts: [Int] {
        var counts = [Int](repeating: 0, count: batch.exampleCount)
        for example in batch.examples(of: rows) { counts[example] += 1 }
        return counts
    }

    /// - Parameter sums: of losses, by example.
    /// - Throws: `ModelError` for the first that is not finite, with the layer where it went wrong.
    public func checkFinite(_ sums: [Double]) throws {
        if let example = sums.firstIndex(where: { !$0.isFinite }) {
            throw ModelError.nonFiniteLoss(example: example, firstLayer: model.firstNonFiniteLayer(whole, context))
        }
    }

    /// What the losses take of the workspace, by the kernel's own word.
    private func lossBytes(backward: Bool) -> Int {
        TokenOutcomes.workspaceBytes(
            rows: rows.count, width: hidden.columns, vocabulary: head.rows, type: context.precision,
            backward: backward, training: head.gradient)
    }
}

/// What a model says of the targets of a batch.
public struct TokenLosses: Sendable, Equatable {
    /// −log p(target), natural logarithm, in the order of the rows.
    public let values: [Float]
    /// Σ of these, by example.
    public private(set) var sums: [Double]
    /// Targets, by example.
    public private(set) var counts: [Int]
    /// Targets that are also the most likely token, by example.
    public private(set) var firstChoices: [Int]

    /// Sums over the target rows of `batch`, in row order, in double.
    init(_ batch: TokenBatch, rows: [Int32], values: [Float], isFirstChoice: [Bool]) {
        self.values = values
        sums = Array(repeating: 0, count: batch.exampleCount)
        (counts, firstChoices) = (sums.map { _ in 0 }, sums.map { _ in 0 })
        for (index, example) in batch.examples(of: rows).enumerated() {
            sums[example] += Double(values[index])
            counts[example] += 1
            if isFirstChoice[index] { firstChoices[example] += 1 }
        }
    }
}
