// What a pass hands to an objective: the rows that carry loss, as the head sees them, and the head.

import Kernels
public import Tensors

/// The rows of a pass that carry loss.
///
/// Legend: M such rows, C width, V vocabulary.
public struct HeadRows {
    public let batch: TokenBatch
    /// The rows' numbers in the batch, ascending.
    public let rows: [Int32]
    /// `[M, C]`, in the type of products.
    public let hidden: Matrix
    /// `[V, C]`.
    public let head: FrozenTensor
    /// `[M, C]`, fp32, for the gradient of the losses at `hidden`; nil where nothing goes back.
    public let gradient: Matrix?
    let model: LanguageModel
    let context: PassContext

    /// The losses of the targets.
    ///
    /// - Parameter weights: what each target's loss counts, one a row; `gradient` is then that of Σ weight · loss. Nil: no gradient.
    /// - Throws: `ModelError` for a loss that is not finite; the gradient is then of no use.
    /// - Precondition: there is a `gradient` where there are weights.
    public func tokenLosses(weights: [Float]? = nil) throws -> TokenLosses {
        let targets = rows.map { batch.targets[Int($0)] }
        var values = [Float](repeating: 0, count: rows.count)
        var isFirstChoice = [Bool](repeating: false, count: rows.count)
        if context.measures {
            context.workspace.count(bytes: lossBytes(backward: weights != nil))
        } else if !rows.isEmpty {
            targets.withUnsafeBufferPointer { targets in
                values.withUnsafeMutableBufferPointer { values in
                    isFirstChoice.withUnsafeMutableBufferPointer { compute(targets, values, $0, weights) }
                }
            }
        }
        let losses = TokenLosses(batch, rows: rows, values: values, isFirstChoice: isFirstChoice)
        if let example = losses.sums.firstIndex(where: { !$0.isFinite }) {
            throw ModelError.nonFiniteLoss(
                example: example, firstLayer: model.firstNonFiniteLayer(batch, context))
        }
        return losses
    }

    private func compute(
        _ targets: UnsafeBufferPointer<Int32>, _ values: UnsafeMutableBufferPointer<Float>,
        _ isFirstChoice: UnsafeMutableBufferPointer<Bool>, _ weights: [Float]?
    ) {
        guard let weights else {
            return CrossEntropy.forward(
                hidden, head: RowLayout(head), targets: targets, losses: values, isCorrect: isFirstChoice,
                workspace: context.workspace)
        }
        guard let gradient else { preconditionFailure("this pass does not go back") }
        weights.withUnsafeBufferPointer {
            CrossEntropy.forwardBackward(
                hidden, head: RowLayout(head), targets: targets, losses: values, isCorrect: isFirstChoice,
                weights: $0, into: gradient, workspace: context.workspace)
        }
    }

    /// What the losses take of the workspace, by the kernel's own word.
    private func lossBytes(backward: Bool) -> Int {
        CrossEntropy.workspaceBytes(
            rows: rows.count, width: hidden.columns, vocabulary: head.shape[0], type: context.precision,
            backward: backward)
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
        var example = 0
        for (index, row) in rows.enumerated() {
            while Int(row) >= batch.bounds[example + 1] { example += 1 }
            sums[example] += Double(values[index])
            counts[example] += 1
            if isFirstChoice[index] { firstChoices[example] += 1 }
        }
    }
}
