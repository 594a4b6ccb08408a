// ROUGE-N (Lin, "ROUGE: A Package for Automatic Evaluation of Summaries", 2004): n-grams that answer and reference share.

/// The F1 of the n-grams of answer and reference.
public enum RougeN {
    /// The score of one pair in 0...1; 0 where either has no n-gram.
    public static func score(_ order: Int, answer: String, reference: String, units: TextUnits = .words) -> Double {
        let answer = nGrams(RougeTokens.tokens(answer, units), order)
        let reference = nGrams(RougeTokens.tokens(reference, units), order)
        return RougeTokens.f1(
            common: commonCount(reference, answer), answer: answer.values.reduce(0, +),
            reference: reference.values.reduce(0, +))
    }
}
