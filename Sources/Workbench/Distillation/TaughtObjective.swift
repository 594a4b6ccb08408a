// What a recipe's student learns where there is a teacher.

internal import Objectives
internal import Recipes

extension DistillSection {
    /// How far the student is from its teacher, as the recipe measures it.
    var divergence: Divergence {
        switch loss {
        case .forwardKL: .forwardKL
        case .reverseKL: .reverseKL
        case .jensenShannon: .jensenShannon(beta: beta)
        case .skewedKL: .skewedKL(alpha: alpha)
        }
    }

    /// What is learnt from `teacher`.
    /// - Parameter match: what holds hidden states against its own; nil where they are not looked at.
    func objective(from teacher: any TeacherSource, matching match: HiddenMatch? = nil) throws -> any Objective {
        let objective = try Distillation(
            from: teacher, by: divergence, temperature: temperature, crossEntropyShare: crossEntropy)
        return match.map { objective.matching($0, weight: hidden) } ?? objective
    }
}

extension Session {
    /// `teacher` as the recipe has the student learn from it: itself, or the file of what it says, which need not be there yet.
    func source(of teacher: Teacher) throws -> any TeacherSource {
        recipe.distill.source.isCaptured ? try capturedTeacher(teacher) : teacher.online
    }
}
