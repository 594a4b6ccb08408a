// The forward Kullback–Leibler divergence, the loss of classical distillation (Hinton et al., "Distilling the Knowledge in a Neural
// Network", 2015).

extension Divergence {
    /// KL(T ‖ S): the student is to expect whatever the teacher may say.
    public static let forwardKL = Divergence(teacherShare: 0, teacherWeight: 1, studentWeight: 0)
}
