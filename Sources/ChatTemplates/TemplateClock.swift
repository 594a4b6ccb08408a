// The time that `strftime_now` tells. It is given by the caller: the same input must give the same text.

/// A moment as a wall clock and a calendar show it.
public struct TemplateClock: Sendable, Equatable {
    /// Days since 1970-01-01.
    private let day: Int
    private let secondOfDay: Int
    public let microsecond: Int

    /// The moment `secondsSince1970`, shown in a zone that is `utcOffsetSeconds` ahead of UTC.
    public init(secondsSince1970: Int, utcOffsetSeconds: Int = 0, microsecond: Int = 0) {
        let bound = 100_000 * 366 * 86_400
        let seconds = max(-bound, min(bound, secondsSince1970)) + max(-86_400, min(86_400, utcOffsetSeconds))
        let rest = seconds % 86_400
        secondOfDay = rest < 0 ? rest + 86_400 : rest
        day = (seconds - secondOfDay) / 86_400
        self.microsecond = max(0, min(999_999, microsecond))
    }

    /// The day that templates are told where nobody names another: any, but always the same.
    public static let fixedDate = TemplateClock(secondsSince1970: 20_089 * 86_400)

    /// Midnight of a day written as "2025-01-31"; `nil` where there is no such day.
    public init?(date text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.utf8.count) == [4, 2, 2], text.utf8.allSatisfy({ $0 == 45 || (48...57).contains($0) }),
            let year = Int(parts[0]), let month = Int(parts[1]), let dayOfMonth = Int(parts[2]), year > 0
        else { return nil }
        // Years that start in March, in eras of 400, as below.
        let shiftedYear = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + dayOfMonth - 1
        let yearOfEra = shiftedYear % 400
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        self.init(secondsSince1970: (shiftedYear / 400 * 146_097 + dayOfEra - 719_468) * 86_400)
        guard date == (year, month, dayOfMonth) else { return nil }
    }

    /// Year, month and day of the month of the Gregorian calendar (eras of 400 years, years that start in March).
    private var date: (year: Int, month: Int, day: Int) {
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let monthOfYear = month < 10 ? month + 3 : month - 9
        return (yearOfEra + era * 400 + (monthOfYear <= 2 ? 1 : 0), monthOfYear, dayOfYear - (153 * month + 2) / 5 + 1)
    }

    private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    /// The moment in `strftime`'s notation, in the C locale; a directive it does not know stays as it is.
    public func text(_ format: String) -> String {
        var output = ""
        var scalars = format.unicodeScalars.makeIterator()
        while let scalar = scalars.next() {
            guard scalar == "%" else {
                output.unicodeScalars.append(scalar)
                continue
            }
            guard var directive = scalars.next() else { return output + "%" }
            var pads = true
            if directive == "-" {
                guard let next = scalars.next() else { return output + "%-" }
                directive = next
                pads = false
            }
            output += text(of: directive, pads: pads) ?? (pads ? "%" : "%-") + String(directive)
        }
        return output
    }

    private func text(of directive: Scalar, pads: Bool) -> String? {
        let (year, month, dayOfMonth) = date
        let (hour, minute, second) = (secondOfDay / 3600, secondOfDay / 60 % 60, secondOfDay % 60)
        let weekday = ((day + 4) % 7 + 7) % 7
        let hour12 = hour % 12 == 0 ? 12 : hour % 12
        func padded(_ number: Int, _ width: Int = 2, _ fill: String = "0") -> String {
            let digits = String(number)
            return pads ? String(repeating: fill, count: max(0, width - digits.utf8.count)) + digits : digits
        }
        switch directive {
        case "Y": return String(year)
        case "y": return padded((year % 100 + 100) % 100)
        case "C": return padded(year / 100)
        case "m": return padded(month)
        case "d": return padded(dayOfMonth)
        case "e": return padded(dayOfMonth, 2, " ")
        case "H": return padded(hour)
        case "I": return padded(hour12)
        case "k": return padded(hour, 2, " ")
        case "l": return padded(hour12, 2, " ")
        case "M": return padded(minute)
        case "S": return padded(second)
        case "f": return padded(microsecond, 6)
        case "j": return padded(dayOfYear, 3)
        case "p": return hour < 12 ? "AM" : "PM"
        case "P": return hour < 12 ? "am" : "pm"
        case "A": return TemplateClock.weekdays[weekday]
        case "a": return String(TemplateClock.weekdays[weekday].prefix(3))
        case "B": return TemplateClock.months[month - 1]
        case "b", "h": return String(TemplateClock.months[month - 1].prefix(3))
        case "u": return String(weekday == 0 ? 7 : weekday)
        case "w": return String(weekday)
        case "U": return padded((dayOfYear + 6 - weekday) / 7)
        case "W": return padded((dayOfYear + 6 - (weekday + 6) % 7) / 7)
        case "F": return text("%Y-%m-%d")
        case "T", "X": return text("%H:%M:%S")
        case "R": return text("%H:%M")
        case "D", "x": return text("%m/%d/%y")
        case "r": return text("%I:%M:%S %p")
        case "c": return text("%a %b %e %H:%M:%S %Y")
        case "Z", "z": return ""
        case "n": return "\n"
        case "t": return "\t"
        case "%": return "%"
        default: return nil
        }
    }

    private var dayOfYear: Int {
        let (year, month, dayOfMonth) = date
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return lengths.prefix(month - 1).reduce(0, +) + dayOfMonth
    }
}
