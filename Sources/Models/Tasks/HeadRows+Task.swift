// What the head of a task gives for the rows that it reads, and the way back from there.

import Kernels
import Tensors

extension HeadRows {
    /// The task's head in this pass; nil where there is none.
    public var taskHead: TaskHead? { context.adapters.task }

    /// What was to be found, one list for each example of the batch.
    public var wanted: [[Float]] { batch.wanted }

    /// Hands what the task's head gives for each row to `rule`, in their order; then goes back from the slopes that it leaves. Nothing
    /// is handed over where only memory is counted.
    ///
    /// - Parameter goesBack: whether `gradient` becomes that of the loss, and the head's own gradients are added to.
    /// - Throws: `ModelError` where the pass has no head of a task.
    /// - Precondition: there is a `gradient` where something goes back.
    public func forEachAnswer(goesBack: Bool, _ rule: (TaskAnswer) -> Void) throws {
        guard let head = taskHead else { throw ModelError.noTaskHead }
        precondition(gradient != nil || !goesBack, "this pass does not go back")
        context.workspace.scoped {
            let states = context.residual(rows: rows.count, columns: hidden.columns)
            let answers = context.residual(rows: rows.count, columns: head.outputs)
            let slopes = goesBack ? context.residual(rows: rows.count, columns: head.outputs) : nil
            guard context.measures || !rows.isEmpty else { return }
            context.compute { Conversion.convert(hidden, into: states) }
            context.workspace.scoped { head.forward(states, into: answers, context) }
            context.compute {
                if let slopes { Elements.fill(slopes) }
                for row in rows.indices {
                    rule(
                        TaskAnswer(
                            row: row, values: UnsafeBufferPointer(answers.rows(row..<row + 1).floats),
                            slopes: slopes?.rows(row..<row + 1).floats))
                }
            }
            guard let slopes, let gradient else { return }
            context.workspace.scoped { head.backward(slopes, states: states, into: gradient, context) }
        }
    }
}

/// What a task's head gives for one row; valid while the row is handed over.
public struct TaskAnswer {
    /// Among the rows that are handed over, from 0.
    public let row: Int
    /// `[L]`.
    public let values: UnsafeBufferPointer<Float>
    /// `[L]`, zeros to be filled in with the loss's slopes; nil where nothing goes back.
    public let slopes: UnsafeMutableBufferPointer<Float>?
}
