// Losses of pairs of answers, as numbers: a file for each in `Losses`.

/// A loss of which of two answers a model finds more likely.
public protocol PreferenceLoss: Sendable {
    /// Whether a pair's loss depends on the other pairs of its step.
    var seesWholeStep: Bool { get }
    /// The losses of `pairs`, in their order.
    func losses(of pairs: [AnswerPair]) -> [PairLoss]
}

/// A loss of a pair by itself.
public protocol SinglePairLoss: PreferenceLoss {
    func loss(of pair: AnswerPair) -> PairLoss
}

extension SinglePairLoss {
    public var seesWholeStep: Bool { false }
    public func losses(of pairs: [AnswerPair]) -> [PairLoss] { pairs.map(loss) }
}

/// A loss of the margin by which the chosen answer's score exceeds the rejected one's.
protocol MarginLoss: SinglePairLoss {
    var score: RatioScore { get }
    /// Whether an answer's score is divided by its tokens.
    var isPerToken: Bool { get }
    func curve(_ margin: Double) -> Curve
}

extension MarginLoss {
    var isPerToken: Bool { false }

    func loss(of pair: AnswerPair) -> PairLoss {
        let chosen = score(pair.chosen), rejected = score(pair.rejected)
        let curve = curve(chosen.value - rejected.value)
        return PairLoss(
            loss: curve.value, chosenSlope: curve.slope * chosen.slope, rejectedSlope: -curve.slope * rejected.slope)
    }

    private func score(_ answer: ScoredAnswer) -> Curve {
        (isPerToken ? 1 / Double(max(answer.tokens, 1)) : 1) * score.curve(answer.logRatio)
    }
}

/// A loss that is the sum of one of the chosen answer and one of the rejected.
protocol SidedLoss: SinglePairLoss {
    func chosen(_ logRatio: Double) -> Curve
    func rejected(_ logRatio: Double) -> Curve
}

extension SidedLoss {
    func loss(of pair: AnswerPair) -> PairLoss {
        let chosen = chosen(pair.chosen.logRatio), rejected = rejected(pair.rejected.logRatio)
        return PairLoss(
            loss: chosen.value + rejected.value, chosenSlope: chosen.slope, rejectedSlope: rejected.slope)
    }
}

/// Several losses, each counted by its weight.
struct WeightedLosses: PreferenceLoss {
    let parts: [(weight: Double, loss: any PreferenceLoss)]

    var seesWholeStep: Bool { parts.contains { $0.loss.seesWholeStep } }

    func losses(of pairs: [AnswerPair]) -> [PairLoss] {
        var sums = pairs.map { _ in PairLoss(loss: 0, chosenSlope: 0, rejectedSlope: 0) }
        for (weight, loss) in parts {
            for (place, found) in loss.losses(of: pairs).enumerated() { sums[place] = sums[place] + weight * found }
        }
        return sums
    }
}
