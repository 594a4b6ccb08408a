// What may stand after `is`.

extension Interpreter {
    func test(_ name: String, _ value: Value, _ arguments: CallArguments) throws(TemplateError) -> Bool {
        try charge(for: value)
        let given = arguments.positional
        if let comparison = TestNames.comparisons[name] {
            guard given.count == 1 else { throw .runtime("the test '\(name)' takes one value") }
            try charge(for: given[0])
            return try Value.compare(comparison, value, given[0])
        }
        if let result = try kindTest(name, value) { return result }
        switch name {
        case "true": if case .bool(true) = value { return true } else { return false }
        case "false": if case .bool(false) = value { return true } else { return false }
        case "odd", "even":
            guard case .integer(let rest) = try Value.arithmetic(.modulo, value, .integer(2)) else {
                return try Value.arithmetic(.modulo, value, .integer(2)) == .integer(name == "odd" ? 1 : 0)
            }
            return (rest == 1) == (name == "odd")
        case "divisibleby":
            guard given.count == 1 else { throw .runtime("the test 'divisibleby' takes one number") }
            return try Value.arithmetic(.modulo, value, given[0]) == .integer(0)
        case "sameas":
            guard given.count == 1 else { throw .runtime("the test 'sameas' takes one value") }
            return value.typeName == given[0].typeName && value == given[0]
        case "lower", "upper":
            let text = try value.text()
            let cased = text.unicodeScalars.contains { $0.properties.isUppercase || $0.properties.isLowercase }
            return cased
                && text.unicodeScalars.allSatisfy {
                    name == "lower" ? !$0.properties.isUppercase : !$0.properties.isLowercase
                }
        case "filter", "test":
            guard case .string(let wanted) = value else { return false }
            return name == "filter" ? TestNames.filters.contains(wanted) : TestNames.all.contains(wanted)
        case "escaped": return false
        default: throw .runtime("no test named '\(name)'")
        }
    }

    /// Tests for the kind of a value; `nil` where `name` is none of them.
    private func kindTest(_ name: String, _ value: Value) throws(TemplateError) -> Bool? {
        switch (name, value) {
        case ("defined", .undefined): return false
        case ("defined", _): return true
        case ("none", _): return value.isNone
        case ("undefined", .undefined): return true
        case ("undefined", _): return false
        case ("boolean", .bool), ("integer", .integer), ("integer", .digits), ("float", .double), ("string", .string),
            ("mapping", .mapping):
            return true
        case ("boolean", _), ("integer", _), ("float", _), ("string", _), ("mapping", _): return false
        case ("number", _): return value.asDouble != nil
        case ("sequence", .sequence(let list)): return ![.keys, .values, .items].contains(list.kind)
        case ("sequence", .string), ("sequence", .mapping), ("sequence", .undefined): return true
        case ("sequence", _): return false
        case ("iterable", .string), ("iterable", .sequence), ("iterable", .mapping), ("iterable", .generator),
            ("iterable", .undefined), ("iterable", .loop):
            return true
        case ("iterable", _): return false
        case ("callable", .function), ("callable", .macro), ("callable", .method), ("callable", .loop),
            ("callable", .undefined):
            return true
        case ("callable", _): return false
        default: return nil
        }
    }
}

extension Value {
    var isNone: Bool { if case .none = self { true } else { false } }
}

enum TestNames {
    static let comparisons: [String: Comparison] = [
        "==": .equal, "eq": .equal, "equalto": .equal, "!=": .notEqual, "ne": .notEqual, "<": .less, "lt": .less,
        "lessthan": .less, "<=": .lessOrEqual, "le": .lessOrEqual, ">": .greater, "gt": .greater,
        "greaterthan": .greater,
        ">=": .greaterOrEqual, "ge": .greaterOrEqual, "in": .contained,
    ]

    static let all = Set(comparisons.keys).union([
        "boolean", "callable", "defined", "divisibleby", "escaped", "even", "false", "filter", "float", "integer",
        "iterable",
        "lower", "mapping", "none", "number", "odd", "sameas", "sequence", "string", "test", "true", "undefined",
        "upper",
    ])

    static let filters: Set<String> = [
        "abs", "attr", "batch", "capitalize", "center", "count", "d", "default", "dictsort", "e", "escape", "first",
        "float",
        "forceescape", "format", "groupby", "indent", "int", "items", "join", "last", "length", "list", "lower", "map",
        "max",
        "min", "reject", "rejectattr", "replace", "reverse", "round", "safe", "select", "selectattr", "slice", "sort",
        "string",
        "sum", "title", "tojson", "trim", "truncate", "unique", "upper", "urlencode", "wordcount",
    ]
}
