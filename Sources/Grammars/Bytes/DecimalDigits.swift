// Decimal numbers by their digits, so that bounds of numbers are exact.

internal import JSON

/// A number as its digits.
struct DecimalDigits: Equatable {
    var isNegative: Bool
    /// Before the point, without zeros in front; empty for what is below 1.
    var whole: [UInt8]
    /// After the point, without zeros at its end.
    var fraction: [UInt8]

    var isZero: Bool { whole.isEmpty && fraction.isEmpty }

    /// Nil for what is no number, or has more digits than are worth it.
    init?(_ value: JSONValue) {
        let text: String
        switch value {
        case .integer, .digits: text = value.text()
        case .double(let double) where double.isFinite: text = value.text()
        default: return nil
        }
        let parts = text.lowercased().split(separator: "e", omittingEmptySubsequences: false)
        guard let exponent = parts.count == 2 ? Int(parts[1]) : 0, -60...60 ~= exponent, let mantissa = parts.first
        else { return nil }
        isNegative = mantissa.hasPrefix("-")
        let sides = mantissa.drop { $0 == "-" || $0 == "+" }.split(separator: ".", omittingEmptySubsequences: false)
        var digits = sides.joined().utf8.map { $0 &- 48 }
        guard digits.allSatisfy({ $0 < 10 }), digits.count <= 60, let first = sides.first else { return nil }
        var point = first.utf8.count + exponent
        if point < 0 {
            digits = Array(repeating: 0, count: -point) + digits
            point = 0
        }
        if point > digits.count { digits += Array(repeating: 0, count: point - digits.count) }
        whole = Array(digits[..<point].drop { $0 == 0 })
        fraction = Array(digits[point...])
        while fraction.last == 0 { fraction.removeLast() }
        if isZero { isNegative = false }
    }

    var negated: DecimalDigits {
        var result = self
        result.isNegative = !isNegative && !isZero
        return result
    }

    /// −1, 0 or 1, as this is below, at or above `other`.
    func compared(to other: DecimalDigits) -> Int {
        guard isNegative == other.isNegative else { return isNegative ? -1 : 1 }
        let sign = isNegative ? -1 : 1
        if whole.count != other.whole.count { return whole.count < other.whole.count ? -sign : sign }
        let (own, others) = (whole + fraction, other.whole + other.fraction)
        if own == others { return 0 }
        return own.lexicographicallyPrecedes(others) ? -sign : sign
    }
}
