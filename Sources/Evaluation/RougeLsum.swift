// ROUGE-L of summaries (Lin 2004, section 3.2) as `rouge_score` has it: a line is a sentence; of each sentence of the reference counts
// what stands in its longest common subsequence with any sentence of the answer, no token more often than both texts have it.

/// The F1 of the union of longest common subsequences of answer and reference, line by line.
public enum RougeLsum {
    /// The score of one pair in 0...1; 0 where either has no token.
    public static func score(answer: String, reference: String, units: TextUnits = .words) -> Double {
        let (answer, reference) = (sentences(answer, units), sentences(reference, units))
        var (leftInAnswer, leftInReference) = (counts(answer), counts(reference))
        var hits = 0
        for sentence in reference {
            let common = answer.reduce(into: Set<Int>()) { $0.formUnion(places(of: sentence, commonWith: $1)) }
            for place in common.sorted() {
                let token = sentence[place]
                guard let one = leftInAnswer[token], let other = leftInReference[token], one > 0, other > 0 else {
                    continue
                }
                hits += 1
                leftInAnswer[token] = one - 1
                leftInReference[token] = other - 1
            }
        }
        return RougeTokens.f1(
            common: hits, answer: answer.reduce(0) { $0 + $1.count }, reference: reference.reduce(0) { $0 + $1.count })
    }

    private static func sentences(_ text: String, _ units: TextUnits) -> [[[UInt8]]] {
        text.unicodeScalars.split(separator: "\n").map { RougeTokens.tokens(String($0), units) }
    }

    private static func counts(_ sentences: [[[UInt8]]]) -> [[UInt8]: Int] {
        sentences.joined().reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }

    /// Where in `sentence` a longest common subsequence with `other` stands: of several, the one that going back from both ends finds
    /// which leaves a token of `sentence` first.
    private static func places(of sentence: [[UInt8]], commonWith other: [[UInt8]]) -> [Int] {
        let width = other.count + 1
        var table = [Int](repeating: 0, count: (sentence.count + 1) * width)
        for (row, token) in sentence.enumerated() {
            for (column, candidate) in other.enumerated() {
                let place = (row + 1) * width + column + 1
                table[place] =
                    token == candidate ? table[place - width - 1] + 1 : max(table[place - width], table[place - 1])
            }
        }
        var (row, column) = (sentence.count, other.count)
        var places: [Int] = []
        while row > 0, column > 0 {
            let place = row * width + column
            if sentence[row - 1] == other[column - 1] {
                places.append(row - 1)
                row -= 1
                column -= 1
            } else if table[place - 1] > table[place - width] {
                column -= 1
            } else {
                row -= 1
            }
        }
        return places
    }
}
