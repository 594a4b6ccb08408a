// Days in words: "the third of May, nineteen eighty-seven", "一九八七年五月三日"; and days without their year.

extension PersonalDataScanner {
    private static let units: [String: Int] = numbered(
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
    )
    private static let tens: [String: Int] = [
        "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
    ]
    private static let ordinals: [String: Int] = {
        var table = numbered(
            "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth "
                + "seventeenth eighteenth nineteenth twentieth")
        table["thirtieth"] = 30
        return table
    }()
    private static let chineseDigits: [[UInt8]: Int] = {
        var table: [[UInt8]: Int] = [:]
        for (index, character) in "〇一二三四五六七八九十".enumerated() { table[Array(String(character).utf8)] = index }
        table[Array("零".utf8)] = 0
        table[Array("○".utf8)] = 0
        return table
    }()

    private static func numbered(_ words: String) -> [String: Int] {
        Dictionary(uniqueKeysWithValues: words.split(separator: " ").enumerated().map { (String($1), $0 + 1) })
    }

    private func word(at position: Int) -> (text: String, end: Int)? {
        let end = skip(position, while: \.isLetter)
        return end > position && end - position <= 12
            ? (String(decoding: text[position..<end], as: UTF8.self), end) : nil
    }

    private func skipJoint(_ position: Int) -> Int {
        skip(position) { $0 == 0x20 || $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "-") }
    }

    /// "third", "twenty-first".
    private func ordinal(at position: Int) -> (day: Int, end: Int)? {
        guard let first = word(at: position) else { return nil }
        if let day = Self.ordinals[first.text] { return (day, first.end) }
        guard let tens = Self.tens[first.text], tens <= 30, let second = word(at: skipJoint(first.end)),
            let unit = Self.ordinals[second.text], unit < 10, tens + unit <= 31
        else { return nil }
        return (tens + unit, second.end)
    }

    /// "nineteen eighty-seven", "two thousand and four", "twenty twenty-one".
    private func yearInWords(at position: Int) -> Int? {
        guard let first = word(at: position) else { return nil }
        if let second = word(at: skipJoint(first.end)), second.text == "thousand", Self.units[first.text] == 2 {
            var end = second.end
            var next = skipJoint(end)
            if let and = word(at: next), and.text == "and" { next = skipJoint(and.end) }
            if let rest = numberInWords(at: next) { end = rest.end }
            return end
        }
        let century = Self.units[first.text].map { $0 == 18 || $0 == 19 } ?? (first.text == "twenty")
        guard century else { return nil }
        var next = skipJoint(first.end)
        if let hundred = word(at: next), hundred.text == "hundred" || hundred.text == "oh" {
            next = skipJoint(hundred.end)
            if let and = word(at: next), and.text == "and" { next = skipJoint(and.end) }
        }
        return numberInWords(at: next)?.end
    }

    /// 1 to 99.
    func numberInWords(at position: Int) -> (value: Int, end: Int)? {
        guard let first = word(at: position) else { return nil }
        if let unit = Self.units[first.text] { return (unit, first.end) }
        guard let tens = Self.tens[first.text] else { return nil }
        guard byte(first.end) == UInt8(ascii: "-") || byte(first.end) == 0x20, let second = word(at: first.end + 1),
            let unit = Self.units[second.text], unit < 10
        else { return (tens, first.end) }
        return (tens + unit, second.end)
    }

    /// After a day whose number is in words; its year, in words or figures, may be missing.
    func dateInWordsEnd(at start: Int) -> Int? {
        var position = start
        if starts("the ", at: position) { position += 4 }
        if let day = ordinal(at: position) {
            position = skip(day.end) { $0 == 0x20 }
            if starts("day ", at: position) { position += 4 }
            if starts("of ", at: position) { position += 3 }
            guard let month = month(at: position) else { return nil }
            return yearEnd(behind: month.end) ?? month.end
        }
        guard position == start, let month = month(at: start) else { return nil }
        position = skip(month.end) { $0 == 0x20 }
        if starts("the ", at: position) { position += 4 }
        guard let day = ordinal(at: position) else { return nil }
        return yearEnd(behind: day.end) ?? day.end
    }

    private func yearEnd(behind position: Int) -> Int? {
        var position = skip(position) { $0 == 0x20 || $0 == UInt8(ascii: ",") }
        if starts("in the year ", at: position) { position += 12 }
        let figures = skip(position, while: \.isDigit)
        if figures - position == 4, !continues(figures) { return figures }
        return yearInWords(at: position)
    }

    /// After a day and month without a year: "12 May", "May 3rd", "the 3rd of May".
    func dayOfYearEnd(at start: Int) -> Int? {
        var position = start
        if starts("the ", at: position) { position += 4 }
        if byte(position).isDigit {
            let end = skip(position, while: \.isDigit)
            guard end - position <= 2, let day = Int(String(decoding: text[position..<end], as: UTF8.self)),
                (1...31).contains(day)
            else { return nil }
            var next = skip(end, while: \.isLetter)
            if next - end > 2 { next = end }
            next = skip(next) { $0 == 0x20 || $0 == UInt8(ascii: "-") }
            if starts("of ", at: next) { next += 3 }
            guard let month = month(at: next), !continues(month.end), isMonth(month.number, at: next) else {
                return nil
            }
            return month.end
        }
        guard let month = month(at: position), isMonth(month.number, at: position) else { return nil }
        let next = skip(month.end) { $0 == 0x20 }
        let end = skip(next, while: \.isDigit)
        guard end > next, end - next <= 2,
            (1...31).contains(Int(String(decoding: text[next..<end], as: UTF8.self)) ?? 0)
        else { return nil }
        let suffix = skip(end, while: \.isLetter)
        return suffix - end == 2 ? suffix : suffix == end && !continues(end) ? end : nil
    }

    /// "6 may" is no day: March and May are verbs where they are written small.
    private func isMonth(_ number: Int, at position: Int) -> Bool { capitals[position] || (number != 3 && number != 5) }

    /// After "一九八七年五月三日", "五月三日", "3月5日" and "2021年3月".
    func chineseDayEnd(at start: Int) -> Int? {
        var position = start
        let year = chineseNumberEnd(at: position)
        guard var end = year else { return nil }
        if starts("年", at: end) {
            position = end + 3
            guard let month = chineseNumberEnd(at: position), starts("月", at: month) else { return nil }
            end = month
        }
        guard starts("月", at: end) else { return nil }
        end += 3
        guard let day = chineseNumberEnd(at: end) else { return starts("年", at: position - 3) ? end : nil }
        return starts("日", at: day) || starts("号", at: day) ? day + 3 : nil
    }

    private func chineseNumberEnd(at start: Int) -> Int? {
        var position = skip(start, while: \.isDigit)
        if position > start { return position - start <= 4 ? position : nil }
        while position + 3 <= text.count, Self.chineseDigits[Array(text[position..<position + 3])] != nil {
            position += 3
        }
        return position > start && position - start <= 12 ? position : nil
    }

    /// The number that one to four Chinese figures make, as "九十三"; and where it ends.
    func chineseNumber(at start: Int) -> (value: Int, end: Int)? {
        guard let end = chineseNumberEnd(at: start), end > start, !byte(start).isDigit else { return nil }
        let figures = stride(from: start, to: end, by: 3).compactMap { Self.chineseDigits[Array(text[$0..<$0 + 3])] }
        guard let ten = figures.firstIndex(of: 10) else { return (figures.reduce(0) { $0 * 10 + $1 }, end) }
        let tens = ten == 0 ? 1 : figures[0]
        return (tens * 10 + (ten + 1 < figures.count ? figures[ten + 1] : 0), end)
    }
}
