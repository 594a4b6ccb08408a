// Stored values → JSON values, by what the column says they mean.

internal import Foundation
internal import JSON

/// How one column's values become JSON.
struct LeafConverter {
    private enum Meaning {
        case plain, text, uuid, float16
        case decimal(scale: Int)
        case date
        case time(LogicalType.Unit)
        case timestamp(LogicalType.Unit, isUTC: Bool)
        case unsigned(bits: Int)
    }

    let type: PhysicalType
    /// Of `fixedByteArray`.
    let byteCount: Int
    private let meaning: Meaning

    init(_ element: SchemaElement, _ type: PhysicalType) throws(ParquetError) {
        self.type = type
        byteCount = element.byteCount
        guard type != .fixedByteArray || byteCount <= 1 << 20 else {
            throw ParquetError(.broken, "values of \(byteCount) bytes", column: element.name)
        }
        meaning = Self.meaning(element, type)
    }

    private static func meaning(_ element: SchemaElement, _ type: PhysicalType) -> Meaning {
        switch (type, element.logicalType ?? logicalType(element)) {
        case (.byteArray, .string?), (.byteArray, .enumeration?), (.byteArray, .json?): .text
        case (.fixedByteArray, .uuid?) where element.byteCount == 16: .uuid
        case (.fixedByteArray, .float16?) where element.byteCount == 2: .float16
        case (.int32, .decimal(let scale)?), (.int64, .decimal(let scale)?), (.byteArray, .decimal(let scale)?),
            (.fixedByteArray, .decimal(let scale)?):
            .decimal(scale: scale)
        case (.int32, .date?): .date
        case (.int32, .time(let unit)?), (.int64, .time(let unit)?): .time(unit)
        case (.int64, .timestamp(let unit, let isUTC)?): .timestamp(unit, isUTC: isUTC)
        case (.int32, .integer(let bits, false)?), (.int64, .integer(let bits, false)?): .unsigned(bits: bits)
        default: .plain
        }
    }

    /// What files of before logical types say with converted types.
    private static func logicalType(_ element: SchemaElement) -> LogicalType? {
        switch element.convertedType {
        case 0: .string
        case 4: .enumeration
        case 5: .decimal(scale: element.scale)
        case 6: .date
        case 7: .time(.milliseconds)
        case 8: .time(.microseconds)
        case 9: .timestamp(.milliseconds, isUTC: true)
        case 10: .timestamp(.microseconds, isUTC: true)
        case 11: .integer(bits: 8, isSigned: false)
        case 12: .integer(bits: 16, isSigned: false)
        case 13: .integer(bits: 32, isSigned: false)
        case 14: .integer(bits: 64, isSigned: false)
        case 19: .json
        case 20: .bson
        default: nil
        }
    }

    // MARK: Values

    func value(_ integer: Int64) throws(ParquetError) -> JSONValue {
        switch meaning {
        case .decimal(let scale): return .string(try Decimals.text(of: Decimals.bytes(integer), scale: scale))
        case .date: return .string(Calendar.date(day: Int(integer)))
        case .time(let unit): return .string(Calendar.time(Calendar.split(integer, unit)))
        case .timestamp(let unit, let isUTC): return .string(Calendar.timestamp(integer, unit) + (isUTC ? "Z" : ""))
        case .unsigned(let bits) where bits <= 32: return .integer(Int(UInt32(truncatingIfNeeded: integer)))
        case .unsigned: return JSONValue(UInt64(bitPattern: integer))
        default: return .integer(Int(integer))
        }
    }

    func value(_ bytes: ArraySlice<UInt8>) throws(ParquetError) -> JSONValue {
        switch meaning {
        case .decimal(let scale): return .string(try Decimals.text(of: Array(bytes), scale: scale))
        case .float16:
            let bits = bytes.reversed().reduce(UInt16(0)) { $0 << 8 | UInt16($1) }
            return .double(Self.half(bits))
        case .uuid:
            let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
            let groups = [0..<4, 4..<6, 6..<8, 8..<10, 10..<16].map { digits[$0].joined() }
            return .string(groups.joined(separator: "-"))
        default:
            if let text = String(validating: bytes, as: UTF8.self) { return .string(text) }
            // Bytes that are no text must not be read as one: as an object they are refused where a text is needed.
            guard case .text = meaning else { return ["bytes": .string(Data(bytes).base64EncodedString())] }
            throw ParquetError(.broken, "a text that is not UTF-8")
        }
    }

    /// The nanosecond timestamps of old writers: nanoseconds of the day, then the Julian day.
    func value(int96 bytes: ArraySlice<UInt8>) -> JSONValue {
        func number(_ range: Range<Int>) -> UInt64 {
            range.reversed().reduce(0) { $0 << 8 | UInt64(bytes[bytes.startIndex + $1]) }
        }
        let day = Int(Int32(truncatingIfNeeded: number(8..<12))) - 2_440_588
        let nanoseconds = Int64(bitPattern: number(0..<8))
        let extra = Int(nanoseconds.dividedFlooring(by: 86_400_000_000_000))
        let rest = nanoseconds &- Int64(extra) &* 86_400_000_000_000
        return .string(
            Calendar.date(day: day &+ extra) + "T" + Calendar.time(Calendar.split(rest, .nanoseconds)))
    }

