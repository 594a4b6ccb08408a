import CKernels
public import Tensors

/// The vocabulary projection and its loss in one: logits live only for a chunk of rows, never for all `[M, V]`.
///
/// Legend: M rows that carry loss, C width, V vocabulary.
public enum CrossEntropy {
    /// The most bytes of logits at once.
    private static let chunkBytes = 48 << 20

    /// Rows in one chunk, a multiple of `Workspace.rowPadding` where more than that fit.
    public static func chunkRows(vocabulary: Int) -> Int {
        let rows = chunkBytes / (4 * max(vocabulary, 1))
        return rows >= 256 ? rows / 256 * 256 : max(32, rows / 32 * 32)
    }

    /// Bytes taken from the workspace by `rows` rows.
    public static func workspaceBytes(rows: Int, vocabulary: Int, type: ElementType, backward: Bool) -> Int {
        let chunk = (min(rows, chunkRows(vocabulary: vocabulary)) + 31) / 32 * 32
        return chunk * vocabulary * (backward && type == .bf16 ? 6 : 4)
    }

    /// - Parameters:
    ///   - hidden: `[M, C]`, of the head's type.
    ///   - head: `[V, C]`.
    ///   - losses: −log softmax(logits)[target], one a row.
    ///   - isCorrect: whether the target is the most likely token.
    public static func forward(
        _ hidden: Matrix, head: Matrix, targets: UnsafeBufferPointer<Int32>, losses: UnsafeMutableBufferPointer<Float>,
        isCorrect: UnsafeMutableBufferPointer<Bool>?, workspace: Workspace
    ) {
        check(hidden, head, targets, losses, isCorrect)
        workspace.scoped {
            inChunks(hidden, head: head, workspace: workspace) { rows, logits in
                parallel(rows.count) { index, _ in
                    let row = rows.lowerBound + index
                    losses[row] = lathe_cross_entropy(
                        logits.row(index).assumingMemoryBound(to: Float.self), head.rows, targets[row],
                        isCorrect?.baseAddress.map { $0 + row })
                }
            }
        }
    }

    /// As `forward`, and `dHidden` `[M, C]` fp32 = d(Σ loss · `gradientScale`) / d`hidden`.
    public static func forwardBackward(
        _ hidden: Matrix, head: Matrix, targets: UnsafeBufferPointer<Int32>, losses: UnsafeMutableBufferPointer<Float>,
        isCorrect: UnsafeMutableBufferPointer<Bool>?, gradientScale: Float, into dHidden: Matrix, workspace: Workspace
    ) {
        check(hidden, head, targets, losses, isCorrect)
        precondition(dHidden.rows == hidden.rows && dHidden.columns == hidden.columns && dHidden.type == .f32)
        workspace.scoped {
            let chunk = min(hidden.rows, chunkRows(vocabulary: head.rows))
            let halves = head.type == .bf16 ? workspace.matrix(rows: chunk, columns: head.rows, type: .bf16) : nil
            inChunks(hidden, head: head, workspace: workspace) { rows, logits in
                let gradient = (halves ?? logits).rows(0..<rows.count)
                parallel(rows.count) { index, _ in
                    let row = rows.lowerBound + index
                    losses[row] = lathe_cross_entropy_gradient(
                        logits.row(index).assumingMemoryBound(to: Float.self), head.rows, targets[row], gradientScale,
                        isCorrect?.baseAddress.map { $0 + row }, gradient.row(index), gradient.type.c)
                }
                Products.times(gradient, head, into: dHidden.rows(rows))
            }
        }
    }

    private static func inChunks(
        _ hidden: Matrix, head: Matrix, workspace: Workspace, _ body: (_ rows: Range<Int>, _ logits: Matrix) -> Void
    ) {
        let chunk = min(hidden.rows, chunkRows(vocabulary: head.rows))
        let buffer = workspace.matrix(rows: chunk, columns: head.rows)
        for start in stride(from: 0, to: hidden.rows, by: max(chunk, 1)) {
            let rows = start..<min(start + chunk, hidden.rows)
            let logits = buffer.rows(0..<rows.count)
            Products.timesTransposed(hidden.rows(rows), head, into: logits)
            body(rows, logits)
        }
    }

    private static func check(
        _ hidden: Matrix, _ head: Matrix, _ targets: UnsafeBufferPointer<Int32>,
        _ losses: UnsafeMutableBufferPointer<Float>,
        _ isCorrect: UnsafeMutableBufferPointer<Bool>?
    ) {
        precondition(hidden.columns == head.columns && hidden.type == head.type && head.rows > 0)
        precondition(targets.count == hidden.rows && losses.count == hidden.rows)
        precondition(isCorrect.map { $0.count == hidden.rows } ?? true)
        for target in targets {
            precondition(target >= 0 && Int(target) < head.rows, "target \(target) of \(head.rows)")
        }
    }
}
