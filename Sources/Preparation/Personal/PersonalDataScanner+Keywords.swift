// Dates of birth and record numbers: known by the words before them.

extension PersonalDataScanner {
    private enum Announced { case birth, birthday, record }

    /// Words by their first byte.
    private static let keywords: [UInt8: [(word: [UInt8], announced: Announced)]] = {
        let words: [(Announced, [String])] = [
            (
                .birth,
                [
                    "dob", "d.o.b.", "d.o.b", "date of birth", "date-of-birth", "dateofbirth", "date_of_birth",
                    "birth date", "birth_date", "birthdate", "born", "geboren", "geburtsdatum", "né le", "née le",
                    "date de naissance", "fecha de nacimiento", "nacido", "nacida", "出生日期", "出生年月", "出生于", "出生",
                    "生于", "出生於", "生日",
                ]
            ),
            (.birthday, ["birthday", "bday"]),
            (
                .record,
                [
                    "mrn", "medical record", "record no", "record number", "record num", "record #", "record id",
                    "patient id", "patient_id", "patientid", "patient no", "patient number", "patient #", "hospital no",
                    "hospital number", "hospital id", "chart no", "chart number", "chart #", "health record",
                    "病历号", "病历编号", "病案号", "住院号", "门诊号", "就诊号", "就诊卡号", "病人编号", "患者编号", "病例号",
                ]
            ),
        ]
        var table: [UInt8: [(word: [UInt8], announced: Announced)]] = [:]
        for (announced, words) in words {
            for word in words {
                let bytes = Array(word.utf8)
                table[bytes[0], default: []].append((bytes, announced))
            }
        }
        return table.mapValues { $0.sorted { $0.word.count > $1.word.count } }
    }()

    private static let isFirst: [Bool] = (0..<256).map { keywords[UInt8($0)] != nil }

    mutating func scanKeywords() {
        var position = 0
        while position < text.count {
            guard Self.isFirst[Int(text[position])], text[position] >= 0x80 || !byte(position - 1).isAlphanumeric,
                let list = Self.keywords[text[position]],
                let found = list.first(where: {
                    starts($0.word, at: position) && endsWord(position + $0.word.count, $0.word)
                })
            else {
                position += 1
                continue
            }
            let end = position + found.word.count
            switch found.announced {
            case .birth: scanBirthDate(from: end, isFree: true)
            case .birthday: scanBirthDate(from: end, isFree: false)
            case .record: scanRecord(from: end)
            }
            position = end
        }
        scanDatesBeforeBirth()
    }

    private func endsWord(_ end: Int, _ word: [UInt8]) -> Bool {
        guard let last = word.last, last.isLetter else { return true }
        // "MRN0012345" is one; "borne" and "recording" are not.
        return !byte(end).isLetter
    }

    // MARK: Dates of birth

    /// The first date behind the word, within the sentence.
    ///
    /// - Parameter isFree: whether any words may stand between; else only those that say what the day is.
    private mutating func scanBirthDate(from start: Int, isFree: Bool) {
        var position = start
        let limit = min(text.count, start + 48)
        while position < limit {
            let byte = text[position]
            if !self.byte(position - 1).isAlphanumeric, byte.isDigit || byte.isLetter, let end = dateEnd(at: position) {
                claim(.birthDate, position..<end)
                return
            }
            if byte.isDigit { return }
            if byte.isLetter {
                let end = skip(position) { $0.isLetter }
                let word = String(decoding: text[position..<end], as: UTF8.self)
                if !isFree, !["is", "was", "on", "the", "her", "his", "of", "date", "falls"].contains(word) { return }
                position = end
                continue
            }
            // The end of a sentence.
            if byte == UInt8(ascii: ";") || byte == UInt8(ascii: "?") || byte == UInt8(ascii: "!") { return }
            if byte == UInt8(ascii: "."), position > start + 1, self.byte(position + 1) == 0x20 { return }
            if starts("。", at: position) { return }
            position += 1
        }
    }

