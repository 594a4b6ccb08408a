// Metrics of whole answers: equal or not.

/// Whether an answer equals its reference.
public enum ExactMatch {
    /// True where both texts are the same bytes once white space at both ends is taken away.
    ///
    /// Bytes, not Swift's `==`, which would take canonically equivalent texts for equal where other tools do not.
    public static func matches(_ answer: String, _ reference: String) -> Bool {
        trimmed(answer).elementsEqual(trimmed(reference))
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
}
