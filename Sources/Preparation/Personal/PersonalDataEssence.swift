// What a value says, however it is written: the same telephone number with and without its country's code, the same day in figures and
// in words. Pseudonyms are made from it.

internal import Recipes

extension PersonalDataScanner {
    /// The value of a match in one form for all ways of writing it.
    ///
    /// Telephone numbers are compared without country code and trunk zero; a day such as 04/12/1987, which may be of April or
    /// December, stands for itself.
    func essence(of match: PersonalDataMatch) -> [UInt8] {
        let value = Array(text[match.range])
        switch match.kind {
        case .email, .urlCredentials: return value
        case .ip: return Self.fullIPv6(value) ?? value.filter { $0 != UInt8(ascii: "[") && $0 != UInt8(ascii: "]") }
        case .birthDate: return dayEssence(value)
        case .phone:
            let before = byte(match.range.lowerBound - 1)
            return Self.phoneEssence(value, hasSign: before == UInt8(ascii: "+") || value.contains(UInt8(ascii: "+")))
        default: return value.filter(\.isAlphanumeric)
        }
    }

    // MARK: Telephone numbers

    private static func phoneEssence(_ value: [UInt8], hasSign: Bool) -> [UInt8] {
        // The extension stands after the first letter or character that is no sign.
        let end = value.firstIndex { $0.isLetter || $0 >= 0x80 } ?? value.count
        var number = Array(value[..<end])
        // "+44 (0)20": the zero is not dialled.
        if hasSign,
            let zero = number.indices.dropFirst().dropLast().first(where: {
                number[$0] == 48 && number[$0 - 1] == UInt8(ascii: "(") && number[$0 + 1] == UInt8(ascii: ")")
            })
        {
            number.remove(at: zero)
        }
        let groups = number.split { !$0.isDigit }
        var digits = Array(groups.joined())
        let isExitCoded = digits.starts(with: [48, 48])
        if hasSign || isExitCoded {
            if isExitCoded { digits.removeFirst(2) }
            digits.removeFirst(min(digits.count, countryCodeLength(digits)))
        } else if digits.first == 48 {
            digits.removeFirst()
        } else if groups.count > 1, groups[0].elementsEqual([49]) {
            digits.removeFirst()
        }
        let rest = value[end...].filter(\.isDigit)
        return rest.isEmpty ? digits : digits + [UInt8(ascii: "x")] + rest
    }

    private static func countryCodeLength(_ digits: [UInt8]) -> Int {
        guard digits.count > 3 else { return 0 }
        if digits[0] == 49 || digits[0] == 55 { return 1 }
        let code = Int(digits[0] - 48) * 10 + Int(digits[1] - 48)
        return twoDigitCodes.contains(code) ? 2 : 3
    }

    private static let twoDigitCodes: Set<Int> = [
        20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54, 55, 56, 57, 58, 60, 61,
        62, 63, 64,
        65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98,
    ]

    // MARK: Days

    /// Year, month and day where the order is certain.
    private func dayEssence(_ value: [UInt8]) -> [UInt8] {
        let numbers = value.split { !$0.isDigit }.map {
            (value: $0.reduce(0) { $0 * 10 + Int($1) - 48 }, count: $0.count)
        }
        func day(_ year: Int, _ month: Int, _ day: Int) -> [UInt8] { Array("\(year)-\(month)-\(day)".utf8) }
        if numbers.count == 1, numbers[0].count == 8 {
            return day(numbers[0].value / 10_000, numbers[0].value / 100 % 100, numbers[0].value % 100)
        }
        if numbers.count == 2, let month = monthNumber(in: value) {
            return day(numbers[1].value, month, numbers[0].value)
        }
        if numbers.count == 3 {
            if numbers[0].count == 4 { return day(numbers[0].value, numbers[1].value, numbers[2].value) }
            if numbers[0].value > 12 { return day(numbers[2].value, numbers[1].value, numbers[0].value) }
            if numbers[1].value > 12 || numbers[0].value == numbers[1].value {
                return day(numbers[2].value, numbers[0].value, numbers[1].value)
            }
        }
        return Array(numbers.map { "\($0.value)" }.joined(separator: "/").utf8)
    }

    // MARK: Addresses

    /// Eight groups without leading zeros; `nil`: no IPv6 address.
    private static func fullIPv6(_ value: [UInt8]) -> [UInt8]? {
        guard value.contains(UInt8(ascii: ":")), !value.contains(UInt8(ascii: ".")) else { return nil }
        let text = String(decoding: value.filter { $0.isHexadecimal || $0 == UInt8(ascii: ":") }, as: UTF8.self)
        var groups = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        if groups.first == "" { groups.removeFirst() }
        if groups.last == "" { groups.removeLast() }
        if let gap = groups.firstIndex(of: "") {
            let missing = 9 - groups.count
            guard missing > 0 else { return nil }
            groups.replaceSubrange(gap...gap, with: Array(repeating: "0", count: missing))
        } else {
            while groups.count < 8 { if text.hasPrefix("::") { groups.insert("0", at: 0) } else { groups.append("0") } }
        }
        return Array(groups.map { String(UInt32($0, radix: 16) ?? 0, radix: 16) }.joined(separator: ":").utf8)
    }
}
