// Telephone numbers: by their international sign, by the shapes of several countries, or by the words before them.

extension PersonalDataScanner {
    /// Deals with a telephone number that begins with group `index`; the count of its groups.
    mutating func scanPhone(_ number: NumberGroups, _ index: Int, _ topic: NumberTopic?) -> Int? {
        let start = number.groups[index].lowerBound
        let before = byte(start - 1)
        if before == UInt8(ascii: "+"), !continues(start - 2) {
            if let count = internationalCount(number, index) { return claimPhone(number, index, count) }
            return nil
        }
        guard topic != .thing, topic != .nhs, topic != .ssn, topic != .version, topic != .card else { return nil }
        // "00" is the other way of writing "+".
        if let count = exitCodedCount(number, index, topic) { return claimPhone(number, index, count) }
        let count =
            northAmericanCount(number, index, topic) ?? chineseCount(number, index)
            ?? nationalCount(number, index, topic) ?? bracketedCount(number, index, topic)
            ?? localCount(number, index) ?? (topic == .phone ? saidCount(number, index) : nil)
        guard let count else { return nil }
        return claimPhone(number, index, count)
    }

    private mutating func claimPhone(_ number: NumberGroups, _ index: Int, _ count: Int) -> Int {
        var lower = number.groups[index].lowerBound
        var upper = number.groups[index + count - 1].upperBound
        // A bracket belongs to the number if it is closed within it.
        let isClosed = text[lower..<upper].contains(UInt8(ascii: ")"))
        if byte(lower - 1) == UInt8(ascii: "("), isClosed, opensFirst(lower..<upper) { lower -= 1 }
        if byte(lower - 1) == UInt8(ascii: "+") { lower -= 1 }
        if byte(lower - 1) == UInt8(ascii: "("), isClosed, opensFirst(lower..<upper) { lower -= 1 }
        // "ext. 12", "x12"
        let gap = skip(upper) { $0 == 0x20 || $0 == UInt8(ascii: ",") }
        for word in ["extension ", "ext. ", "ext.", "ext ", "x", "转 ", "转"]
        where gap - upper <= 2 && starts(word, at: gap) {
            let end = skip(gap + word.utf8.count, while: \.isDigit)
            let digits = end - gap - word.utf8.count
            if (1...6).contains(digits), !continues(end) {
                upper = end
                break
            }
        }
        claim(.phone, lower..<upper)
        return count
    }

    /// Whether a closing bracket comes before any opening one.
    private func opensFirst(_ range: Range<Int>) -> Bool {
        text[range].first { $0 == UInt8(ascii: "(") || $0 == UInt8(ascii: ")") } == UInt8(ascii: ")")
    }

    /// Groups of a number after "+": 8 to 15 digits, fewer at most where the country is known.
    private func internationalCount(_ number: NumberGroups, _ index: Int) -> Int? {
        let all = digits(number, index, min(8, number.groups.count - index))
        let most = Self.lengths.first { all.starts(with: $0.code) }?.most ?? 15
        var total = 0
        var count = 0
        for group in index..<min(index + 8, number.groups.count) {
            if group > index {
                let sign = number.separators[group - 1]
                guard sign != UInt8(ascii: "/"), sign != UInt8(ascii: "~") else { break }
            }
            let length = number.groups[group].count
            // The "(0)" of "+44 (0)20 …" counts for nothing.
            let isTrunk = length == 1 && group > index && text[number.groups[group].lowerBound] == 48
            guard total + (isTrunk ? 0 : length) <= most else { break }
            total += isTrunk ? 0 : length
            count += 1
        }
        let end = number.groups[index + max(count, 1) - 1].upperBound
        guard total >= 8, count > 0, !continues(end) || isExtension(at: end) else { return nil }
        return count
    }

    /// Country codes and the digits that a number has at most, the code included.
    private static let lengths: [(code: [UInt8], most: Int)] = [
        ([1], 11), ([7], 11), ([3, 3], 11), ([3, 4], 11), ([4, 4], 12), ([6, 1], 11), ([8, 6, 1], 13), ([9, 1], 12),
        ([6, 5], 10), ([8, 5, 2], 11),
    ]

