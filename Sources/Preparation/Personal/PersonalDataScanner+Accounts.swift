// Cards and bank accounts.

import Recipes

extension PersonalDataScanner {
    // MARK: Cards

    mutating func scanCard(_ number: NumberGroups, _ index: Int, _ topic: NumberTopic?) -> Int? {
        var shaped: Int?
        for count in stride(from: 5, through: 1, by: -1) {
            guard let lengths = lengths(number, index, count), (12...19).contains(lengths.reduce(0, +)) else {
                continue
            }
            if count > 1 {
                // Groups as they are printed: fours, or 4-6-5, all but the last at least three, one sign throughout.
                guard let sign = separator(number, index, count), sign == 0x20 || sign == UInt8(ascii: "-"),
                    lengths[0] == 4 || lengths[0] == 6, lengths.dropLast().allSatisfy({ (3...8).contains($0) }),
                    count > 2 || lengths[0] == 6
                else { continue }
            }
            let range = range(number, index, count)
            guard stands(number, index, count) else { continue }
            let digits = digits(number, index, count)
            // What is said to be a telephone number and is no longer than one.
            if topic == .phone, digits.count <= 13, count == 1 { continue }
            // Twelve digits within a longer row of groups are a part of something else.
            if digits.count == 12, index > 0 || index + count < number.groups.count { continue }
            guard Checksums.isCardPrefix(digits), isCardLength(digits, topic, range.lowerBound) else { continue }
            // What is left of a longer number that fails its check is no card, where the issuer gives out such.
            if shaped != nil, digits[0] == 6, digits[1] == 2 { break }
            shaped = max(shaped ?? 0, count)
            if topic != .thing, Checksums.luhn(digits) {
                claim(.card, range)
                return count
            }
        }
        // A long number that is no card is no telephone either.
        if let shaped { setAside(range(number, index, shaped)) }
        return shaped
    }

    /// Numbers of 17 and 18 digits are rarely cards, so a word must say so or the issuer give out such; those of 12 must not be the
    /// end of an identifier.
    private func isCardLength(_ digits: [UInt8], _ topic: NumberTopic?, _ start: Int) -> Bool {
        switch digits.count {
        case 12: Checksums.isMaestroPrefix(digits) && byte(start - 1) != UInt8(ascii: "-") && topic != .phone
        case 17, 18: topic == .card || (digits[0] == 6 && digits[1] == 2 && topic != .chineseID)
        default: true
        }
    }

    // MARK: IBAN

    mutating func scanIBANs() {
        var position = 0
        while position + 4 < text.count {
            guard text[position].isLetter, text[position + 1].isLetter, text[position + 2].isDigit,
                text[position + 3].isDigit, !continues(position - 1),
                let length = Checksums.ibanLength(text[position], text[position + 1])
            else {
                position += 1
                continue
            }
            if let (characters, end) = ibanCharacters(from: position, length: length) {
                if Checksums.iban(characters) { claim(.iban, position..<end) } else { setAside(position..<end) }
                position = end
            } else if let end = otherIBAN(from: position) {
                position = end
            } else {
                position += 1
            }
        }
    }

    /// `length` letters and digits from `start`, single spaces or dashes between groups of four; where the number is shorter or
    /// longer than its country's, `nil`.
    private func ibanCharacters(from start: Int, length: Int) -> ([UInt8], end: Int)? {
        guard let groups = ibanGroups(from: start), let end = groups.ends.first(where: { $0.count == length }),
            groups.characters[4..<length].contains(where: \.isDigit)
        else { return nil }
        return (Array(groups.characters[..<length]), end.position)
    }

    /// A number of another length than its country's that passes the check all the same, as in test data and in countries that
    /// changed theirs. One in groups of four that fails is set aside. Where it ends.
    private mutating func otherIBAN(from start: Int) -> Int? {
        guard let groups = ibanGroups(from: start) else { return nil }
        for end in groups.ends.reversed() where end.count >= 15 {
            let characters = groups.characters[..<end.count]
            guard characters.count(where: \.isDigit) >= 8 else { continue }
            if Checksums.iban(Array(characters)) {
                claim(.iban, start..<end.position)
                return end.position
            }
        }
        // Groups of four digits that stand in for a checked number: no card begins among them.
        guard let end = groups.ends.last, end.count >= 15, groups.characters.count(where: \.isDigit) >= 8 else {
            return nil
        }
        setAside(start..<end.position)
        return end.position
    }

    /// Letters and digits from `start` on, with one sign after every fourth or none, and every place where they may end.
    private func ibanGroups(from start: Int) -> (characters: [UInt8], ends: [(count: Int, position: Int)])? {
        var characters: [UInt8] = []
        var ends: [(count: Int, position: Int)] = []
        var position = start
        var sign: UInt8?
        while characters.count < 34, position < text.count {
            let byte = text[position]
            if byte.isAlphanumeric {
                characters.append(byte)
                if !continues(position + 1), characters.count > 4 { ends.append((characters.count, position + 1)) }
            } else if characters.count % 4 == 0, byte == 0x20 || byte == UInt8(ascii: "-"),
                sign.map({ $0 == byte }) ?? (characters.count == 4), self.byte(position + 1).isAlphanumeric
            {
                // A word of the sentence is no group.
                let end = skip(position + 1, while: \.isAlphanumeric)
                guard end - position - 1 <= 4 || characters.count == 4 else { break }
                sign = byte
            } else {
                break
            }
            position += 1
        }
        return ends.isEmpty ? nil : (characters, ends)
    }
}
