// ROUGE-L (Lin, "ROUGE: A Package for Automatic Evaluation of Summaries", 2004) with the tokens of Google's `rouge_score`,
// stemmer off: lower case, runs of a–z and 0–9. In words of any script, runs of all letters, their marks and digits; in characters,
// each letter of a script without spaces is a token of its own beside a–z and 0–9.

/// The F1 of the longest common subsequence of answer and reference.
public enum RougeL {
    /// The score of one pair in 0...1; 0 where either has no token.
    public static func score(answer: String, reference: String, units: TextUnits = .words) -> Double {
        let (answer, reference) = (tokens(answer, units), tokens(reference, units))
        guard !answer.isEmpty, !reference.isEmpty else { return 0 }
        let common = Double(longestCommonSubsequence(answer, reference))
        let precision = common / Double(answer.count)
        let recall = common / Double(reference.count)
        return precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0
    }

    static func tokens(_ text: String, _ units: TextUnits) -> [[UInt8]] {
        var tokens: [[UInt8]] = []
        var word: [UInt8] = []
        func endWord() {
            if !word.isEmpty { tokens.append(word) }
            word = []
        }
        for scalar in text.lowercased().unicodeScalars {
            switch scalar {
            case "a"..."z", "0"..."9": word.append(UInt8(scalar.value))
            case _ where units == .anyWords && isOfWord(scalar): word += Array(String(scalar).utf8)
            default:
                endWord()
                if units == .characters, TextUnits.isUnspaced(scalar) { tokens.append(Array(String(scalar).utf8)) }
            }
        }
        endWord()
        return tokens
    }

    private static func isOfWord(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .decimalNumber: true
        default: scalar.properties.isAlphabetic
        }
    }

    /// Whether a text has anything that is compared.
    public static func hasTokens(_ text: String, units: TextUnits) -> Bool { !tokens(text, units).isEmpty }

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