    /// (415) 555-2671, 415-555-2671, 415.555.2671, 1-800-555-0199; with spaces alone only where words announce it.
    private func northAmericanCount(_ number: NumberGroups, _ index: Int, _ topic: NumberTopic?) -> Int? {
        let hasOne = number.groups[index].count == 1 && text[number.groups[index].lowerBound] == 49
        let first = hasOne ? index + 1 : index
        guard let lengths = lengths(number, first, 3) else { return nil }
        let count = first - index + 3
        let isBracketed =
            byte(number.groups[first].lowerBound - 1) == UInt8(ascii: "(")
            && number.separators[first] == UInt8(ascii: "(")
        guard lengths == [3, 3, 4], stands(number, index, count) else { return nil }
        let signs = (number.separators[first], number.separators[first + 1])
        let dashes = [UInt8(ascii: "-"), UInt8(ascii: ".")]
        // Three, three and four digits are hardly ever anything else. With spaces alone, area and exchange must be such as exist;
        // with dashes also invented ones count.
        if topic == .phone || isBracketed { return count }
        if signs == (0x20, 0x20), topic == nil, isNumberingPlan(number, first) { return count }
        if dashes.contains(signs.0), signs.1 == signs.0 { return count }
        return hasOne || dashes.contains(signs.1) || dashes.contains(signs.0) ? count : nil
    }

    /// Whether area and exchange are such as North America gives out: neither
    /// begins with 0 or 1, no "9" in the middle of an area, no "11" at the end of either.
    private func isNumberingPlan(_ number: NumberGroups, _ first: Int) -> Bool {
        let area = digits(number, first, 1)
        let exchange = digits(number, first + 1, 1)
        return area[0] >= 2 && exchange[0] >= 2 && area[1] != 9 && area[1...] != [1, 1] && exchange[1...] != [1, 1]
    }

    /// (11) 98609-3790, (055) 1234 5678: an area in brackets and 9 to 11 digits in all.
    private func bracketedCount(_ number: NumberGroups, _ index: Int, _ topic: NumberTopic?) -> Int? {
        guard byte(number.groups[index].lowerBound - 1) == UInt8(ascii: "("),
            (2...5).contains(number.groups[index].count),
            index < number.separators.count, number.separators[index] == UInt8(ascii: "(")
        else { return nil }
        for count in [4, 3, 2] {
            guard let lengths = lengths(number, index, count), (9...11).contains(lengths.reduce(0, +)),
                lengths.dropFirst().allSatisfy({ (2...8).contains($0) }), stands(number, index, count),
                number.separators[index + 1..<index + count - 1].allSatisfy({ $0 == 0x20 || $0 == UInt8(ascii: "-") })
            else { continue }
            // "(12) 1990-2005" is a note and years.
            let isYears = count == 3 && lengths[1] == 4 && isYearsRange(number, index + 1)
            if topic == .phone || !isYears { return count }
        }
        return nil
    }

    private func isYearsRange(_ number: NumberGroups, _ index: Int) -> Bool {
        [19, 20].contains(firstTwo(number, index)) && [19, 20].contains(firstTwo(number, index + 1))
    }

    private func firstTwo(_ number: NumberGroups, _ index: Int) -> Int {
        digits(number, index, 1).prefix(2).reduce(0) { $0 * 10 + Int($1) }
    }

    /// 008613800138000, 0049 171 9782496, 001-415-555-0132: "00", the code of a large country and the rest.
    private func exitCodedCount(_ number: NumberGroups, _ index: Int, _ topic: NumberTopic?) -> Int? {
        let group = number.groups[index]
        guard group.count >= 2, text[group.lowerBound] == 48, text[group.lowerBound + 1] == 48,
            stands(number, index, 0),
            let count = internationalCount(number, index)
        else { return nil }
        let digits = digits(number, index, count)
        guard digits.count >= 11, topic == .phone || Self.exitCodes.contains(where: { digits[2...].starts(with: $0) })
        else { return nil }
        return count
    }

