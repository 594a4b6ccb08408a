// Numbers with a shape and a check: cards, accounts, identity numbers; and IPv4 addresses, which are written like them.

internal import Recipes

/// Digits in groups, as "415-555 2671" has three.
struct NumberGroups {
    /// Folded bytes of each group of digits.
    var groups: [Range<Int>] = []
    /// What stands between group `i` and `i + 1`: one sign, or "(" for anything with brackets, "~" for several signs.
    var separators: [UInt8] = []
}

extension PersonalDataScanner {
    mutating func scanNumbers() {
        var position = 0
        while position < text.count {
            guard text[position].isDigit else {
                position += 1
                continue
            }
            guard !continues(position - 1) || byte(position - 1).isDigit else {
                // Digits within a word, as in "abc123": no number of anybody's.
                position = skip(position, while: \.isDigit)
                continue
            }
            let number = groups(from: position)
            var index = 0
            while index < number.groups.count {
                index += max(1, scan(number, index))
            }
            position = number.groups.last?.upperBound ?? position + 1
        }
    }

    /// The groups of digits that follow each other from `start` with no more than a few signs between.
    private func groups(from start: Int) -> NumberGroups {
        var number = NumberGroups()
        var position = start
        while true {
            let end = skip(position, while: \.isDigit)
            number.groups.append(position..<end)
            let next = skip(end) { " -.()/".utf8.contains($0) }
            guard next > end, next - end <= 3, byte(next).isDigit, number.groups.count < 40 else { return number }
            let between = text[end..<next]
            if between.contains(UInt8(ascii: "(")) || between.contains(UInt8(ascii: ")")) {
                number.separators.append(UInt8(ascii: "("))
            } else {
                number.separators.append(between.count == 1 ? between[end] : UInt8(ascii: "~"))
            }
            position = next
        }
    }

    /// Looks at the number that begins with group `index`; the count of groups that are dealt with.
    private mutating func scan(_ number: NumberGroups, _ index: Int) -> Int {
        let start = number.groups[index].lowerBound
        guard isFree(number.groups[index]) else { return 1 }
        if let count = scanIPv4(number, index) { return count }
        // A tight sign before the first group makes it the rest of something longer.
        let topic = isInURL(start) ? .thing : topic(before: start)
        if let count = scanChineseID(number, index, topic) { return count }
        if let count = scanCard(number, index, topic) { return count }
        if let count = scanNHS(number, index, topic) { return count }
        if let count = scanSSN(number, index, topic) { return count }
        return scanPhone(number, index, topic) ?? 1
    }

    // MARK: Shapes

    /// The lengths of `count` groups from `index`, if there are so many.
    func lengths(_ number: NumberGroups, _ index: Int, _ count: Int) -> [Int]? {
        guard index + count <= number.groups.count else { return nil }
        return number.groups[index..<index + count].map(\.count)
    }

    /// The one sign between `count` groups from `index`; `nil` where signs differ.
    func separator(_ number: NumberGroups, _ index: Int, _ count: Int) -> UInt8? {
        let signs = number.separators[index..<index + count - 1]
        guard let first = signs.first, signs.allSatisfy({ $0 == first }) else { return nil }
        return first
    }

    /// Whether `count` groups from `index` stand for themselves: no letter touches them, and no further digits hang on by a dash,
    /// a stop or a stroke. With no groups, only what stands before is looked at.
    func stands(_ number: NumberGroups, _ index: Int, _ count: Int) -> Bool {
        func isTight(_ sign: UInt8) -> Bool {
            sign == UInt8(ascii: "-") || sign == UInt8(ascii: ".") || sign == UInt8(ascii: "/")
        }
        if index > 0, isTight(number.separators[index - 1]) { return false }
        guard count > 0 else { return true }
        let range = range(number, index, count)
        if index + count < number.groups.count, isTight(number.separators[index + count - 1]) { return false }
        return !continues(range.upperBound) || isExtension(at: range.upperBound)
    }

    /// "x12" right after a telephone number.
    func isExtension(at position: Int) -> Bool {
        byte(position) == UInt8(ascii: "x") && byte(position + 1).isDigit
    }

    func range(_ number: NumberGroups, _ index: Int, _ count: Int) -> Range<Int> {
        number.groups[index].lowerBound..<number.groups[index + count - 1].upperBound
    }

    func digits(_ number: NumberGroups, _ index: Int, _ count: Int) -> [UInt8] {
        number.groups[index..<index + count].flatMap { text[$0].map { $0 - 48 } }
    }

    // MARK: Kinds

    private mutating func scanIPv4(_ number: NumberGroups, _ index: Int) -> Int? {
        let dot = UInt8(ascii: ".")
        guard let lengths = lengths(number, index, 4), lengths.allSatisfy({ $0 <= 3 }),
            separator(number, index, 4) == dot
        else { return nil }
        let hasMore =
            (index > 0 && number.separators[index - 1] == dot)
            || (index + 4 < number.groups.count && number.separators[index + 3] == dot)
        let range = range(number, index, 4)
        guard !hasMore, !continues(range.upperBound), isIPv4(Array(text[range])) else { return nil }
        // Four small numbers are a version where words say so; without words they are an address.
        if topic(before: range.lowerBound) == .version || isProductVersion(range.lowerBound) || isCounted(range) {
            setAside(range)
        } else {
            claim(.ip, range)
        }
        return 4
    }

