// Contrastive preference optimisation (Xu et al., "Contrastive Preference Optimization: Pushing the Boundaries of LLM Performance in Machine
// Translation", 2024): DPO's loss without a reference, beside the likelihood of the chosen answer.

import Foundation
import Recipes

extension PairPreference {
    /// CPO as a recipe has it.
    static func cpo(_ train: TrainSection) -> PairPreference {
        let settings = train.preferences, beta = train.beta, score = RatioScore(alphaPO: settings.alpha)
        let type = train.weightedLossTypes.first?.type ?? .sigmoid
        let loss: any PreferenceLoss =
            switch type {
            case .hinge: HingeLoss(beta: beta, score: score)
            case .ipo: IPOLoss(beta: beta, score: score, isPerToken: false)
            default: SigmoidLoss(beta: beta, score: score, smoothing: settings.labelSmoothing ?? 0)
            }
        return PairPreference(
            loss, against: nil, weighting: type == .ipo ? .mean : .sum,
            likelihood: Likelihood(weight: settings.cpoAlpha ?? 1)
        ) { beta * score.curve($0).value }
    }
}

extension RatioScore {
    /// AlphaPO's rewards, (1 − p^−α) / α of log p; log p where α is 0 (Gupta et al., "AlphaPO: Reward Shape Matters for LLM Alignment",
    /// 2025).
    init(alphaPO alpha: Double) {
        // (p^(a − 1) − 1) / (a − 1) with a = 1 − α.
        self.init(alpha == 0 ? .reverseKL : .alpha, alpha: 1 - alpha)
    }
}
