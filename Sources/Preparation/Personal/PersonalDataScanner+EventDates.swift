// Days on which something happened to a person: a visit, a stay, an operation, a death. A day of nothing of the kind stays.

extension PersonalDataScanner {
    private static let events = NameLists.words(
        """
        admitted admission admit readmitted seen visit visited visits appointment appointments discharged discharge surgery operated
        operation died death deceased passed examined examination diagnosed diagnosis consultation consulted treated treatment
        hospitalised hospitalized hospitalisation hospitalization vaccinated vaccination immunised immunized delivered delivery
        transferred referred procedure scan biopsy mri ct x-ray xray ultrasound transplant dialysis chemotherapy checkup check-up
        follow-up followup presented encounter dos booked rescheduled infusion injury accident onset symptoms colonoscopy
        endoscopy echocardiogram extubated intubated collapsed collected specimen sample drawn married hired enrolled
        """)
    /// These say that a day is of no person.
    private static let otherEvents = NameLists.words(
        "published updated deadline expires expiry version release released meeting issued printed due invoice conference copyright"
    )
    private static let chineseEvents = [
        "就诊", "入院", "出院", "手术", "复诊", "预约", "检查", "住院", "死亡", "去世", "确诊", "看病", "挂号", "转院", "接种", "分娩", "化验", "来院",
        "随访", "治疗", "发病", "受伤",
    ].map { Array($0.utf8) }
    private static let otherChineseEvents = ["会议", "召开", "发布", "出版", "截止"].map { Array($0.utf8) }
    private static let reach = 46

    mutating func scanEventDates() {
        var position = 0
        while position < text.count {
            guard let end = anyDateEnd(at: position) else {
                position += 1
                continue
            }
            let range = position..<end
            if isFree(range), isOfEvent(range) { claim(.date, range) }
            position = end
        }
    }

    /// After a day that begins at `position`, in figures or words, with or without its year.
    private func anyDateEnd(at position: Int) -> Int? {
        let byte = text[position]
        if byte >= 0x80 {
            guard byte >= 0xE2, !starts("日", at: position), !starts("月", at: position) else { return nil }
            return self.byte(position - 1).isDigit ? nil : chineseDayEnd(at: position)
        }
        let previous = self.byte(position - 1)
        guard !continues(position - 1), !"-/.".utf8.contains(previous),
            previous != UInt8(ascii: ":") || !self.byte(position - 2).isDigit
        else { return nil }
        if byte.isDigit, isGroup(position) { return nil }
        if byte.isDigit { return dateEnd(at: position) ?? chineseDayEnd(at: position) ?? dayOfYearEnd(at: position) }
        guard byte.isLetter else { return nil }
        return dateEnd(at: position) ?? dayOfYearEnd(at: position)
    }

    /// Whether eight digits stand among others with spaces between: a part of a longer number.
    private func isGroup(_ position: Int) -> Bool {
        let end = skip(position, while: \.isDigit)
        guard end - position == 8 else { return false }
        return (byte(position - 1) == 0x20 && byte(position - 2).isDigit)
            || (byte(end) == 0x20 && byte(end + 1).isDigit)
    }

    /// Whether a word for an event stands before the day or after it in the same sentence.
    private func isOfEvent(_ range: Range<Int>) -> Bool {
        let before = sentenceStart(before: range.lowerBound)..<range.lowerBound
        let behind = range.upperBound..<sentenceEnd(from: range.upperBound)
        let words = [before, behind].map(hashes)
        if words.joined().contains(where: Self.otherEvents.contains) { return false }
        func isSaid(_ events: [[UInt8]]) -> Bool {
            [before, behind].contains { stretch in events.contains { holds($0, in: stretch) } }
        }
        if isSaid(Self.otherChineseEvents) { return false }
        return words.joined().contains(where: Self.events.contains) || isSaid(Self.chineseEvents)
    }

    private func holds(_ word: [UInt8], in range: Range<Int>) -> Bool {
        range.count >= word.count
            && (range.lowerBound...range.upperBound - word.count).contains { starts(word, at: $0) }
    }

    private func hashes(in range: Range<Int>) -> [UInt64] {
        text[range].split { !($0.isLetter || $0 == UInt8(ascii: "-")) }.map { NameLists.hash($0) }
    }

    private func sentenceStart(before position: Int) -> Int {
        var start = position
        while start > 0, position - start < Self.reach, !isSentenceEnd(start - 1) { start -= 1 }
        return start
    }

    private func sentenceEnd(from position: Int) -> Int {
        var end = position
        while end < text.count, end - position < Self.reach, !isSentenceEnd(end) { end += 1 }
        return end
    }

    private func isSentenceEnd(_ position: Int) -> Bool {
        switch text[position] {
        case UInt8(ascii: "\n"), UInt8(ascii: "!"), UInt8(ascii: "?"): true
        case UInt8(ascii: "."): byte(position + 1) == 0x20 && !byte(position - 2).isWhiteSpaceOrStop
        case 0xE3: starts("。", at: position)
        default: false
        }
    }
}

extension UInt8 {
    fileprivate var isWhiteSpaceOrStop: Bool { self <= 0x20 || self == UInt8(ascii: ".") }
}