    private static let exitCodes: [[UInt8]] = [
        [1], [4, 4], [4, 9], [3, 3], [3, 4], [3, 9], [3, 1], [3, 2], [4, 1], [4, 3], [4, 5], [4, 6], [4, 7], [4, 8],
        [6, 1], [8, 6],
        [8, 1], [8, 2], [9, 1], [5, 5], [5, 2], [6, 5], [8, 5, 2], [8, 8, 6], [3, 5, 3], [3, 5, 1],
    ]

    /// 13800138000, 138-0013-8000, 010-12345678, 0755 8888 8888.
    private func chineseCount(_ number: NumberGroups, _ index: Int) -> Int? {
        let group = number.groups[index]
        let first = text[group.lowerBound] - 48
        let second = byte(group.lowerBound + 1) &- 48
        if first == 1, (3...9).contains(second) {
            if group.count == 11, stands(number, index, 1) { return 1 }
            if let lengths = lengths(number, index, 3), lengths == [3, 4, 4], separator(number, index, 3) != nil,
                stands(number, index, 3)
            {
                return 3
            }
        }
        if let lengths = lengths(number, index, 3), [[3, 4, 3], [3, 3, 4]].contains(lengths), second == 0,
            first == 4 || first == 8, separator(number, index, 3) == UInt8(ascii: "-"), stands(number, index, 3)
        {
            return 3
        }
        guard first == 0, second > 0, (3...4).contains(group.count) else { return nil }
        if let lengths = lengths(number, index, 2), (7...8).contains(lengths[1]), stands(number, index, 2) { return 2 }
        return nil
    }

    /// National numbers with a leading zero: 020 7946 0958, 07700 900123, 06 12 34 56 78.
    private func nationalCount(_ number: NumberGroups, _ index: Int, _ topic: NumberTopic?) -> Int? {
        let group = number.groups[index]
        guard text[group.lowerBound] == 48, byte(group.lowerBound + 1) &- 49 < 9 else { return nil }
        if (10...11).contains(group.count) {
            let isMobile = group.count == 11 && byte(group.lowerBound + 1) == 55
            // Zeros put before a number of something make the second digit a zero too, mostly.
            return stands(number, index, 1) && (isMobile || topic == .phone || topic == nil) ? 1 : nil
        }
        guard (2...5).contains(group.count) else { return nil }
        var best: Int?
        for count in 2...5 {
            guard let lengths = lengths(number, index, count) else { break }
            let total = lengths.reduce(0, +)
            let signs = number.separators[index..<index + count - 1]
            // The first group may stand in brackets; the rest are joined by one sign.
            guard total <= 11,
                signs.allSatisfy({ $0 == 0x20 || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "(") })
                    || (signs.allSatisfy { $0 == UInt8(ascii: ".") } && lengths.allSatisfy { $0 == 2 }),
                lengths.dropFirst().allSatisfy({ $0 >= 2 })
            else { break }
            if (10...11).contains(total), stands(number, index, count) { best = count }
        }
        return best
    }

    /// 555-0132, whose exchange stands for invented numbers.
    private func localCount(_ number: NumberGroups, _ index: Int) -> Int? {
        guard lengths(number, index, 2) == [3, 4], number.separators[index] == UInt8(ascii: "-"),
            text[number.groups[index]].allSatisfy({ $0 == 53 }), stands(number, index, 2)
        else { return nil }
        return 2
    }

    /// What words announce as a telephone number: 7 to 13 digits however grouped.
    private func saidCount(_ number: NumberGroups, _ index: Int) -> Int? {
        var total = 0
        var best: Int?
        for count in 1...8 {
            guard let lengths = lengths(number, index, count) else { break }
            if lengths == [4, 4], isYearsRange(number, index) { break }
            if count > 1 {
                let sign = number.separators[index + count - 2]
                guard sign != UInt8(ascii: "/"), sign != UInt8(ascii: "~") else { break }
            }
            total = lengths.reduce(0, +)
            guard total <= 13 else { break }
            let isAnnounced = total >= 10 || isSaidClosely(number.groups[index].lowerBound)
            if total >= 7, isAnnounced, stands(number, index, count) { best = count }
            // Two short groups make a local number; more would be the next number.
            if total >= 10 { break }
        }
        return best
    }
}
