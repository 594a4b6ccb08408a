// The checks that numbers of people, cards and accounts carry.

import Recipes

enum Checksums {
    /// Luhn (ISO/IEC 7812-1): every second digit from the right doubled.
    static func luhn(_ digits: [UInt8]) -> Bool {
        var sum = 0
        for (index, digit) in digits.reversed().enumerated() {
            let doubled = index % 2 == 1 ? Int(digit) * 2 : Int(digit)
            sum += doubled > 9 ? doubled - 9 : doubled
        }
        return sum % 10 == 0 && digits.contains { $0 != 0 }
    }

    /// Card numbers begin with 3 to 6, or with 2 in the ranges given out (2200–2204, 2221–2720), those of JCB with 15 digits with
    /// 2131 or 1800.
    static func isCardPrefix(_ digits: [UInt8]) -> Bool {
        guard digits.count >= 12 else { return false }
        let first = digits[..<4].reduce(0) { $0 * 10 + Int($1) }
        switch digits.count {
        case 12: return isMaestroPrefix(digits)
        case 15 where first == 2131 || first == 1800: return true
        case 16 where (2200...2204).contains(first) || (2221...2720).contains(first): return true
        default: return (3000...6999).contains(first)
        }
    }

    /// Issuers of cards with twelve digits.
    static func isMaestroPrefix(_ digits: [UInt8]) -> Bool {
        let first = digits[..<4].reduce(0) { $0 * 10 + Int($1) }
        return (5600...5899).contains(first)
            || [5018, 5020, 5038, 6304, 6390, 6759, 6761, 6762, 6763, 604].contains(first)
    }

    /// NHS number: weights 10 to 2, modulo 11; a remainder of 10 is never given out.
    static func nhs(_ digits: [UInt8]) -> Bool {
        guard digits.count == 10, Set(digits).count > 1 else { return false }
        let sum = zip(digits, stride(from: 10, to: 1, by: -1)).reduce(0) { $0 + Int($1.0) * $1.1 }
        let check = (11 - sum % 11) % 11
        return check < 10 && check == Int(digits[9])
    }

    /// US social security number: no area 000, 666 or from 900, no group 00, no serial 0000.
    static func ssn(_ digits: [UInt8]) -> Bool {
        guard digits.count == 9 else { return false }
        let number = digits.reduce(0) { $0 * 10 + Int($1) }
        let area = number / 1_000_000
        return area > 0 && area != 666 && area < 900 && number / 10_000 % 100 > 0 && number % 10_000 > 0
    }

    /// Whether seventeen digits can begin a Chinese resident identity number: province and date of birth.
    static func isChineseIDShape(_ digits: [UInt8]) -> Bool {
        guard digits.count >= 17 else { return false }
        let province = Int(digits[0]) * 10 + Int(digits[1])
        guard provinces.contains(province) else { return false }
        let number = digits[6..<14].reduce(0) { $0 * 10 + Int($1) }
        return isDate(year: number / 10_000, month: number / 100 % 100, day: number % 100)
    }

    /// Chinese resident identity number (GB 11643): seventeen digits and a check digit modulo 11, X for ten.
    static func chineseID(_ digits: [UInt8], check: UInt8) -> Bool {
        guard digits.count == 17, isChineseIDShape(digits) else { return false }
        let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
        let sum = zip(digits, weights).reduce(0) { $0 + Int($1.0) * $1.1 }
        return Array("10x98765432".utf8)[sum % 11] == check
    }

    private static let provinces: Set<Int> = [
        11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54, 61, 62,
        63, 64, 65, 71, 81, 82, 83,
    ]

    static func isDate(year: Int, month: Int, day: Int) -> Bool {
        guard (1850...2099).contains(year), (1...12).contains(month), day >= 1 else { return false }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return day <= days[month - 1]
    }

    /// IBAN (ISO 13616): the first four characters moved to the end, letters as 10 to 35, modulo 97 is 1.
    static func iban(_ characters: [UInt8]) -> Bool {
        guard characters.count >= 15 else { return false }
        var rest = 0
        for byte in characters[4...] + characters[..<4] {
            if byte.isDigit {
                rest = (rest * 10 + Int(byte) - 48) % 97
            } else {
                rest = (rest * 100 + Int(byte) - 87) % 97
            }
        }
        return rest == 1
    }

    /// Characters of a country's IBAN; `nil`: the country has none.
    static func ibanLength(_ first: UInt8, _ second: UInt8) -> Int? {
        ibanLengths[String(decoding: [first, second], as: UTF8.self)]
    }

    private static let ibanLengths: [String: Int] = [
        "ad": 24, "ae": 23, "al": 28, "at": 20, "az": 28, "ba": 20, "be": 16, "bg": 22, "bh": 22, "bi": 27, "br": 29,
        "by": 28, "ch": 21, "cr": 22, "cy": 28, "cz": 24, "de": 22, "dj": 27, "dk": 18, "do": 28, "ee": 20, "eg": 29,
        "es": 24, "fi": 18, "fk": 18, "fo": 18, "fr": 27, "gb": 22, "ge": 22, "gi": 23, "gl": 18, "gr": 27, "gt": 28,
        "hn": 28, "hr": 21, "hu": 28, "ie": 22, "il": 23, "iq": 23, "is": 26, "it": 27, "jo": 30, "kw": 30, "kz": 20,
        "lb": 28, "lc": 32, "li": 21, "lt": 20, "lu": 20, "lv": 21, "ly": 25, "mc": 27, "md": 24, "me": 22, "mk": 19,
        "mn": 20, "mr": 27, "mt": 31, "mu": 30, "ni": 28, "nl": 18, "no": 15, "om": 23, "pk": 24, "pl": 28, "ps": 29,
        "pt": 25, "qa": 29, "ro": 24, "rs": 22, "ru": 33, "sa": 24, "sc": 31, "sd": 18, "se": 24, "si": 19, "sk": 24,
        "sm": 27, "so": 23, "st": 25, "sv": 28, "tl": 23, "tn": 24, "tr": 26, "ua": 29, "va": 22, "vg": 24, "xk": 20,
        "ye": 30,
    ]
}
