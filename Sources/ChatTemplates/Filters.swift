// Filters by name. Those on text are in `TextFilters.swift`, those on lists in `ListFilters.swift`.

extension Interpreter {
    /// Applies the chain of filters of a block, whose innermost has no operand, to the block's text.
    func applyFilters(_ chain: Expression, to value: Value, in scope: Scope) throws(TemplateError) -> Value {
        guard case .filter(let inner, let name, let arguments) = chain.kind else { return value }
        let operand = if let inner { try applyFilters(inner, to: value, in: scope) } else { value }
        return try filter(name, operand, try evaluate(arguments, in: scope))
    }

    func filter(_ name: String, _ value: Value, _ arguments: CallArguments) throws(TemplateError) -> Value {
        try charge(for: value)
        for argument in arguments.positional { try charge(for: argument) }
        var result = try valueFilter(name, value, arguments)
        if result == nil { result = try textFilter(name, value, arguments) }
        if result == nil { result = try listFilter(name, value, arguments) }
        if result == nil { result = try choiceFilter(name, value, arguments) }
        guard let result else { throw .runtime("no filter named '\(name)'") }
        try charge(made: result)
        return result
    }

    /// Filters on values of any kind and on numbers.
    private func valueFilter(_ name: String, _ value: Value, _ arguments: CallArguments) throws(TemplateError) -> Value?
    {
        switch name {
        case "default", "d":
            let given = try arguments.bound(to: ["default_value", "boolean"], of: name)
            if case .undefined(let undefined) = value, undefined.isForbidden { throw undefined.error }
            let isMissing = if case .undefined = value { true } else { false }
            return isMissing || ((given[1]?.isTrue ?? false) && !value.isTrue) ? given[0] ?? .string("") : value
        case "tojson": return .string(try jsonText(value, arguments))
        case "string": return .string(try value.text())
        case "safe": return .string(try value.text())
        case "length", "count":
            guard let count = value.count else { throw .runtime("object of type '\(value.typeName)' has no len()") }
            return .integer(count)
        case "attr":
            guard case .string(let attribute)? = try arguments.bound(to: ["name"], of: name)[0] else { return nil }
            if case .mapping = value, !Methods.names(value).contains(attribute) {
                return .missing("'dict object' has no attribute '\(attribute)'")
            }
            return try self.attribute(attribute, of: value)
        case "abs":
            if let integer = value.asInteger, integer != .min { return .integer(abs(integer)) }
            if let double = value.asDouble { return .double(abs(double)) }
            throw mismatch(value, name)
        case "int": return try integer(of: value, arguments)
        case "float":
            let fallback = try arguments.bound(to: ["default"], of: name)[0] ?? .double(0)
            if case .undefined(let undefined) = value { throw undefined.error }
            if case .string(let text) = value { return PythonNumbers.double(text).map { .double($0) } ?? fallback }
            return value.asDouble.map { .double($0) } ?? fallback
        case "round": return try rounded(value, arguments)
        default: return nil
        }
    }

    func mismatch(_ value: Value, _ name: String) -> TemplateError {
        if case .undefined(let undefined) = value { return undefined.error }
        return .runtime("'\(name)' does not take a value of type '\(value.typeName)'")
    }

    private func jsonText(_ value: Value, _ arguments: CallArguments) throws(TemplateError) -> String {
        let given = try arguments.bound(to: ["ensure_ascii", "indent", "separators", "sort_keys"], of: "tojson")
        var json = JSONText()
        json.asciiOnly = given[0]?.isTrue ?? false
        json.sortsKeys = given[3]?.isTrue ?? false
        switch given[1] {
        case nil, .none?: break
        case .string(let text)?: json.indent = text
        case let indent?:
            guard let width = indent.asInteger, width <= 1000 else { throw mismatch(indent, "tojson") }
            json.indent = String(repeating: " ", count: max(0, width))
        }
        if json.indent != nil { json.itemSeparator = "," }
        if let separators = given[2], case .sequence(let list) = separators {
            guard list.elements.count == 2, case .string(let item) = list.elements[0],
                case .string(let key) = list.elements[1]
            else { throw .runtime("separators must be two strings") }
            json.itemSeparator = item
            json.keySeparator = key
        }
        return try json.text(of: value)
    }

    private func integer(of value: Value, _ arguments: CallArguments) throws(TemplateError) -> Value {
        let given = try arguments.bound(to: ["default", "base"], of: "int")
        let fallback = given[0] ?? .integer(0)
        if case .undefined(let undefined) = value { throw undefined.error }
        if let integer = value.asInteger { return .integer(integer) }
        var double = value.asDouble
        if case .string(let text) = value {
            if let integer = PythonNumbers.integer(text, base: given[1]?.asInteger ?? 10) { return .integer(integer) }
            double = PythonNumbers.double(text)
        }
        return double.flatMap { Int(exactly: $0.rounded(.towardZero)) }.map { .integer($0) } ?? fallback
    }

    private func rounded(_ value: Value, _ arguments: CallArguments) throws(TemplateError) -> Value {
        let given = try arguments.bound(to: ["precision", "method"], of: "round")
        let precision = given[0]?.asInteger ?? 0
        guard precision.magnitude < 1000, let number = value.asDouble else { throw mismatch(value, "round") }
        let method: String = if case .string(let name)? = given[1] { name } else { "common" }
        var scale = 1.0
        for _ in 0..<precision.magnitude { scale *= 10 }
        if precision < 0 { scale = 1 / scale }
        switch method {
        case "common":
            if let integer = value.asInteger, precision >= 0 { return .integer(integer) }
            let result = PythonNumbers.rounded(number, digits: precision)
            return value.asInteger == nil
                ? .double(result) : Int(exactly: result).map { .integer($0) } ?? .double(result)
        case "ceil": return .double((number * scale).rounded(.up) / scale)
        case "floor": return .double((number * scale).rounded(.down) / scale)
        default: throw .runtime("method must be common, ceil or floor")
        }
    }
}
