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
                    "birth date", "birth_date", "birthdate", "birth", "born", "d/o/b", "geboren", "geburtsdatum",
                    "né le", "née le", "date de naissance", "fecha de nacimiento", "nacido", "nacida",
                    "data di nascita",
                    "nato il", "nata il", "data de nascimento", "nascido", "nascida", "geboortedatum", "födelsedatum",
                    "出生日期", "出生年月", "出生于", "出生", "生于", "出生於", "生日", "生年月日", "誕生日",
                ]
            ),
            (.birthday, ["birthday", "bday", "b-day", "birth day"]),
            (
                .record,
                [
                    "mrn", "medical record", "record no", "record number", "record num", "record #", "record id",
                    "patient id", "patient_id", "patientid", "patient no", "patient number", "patient #", "hospital no",
                    "hospital number", "hospital id", "hospital #", "hosp no", "hosp. no", "hosp number", "chart:",
                    "record:", "chart no", "chart number", "chart #", "chart id",
                    "health record", "mr no", "mr number", "mr #", "mr#", "med rec", "medical file", "patient ref",
                    "patient code", "patient file", "patient identifier", "patient record", "encounter id",
                    "encounter no", "encounter number", "admission no", "admission number", "visit number", "visit id",
                    "record_number", "record_no", "record_id", "患者id", "病人id", "患者号", "档案号", "登记号", "诊疗卡号", "就诊编号",
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
            case .birth:
                // "12/03/1961 (DOB)"
                if byte(position - 1) == UInt8(ascii: "(") {
                    var before = position - 1
                    while before > 0, text[before - 1] == 0x20 { before -= 1 }
                    if let start = dateStart(endingAt: before) { claim(.birthDate, start..<before) }
                }
                scanBirthDate(from: end, isFree: true)
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

    /// The first date after the word, within the sentence.
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
            if byte >= 0xE3, let end = chineseDayEnd(at: position) {
                claim(.birthDate, position..<end)
                return
            }
            if byte.isDigit { return }
            if byte.isLetter {
                let end = skip(position) { $0.isLetter }
                let word = String(decoding: text[position..<end], as: UTF8.self)
                // What happened at another time.
                if Self.otherEvents.contains(word) { return }
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

    private static let otherEvents: Set<String> = [
        "admitted", "admission", "seen", "visited", "visit", "moved", "diagnosed", "diagnosis", "since", "until",
        "died",
        "death", "deceased", "married", "treated", "appointment", "discharged", "surgery", "updated", "expires",
        "registered", "enrolled", "graduated", "hired", "joined", "weight", "control", "certificate", "defects",
    ]

    /// "1990年1月2日出生", "1990-01-02生".
    private mutating func scanDatesBeforeBirth() {
        let word = Array("生".utf8)
        var position = 0
        while position < text.count {
            guard text[position] == word[0], starts(word, at: position) else {
                position += 1
                continue
            }
            let isBirth = starts("出", at: position - 3)
            let end = isBirth ? position - 3 : position
            position += 3
            // "生效", "生产" and the like are other words.
            if !isBirth, starts("效", at: position) || starts("产", at: position) || starts("成", at: position) {
                continue
            }
            if let start = dateStart(endingAt: end) { claim(.birthDate, start..<end) }
        }
    }

    /// Where the date begins that ends at `end`.
    private func dateStart(endingAt end: Int) -> Int? {
        var start = end
        var best: Int?
        while start > 0, end - start < 20 {
            let byte = text[start - 1]
            if byte >= 0x80 {
                guard ["年", "月", "日", "号"].contains(where: { starts($0, at: start - 3) }) else { break }
                start -= 3
            } else {
                guard byte.isDigit || " -/.".utf8.contains(byte) else { break }
                start -= 1
            }
            if text[start].isDigit, !self.byte(start - 1).isDigit, let found = dateEnd(at: start), found == end {
                best = start
            }
        }
        return best
    }

    // MARK: Record numbers

    /// The number after words such as "MRN" or "record no.": letters, digits and dashes, four digits at least.
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
                if digits == last - position, let spaced = spacedRecordEnd(from: position) {
                    claim(.recordNumber, position..<spaced)
                    return
                }
                let word = String(decoding: text[position..<last], as: UTF8.self)
                // "A record number of 3000 visitors" counts visitors.
                if word == "of", self.byte(skip(end) { $0 == 0x20 }).isDigit { return }
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

    /// After a number in groups of two or three digits, as in "12 34 56"; six digits at least.
    private func spacedRecordEnd(from start: Int) -> Int? {
        var position = start
        var digits = 0
        while true {
            let end = skip(position, while: \.isDigit)
            guard (2...4).contains(end - position), !continues(end) else { return nil }
            digits += end - position
            guard byte(end) == 0x20, byte(end + 1).isDigit else { return (6...12).contains(digits) ? end : nil }
            position = end + 1
        }
    }
}
