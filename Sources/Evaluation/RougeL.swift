// ROUGE-L (Lin, "ROUGE: A Package for Automatic Evaluation of Summaries", 2004) with the tokens of Google's `rouge_score`,
// stemmer off: lower case, runs of a–z and 0–9. Other scripts have no tokens there and score 0 here too.

/// The F1 of the longest common subsequence of answer and reference.
public enum RougeL {
    /// The score of one pair in 0...1; 0 where either has no token.
    public static func score(answer: String, reference: String) -> Double {
        let (answer, reference) = (tokens(answer), tokens(reference))
        guard !answer.isEmpty, !reference.isEmpty else { return 0 }
        let common = Double(longestCommonSubsequence(answer, reference))
        let precision = common / Double(answer.count)
        let recall = common / Double(reference.count)
        return precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0
    }

    /// The mean over a corpus; nil for none.
    public static func score(answers: [String], references: [String]) -> Double? {
        precondition(answers.count == references.count)
        guard !answers.isEmpty else { return nil }
        return zip(answers, references).reduce(0) { $0 + score(answer: $1.0, reference: $1.1) } / Double(answers.count)
    }

    static func tokens(_ text: String) -> [[UInt8]] {
        text.lowercased().utf8
            .split { !(UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0) }
            .map(Array.init)
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
