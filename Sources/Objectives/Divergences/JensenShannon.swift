// The generalised Jensen–Shannon divergence (Agarwal et al., "On-Policy Distillation of Language Models: Learning from
// Self-Generated Mistakes", 2023, equation 1).

extension Divergence {
    /// β · KL(T ‖ M) + (1 − β) · KL(S ‖ M) with M = β·T + (1 − β)·S. At the ends, where that is zero whatever the student says, it is
    /// what it becomes of ever smaller shares: forward KL at β = 0, reverse KL at β = 1, as in TRL.
    public static func jensenShannon(beta: Double) -> Divergence {
        switch beta {
        case 0: .forwardKL
        case 1: .reverseKL
        default: Divergence(teacherShare: beta, teacherWeight: beta, studentWeight: 1 - beta)
        }
    }
}
