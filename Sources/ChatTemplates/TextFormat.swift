// Python's two ways to put values into a text: `"%s" % value` and `"{}".format(value)`.

enum PercentFormat {
    /// `format % values`.
    static func format(_ format: String, _ values: Value) throws(TemplateError) -> String {
        let scalars = format.scalarArray
        var arguments: [Value] = [values]
        if case .sequence(let list) = values, list.isTuple { arguments = list.elements }
        var used = 0
        var index = 0
        var output = ""
        func next() throws(TemplateError) -> Value {
            guard used < arguments.count else { throw .runtime("not enough arguments for format string") }
            used += 1
            return arguments[used - 1]
        }
        while index < scalars.count {
            guard scalars[index] == "%" else {
                output.unicodeScalars.append(scalars[index])
                index += 1
                continue
            }
            index += 1
            var name: String?
            if index < scalars.count, scalars[index] == "(" {
                guard let end = scalars[index...].firstIndex(of: ")") else { throw .runtime("incomplete format key") }
                name = String(scalars: scalars[(index + 1)..<end])
                index = end + 1
            }
            var field = NumberFormat()
            field.alignment = ">"
            while index < scalars.count, ["-", "+", " ", "0", "#"].contains(scalars[index]) {
                switch scalars[index] {
                case "-": field.alignment = "<"
                case "0" where field.alignment != "<": (field.fill, field.alignment) = ("0", "=")
                case "#": field.isAlternate = true
                case "+", " ": field.sign = scalars[index]
                default: break
                }
                index += 1
            }
            func number() throws(TemplateError) -> Int? {
                if index < scalars.count, scalars[index] == "*" {
                    index += 1
                    return try next().asInteger
                }
                var value: Int?
                while index < scalars.count, ("0"..."9").contains(scalars[index]) {
                    value = min(1_000_000, (value ?? 0) * 10 + Int(scalars[index].value) - 48)
                    index += 1
                }
                return value
            }
            field.width = max(0, try number() ?? 0)
            if index < scalars.count, scalars[index] == "." {
                index += 1
                field.precision = max(0, try number() ?? 0)
            }
            guard index < scalars.count else { throw .runtime("incomplete format") }
            let conversion = scalars[index]
            index += 1
            if conversion == "%" {
                output += "%"
                continue
            }
            let value: Value
            if let name {
                guard case .mapping(let mapping) = values else { throw .runtime("format requires a mapping") }
                guard let member = mapping.value(named: name) else { throw .runtime("no member '\(name)' to format") }
                value = member
            } else {
                value = try next()
            }
            output += try text(of: value, conversion, field)
            guard output.utf8.count <= Limits.stringBytes else {
                throw .limit("a text of more than \(Limits.stringBytes) bytes")
            }
        }
        if case .mapping = values { return output }
        guard used == arguments.count else { throw .runtime("not all arguments converted during string formatting") }
        return output
    }

    private static func text(of value: Value, _ conversion: Scalar, _ field: NumberFormat) throws(TemplateError)
        -> String
    {
        var field = field
        switch conversion {
        case "s", "r", "a":
            if field.alignment == "=" { (field.fill, field.alignment) = (" ", ">") }
            return try field.text(of: .string(conversion == "s" ? value.text() : value.representation()))
        case "d", "i", "u", "x", "X", "o", "c", "f", "F", "e", "E", "g", "G":
            if "diuxXo".unicodeScalars.contains(conversion), case .string = value {
                throw .runtime("%\(conversion) format: a number is required, not str")
            }
            if conversion == "c", case .string(let text) = value { return try field.text(of: .string(text)) }
            field.conversion = conversion
            return try field.text(of: value)
        default: throw .runtime("unsupported format character '\(conversion)'")
        }
    }
}

