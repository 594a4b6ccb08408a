// What the head of a task gives for the rows that it reads, and the way back from there.

import Kernels
import Tensors

extension HeadRows {
    /// The task's head in this pass; nil where there is none.
    public var taskHead: TaskHead? { context.adapters.task }

    /// What was to be found, one list for each example of the batch.
    public var wanted: [[Float]] { batch.wanted }

    /// Hands what the task's head gives for each text, or for each row of a head of words, to `rule`, in their order; then goes back
    /// from the slopes that it leaves. Nothing is handed over where only memory is counted.
    ///
    /// - Parameter goesBack: whether `gradient` becomes that of the loss, and the head's own gradients are added to.
    /// - Throws: `ModelError` where the pass has no head of a task, or one of which a layer is missing.
    /// - Precondition: there is a `gradient` where something goes back.
    public func forEachAnswer(goesBack: Bool, _ rule: (TaskAnswer) -> Void) throws {
        guard let head = taskHead else { throw ModelError.noTaskHead }
        precondition(gradient != nil || !goesBack, "this pass does not go back")
        let chain = head.constant == nil ? try HeadChain(head, on: model) : nil
        context.workspace.scoped {
            // Where only memory is counted, there may be as many texts as rows.
            let isMean = chain?.pooling == .mean
            precondition(measures || !isMean || rows.count == batch.rowCount, "a mean of some rows of a text")
            let count = isMean && !measures ? batch.exampleCount : rows.count
            let states = context.residual(rows: count, columns: hidden.columns)
            let pass = chain?.begin(states, goesBack: goesBack, context)
            let answers = pass?.answers ?? context.residual(rows: count, columns: head.outputs)
            let slopes = goesBack ? context.residual(rows: count, columns: head.outputs) : nil
            guard measures || !rows.isEmpty else { return }
            context.compute {
                if isMean {
                    RowMeans.forward(hidden, bounds: batch.bounds, into: states)
                } else {
                    Conversion.convert(hidden, into: states)
                }
            }
            if let pass { pass.forward() } else { head.fill(answers, context) }
            context.compute {
                if let slopes { Elements.fill(slopes) }
                for row in 0..<count {
                    rule(
                        TaskAnswer(
                            row: row, values: UnsafeBufferPointer(answers.rows(row..<row + 1).floats),
                            slopes: slopes?.rows(row..<row + 1).floats))
                }
            }
            guard let slopes, let gradient else { return }
            goBack(pass, slopes, isMean: isMean, into: gradient)
        }
    }

    private func goBack(_ pass: HeadPass?, _ slopes: Matrix, isMean: Bool, into gradient: Matrix) {
        guard let pass else { return context.compute { Elements.fill(gradient) } }
        guard isMean else { return pass.backward(slopes, into: gradient) }
        let dStates = context.residual(rows: slopes.rows, columns: gradient.columns)
        pass.backward(slopes, into: dStates)
        context.compute { RowMeans.backward(dStates, bounds: batch.bounds, into: gradient) }
    }
}

extension TaskHead {
    /// The same answers in each row.
    fileprivate func fill(_ answers: Matrix, _ context: PassContext) {
        context.compute {
            Elements.fill(answers)
            if let constant { Elements.addBias(constant.matrix, to: answers) }
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