    /// "2.3.4.5." of a list that counts its points: four figures, each one more than the last. No words of networks stand before.
    private func isCounted(_ range: Range<Int>) -> Bool {
        let figures = text[range].filter(\.isDigit)
        let goesOn = byte(range.upperBound) == UInt8(ascii: ".") || starts("、", at: range.upperBound)
        guard goesOn, figures.count == 4, zip(figures, figures.dropFirst()).allSatisfy({ $1 == $0 + 1 }) else {
            return false
        }
        let before = text[max(0, range.lowerBound - 24)..<range.lowerBound].split { !$0.isLetter }.map {
            NameLists.hash($0)
        }
        return !before.contains(where: Self.networkWords.contains)
    }

    private static let networkWords = NameLists.words(
        "ip ips address server host ping gateway dns from client login proxy")

    /// "Chrome/120.0.0.0" of a browser's name.
    private func isProductVersion(_ position: Int) -> Bool {
        guard byte(position - 1) == UInt8(ascii: "/"), byte(position - 2).isLetter else { return false }
        var start = position - 2
        while byte(start - 1).isLetter { start -= 1 }
        return [
            "chrome", "chromium", "headlesschrome", "crios", "edg", "edge", "opr", "opera", "firefox", "safari",
            "version", "electron", "yabrowser", "curl", "okhttp",
        ].contains(String(decoding: text[start..<position - 1], as: UTF8.self))
    }

    private mutating func scanChineseID(_ number: NumberGroups, _ index: Int, _ topic: NumberTopic?) -> Int? {
        for count in [1, 3] {
            guard let lengths = lengths(number, index, count), count == 1 || (lengths[0] == 6 && lengths[1] == 8) else {
                continue
            }
            var digits = digits(number, index, count)
            var range = range(number, index, count)
            var check: UInt8
            if digits.count == 18 {
                check = digits.removeLast() + 48
            } else if digits.count == 17, byte(range.upperBound) == UInt8(ascii: "x") {
                check = UInt8(ascii: "x")
                range = range.lowerBound..<range.upperBound + 1
            } else if digits.count == 15, count == 1, topic == .chineseID, !continues(range.upperBound) {
                // The older form has no check: province and a date of the twentieth century.
                let number = digits[6..<12].reduce(0) { $0 * 10 + Int($1) }
                guard Checksums.isDate(year: 1900 + number / 10_000, month: number / 100 % 100, day: number % 100)
                else {
                    return nil
                }
                claim(.chineseID, range)
                return count
            } else {
                continue
            }
            guard !continues(range.upperBound), topic == .chineseID || Checksums.isChineseIDShape(digits) else {
                continue
            }
            if Checksums.chineseID(digits, check: check) { claim(.chineseID, range) } else { setAside(range) }
            return count
        }
        return nil
    }

    private mutating func scanNHS(_ number: NumberGroups, _ index: Int, _ topic: NumberTopic?) -> Int? {
        if let lengths = lengths(number, index, 3), lengths == [3, 3, 4], let sign = separator(number, index, 3),
            sign == 0x20 || sign == UInt8(ascii: "-"), stands(number, index, 3),
            byte(number.groups[index].lowerBound - 1) != UInt8(ascii: "+")
        {
            let range = range(number, index, 3)
            let isSaid = topic == .nhs || isCalledNHS(behind: range.upperBound)
            let isValid = Checksums.nhs(digits(number, index, 3))
            if isSaid, !isValid {
                setAside(range)
                return 3
            }
            // Dashes are how telephone numbers are written.
            if isValid, isSaid || (sign == 0x20 && topic != .phone && topic?.isOfThings != true) {
                claim(.nhs, range)
                return 3
            }
        } else if number.groups[index].count == 10, stands(number, index, 1),
            byte(number.groups[index].lowerBound - 1) != UInt8(ascii: "+")
        {
            let range = number.groups[index]
            let digits = digits(number, index, 1)
            let isSaid = topic == .nhs || isCalledNHS(behind: range.upperBound)
            let isValid = Checksums.nhs(digits)
            if isSaid {
                if isValid { claim(.nhs, range) } else { setAside(range) }
                return 1
            }
            // Without words, only the ranges given out count: seconds since 1970 and most book numbers begin otherwise.
            if isValid, topic == nil, [4, 6, 7, 9].contains(digits[0]) {
                claim(.nhs, range)
                return 1
            }
        }
        return nil
    }

    private mutating func scanSSN(_ number: NumberGroups, _ index: Int, _ topic: NumberTopic?) -> Int? {
        if let lengths = lengths(number, index, 3), lengths == [3, 2, 4], let sign = separator(number, index, 3),
            sign == 0x20 || sign == UInt8(ascii: "-") || sign == UInt8(ascii: "."), stands(number, index, 3)
        {
            let range = range(number, index, 3)
            if Checksums.ssn(digits(number, index, 3)), topic != .thing { claim(.ssn, range) } else { setAside(range) }
            return 3
        }
        if number.groups[index].count == 9, topic == .ssn, stands(number, index, 1) {
            let range = number.groups[index]
            if Checksums.ssn(digits(number, index, 1)) { claim(.ssn, range) } else { setAside(range) }
            return 1
        }
        return nil
    }
}
