// Melnyk et al., "Distributional Preference Alignment of LLMs via Optimal Transport", 2024.

/// The sigmoid loss of the distributions of a step's rewards: the n-th lowest is held against the n-th lowest, whichever pairs they
/// are of.
struct AOTLoss: PreferenceLoss {
    let beta: Double
    /// Whether chosen answers' log ratios are held against rejected ones'; otherwise pairs' margins against the reference's.
    let isUnpaired: Bool
    let smoothing: Double
    let seesWholeStep = true

    func losses(of pairs: [AnswerPair]) -> [PairLoss] {
        let upper = pairs.map {
            isUnpaired ? $0.chosen.logRatio : $0.chosen.policy - $0.rejected.policy
        }
        let lower = pairs.map {
            isUnpaired ? $0.rejected.logRatio : $0.chosen.reference - $0.rejected.reference
        }
        var losses = pairs.map { _ in PairLoss(loss: 0, chosenSlope: 0, rejectedSlope: 0) }
        for (high, low) in zip(Self.ascending(upper), Self.ascending(lower)) {
            let curve = SigmoidLoss(beta: beta, smoothing: smoothing).curve(upper[high] - lower[low])
            losses[high].loss += curve.value
            losses[high].chosenSlope += curve.slope
            // The reference learns nothing.
            losses[isUnpaired ? low : high].rejectedSlope -= curve.slope
        }
        return losses
    }

    /// The places of `values` from the lowest on; equal ones in their order.
    private static func ascending(_ values: [Double]) -> [Int] {
        values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    }
}
