// ROUGE-L (Lin, "ROUGE: A Package for Automatic Evaluation of Summaries", 2004).

/// The F1 of the longest common subsequence of answer and reference.
public enum RougeL {
    /// The score of one pair in 0...1; 0 where either has no token.
    public static func score(answer: String, reference: String, units: TextUnits = .words) -> Double {
        let (answer, reference) = (RougeTokens.tokens(answer, units), RougeTokens.tokens(reference, units))
        guard !answer.isEmpty, !reference.isEmpty else { return 0 }
        return RougeTokens.f1(
            common: longestCommonSubsequence(answer, reference), answer: answer.count, reference: reference.count)
    }

    /// Whether a text has anything that is compared.
    public static func hasTokens(_ text: String, units: TextUnits) -> Bool {
        !RougeTokens.tokens(text, units).isEmpty
    }

    private static func longestCommonSubsequence(_ left: [[UInt8]], _ right: [[UInt8]]) -> Int {
        var row = [Int](repeating: 0, count: right.count + 1)
        for token in left {
            var diagonal = 0
            for (index, other) in right.enumerated() {
                let above = row[index + 1]
                row[index + 1] = token == other ? diagonal + 1 : max(above, row[index])
                diagonal = above
            }
        }
        return row[right.count]
    }
}
