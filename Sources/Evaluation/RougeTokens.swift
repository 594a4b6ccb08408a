// The tokens of ROUGE: those of Google's `rouge_score`, stemmer off: lower case, runs of a–z and 0–9. In words of any script, runs of
// all letters, their marks and digits; in characters, each letter of a script without spaces is a token of its own beside a–z and 0–9.

enum RougeTokens {
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

    /// 2·p·r / (p + r) of `common` things among those of an answer and of a reference; 0 where there is none.
    static func f1(common: Int, answer: Int, reference: Int) -> Double {
        let precision = Double(common) / Double(max(answer, 1)), recall = Double(common) / Double(max(reference, 1))
        return precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0
    }
}
