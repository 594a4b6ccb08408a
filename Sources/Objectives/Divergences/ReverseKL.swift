// The reverse Kullback–Leibler divergence (Gu et al., "MiniLLM: Knowledge Distillation of Large Language Models", 2023).

extension Divergence {
    /// KL(S ‖ T): the student is to say nothing that the teacher would not, even if it is only a part of what the teacher may say.
    public static let reverseKL = Divergence(teacherShare: 1, teacherWeight: 0, studentWeight: 1)
}