    /// IEEE half precision.
    private static func half(_ bits: UInt16) -> Double {
        let sign: Double = bits >> 15 == 1 ? -1 : 1
        let exponent = Int(bits >> 10 & 31)
        let fraction = Double(bits & 1023)
        switch exponent {
        case 0: return sign * fraction * 0x1p-24
        case 31: return fraction == 0 ? sign * .infinity : .nan
        default: return sign * (1 + fraction / 1024) * Double(sign: .plus, exponent: exponent - 15, significand: 1)
        }
    }
}

extension Int64 {
    func dividedFlooring(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}

/// Decimal numbers as text, exactly: a float would not hold them.
enum Decimals {
    /// Big-endian two's complement.
    static func bytes(_ integer: Int64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: integer >> Int64(8 * (7 - $0))) }
    }

    static func text(of bytes: [UInt8], scale: Int) throws(ParquetError) -> String {
        // 76 digits is the most that any writer has.
        guard bytes.count <= 64, (-100...100).contains(scale) else {
            throw ParquetError(.unsupported, "a decimal number of \(bytes.count) bytes")
        }
        let isNegative = (bytes.first ?? 0) >= 0x80
        var magnitude = bytes
        if isNegative {
            var carry = true
            for index in magnitude.indices.reversed() {
                magnitude[index] = ~magnitude[index]
                if carry {
                    magnitude[index] &+= 1
                    carry = magnitude[index] == 0
                }
            }
        }
        var digits: [UInt8] = []
        while magnitude.contains(where: { $0 != 0 }) {
            var remainder = 0
            for index in magnitude.indices {
                let value = remainder << 8 | Int(magnitude[index])
                magnitude[index] = UInt8(value / 10)
                remainder = value % 10
            }
            digits.append(UInt8(ascii: "0") + UInt8(remainder))
        }
        if scale < 0, !digits.isEmpty {
            digits.insert(contentsOf: repeatElement(UInt8(ascii: "0"), count: -scale), at: 0)
        }
        while digits.count <= max(0, scale) { digits.append(UInt8(ascii: "0")) }
        if scale > 0 { digits.insert(UInt8(ascii: "."), at: scale) }
        if isNegative { digits.append(UInt8(ascii: "-")) }
        return String(decoding: digits.reversed(), as: UTF8.self)
    }
}

/// Days and times as ISO 8601 has them.
enum Calendar {
    /// - Parameter day: from 1 January 1970.
    static func date(day: Int) -> String {
        // Civil from days, by eras of 400 years (Hinnant 2013). Days beyond a million years are rubbish, and said as they are.
        guard (-400_000_000...400_000_000).contains(day) else { return "\(day) days" }
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let dayOfMonth = dayOfYear - (153 * month + 2) / 5 + 1
        let civilMonth = month < 10 ? month + 3 : month - 9
        let year = yearOfEra + era * 400 + (civilMonth <= 2 ? 1 : 0)
        return padded(year, 4) + "-" + padded(civilMonth, 2) + "-" + padded(dayOfMonth, 2)
    }

    /// Seconds and nanoseconds.
    static func split(_ value: Int64, _ unit: LogicalType.Unit) -> (seconds: Int64, nanoseconds: Int64) {
        let perSecond: Int64 =
            switch unit {
            case .milliseconds: 1000
            case .microseconds: 1_000_000
            case .nanoseconds: 1_000_000_000
            }
        let seconds = value.dividedFlooring(by: perSecond)
        // The product may pass the smallest number where the difference does not.
        return (seconds, (value &- seconds &* perSecond) * (1_000_000_000 / perSecond))
    }

    static func time(_ time: (seconds: Int64, nanoseconds: Int64)) -> String {
        let seconds = Int(time.seconds)
        var text = padded(seconds / 3600, 2) + ":" + padded(seconds / 60 % 60, 2) + ":" + padded(seconds % 60, 2)
        if time.nanoseconds % 1000 != 0 {
            text += "." + padded(Int(time.nanoseconds), 9)
        } else if time.nanoseconds != 0 {
            text += "." + padded(Int(time.nanoseconds / 1000), 6)
        }
        return text
    }

    static func timestamp(_ value: Int64, _ unit: LogicalType.Unit) -> String {
        let (seconds, nanoseconds) = split(value, unit)
        let day = seconds.dividedFlooring(by: 86_400)
        return date(day: Int(day)) + "T" + time((seconds - day * 86_400, nanoseconds))
    }

    private static func padded(_ value: Int, _ width: Int) -> String {
        let digits = String(abs(value))
        return (value < 0 ? "-" : "") + String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
