// The numbers that losses of preferences are of: what a model and its reference say of answers.

/// What is said of one answer.
public struct ScoredAnswer: Sendable, Equatable {
    /// log π: of its tokens together, each counted as the objective counts it.
    public var policy: Double
    /// The same of the reference; 0 where there is none.
    public var reference: Double
    /// How many tokens it has.
    public var tokens: Int

    public init(policy: Double, reference: Double = 0, tokens: Int) {
        self.policy = policy
        self.reference = reference
        self.tokens = tokens
    }

    /// How much more likely the model finds it than the reference does, as a logarithm.
    public var logRatio: Double { policy - reference }
}

/// Two answers after the same prompt.
public struct AnswerPair: Sendable, Equatable {
    /// The better one.
    public var chosen: ScoredAnswer
    public var rejected: ScoredAnswer

    public init(chosen: ScoredAnswer, rejected: ScoredAnswer) {
        self.chosen = chosen
        self.rejected = rejected
    }
}

/// The loss of a pair, and its slopes by what the model says of the two answers.
public struct PairLoss: Sendable, Equatable {
    public var loss: Double
    /// ∂ loss / ∂ log π of the chosen answer.
    public var chosenSlope: Double
    /// ∂ loss / ∂ log π of the rejected answer.
    public var rejectedSlope: Double

    public init(loss: Double, chosenSlope: Double, rejectedSlope: Double) {
        self.loss = loss
        self.chosenSlope = chosenSlope
        self.rejectedSlope = rejectedSlope
    }

    static func + (left: PairLoss, right: PairLoss) -> PairLoss {
        PairLoss(
            loss: left.loss + right.loss, chosenSlope: left.chosenSlope + right.chosenSlope,
            rejectedSlope: left.rejectedSlope + right.rejectedSlope)
    }

    static func * (factor: Double, loss: PairLoss) -> PairLoss {
        PairLoss(
            loss: factor * loss.loss, chosenSlope: factor * loss.chosenSlope, rejectedSlope: factor * loss.rejectedSlope
        )
    }
}
