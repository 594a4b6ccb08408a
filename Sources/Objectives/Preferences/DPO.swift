// Direct preference optimisation (Rafailov et al., "Direct Preference Optimization: Your Language Model is Secretly a Reward Model", 2023)
// and the losses that came after it.

import Recipes

extension PairPreference {
    /// DPO with the sigmoid loss: −log σ(β · ((log π(chosen) − log π(rejected)) − (log ref(chosen) − log ref(rejected)))), where log π is
    /// the sum over an answer's tokens, and ref is the model without its adapters: the same weights under another binding.
    public static func dpo(beta: Double) -> PairPreference {
        PairPreference(SigmoidLoss(beta: beta), against: ReferencePolicy()) { beta * $0 }
    }

    /// DPO as a recipe has it.
    static func dpo(_ train: TrainSection) -> PairPreference {
        let settings = train.preferences, beta = train.beta, parts = train.weightedLossTypes
        let losses = parts.filter { $0.type != .sft }.map {
            (weight: $0.weight, loss: $0.type.loss(settings, beta: beta))
        }
        let likelihood = parts.filter { $0.type == .sft }.reduce(settings.rpoAlpha) { $0 + $1.weight }
        return PairPreference(
            losses.count == 1 && losses[0].weight == 1 ? losses[0].loss : WeightedLosses(parts: losses),
            against: ReferencePolicy(),
            weighting: settings.ldAlpha.map { .desensitised(alpha: $0) } ?? .sum,
            likelihood: Likelihood(weight: likelihood)
        ) { beta * $0 }
    }
}

extension LossType {
    /// - Precondition: it is of pairs, and not the likelihood of one answer.
    fileprivate func loss(_ settings: PreferenceSettings, beta: Double) -> any PreferenceLoss {
        let score = RatioScore(settings.divergence, alpha: settings.alphaDivergence)
        let smoothing = settings.labelSmoothing ?? 0
        switch self {
        case .sigmoid: return SigmoidLoss(beta: beta, score: score)
        case .sigmoidNorm: return SigmoidLoss(beta: beta, score: score, isPerToken: true)
        case .hinge: return HingeLoss(beta: beta, score: score)
        case .ipo: return IPOLoss(beta: beta, score: score)
        case .exoPair: return ExactPairLoss(beta: beta, score: score, smoothing: settings.labelSmoothing ?? 1e-3)
        case .robust: return RobustLoss(beta: beta, score: score, smoothing: smoothing)
        case .discopop: return DiscoPOPLoss(beta: beta, score: score, tau: settings.discopopTau)
        case .ncaPair: return NCALoss(beta: beta)
        case .bcoPair: return BCOLoss(beta: beta)
        case .sppoHard: return SPPOLoss(beta: beta)
        case .aot: return AOTLoss(beta: beta, isUnpaired: false, smoothing: smoothing)
        case .aotUnpaired: return AOTLoss(beta: beta, isUnpaired: true, smoothing: smoothing)
        case .apoZero: return APOZeroLoss(beta: beta)
        case .apoDown: return APODownLoss(beta: beta)
        case .sft, .kto, .apoZeroUnpaired, .dapo, .grpo, .bnpo, .drGRPO:
            preconditionFailure("of one answer, and no loss of pairs")
        }
    }
}
