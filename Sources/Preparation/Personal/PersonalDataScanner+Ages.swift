// Ages over 89, which so few people reach that they tell who it is.

extension PersonalDataScanner {
    private static let before = ["aged", "age", "turned", "turning", "age:", "aged:"].map { Array($0.utf8) }
    private static let behind = [
        "years old", "year old", "years-old", "year-old", "yrs old", "yr old", "y.o.", "y/o", "yo ", "years of age",
        "yo,", "yo.", "-year-old", "-year old", "yo-", "y.o",
    ].map { Array($0.utf8) }

    mutating func scanAges() {
        var position = 0
        while position < text.count {
            guard let number = age(at: position) else {
                position += 1
                continue
            }
            if (90...125).contains(number.value), isAge(position..<number.end) { claim(.age, position..<number.end) }
            position = max(number.end, position + 1)
        }
    }

    /// A whole number in figures or words.
    private func age(at position: Int) -> (value: Int, end: Int)? {
        let byte = text[position]
        if byte >= 0xE3 { return chineseNumber(at: position) }
        guard !continues(position - 1),
            !".-/".utf8.contains(self.byte(position - 1)) || self.byte(position - 2).isLetter
        else { return nil }
        if byte.isDigit {
            let end = skip(position, while: \.isDigit)
            guard end - position <= 3, let value = Int(String(decoding: text[position..<end], as: UTF8.self)) else {
                return (0, end)
            }
            return (value, end)
        }
        // Only "ninety" and "one hundred" begin such an age.
        if starts("ninety", at: position) { return numberInWords(at: position) }
        for word in ["one hundred", "a hundred"] where starts(word, at: position) {
            var end = position + word.utf8.count
            var value = 100
            if starts(" and ", at: end), let rest = numberInWords(at: end + 5) {
                (value, end) = (100 + rest.value, rest.end)
            }
            return (value, end)
        }
        return nil
    }

    private func isAge(_ range: Range<Int>) -> Bool {
        if starts("岁", at: range.upperBound) || starts("歲", at: range.upperBound) || starts("周岁", at: range.upperBound)
        {
            return true
        }
        let next = skip(range.upperBound) { $0 == 0x20 || $0 == UInt8(ascii: "-") }
        if next - range.upperBound <= 1,
            Self.behind.contains(where: { starts($0, at: next) || starts($0, at: range.upperBound) })
        {
            return true
        }
        if (starts("yo", at: next) || starts("yrs", at: next)), !byte(next + 2).isLetter || starts("yrs", at: next),
            next - range.upperBound <= 1
        {
            return true
        }
        var position = range.lowerBound
        while position > 0, " :=".utf8.contains(text[position - 1]) { position -= 1 }
        // "a dosage of 92", "page 92" are none; "age 92%" and "age 92 mg" are no ages.
        guard !starts("%", at: range.upperBound), !byte(range.upperBound).isLetter else { return false }
        if starts("年龄", at: position - 6) || (starts("：", at: position - 3) && starts("年龄", at: position - 9)) {
            return true
        }
        return Self.before.contains { word in
            let start = position - word.count
            return starts(word, at: start) && !byte(start - 1).isLetter && !isBound(before: start)
        }
    }

    /// "up to age 90", "over age 90": a bound, and no age of anybody.
    private func isBound(before position: Int) -> Bool {
        guard byte(position - 1) == 0x20 else { return false }
        return [
            "to", "under", "over", "above", "below", "until", "till", "than", "from", "after", "before", "beyond", "by",
        ]
        .contains { starts($0, at: position - 1 - $0.utf8.count) && !byte(position - 2 - $0.utf8.count).isLetter }
    }
}
