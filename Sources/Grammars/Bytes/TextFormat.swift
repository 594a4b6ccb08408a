// `format` of strings: what is written of each is a part of what its standard allows, and conforms always.

/// A form of text that a schema names.
enum TextFormat: String, CaseIterable {
    case date, time, dateTime = "date-time", duration, uuid, email, hostname, ipv4, ipv6, uri

    /// The text itself; none of it needs an escape in JSON.
    var expression: ByteExpression {
        switch self {
        case .date: Self.days
        case .time: Self.times
        case .dateTime: .sequence([Self.days, .literal("T"), Self.times])
        case .duration: Self.durations
        case .uuid:
            .sequence([
                Self.hexadecimal.times(8), .literal("-"), Self.hexadecimal.times(4), .literal("-"),
                Self.hexadecimal.times(4), .literal("-"), Self.hexadecimal.times(4), .literal("-"),
                Self.hexadecimal.times(12),
            ])
        case .email: Self.addresses
        case .hostname: Self.hosts(least: 0)
        case .ipv4: .sequence([Self.octet, .sequence([.literal("."), Self.octet]).times(3)])
        case .ipv6: Self.longAddresses
        case .uri: Self.locations
        }
    }

    private static let digit = ByteExpression.range("0", "9")
    private static let hexadecimal = ByteExpression.bytes(
        ByteSet("0123456789abcdefABCDEF".utf8))

    private static func words(_ list: [String]) -> ByteExpression { .choice(list.map { .literal($0) }) }

    /// Numbers from `lower` to `upper` in two digits.
    private static func twoDigits(_ range: ClosedRange<Int>) -> ByteExpression {
        words(range.map { $0 < 10 ? "0\($0)" : "\($0)" })
    }

    // MARK: Times

    /// From the year 1, with the days that each month has.
    private static let days: ByteExpression = {
        let year = ByteExpression.choice([
            .sequence([.literal("000"), .range("1", "9")]), .sequence([.literal("00"), .range("1", "9"), digit]),
            .sequence([.literal("0"), .range("1", "9"), digit.times(2)]),
            .sequence([.range("1", "9"), digit.times(3)]),
        ])
        // Years of centuries are leap years where the century is divided by 4.
        let fourths = words(stride(from: 4, to: 100, by: 4).map { $0 < 10 ? "0\($0)" : "\($0)" })
        let leapYear = ByteExpression.choice([
            .sequence([digit.times(2), fourths]), .sequence([fourths, .literal("00")]),
        ])
        let long = words(["-01-", "-03-", "-05-", "-07-", "-08-", "-10-", "-12-"])
        return .choice([
            .sequence([year, long, twoDigits(1...31)]),
            .sequence([year, words(["-04-", "-06-", "-09-", "-11-"]), twoDigits(1...30)]),
            .sequence([year, .literal("-02-"), twoDigits(1...28)]),
            .sequence([leapYear, .literal("-02-29")]),
        ])
    }()

    private static let times = ByteExpression.sequence([
        twoDigits(0...23), .literal(":"), twoDigits(0...59), .literal(":"), twoDigits(0...59),
        ByteExpression.sequence([.literal("."), digit.times(1...9)]).optional,
        .choice([
            .literal("Z"), .sequence([.any(of: "+-"), twoDigits(0...23), .literal(":"), twoDigits(0...59)]),
        ]),
    ])

    /// As in RFC 3339: a smaller unit follows the next larger one alone.
    private static let durations: ByteExpression = {
        func part(_ unit: String, _ rest: ByteExpression = .empty) -> ByteExpression {
            .sequence([digit.times(1...6), .literal(unit), rest.optional])
        }
        let seconds = part("S"), minutes = part("M", seconds), hours = part("H", minutes)
        let time = ByteExpression.sequence([.literal("T"), .choice([hours, minutes, seconds])])
        let days = part("D"), months = part("M", days), years = part("Y", months)
        return .sequence([
            .literal("P"),
            .choice([.sequence([.choice([years, months, days]), time.optional]), time, part("W")]),
        ])
    }()

    // MARK: Addresses

    /// Names with at least `least` dots.
    private static func hosts(least: Int) -> ByteExpression {
        let inner = ByteExpression.bytes(
            ByteSet("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-".utf8))
        let outer = ByteExpression.bytes(
            ByteSet("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789".utf8))
        let label = ByteExpression.sequence([outer, ByteExpression.sequence([inner.times(0...38), outer]).optional])
        // The last begins with a letter, so that no name reads as a number.
        let last = ByteExpression.sequence([
            .choice([.range("a", "z"), .range("A", "Z")]),
            ByteExpression.sequence([inner.times(0...38), outer]).optional,
        ])
        return .sequence([ByteExpression.sequence([label, .literal(".")]).times(least...4), last])
    }

    private static let addresses: ByteExpression = {
        let atom = ByteExpression.bytes(
            ByteSet("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-".utf8))
        return .sequence([
            atom.times(1...30), ByteExpression.sequence([.literal("."), atom.times(1...15)]).times(0...2),
            .literal("@"), hosts(least: 1),
        ])
    }()

    private static let octet = ByteExpression.choice([
        digit, .sequence([.range("1", "9"), digit]), .sequence([.literal("1"), digit.times(2)]),
        .sequence([.literal("2"), .range("0", "4"), digit]), .sequence([.literal("25"), .range("0", "5")]),
    ])

    private static let longAddresses: ByteExpression = {
        let group = hexadecimal.times(1...4)
        func groups(_ count: Int) -> ByteExpression {
            count == 0
                ? .empty : .sequence([group, ByteExpression.sequence([.literal(":"), group]).times(count - 1)])
        }
        var forms = [groups(8)]
        for before in 0...6 {
            for after in 0...(6 - before) { forms.append(.sequence([groups(before), .literal("::"), groups(after)])) }
        }
        return .choice(forms)
    }()

    /// `scheme://host/path?query#fragment`.
    private static let locations: ByteExpression = {
        let plain = ByteExpression.any(
            of: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:@/")
        let character = ByteExpression.choice([plain, .sequence([.literal("%"), hexadecimal.times(2)])])
        let more = ByteExpression.choice([character, .literal("?")])
        return .sequence([
            .range("a", "z"),
            ByteExpression.any(of: "abcdefghijklmnopqrstuvwxyz0123456789+-.").times(0...11), .literal("://"),
            hosts(least: 0),
            ByteExpression.sequence([.literal(":"), .range("1", "9"), digit.times(0...3)]).optional,
            ByteExpression.sequence([.literal("/"), character.anyTimes]).optional,
            ByteExpression.sequence([.literal("?"), more.anyTimes]).optional,
            ByteExpression.sequence([.literal("#"), more.anyTimes]).optional,
        ])
    }()
}
