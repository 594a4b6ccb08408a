// Corpus BLEU (Papineni et al., 2002) as sacrebleu reports it by default: 13a tokens, n-grams to 4, exponential smoothing
// (NIST), brevity penalty over the corpus, one reference a row.

/// The BLEU of a corpus.
public enum BLEU {
    private static let highestOrder = 4

    /// The score in 0...100; nil for an empty corpus.
    public static func score(answers: [String], references: [String]) -> Double? {
        precondition(answers.count == references.count)
        guard !answers.isEmpty else { return nil }
        var counts = Counts()
        for (answer, reference) in zip(answers, references) {
            counts.add(answer: BLEUTokens.tokens(answer), reference: BLEUTokens.tokens(reference))
        }
        return counts.score
    }

    /// Sufficient statistics of the corpus so far.
    private struct Counts {
        var correct = [Int](repeating: 0, count: highestOrder)
        var total = [Int](repeating: 0, count: highestOrder)
        var answerLength = 0
        var referenceLength = 0

        mutating func add(answer: [[UInt8]], reference: [[UInt8]]) {
            answerLength += answer.count
            referenceLength += reference.count
            for order in 1...highestOrder {
                let expected = nGrams(reference, order)
                for (nGram, count) in nGrams(answer, order) {
                    total[order - 1] += count
                    correct[order - 1] += min(count, expected[nGram] ?? 0)
                }
            }
        }

        var score: Double {
            guard correct.contains(where: { $0 > 0 }) else { return 0 }
            var logarithmSum = 0.0
            var smoothing = 1.0
            for order in 0..<highestOrder {
                // No answer is long enough for this order: its precision is 0, and with it the product.
                guard total[order] > 0 else { return 0 }
                if correct[order] > 0 {
                    logarithmSum += logarithm(100 * Double(correct[order]) / Double(total[order]))
                } else {
                    smoothing *= 2
                    logarithmSum += logarithm(100 / (smoothing * Double(total[order])))
                }
            }
            let brevity =
                answerLength < referenceLength
                ? exponential(1 - Double(referenceLength) / Double(answerLength)) : 1
            return brevity * exponential(logarithmSum / Double(highestOrder))
        }

        private func nGrams(_ tokens: [[UInt8]], _ order: Int) -> [ArraySlice<[UInt8]>: Int] {
            guard tokens.count >= order else { return [:] }
            var counts: [ArraySlice<[UInt8]>: Int] = [:]
            for start in 0...(tokens.count - order) { counts[tokens[start..<(start + order)], default: 0] += 1 }
            return counts
        }
    }
}

/// The tokens of `mteval-v13a`: punctuation apart from words, but not inside numbers.
enum BLEUTokens {
    static func tokens(_ text: String) -> [[UInt8]] {
        var scalars = Array(text.unicodeScalars)
        while let last = scalars.last, isSpace(last) { scalars.removeLast() }
        scalars = replacing(scalars, "<skipped>", "")
        scalars = replacing(scalars, "-\n", "")
        scalars = replacing(scalars, "\n", " ")
        for (entity, character) in [("&quot;", "\""), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")] {
            scalars = replacing(scalars, entity, character)
        }
        scalars = [" "] + scalars + [" "]
        scalars = scalars.flatMap { isPunctuation($0) ? [" ", $0, " "] : [$0] }
        scalars = parting(scalars, when: { !isDigit($0) && isPoint($1) }) { [$0, " ", $1, " "] }
        scalars = parting(scalars, when: { isPoint($0) && !isDigit($1) }) { [" ", $0, " ", $1] }
        scalars = parting(scalars, when: { isDigit($0) && $1 == "-" }) { [$0, " ", $1, " "] }
        return scalars.split(whereSeparator: isSpace).map { token in
            var word = String.UnicodeScalarView()
            word.append(contentsOf: token)
            return Array(String(word).utf8)
        }
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { "0"..."9" ~= scalar }
    private static func isPoint(_ scalar: Unicode.Scalar) -> Bool { scalar == "." || scalar == "," }

    /// ASCII punctuation without the point, the comma, the dash and the apostrophe; with the space, as the original has it.
    private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "{"..."~", "["..."`", " "..."&", "("..."+", ":"..."@", "/": true
        default: false
        }
    }

    /// Replaces neighbours that fulfil `condition`, left to right without overlap.
    private static func parting(
        _ scalars: [Unicode.Scalar], when condition: (Unicode.Scalar, Unicode.Scalar) -> Bool,
        into parts: (Unicode.Scalar, Unicode.Scalar) -> [Unicode.Scalar]
    ) -> [Unicode.Scalar] {
        var result: [Unicode.Scalar] = []
        var index = 0
        while index < scalars.count {
            if index + 1 < scalars.count, condition(scalars[index], scalars[index + 1]) {
                result += parts(scalars[index], scalars[index + 1])
                index += 2
            } else {
                result.append(scalars[index])
                index += 1
            }
        }
        return result
    }

    private static func replacing(_ scalars: [Unicode.Scalar], _ old: String, _ new: String) -> [Unicode.Scalar] {
        let old = Array(old.unicodeScalars)
        var result: [Unicode.Scalar] = []
        var index = 0
        while index < scalars.count {
            if scalars[index...].starts(with: old) {
                result += Array(new.unicodeScalars)
                index += old.count
            } else {
                result.append(scalars[index])
                index += 1
            }
        }
        return result
    }
}
