// Python's rules for numbers: how a float is written, how text is read as one, floor division.

enum PythonNumbers {
    /// `repr` of a float: shortest digits that read back, exponent form below 1e-4 and from 1e16.
    static func text(_ value: Double) -> String {
        if value.isNaN { return "nan" }
        if value.isInfinite { return value < 0 ? "-inf" : "inf" }
        let sign = value.sign == .minus ? "-" : ""
        if value == 0 { return sign + "0.0" }
        let (digits, exponent) = decimal(value.magnitude)
        if exponent < -4 || exponent >= 16 {
            let mantissa = digits.count == 1 ? digits : digits.prefix(1) + "." + digits.dropFirst()
            let power = String(exponent.magnitude)
            return sign + mantissa + (exponent < 0 ? "e-" : "e+") + (power.count < 2 ? "0" + power : power)
        }
        if exponent < 0 { return sign + "0." + String(repeating: "0", count: -exponent - 1) + digits }
        if digits.count <= exponent + 1 {
            return sign + digits + String(repeating: "0", count: exponent + 1 - digits.count) + ".0"
        }
        return sign + digits.prefix(exponent + 1) + "." + digits.dropFirst(exponent + 1)
    }

    /// The shortest digits of a positive finite number and the power of ten of the first.
    static func decimal(_ value: Double) -> (digits: String, exponent: Int) {
        let text = "\(value)"
        let parts = text.split(separator: "e")
        var exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
        let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        let fraction = mantissa.count > 1 ? mantissa[1] : ""
        exponent += mantissa[0].count - 1
        var digits = Array((mantissa[0] + fraction).utf8)
        while digits.first == 48, digits.count > 1 {
            digits.removeFirst()
            exponent -= 1
        }
        while digits.last == 48, digits.count > 1 { digits.removeLast() }
        return (String(decoding: digits, as: UTF8.self), exponent)
    }

    /// Python's `int(text, base)`; `nil` where it would refuse.
    static func integer(_ text: String, base: Int = 10) -> Int? {
        var body = PythonText.strip(text)
        var sign = ""
        if body.utf8.first == 43 || body.utf8.first == 45 { sign = String(body.removeFirst()) }
        body = PythonText.lower(body)
        var radix = base
        for (prefix, value) in [("0x", 16), ("0o", 8), ("0b", 2)]
        where PythonText.hasPrefix(body, prefix) && (base == value || base == 0) {
            radix = value
            body = String(body.dropFirst(2))
            if PythonText.hasPrefix(body, "_") { body = String(body.dropFirst()) }
        }
        if radix == 0 { radix = 10 }
        guard (2...36).contains(radix), let digits = withoutUnderscores(body) else { return nil }
        return Int(sign + digits, radix: radix)
    }

    /// Python's `float(text)`; `nil` where it would refuse.
    static func double(_ text: String) -> Double? {
        let body = PythonText.lower(PythonText.strip(text))
        switch body {
        case "inf", "+inf", "infinity", "+infinity": return .infinity
        case "-inf", "-infinity": return -.infinity
        case "nan", "+nan", "-nan": return .nan
        default: break
        }
        let digits = body.utf8.allSatisfy { (48...57).contains($0) || [43, 45, 46, 95, 101].contains($0) }
        guard digits, var plain = withoutUnderscores(body), plain.utf8.contains(where: { (48...57).contains($0) })
        else {
            return nil
        }
        if plain.utf8.last == 46 { plain += "0" }
        plain = replacingFirst(plain, ".e", ".0e")
        if plain.utf8.first == 46 { plain = "0" + plain }
        plain = replacingFirst(replacingFirst(plain, "-.", "-0."), "+.", "+0.")
        return Double(plain)
    }

    private static func replacingFirst(_ text: String, _ old: String, _ new: String) -> String {
        let scalars = text.scalarArray
        let old = old.scalarArray
        guard let start = PythonText.find(old, in: scalars, 0..<scalars.count) else { return text }
        return String(scalars: scalars[..<start]) + new + String(scalars: scalars[(start + old.count)...])
    }

