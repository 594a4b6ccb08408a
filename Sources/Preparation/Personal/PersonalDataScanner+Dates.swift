// Dates in the usual ways of writing.

extension PersonalDataScanner {
    private static let months: [[UInt8]] = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
        "december",
    ].map { Array($0.utf8) }

    /// Months in other languages, in full.
    private static let foreignMonths: [String: Int] = {
        let lists = [
            "januar februar märz april mai juni juli august september oktober november dezember",
            "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
            "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
            "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
            "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
            "januari februari maart april mei juni juli augustus september oktober november december",
        ]
        var table: [String: Int] = [:]
        for list in lists {
            for (index, name) in list.split(separator: " ").enumerated() { table[String(name)] = index + 1 }
        }
        return table
    }()

    /// The month whose name, in full or its first three letters, stands at `position`, and where it ends.
    func month(at position: Int) -> (number: Int, end: Int)? {
        let end = skip(position) { $0.isLetter || $0 >= 0xC3 && $0 < 0xC6 || $0 & 0xC0 == 0x80 }
        let word = text[position..<end]
        guard word.count >= 3 else { return nil }
        for (index, name) in Self.months.enumerated() {
            if word.elementsEqual(name) || word.elementsEqual(name[..<3])
                || (index == 8 && word.elementsEqual(name[..<4]))
            {
                // "Sept." and "Mar." are cut short.
                let isCut = word.count < name.count && byte(end) == UInt8(ascii: ".")
                return (index + 1, isCut ? end + 1 : end)
            }
        }
        return Self.foreignMonths[String(decoding: word, as: UTF8.self)].map { ($0, end) }
    }

    /// The month that a date names; `nil`: it has figures only.
    func monthNumber(in date: [UInt8]) -> Int? {
        let name = date.split { $0.isDigit || $0 == 0x20 || ",.-/".utf8.contains($0) }.first { $0.count >= 3 }
        guard let name else { return nil }
        let index = Self.months.firstIndex { $0.starts(with: name.prefix(3)) }
        return index.map { $0 + 1 } ?? Self.foreignMonths[String(decoding: name, as: UTF8.self)]
    }

    private func integer(at position: Int) -> (value: Int, end: Int, count: Int)? {
        let end = skip(position, while: \.isDigit)
        guard end > position, end - position <= 8 else { return nil }
        return (text[position..<end].reduce(0) { $0 * 10 + Int($1) - 48 }, end, end - position)
    }

    // MARK: Dates

    /// After the date that begins at `start`, in any of the usual ways of writing; `nil`: none that the calendar knows.
    func dateEnd(at start: Int) -> Int? {
        if text[start].isLetter { return monthFirstDateEnd(at: start) ?? dateInWordsEnd(at: start) }
        guard let first = integer(at: start) else { return nil }
        if first.count == 8 {
            let isDate = Checksums.isDate(
                year: first.value / 10_000, month: first.value / 100 % 100, day: first.value % 100)
            return isDate && !continues(first.end) ? first.end : nil
        }
        if first.count == 4, starts("年", at: skipSpaces(first.end)) { return chineseDateEnd(first) }
        return numericDateEnd(first) ?? namedDateEnd(first)
    }

    /// March 3rd, 1975
    private func monthFirstDateEnd(at start: Int) -> Int? {
        guard let month = month(at: start), let day = integer(at: skipSpaces(month.end)), day.count <= 2 else {
            return nil
        }
        let position = skip(afterOrdinal(day.end)) { $0 == 0x20 || $0 == UInt8(ascii: ",") }
        guard let year = integer(at: position), isYear(year), !continues(year.end),
            Checksums.isDate(year: full(year), month: month.number, day: day.value)
        else { return nil }
        return year.end
    }

    /// 1990年1月2日, 1990年1月
    private func chineseDateEnd(_ year: (value: Int, end: Int, count: Int)) -> Int? {
        let afterYear = skipSpaces(year.end) + 3
        guard let month = integer(at: skipSpaces(afterYear)), starts("月", at: skipSpaces(month.end)),
            (1...12).contains(month.value), (1850...2099).contains(year.value)
        else { return nil }
        let afterMonth = skipSpaces(month.end) + 3
        guard let day = integer(at: skipSpaces(afterMonth)),
            Checksums.isDate(year: year.value, month: month.value, day: day.value)
        else { return afterMonth }
        let end = skipSpaces(day.end)
        if starts("日", at: end) || starts("号", at: end) { return end + 3 }
        return day.end
    }

    /// 04/12/1987, 1987-04-12, 4.12.87, 4 / 12 / 1987
    private func numericDateEnd(_ first: (value: Int, end: Int, count: Int)) -> Int? {
        func sign(_ position: Int) -> (sign: UInt8, end: Int)? {
            let at = skipSpaces(position)
            let byte = byte(at)
            if byte == UInt8(ascii: "/") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") {
                return (byte, skipSpaces(at + 1))
            }
            return at > position && byte.isDigit ? (0x20, at) : nil
        }
        guard let one = sign(first.end), let second = integer(at: one.end), second.count <= 2,
            let two = sign(second.end),
            two.sign == one.sign, let third = integer(at: two.end), !continues(third.end) || isTime(third.end)
        else { return nil }
        if first.count == 4 {
            let isDate =
                third.count <= 2 && Checksums.isDate(year: first.value, month: second.value, day: third.value)
            return isDate ? third.end : nil
        }
        guard first.count <= 2, isYear(third) else { return nil }
        let year = full(third)
        let isDate =
            Checksums.isDate(year: year, month: second.value, day: first.value)
            || Checksums.isDate(year: year, month: first.value, day: second.value)
        return isDate ? third.end : nil
    }

    /// "T00:00" after a date.
    private func isTime(_ position: Int) -> Bool { byte(position) == UInt8(ascii: "t") && byte(position + 1).isDigit }

    /// 3 March 1975, 3rd of March, 1975, 03-Mar-1975
    private func namedDateEnd(_ day: (value: Int, end: Int, count: Int)) -> Int? {
        guard day.count <= 2 else { return nil }
        var position = afterOrdinal(day.end)
        position = skip(position) {
            $0 == 0x20 || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: ".")
        }
        for word in ["of ", "de "] where starts(word, at: position) { position = skipSpaces(position + 3) }
        guard let month = month(at: position) else { return nil }
        position = skip(month.end) {
            $0 == 0x20 || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: ",")
        }
        if starts("de ", at: position) { position = skipSpaces(position + 3) }
        guard let year = integer(at: position), isYear(year), !continues(year.end),
            Checksums.isDate(year: full(year), month: month.number, day: day.value)
        else { return nil }
        return year.end
    }

    private func isYear(_ number: (value: Int, end: Int, count: Int)) -> Bool {
        number.count == 2 || (number.count == 4 && (1850...2099).contains(number.value))
    }

    private func full(_ year: (value: Int, end: Int, count: Int)) -> Int {
        // A leap year, so that 29 February of a year without its century passes.
        year.count == 4 ? year.value : 2000 + year.value
    }

    private func afterOrdinal(_ position: Int) -> Int {
        for ending in ["st", "nd", "rd", "th"] where starts(ending, at: position) && !byte(position + 2).isLetter {
            return position + 2
        }
        return position
    }

    private func skipSpaces(_ position: Int) -> Int { skip(position) { $0 == 0x20 } }
}
