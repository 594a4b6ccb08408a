// Metrics of whole answers: equal or not.

/// The share of answers that equal their reference.
public enum ExactMatch {
    /// True where both texts are the same bytes once white space at both ends is taken away.
    ///
    /// Bytes, not Swift's `==`, which would take canonically equivalent texts for equal where other tools do not.
    public static func matches(_ answer: String, _ reference: String) -> Bool {
        trimmed(answer).elementsEqual(trimmed(reference))
    }

    /// The share over a corpus; nil for none.
    public static func score(answers: [String], references: [String]) -> Double? {
        precondition(answers.count == references.count)
        guard !answers.isEmpty else { return nil }
        return Double(zip(answers, references).filter(matches).count) / Double(answers.count)
    }

    private static func trimmed(_ text: String) -> [Unicode.Scalar] {
        let scalars = Array(text.unicodeScalars)
        guard let first = scalars.firstIndex(where: { !isSpace($0) }),
            let last = scalars.lastIndex(where: { !isSpace($0) })
        else { return [] }
        return Array(scalars[first...last])
    }
}

/// White space as Python's `str.split` and `str.strip` see it: Unicode's, and the four information separators.
func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
}

/// Classification by likelihood: the answer is the label to which the model gives the smallest loss.
public enum LabelLikelihood {
    /// The index of the label with the smallest loss sum, the first of equals; nil without labels or where a loss is NaN.
    ///
    /// Sums, not means a token: the probability of a label is the product over all its tokens.
    public static func choice(lossSums: [Double]) -> Int? {
        guard !lossSums.contains(where: \.isNaN) else { return nil }
        return lossSums.indices.min { lossSums[$0] < lossSums[$1] }
    }

    /// The share of rows whose likeliest label is the true one; nil for none.
    /// - Parameter lossSum: the loss sum of label `label` as the answer of row `row`.
    public static func accuracy(
        trueLabels: [Int], labelCount: Int, lossSum: (_ row: Int, _ label: Int) throws -> Double
    ) rethrows -> Double? {
        guard !trueLabels.isEmpty else { return nil }
        var correct = 0
        for (row, label) in trueLabels.enumerated() {
            let sums = try (0..<labelCount).map { try lossSum(row, $0) }
            if choice(lossSums: sums) == label { correct += 1 }
        }
        return Double(correct) / Double(trueLabels.count)
    }
}