    /// "1990年1月2日出生", "1990年1月2日生".
    private mutating func scanDatesBeforeBirth() {
        let year = Array("年".utf8)
        for position in text.indices where text[position] == year[0] && starts(year, at: position) {
            var start = position
            while start > 0, text[start - 1].isDigit, position - start < 4 { start -= 1 }
            guard position - start == 4, !byte(start - 1).isDigit, let end = dateEnd(at: start) else { continue }
            if starts("出生", at: end) || starts("生", at: end) && !starts("生效", at: end) && !starts("生产", at: end) {
                claim(.birthDate, start..<end)
            }
        }
    }

    private static let months: [[UInt8]] = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
        "december",
    ].map { Array($0.utf8) }

    /// The month whose name, in full or its first three letters, stands at `position`, and where it ends.
    private func month(at position: Int) -> (number: Int, end: Int)? {
        let end = skip(position) { $0.isLetter }
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
        return nil
    }

    private func integer(at position: Int) -> (value: Int, end: Int, count: Int)? {
        let end = skip(position, while: \.isDigit)
        guard end > position, end - position <= 8 else { return nil }
        return (text[position..<end].reduce(0) { $0 * 10 + Int($1) - 48 }, end, end - position)
    }

    /// Behind the date that begins at `start`, in any of the usual ways of writing; `nil`: none that the calendar knows.
    func dateEnd(at start: Int) -> Int? {
        if text[start].isLetter {
            // March 3rd, 1975
            guard let month = month(at: start), let day = integer(at: skipSpaces(month.end)), day.count <= 2 else {
                return nil
            }
            let position = skip(afterOrdinal(day.end)) { $0 == 0x20 || $0 == UInt8(ascii: ",") }
            guard let year = integer(at: position), isYear(year), !continues(year.end),
                Checksums.isDate(year: full(year), month: month.number, day: day.value)
            else { return nil }
            return year.end
        }
        guard let first = integer(at: start) else { return nil }
        if first.count == 8 {
            let isDate = Checksums.isDate(
                year: first.value / 10_000, month: first.value / 100 % 100, day: first.value % 100)
            return isDate && !continues(first.end) ? first.end : nil
        }
        if first.count == 4, starts("年", at: skipSpaces(first.end)) { return chineseDateEnd(first) }
        return numericDateEnd(first) ?? namedDateEnd(first)
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
            two.sign == one.sign, let third = integer(at: two.end), !continues(third.end)
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

    /// 3 March 1975, 3rd of March, 1975, 03-Mar-1975
    private func namedDateEnd(_ day: (value: Int, end: Int, count: Int)) -> Int? {
        guard day.count <= 2 else { return nil }
        var position = afterOrdinal(day.end)
        position = skip(position) {
            $0 == 0x20 || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: ".")
        }
        if starts("of ", at: position) { position = skipSpaces(position + 3) }
        guard let month = month(at: position) else { return nil }
        position = skip(month.end) {
            $0 == 0x20 || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: ",")
        }
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

    // MARK: Record numbers

    /// The number behind words such as "MRN" or "record no.": letters, digits and dashes, four digits at least.
    private mutating func scanRecord(from start: Int) {
        var position = start
        let limit = min(text.count, start + 28)
        while position < limit {
            let byte = text[position]
            if byte.isAlphanumeric {
                let end = skip(position) { $0.isAlphanumeric || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "/") }
                var last = end
                while last > position, !text[last - 1].isAlphanumeric { last -= 1 }
                let digits = text[position..<last].count(where: \.isDigit)
                if digits >= 4, last - position <= 24, !continues(last) {
                    // Digits in groups of a checked number are that number.
                    claim(.recordNumber, position..<last)
                    return
                }
                let word = String(decoding: text[position..<last], as: UTF8.self)
                guard
                    [
                        "no", "number", "num", "nr", "is", "id", "mrn", "of", "the", "patient", "for", "was", "record",
                        "code",
                    ].contains(word), digits == 0
                else { return }
                position = end
                continue
            }
            // What stands between a name and its value; anything else ends the search.
            if byte >= 0x80 {
                let fillers = ["：", "是", "为", "號", "号", "码", "编", "№"]
                guard let filler = fillers.first(where: { starts($0, at: position) }) else { return }
                position += filler.utf8.count
                continue
            }
            guard " \t\n:#-.=(\"'[_".utf8.contains(byte) else { return }
            position += 1
        }
    }
}
