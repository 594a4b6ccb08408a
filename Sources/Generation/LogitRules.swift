// What is done to logits before a token is chosen of them: penalties for what was said, and biases.

/// Changes of logits that follow from the tokens before, in this order: the penalty for repeating, those for presence and frequency,
/// biases.
public struct LogitRules: Sendable, Equatable {
    /// Divides positive and multiplies negative logits of tokens that prompt or answer hold, as transformers has it; 1 for none.
    public var repetitionPenalty: Double
    /// Taken off the logits of tokens that the answer holds, as OpenAI has it; 0 for none.
    public var presencePenalty: Double
    /// Taken off for each time that the answer holds the token; 0 for none.
    public var frequencyPenalty: Double
    /// Added to the logits of tokens; minus infinity forbids one.
    public var bias: [Int32: Float]

    public init(
        repetitionPenalty: Double = 1, presencePenalty: Double = 0, frequencyPenalty: Double = 0,
        bias: [Int32: Float] = [:]
    ) {
        precondition(repetitionPenalty > 0 && repetitionPenalty.isFinite)
        precondition(presencePenalty.isFinite && frequencyPenalty.isFinite)
        precondition(bias.values.allSatisfy { $0 < .infinity }, "a bias is a number, or minus infinity")
        self.repetitionPenalty = repetitionPenalty
        self.presencePenalty = presencePenalty
        self.frequencyPenalty = frequencyPenalty
        self.bias = bias
    }

    /// Whether logits stay as they are.
    public var isIdle: Bool {
        repetitionPenalty == 1 && presencePenalty == 0 && frequencyPenalty == 0 && bias.isEmpty
    }

    /// Changes `logits` `[V]` for what comes after `said`.
    func apply(to logits: UnsafeMutableBufferPointer<Float>, after said: SaidTokens) {
        if repetitionPenalty != 1 {
            let penalty = Float(repetitionPenalty)
            for id in said.all {
                let logit = logits[Int(id)]
                logits[Int(id)] = logit < 0 ? logit * penalty : logit / penalty
            }
        }
        if presencePenalty != 0 || frequencyPenalty != 0 {
            for (id, count) in said.counts {
                logits[Int(id)] -= Float(presencePenalty) + Float(frequencyPenalty) * Float(count)
            }
        }
        for (id, bias) in bias { logits[Int(id)] += bias }
    }
}

/// What a sequence holds so far. In no order: each token is changed by itself.
struct SaidTokens {
    /// Of prompt and answer.
    private(set) var all: Set<Int32>
    /// How often the answer holds each of its tokens.
    private(set) var counts: [Int32: Int] = [:]

    init(prompt: [Int32]) { all = Set(prompt) }

    mutating func add(_ id: Int32) {
        all.insert(id)
        counts[id, default: 0] += 1
    }
}
