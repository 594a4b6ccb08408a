// Several answers to one prompt: which of them the others bear out (self-consistency; Wang et al., 2022).

internal import Evaluation
package import Recipes

/// The answer that stands for all, and how far the others agree with it.
package struct SampleAgreement: Equatable {
    package let index: Int
    /// From 0 to 1.
    package let share: Double

    /// `nil` where there is no answer, or all are to be kept.
    package init?(_ answers: [String], by rule: AgreementRule) {
        let votes: [Double]
        switch rule {
        case .none: return nil
        case .exact:
            votes = answers.map { answer in
                Double(answers.count { ExactMatch.matches($0, answer) }) / Double(answers.count)
            }
        case .rougeL: votes = Self.likeness(answers)
        }
        // The first of equals: nothing hangs on the order of draws but their numbers.
        guard let best = votes.indices.max(by: { (votes[$0], $1) < (votes[$1], $0) }) else { return nil }
        (index, share) = (best, votes[best])
    }

    /// Of each answer, the mean ROUGE-L with the others; one alone agrees with itself.
    private static func likeness(_ answers: [String]) -> [Double] {
        guard answers.count > 1 else { return answers.map { _ in 1 } }
        let units = TextUnits(fitting: answers)
        return answers.indices.map { one in
            let scores = answers.indices.filter { $0 != one }.map {
                RougeL.score(answer: answers[one], reference: answers[$0], units: units)
            }
            return scores.reduce(0, +) / Double(scores.count)
        }
    }
}
