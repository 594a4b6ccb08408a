// How far a student's predictions are from a teacher's: the one formula of which the divergences beside this file are cases.

import Foundation
public import Kernels

/// A divergence between two distributions, the teacher's T and the student's S: with the mixture M = w·T + (1 − w)·S,
///
/// x · KL(T ‖ M) + y · KL(S ‖ M).
public struct Divergence: Sendable, Equatable {
    /// w: the teacher's share of the mixture.
    let teacherShare: Double
    /// x: what the divergence of the teacher from the mixture counts.
    let teacherWeight: Double
    /// y: what that of the student counts.
    let studentWeight: Double

    /// Whether its gradient is linear in the teacher's probabilities: then it can be learnt from samples of them.
    public var isLinearInTeacher: Bool { teacherShare == 0 && studentWeight == 0 }

    /// The same, for whole rows of logits.
    public func formula(temperature: Double) -> DistillationRows.Formula {
        DistillationRows.Formula(
            teacherShare: teacherShare, teacherWeight: teacherWeight, studentWeight: studentWeight,
            temperature: temperature)
    }

    /// What one outcome adds, and the slope of it by the student's log-probability: forward beside backward.
    ///
    /// The slope is that of s · ∂/∂s; by a logit it is what is left of it once p · Σ slopes is taken off.
    /// - Parameters:
    ///   - student: log S of the outcome.
    ///   - teacher: log T of it; −∞ where the teacher rules it out.
    public func outcome(student: Double, teacher: Double) -> (loss: Double, slope: Double) {
        let (s, t) = (exp(student), exp(teacher))
        let mixture = mixture(student: student, teacher: teacher)
        let ofTeacher = t > 0 && teacherWeight > 0 ? t * (teacher - mixture) : 0
        let ofStudent = s > 0 && studentWeight > 0 ? s * (student - mixture) : 0
        // (1 − w)·S / M: what of the mixture is the student's.
        let share = teacherShare < 1 ? exp(log1p(-teacherShare) + student - mixture) : 0
        return (
            teacherWeight * ofTeacher + studentWeight * ofStudent,
            studentWeight * (ofStudent + s * (1 - share)) - teacherWeight * t * share
        )
    }

    /// log M of an outcome.
    private func mixture(student: Double, teacher: Double) -> Double {
        if teacherShare == 0 { return student }
        if teacherShare == 1 { return teacher }
        let (left, right) = (log1p(-teacherShare) + student, log(teacherShare) + teacher)
        return max(left, right) + log1p(exp(-abs(left - right)))
    }
}
