// A text with places for a row's fields, such as "Context: {context}\nQuestion: {question}".

public import JSON
public import Vocabulary

/// A template. `{name}` stands for a field of the row and `{{` and `}}` for braces.
///
/// A name may be a path: `{author.name}`, `{turns.0.text}`, and with `*` for every element of a list, `{turns.*.text}`. What stands
/// after a colon joins the elements then, as in `{contexts.*:, }`; without one nothing does.
public struct FieldTemplate: Sendable {
    private struct Field {
        let name: String
        let path: [String]
        let separator: String
    }

    private enum Part {
        case text(String)
        case field(Field)
    }

    private var parts: [Part] = []

    /// What a value is written as: texts as they are, other values as JSON.
    private static func written(_ value: JSONValue) -> String { value.string ?? value.text() }

    public init(_ template: String) throws(FieldTemplateFault) {
        var text = ""
        var scalars = template.unicodeScalars[...]
        while let scalar = scalars.popFirst() {
            switch scalar {
            case "{" where scalars.first == "{", "}" where scalars.first == "}":
                text.unicodeScalars.append(scalar)
                scalars.removeFirst()
            case "{":
                guard let end = scalars.firstIndex(of: "}"), !scalars[..<end].contains("{") else {
                    throw FieldTemplateFault(reason: "a brace without its partner")
                }
                if !text.isEmpty { parts.append(.text(text)) }
                text = ""
                parts.append(.field(try Self.field(String(scalars[..<end]))))
                scalars = scalars[scalars.index(after: end)...]
            case "}": throw FieldTemplateFault(reason: "a brace without its partner")
            default: text.unicodeScalars.append(scalar)
            }
        }
        if !text.isEmpty || parts.isEmpty { parts.append(.text(text)) }
    }

    private static func field(_ inner: String) throws(FieldTemplateFault) -> Field {
        var name = inner
        var separator = ""
        // Names have colons in them at times: only after a list is one a sign.
        if let colon = inner.firstIndex(of: ":"), inner[..<colon].split(separator: ".").contains("*") {
            name = String(inner[..<colon])
            separator = String(inner[inner.index(after: colon)...])
        }
        name = name.trimmingWhiteSpace
        guard !name.isEmpty else { throw FieldTemplateFault(reason: "a field without a name") }
        return Field(name: name, path: name.split(separator: ".").map(String.init), separator: separator)
    }

    /// The row's own fields that the template reads, by every name that may be meant: "a.b" may be a field or a path.
    public var sources: [String] {
        parts.flatMap { part -> [String] in
            guard case .field(let field) = part else { return [] }
            return field.path.count > 1 ? [field.name, field.path[0]] : [field.name]
        }
    }

    /// The text with the row's values. `ifNull` says what a field that is `null` gives; where it gives `nil`, the field is missing.
    public func text(_ fields: JSONObject, ifNull: String?) throws(FieldTemplateFault) -> String {
        var output = ""
        for part in parts {
            switch part {
            case .text(let text): output += text
            case .field(let field):
                guard let text = Self.value(field, fields, ifNull) else {
                    throw FieldTemplateFault(reason: "needs \"\(field.name)\", which the row has not")
                }
                output += text
            }
        }
        return output
    }

    private static func value(_ field: Field, _ fields: JSONObject, _ ifNull: String?) -> String? {
        if let value = fields[field.name] { return value.isNull ? ifNull : written(value) }
        if field.path.contains("*") {
            guard let values = all(.object(fields), field.path[...]) else { return nil }
            return values.filter { !$0.isNull }.map(written).joined(separator: field.separator)
        }
        guard let value = all(.object(fields), field.path[...])?.first else { return nil }
        return value.isNull ? ifNull : written(value)
    }

    /// The values at a path; `nil` where a name or a number on it leads nowhere. Elements of a list may lack the rest of the path.
    private static func all(_ value: JSONValue, _ path: ArraySlice<String>) -> [JSONValue]? {
        guard let name = path.first else { return [value] }
        let rest = path.dropFirst()
        switch value {
        case .array(let elements) where name == "*": return elements.flatMap { all($0, rest) ?? [] }
        case .array(let elements):
            guard let index = Int(name), elements.indices.contains(index) else { return nil }
            return all(elements[index], rest)
        case .object(let object): return object[name].flatMap { all($0, rest) }
        default: return nil
        }
    }
}

/// Why a template cannot be read, or gives no text.
public struct FieldTemplateFault: ClassifiedError, Equatable {
    public let reason: String

    public var kind: FailureKind { .badInput }
    public var description: String { reason }
}
