// One value in a field: what `%5.2f` and `{:>8,.1f}` share.

struct NumberFormat {
    var fill: Scalar = " "
    /// `<`, `>`, `^` or `=`; `nil` for the type's own side.
    var alignment: Scalar?
    /// `+` or a blank: what stands before numbers that are not negative.
    var sign: Scalar?
    var isAlternate = false
    var width = 0
    var grouping: Scalar?
    var precision: Int?
    /// The letter of the conversion; `nil` for the type's own.
    var conversion: Scalar?

    /// `value` as the format asks.
    func text(of value: Value) throws(TemplateError) -> String {
        guard width <= 100_000, (precision ?? 0) <= 1000 else { throw .limit("a format wider than 100,000") }
        switch conversion {
        case "d", "i", "u", "x", "X", "o", "b", "c": return try integerText(of: value)
        case "f", "F", "e", "E", "g", "G", "%": return try doubleText(of: value)
        case nil where value.asDouble != nil && !value.isBool:
            if case .double(let double) = value {
                return padNumber(negative: double < 0, PythonNumbers.text(double.magnitude))
            }
            return try integerText(of: value)
        default:
            var text = try value.text()
            if let precision { text = String(scalars: text.unicodeScalars.prefix(precision)) }
            return pad(text, alignment ?? "<")
        }
    }

    private func integerText(of value: Value) throws(TemplateError) -> String {
        var number = value.asInteger
        if number == nil, case .double(let double) = value { number = Int(exactly: double.rounded(.towardZero)) }
        guard let number else { throw .runtime("a number is required, not \(value.typeName)") }
        if conversion == "c" {
            guard let code = UInt32(exactly: number), let scalar = Scalar(code) else {
                throw .runtime("%c: no Unicode scalar")
            }
            return pad(String(scalar), alignment ?? "<")
        }
        let (radix, prefix): (Int, String) =
            switch conversion {
            case "x", "X": (16, "0x")
            case "o": (8, "0o")
            case "b": (2, "0b")
            default: (10, "")
            }
        var digits = String(number.magnitude, radix: radix, uppercase: conversion == "X")
        if let precision, digits.utf8.count < precision {
            digits = String(repeating: "0", count: precision - digits.utf8.count) + digits
        }
        return padNumber(negative: number < 0, (isAlternate ? prefix : "") + grouped(digits))
    }

    private func doubleText(of value: Value) throws(TemplateError) -> String {
        guard let number = value.asDouble else { throw .runtime("must be real number, not \(value.typeName)") }
        let isNegative = number.sign == .minus && !number.isNaN
        let magnitude = number.magnitude
        guard magnitude.isFinite else { return padNumber(negative: isNegative, PythonNumbers.text(magnitude)) }
        switch conversion {
        case "%":
            return padNumber(
                negative: isNegative, grouped(PythonNumbers.fixed(magnitude * 100, digits: precision ?? 6)) + "%")
        case "e", "E", "g", "G": return padNumber(negative: isNegative, try scientific(magnitude))
        default: return padNumber(negative: isNegative, grouped(PythonNumbers.fixed(magnitude, digits: precision ?? 6)))
        }
    }

    /// `%e` and `%g`, from the shortest digits that read back.
    private func scientific(_ value: Double) throws(TemplateError) -> String {
        let isGeneral = conversion == "g" || conversion == "G"
        let count = isGeneral ? max(1, precision ?? 6) : (precision ?? 6) + 1
        var (digits, exponent) = value == 0 ? ("0", 0) : PythonNumbers.decimal(value)
        if digits.utf8.count > count {
            let scaled = Double("0." + digits) ?? 0
            let fixed = PythonNumbers.fixed(scaled, digits: count)
            if PythonText.hasPrefix(fixed, "1") {
                exponent += 1
                digits = "1" + String(repeating: "0", count: count - 1)
            } else {
                digits = String(fixed.dropFirst(2))
            }
        }
        digits += String(repeating: "0", count: max(0, count - digits.utf8.count))
        var text: String
        let usesExponent = !isGeneral || exponent < -4 || exponent >= count
        if usesExponent {
            text = digits.prefix(1) + (count > 1 ? "." + digits.dropFirst() : "")
        } else if exponent < 0 {
            text = "0." + String(repeating: "0", count: -exponent - 1) + digits
        } else {
            text = digits.prefix(exponent + 1) + (exponent + 1 < count ? "." + digits.dropFirst(exponent + 1) : "")
        }
        if isGeneral, text.utf8.contains(46) {
            while text.utf8.last == 48 { text.removeLast() }
            if text.utf8.last == 46 { text.removeLast() }
        }
        if usesExponent {
            let power = String(exponent.magnitude)
            text += (exponent < 0 ? "e-" : "e+") + (power.utf8.count < 2 ? "0" + power : power)
        }
        return conversion == "E" || conversion == "G" ? PythonText.upper(text) : text
    }

    private func grouped(_ digits: String) -> String {
        guard let grouping else { return digits }
        let whole = digits.prefix { $0 != "." }
        var result = ""
        for (index, digit) in whole.enumerated() {
            if index > 0, (whole.count - index) % 3 == 0 { result.unicodeScalars.append(grouping) }
            result.append(digit)
        }
        return result + digits.dropFirst(whole.count)
    }

    private func padNumber(negative: Bool, _ digits: String) -> String {
        let mark = negative ? "-" : sign.map { String($0) } ?? ""
        if alignment == "=" {
            let missing = max(0, width - mark.unicodeScalars.count - digits.unicodeScalars.count)
            return mark + String(repeating: String(fill), count: missing) + digits
        }
        return pad(mark + digits, alignment ?? ">")
    }

    private func pad(_ text: String, _ side: Scalar) -> String {
        let missing = max(0, width - text.unicodeScalars.count)
        let left = side == ">" || side == "=" ? missing : side == "^" ? missing / 2 : 0
        return String(repeating: String(fill), count: left) + text
            + String(repeating: String(fill), count: missing - left)
    }
}

extension Value {
    var isBool: Bool { if case .bool = self { true } else { false } }
}
