// What the rows that carry loss and a teacher's rows come to, over all of the vocabulary.

public import Kernels
import Tensors

extension HeadRows {
    /// How far each row is from the teacher's, and the loss of its target.
    public struct TeacherLosses: Sendable {
        /// At the formula's temperature.
        public let divergences: [Double]
        /// −log p(target), at temperature 1.
        public let crossEntropies: [Double]
    }

    /// Compares each row's predictions with the teacher's, over all tokens that both have.
    ///
    /// - Parameters:
    ///   - teacher: as many rows as these.
    ///   - weights: what the losses of a row count; `gradient` is then that of their sum. Nil: no gradient.
    /// - Returns: zeros where only memory is counted.
    /// - Precondition: there is a `gradient` where there are weights.
    public func losses(
        against teacher: TeacherRows, _ formula: DistillationRows.Formula, weights: DistillationRows.Weights?
    ) -> TeacherLosses {
        precondition(gradient != nil || weights == nil, "this pass does not go back")
        var divergences = [Double](repeating: 0, count: rows.count), crossEntropies = divergences
        let own = DistillationRows.Predictions(hidden, head: head)
        let other = DistillationRows.Predictions(teacher.hidden, head: teacher.head)
        if measures {
            context.workspace.count(bytes: DistillationRows.workspaceBytes(student: own, teacher: other))
        } else if !rows.isEmpty {
            divergences.withUnsafeMutableBufferPointer { divergences in
                crossEntropies.withUnsafeMutableBufferPointer {
                    DistillationRows.run(
                        student: own, teacher: other, formula, targets: targets,
                        losses: .init(divergences: divergences, crossEntropies: $0), weights: weights, into: gradient,
                        workspace: context.workspace)
                }
            }
        }
        return TeacherLosses(divergences: divergences, crossEntropies: crossEntropies)
    }
}
