// Corpus BLEU (Papineni et al., 2002) as sacrebleu reports it by default: 13a tokens, or its `zh` tokens where a script has no
// spaces; n-grams to 4, exponential smoothing (NIST), brevity penalty over the corpus, one reference a row.

/// The BLEU of a corpus, from numbers of its rows that are added up.
public enum BLEU {
    private static let highestOrder = 4
    /// Matches and n-grams of each order, the answer's length, the reference's.
    static let statisticCount = 2 * highestOrder + 2

    /// What a row adds to the corpus.
    static func statistics(answer: String, reference: String, units: TextUnits) -> [Double] {
        let (answer, reference) = (BLEUTokens.tokens(answer, units), BLEUTokens.tokens(reference, units))
        var correct: [Double] = [], total: [Double] = []
        for order in 1...highestOrder {
            let expected = nGrams(reference, order), found = nGrams(answer, order)
            total.append(Double(found.values.reduce(0, +)))
            correct.append(Double(commonCount(found, expected)))
        }
        return correct + total + [Double(answer.count), Double(reference.count)]
    }

    /// The score in 0...100; nil for an empty corpus.
    static func score(ofSums sums: UnsafeBufferPointer<Double>) -> Double? {
        let correct = sums.prefix(highestOrder), total = sums[highestOrder..<2 * highestOrder]
        let (answerLength, referenceLength) = (sums[2 * highestOrder], sums[2 * highestOrder + 1])
        guard answerLength > 0 || referenceLength > 0 else { return nil }
        guard correct.contains(where: { $0 > 0 }) else { return 0 }
        var logarithmSum = 0.0, smoothing = 1.0
        for (correct, total) in zip(correct, total) {
            // No answer is long enough for this order: its precision is 0, and with it the product.
            guard total > 0 else { return 0 }
            if correct > 0 {
                logarithmSum += logarithm(100 * correct / total)
            } else {
                smoothing *= 2
                logarithmSum += logarithm(100 / (smoothing * total))
            }
        }
        let brevity = answerLength < referenceLength ? exponential(1 - referenceLength / answerLength) : 1
        return brevity * exponential(logarithmSum / Double(highestOrder))
    }
}

/// The tokens of `mteval-v13a`: punctuation apart from words, but not inside numbers; in characters, those of sacrebleu's `zh`, which
/// sets East Asian characters apart first. Letters of other scripts without spaces, which `zh` leaves together, are set apart too.
enum BLEUTokens {
    static func tokens(_ text: String, _ units: TextUnits) -> [[UInt8]] {
        var scalars = Array(text.unicodeScalars)
        while let last = scalars.last, isSpace(last) { scalars.removeLast() }
        switch units {
        case .words, .anyWords:
            scalars = replacing(scalars, "<skipped>", "")
            scalars = replacing(scalars, "-\n", "")
            scalars = replacing(scalars, "\n", " ")
            for (entity, character) in [("&quot;", "\""), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">")] {
                scalars = replacing(scalars, entity, character)
            }
            scalars = [" "] + scalars + [" "]
        case .characters:
            scalars = Array(scalars.drop(while: isSpace)).flatMap { isApart($0) ? [" ", $0, " "] : [$0] }
        }
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

    /// The ranges of sacrebleu's `zh`, and letters without spaces. (Its range from 2001 on stands there for the rarer characters
    /// from 20000 on; scores are to be the same, so it stands here too.)
    private static func isApart(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x2001...0x2A6D, 0x2E80...0x2FDF, 0x2FF0...0x303F, 0x3100...0x312F, 0x31A0...0x31BF, 0x31C0...0x31EF,
            0x3200...0x33FF, 0x3400...0x4DB5, 0x4E00...0x9FBB, 0xF900...0xFAD9, 0xFE10...0xFE1F, 0xFE30...0xFE4F,
            0xFF00...0xFFEF:
            true
        default: TextUnits.isUnspaced(scalar)
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
