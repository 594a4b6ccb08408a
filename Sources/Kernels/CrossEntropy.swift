public import Tensors

/// The vocabulary projection and the loss of one target a row, in one: the case of `TokenOutcomes` with one token by name.
///
/// Legend: M rows that carry loss, C width, V vocabulary.
public enum CrossEntropy {
    /// - Parameters:
    ///   - hidden: `[M, C]`, in the type of products.
    ///   - head: `[V, C]`.
    ///   - losses: −log softmax(logits)[target], one a row.
    ///   - isCorrect: whether the target is the most likely token, the first of equals.
    public static func forward(
        _ hidden: Matrix, head: RowLayout, targets: UnsafeBufferPointer<Int32>,
        losses: UnsafeMutableBufferPointer<Float>, isCorrect: UnsafeMutableBufferPointer<Bool>?, workspace: Workspace
    ) {
        run(hidden, head, targets, losses, isCorrect, workspace)
    }

    /// As `forward`, and `dHidden` `[M, C]` fp32 = d(Σ weight · loss) / d`hidden`, a weight a row.
    public static func forwardBackward(
        _ hidden: Matrix, head: RowLayout, targets: UnsafeBufferPointer<Int32>,
        losses: UnsafeMutableBufferPointer<Float>, isCorrect: UnsafeMutableBufferPointer<Bool>?,
        weights: UnsafeBufferPointer<Float>, into dHidden: Matrix, workspace: Workspace
    ) {
        precondition(weights.count == hidden.rows)
        run(hidden, head, targets, losses, isCorrect, workspace, weights: weights, into: dHidden)
    }

    private static func run(
        _ hidden: Matrix, _ head: RowLayout, _ targets: UnsafeBufferPointer<Int32>,
        _ losses: UnsafeMutableBufferPointer<Float>, _ isCorrect: UnsafeMutableBufferPointer<Bool>?,
        _ workspace: Workspace, weights: UnsafeBufferPointer<Float>? = nil, into dHidden: Matrix? = nil
    ) {
        precondition(targets.count == hidden.rows && losses.count == hidden.rows)
        precondition(isCorrect.map { $0.count == hidden.rows } ?? true)
        precondition(targets.allSatisfy { $0 >= 0 }, "a target that is none")
        TokenOutcomes.run(
            hidden, head: head, tokens: SparseRows(targets), gradient: dHidden.map { TokenOutcomes.Gradient($0) },
            workspace: workspace
        ) { row in
            losses[row.index] = -Float(row.logProbabilities[0])
            isCorrect?[row.index] = row.isFirstChoice
            row.slopes[0] = weights.map { -Double($0[row.index]) } ?? 0
            return 0
        }
    }
}
