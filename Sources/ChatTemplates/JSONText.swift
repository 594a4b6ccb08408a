// The `tojson` filter of chat templates: Python's `json.dumps` without HTML escaping.

public import JSON

struct JSONText {
    var asciiOnly = false
    var indent: String?
    var itemSeparator = ", "
    var keySeparator = ": "
    var sortsKeys = false
    private var output = ""

    init() {}

    /// `value` as JSON text.
    mutating func text(of value: Value) throws(TemplateError) -> String {
        output = ""
        try write(value, level: 0)
        return output
    }

    private mutating func write(_ value: Value, level: Int) throws(TemplateError) {
        guard output.utf8.count <= Limits.stringBytes else {
            throw .limit("JSON of more than \(Limits.stringBytes) bytes")
        }
        switch value {
        case .none: output += "null"
        case .bool(let value): output += value ? "true" : "false"
        case .integer(let value): output += String(value)
        case .digits(let value): output += value
        case .double(let value): output += JSONText.number(value)
        case .string(let text): writeQuoted(text)
        case .sequence(let list) where list.kind == .list || list.isTuple:
            try writeMembers("[", "]", list.elements.map { (key: nil, value: $0) }, level)
        case .mapping(let mapping): try writeMembers("{", "}", try members(of: mapping), level)
        default: throw .runtime("Object of type \(value.typeName) is not JSON serializable")
        }
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
        return PythonNumbers.text(value)
    }

    private func members(of mapping: Mapping) throws(TemplateError) -> [(key: String?, value: Value)] {
        var keys = Array(zip(mapping.keys, mapping.values))
        if sortsKeys {
            keys = try Sorting.sorted(keys) { (pair: (Value, Value)) throws(TemplateError) -> Value in pair.0 }
        }
        var members: [(key: String?, value: Value)] = []
        for (key, value) in keys {
            switch key {
            case .string(let text): members.append((text, value))
            case .none: members.append(("null", value))
            case .bool(let bool): members.append((bool ? "true" : "false", value))
            case .integer(let number): members.append((String(number), value))
            case .digits(let number): members.append((number, value))
            case .double(let number): members.append((JSONText.number(number), value))
            default: throw .runtime("keys must be str, int, float, bool or None, not \(key.typeName)")
            }
        }
        return members
    }

    private mutating func writeMembers(
        _ opening: String, _ closing: String, _ members: [(key: String?, value: Value)], _ level: Int
    ) throws(TemplateError) {
        output += opening
        for (index, member) in members.enumerated() {
            if index > 0 { output += itemSeparator }
            if let indent { output += "\n" + String(repeating: indent, count: level + 1) }
            if let key = member.key {
                writeQuoted(key)
                output += keySeparator
            }
            try write(member.value, level: level + 1)
        }
        if let indent, !members.isEmpty { output += "\n" + String(repeating: indent, count: level) }
        output += closing
    }

    private mutating func writeQuoted(_ text: String) {
        output += "\""
        JSONEscapes.append(text, to: &output, .python(asciiOnly: asciiOnly))
        output += "\""
    }
}

extension ChatTemplate {
    /// `value` as the `tojson` filter writes it; a value nested beyond all bounds is written without white space.
    public static func json(_ value: JSONValue) -> String {
        var writer = JSONText()
        do throws(TemplateError) { return try writer.text(of: try Value(value)) } catch { return value.text() }
    }
}