enum BraceFormat {
    /// `format.format(…)`.
    static func format(_ format: String, _ arguments: CallArguments) throws(TemplateError) -> String {
        let scalars = format.scalarArray
        var index = 0
        var automatic = 0
        var output = ""
        while index < scalars.count {
            let scalar = scalars[index]
            let isDoubled = index + 1 < scalars.count && scalars[index + 1] == scalar
            index += 1
            guard scalar == "{" || scalar == "}" else {
                output.unicodeScalars.append(scalar)
                continue
            }
            if isDoubled {
                output.unicodeScalars.append(scalar)
                index += 1
                continue
            }
            guard scalar == "{", let end = scalars[index...].firstIndex(of: "}") else {
                throw .runtime("single '\(scalar)' encountered in format string")
            }
            let body = scalars[index..<end]
            guard !body.contains("{") else { throw .runtime("nested fields in a format are not supported") }
            index = end + 1
            output += try field(body, arguments, &automatic)
            guard output.utf8.count <= Limits.stringBytes else {
                throw .limit("a text of more than \(Limits.stringBytes) bytes")
            }
        }
        return output
    }

    private static func field(
        _ body: ArraySlice<Scalar>, _ arguments: CallArguments, _ automatic: inout Int
    ) throws(TemplateError) -> String {
        let colon = body.firstIndex(of: ":") ?? body.endIndex
        var path = body[..<colon]
        var conversion: Scalar?
        if let mark = path.lastIndex(of: "!") {
            conversion = path[(mark + 1)...].first
            path = path[..<mark]
        }
        var value = try self.value(String(scalars: path), arguments, &automatic)
        if conversion == "r" { value = .string(try value.representation()) }
        if conversion == "s" { value = .string(try value.text()) }
        let format = try numberFormat(body[min(colon + 1, body.endIndex)...])
        return try format.text(of: value)
    }

    private static func value(
        _ path: String, _ arguments: CallArguments, _ automatic: inout Int
    ) throws(TemplateError) -> Value {
        guard !path.utf8.contains(46), !path.utf8.contains(91) else {
            throw .runtime("attributes in a format are not supported")
        }
        if path.isEmpty || Int(path) != nil {
            // Python lets a format number all of its fields or none; -1 says that they are numbered.
            guard path.isEmpty ? automatic >= 0 : automatic <= 0 else {
                throw .runtime("a format cannot mix numbered and unnumbered fields")
            }
            if !path.isEmpty { automatic = -1 }
            let place = Int(path) ?? automatic
            if path.isEmpty { automatic += 1 }
            guard arguments.positional.indices.contains(place) else {
                throw .runtime("replacement index \(place) out of range for positional args")
            }
            return arguments.positional[place]
        }
        guard let member = arguments.named.last(where: { $0.name.equals(path) }) else {
            throw .runtime("no argument '\(path)' to format")
        }
        return member.value
    }

    private static func numberFormat(_ text: ArraySlice<Scalar>) throws(TemplateError) -> NumberFormat {
        var format = NumberFormat()
        var rest = text
        let alignments: [Scalar] = ["<", ">", "^", "="]
        if let second = rest.dropFirst().first, alignments.contains(second), let first = rest.first {
            (format.fill, format.alignment) = (first, second)
            rest = rest.dropFirst(2)
        } else if let first = rest.first, alignments.contains(first) {
            format.alignment = rest.removeFirst()
        }
        if let first = rest.first, ["+", "-", " "].contains(first) {
            rest.removeFirst()
            format.sign = first == "-" ? nil : first
        }
        if rest.first == "#" {
            format.isAlternate = true
            rest.removeFirst()
        }
        if rest.first == "0", format.alignment == nil { (format.fill, format.alignment) = ("0", "=") }
        func number() -> Int? {
            var value: Int?
            while let digit = rest.first, ("0"..."9").contains(digit) {
                value = min(1_000_000, (value ?? 0) * 10 + Int(digit.value) - 48)
                rest.removeFirst()
            }
            return value
        }
        format.width = number() ?? 0
        if let mark = rest.first, mark == "," || mark == "_" {
            format.grouping = mark
            rest.removeFirst()
        }
        if rest.first == "." {
            rest.removeFirst()
            format.precision = number()
        }
        format.conversion = rest.popFirst()
        if format.conversion == "s" { format.conversion = nil }
        guard rest.isEmpty else { throw .runtime("invalid format specifier") }
        return format
    }
}
