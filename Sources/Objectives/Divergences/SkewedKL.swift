// The skewed Kullback–Leibler divergence (Ko et al., "DistiLLM: Towards Streamlined Distillation for Large Language Models", 2024,
// equation 4).

extension Divergence {
    /// KL(T ‖ α·T + (1 − α)·S): forward KL whose gradient stays bounded where the student rules out what the teacher may say.
    public static func skewedKL(alpha: Double) -> Divergence {
        Divergence(teacherShare: alpha, teacherWeight: 1, studentWeight: 0)
    }
}