    /// Digits without the underscores that may stand between two of them; `nil` where one stands elsewhere.
    private static func withoutUnderscores(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        guard !bytes.isEmpty, bytes.first != 95, bytes.last != 95 else { return nil }
        for index in bytes.indices.dropFirst() where bytes[index] == 95 && bytes[index - 1] == 95 { return nil }
        return String(decoding: bytes.filter { $0 != 95 }, as: UTF8.self)
    }

    /// Rounds to `digits` decimals, half to even in the exact decimal value, as Python's `round` does.
    static func rounded(_ value: Double, digits: Int) -> Double {
        guard value.isFinite else { return value }
        if digits == 0 { return value.rounded(.toNearestOrEven) }
        if digits > 300 { return value }
        if digits < -300 { return 0 }
        if digits > 0 { return Double(fixed(value, digits: digits)) ?? value }
        var power = 1.0
        for _ in 0..<(-digits) { power *= 10 }
        return (value / power).rounded(.toNearestOrEven) * power
    }

    /// `%.{digits}f`, from the exact binary value.
    static func fixed(_ value: Double, digits: Int) -> String {
        if !value.isFinite { return text(value) }
        var whole = ExactDecimal(value.magnitude)
        let body = whole.rounded(decimals: digits)
        return (value.sign == .minus ? "-" : "") + body
    }
}

/// A finite double as exact decimal digits, so that rounding sees what is really there.
private struct ExactDecimal {
    /// Digits before the point, most significant first; and after it.
    private var whole: [UInt8]
    private var fraction: [UInt8]

    init(_ value: Double) {
        whole = []
        fraction = []
        var integral = value.rounded(.towardZero)
        var rest = value - integral
        // 2^1074 is the smallest unit, so the fraction ends within 1,074 digits; each product by ten is exact in two parts.
        while integral >= 1 {
            let next = (integral / 10).rounded(.towardZero)
            if integral < 9_007_199_254_740_992 {
                var number = UInt64(integral)
                while number > 0 {
                    whole.append(UInt8(number % 10))
                    number /= 10
                }
                break
            }
            whole.append(UInt8(max(0, min(9, integral - next * 10))))
            integral = next
        }
        whole.reverse()
        if whole.isEmpty { whole = [0] }
        // The fraction below 1 is mantissa / 2^k: long multiplication by ten over its bits.
        guard rest > 0 else { return }
        var bits: [UInt8] = []
        while rest > 0, bits.count < 1100 {
            rest *= 2
            bits.append(rest >= 1 ? 1 : 0)
            if rest >= 1 { rest -= 1 }
        }
        while bits.contains(1) {
            var carry: UInt8 = 0
            for index in bits.indices.reversed() {
                let product = bits[index] * 10 + carry
                bits[index] = product & 1
                carry = product >> 1
            }
            fraction.append(carry)
            while bits.last == 0 { bits.removeLast() }
        }
    }

    mutating func rounded(decimals: Int) -> String {
        var kept = whole + fraction.prefix(decimals)
        kept += [UInt8](repeating: 0, count: max(0, decimals - fraction.count))
        let rest = fraction.dropFirst(decimals)
        if let first = rest.first {
            let tie = first == 5 && rest.dropFirst().allSatisfy { $0 == 0 }
            if first > 5 || (first == 5 && (!tie || (kept.last ?? 0) % 2 == 1)) { ExactDecimal.increment(&kept) }
        }
        let text = String(decoding: kept.map { $0 + 48 }, as: UTF8.self)
        return decimals == 0 ? text : text.dropLast(decimals) + "." + text.suffix(decimals)
    }

    private static func increment(_ digits: inout [UInt8]) {
        for index in digits.indices.reversed() {
            if digits[index] < 9 {
                digits[index] += 1
                return
            }
            digits[index] = 0
        }
        digits.insert(1, at: 0)
    }
}
