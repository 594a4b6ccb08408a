// Python's two ways to put values into a text: `"%s" % value` and `"{}".format(value)`.

enum PercentFormat {
    /// `format % values`.
    static func format(_ format: String, _ values: Value) throws(TemplateError) -> String {
        var reader = PercentReader(format, values)
        var output = ""
        while let scalar = reader.next() {
            guard scalar == "%" else {
                output.unicodeScalars.append(scalar)
                continue
            }
            let name = try reader.name(), field = try reader.field()
            guard let conversion = reader.next() else { throw .runtime("incomplete format") }
            if conversion == "%" {
                output += "%"
                continue
            }
            output += try text(of: try reader.value(named: name), conversion, field)
            guard output.utf8.count <= Limits.stringBytes else {
                throw .limit("a text of more than \(Limits.stringBytes) bytes")
            }
        }
        try reader.requireAllUsed()
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

/// A format's characters, read one after the other, and the values that stand for its fields.
private struct PercentReader {
    private let scalars: [Scalar]
    private let values: Value
    private let arguments: [Value]
    private var used = 0
    private var index = 0

    init(_ format: String, _ values: Value) {
        scalars = format.scalarArray
        self.values = values
        if case .sequence(let list) = values, list.isTuple { arguments = list.elements } else { arguments = [values] }
    }

    mutating func next() -> Scalar? {
        guard index < scalars.count else { return nil }
        index += 1
        return scalars[index - 1]
    }

    private mutating func skip(_ scalar: Scalar) -> Bool {
        guard index < scalars.count, scalars[index] == scalar else { return false }
        index += 1
        return true
    }

    /// `(name)`, where a field has one.
    mutating func name() throws(TemplateError) -> String? {
        guard skip("(") else { return nil }
        guard let end = scalars[index...].firstIndex(of: ")") else { throw .runtime("incomplete format key") }
        defer { index = end + 1 }
        return String(scalars: scalars[index..<end])
    }

    /// Flags, width and precision.
    mutating func field() throws(TemplateError) -> NumberFormat {
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
        field.width = max(0, try number() ?? 0)
        if skip(".") { field.precision = max(0, try number() ?? 0) }
        return field
    }

    /// Digits, or `*` for the next value.
    private mutating func number() throws(TemplateError) -> Int? {
        if skip("*") { return try nextValue().asInteger }
        var value: Int?
        while index < scalars.count, ("0"..."9").contains(scalars[index]) {
            value = min(1_000_000, (value ?? 0) * 10 + Int(scalars[index].value) - 48)
            index += 1
        }
        return value
    }

    /// The value of a field: the member `name`, or the next one.
    mutating func value(named name: String?) throws(TemplateError) -> Value {
        guard let name else { return try nextValue() }
        guard case .mapping(let mapping) = values else { throw .runtime("format requires a mapping") }
        guard let member = mapping.value(named: name) else { throw .runtime("no member '\(name)' to format") }
        return member
    }

    private mutating func nextValue() throws(TemplateError) -> Value {
        guard used < arguments.count else { throw .runtime("not enough arguments for format string") }
        used += 1
        return arguments[used - 1]
    }

    func requireAllUsed() throws(TemplateError) {
        if case .mapping = values { return }
        guard used == arguments.count else { throw .runtime("not all arguments converted during string formatting") }
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
