// How much each token of an answer counts in what a model says of the answer.

/// What the log-probability of an answer is made of those of its tokens.
public enum AnswerWeighting: Sendable, Equatable {
    /// All of them together.
    case sum
    /// Their mean.
    case mean
    /// All of them, those by `alpha` in which the longer answer of a pair goes on after the shorter one (Liu et al., "Length
    /// Desensitization in Direct Preference Optimization", 2024).
    case desensitised(alpha: Double)

    /// What the token at `place`, counted from 0, counts.
    /// - Parameters:
    ///   - tokens: of the answer.
    ///   - shared: of the shorter answer of its pair.
    func factor(at place: Int, of tokens: Int, shared: Int) -> Double {
        switch self {
        case .sum: 1
        case .mean: 1 / Double(tokens)
        case .desensitised(let alpha): place < shared ? 1 : alpha
        }
    }
}
