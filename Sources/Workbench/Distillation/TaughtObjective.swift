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
    func objective(from teacher: any TeacherSource) throws -> any Objective {
        try Distillation(from: teacher, by: divergence, temperature: temperature, crossEntropyShare: crossEntropy)
    }
}

extension Session {
    /// `teacher` as the recipe has the student learn from it: itself, or the file of what it says, which need not be there yet.
    func source(of teacher: Teacher) throws -> any TeacherSource {
        recipe.distill.source.isCaptured ? try capturedTeacher(teacher) : teacher.online
    }
}
