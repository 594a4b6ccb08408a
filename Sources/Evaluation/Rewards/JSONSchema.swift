// JSON Schema (draft 2020-12), as far as it says what one value is to be like: what refers elsewhere is refused by name.

internal import Foundation
public import JSON
internal import Tokenizers

/// A schema that was looked through: it holds no keyword that is not heard.
public indirect enum JSONSchema: Sendable {
    /// Accepts everything, or nothing.
    case always(Bool)
    case rules([Rule])

    /// What one keyword asks.
    public struct Rule: Sendable {
        let holds: @Sendable (JSONValue) -> Bool
    }

    /// - Throws: `RewardError` for a keyword that is not heard, and for a value that a keyword cannot have.
    public init(_ value: JSONValue) throws(RewardError) {
        if let bool = value.bool {
            self = .always(bool)
            return
        }
        guard let object = value.object else {
            throw RewardError("a schema is an object or a boolean, found \(value.typeName)")
        }
        var rules: [Rule] = []
        for (keyword, value) in object.members where !Self.annotations.contains(keyword) {
            guard let holds = try Self.rule(keyword, value, in: object) else {
                throw RewardError(
                    "the schema's keyword \"\(keyword)\" is not heard; heard are "
                        + Self.heard.joined(separator: ", "))
            }
            rules.append(Rule(holds: holds))
        }
        self = .rules(rules)
    }

    /// Whether `value` is as the schema asks.
    public func accepts(_ value: JSONValue) -> Bool {
        switch self {
        case .always(let accepts): accepts
        case .rules(let rules): rules.allSatisfy { $0.holds(value) }
        }
    }

    /// What says something to people alone.
    private static let annotations: Set = [
        "$schema", "$id", "$comment", "title", "description", "default", "examples", "deprecated", "readOnly",
        "writeOnly",
    ]
    /// What is heard.
    static let heard = [
        "type", "enum", "const", "properties", "required", "additionalProperties", "minProperties", "maxProperties",
        "items", "prefixItems", "minItems", "maxItems", "uniqueItems", "minLength", "maxLength", "pattern", "minimum",
        "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "anyOf", "allOf", "oneOf", "not",
    ]

    private typealias Holds = @Sendable (JSONValue) -> Bool

    private static func rule(_ keyword: String, _ value: JSONValue, in schema: JSONObject) throws(RewardError) -> Holds?
    {
        if let rule = try ofAnything(keyword, value) { return rule }
        if let rule = try ofObjects(keyword, value, in: schema) { return rule }
        if let rule = try ofLists(keyword, value, in: schema) { return rule }
        return try ofScalars(keyword, value)
    }

    // MARK: Any value

    private static func ofAnything(_ keyword: String, _ value: JSONValue) throws(RewardError) -> Holds? {
        switch keyword {
        case "type":
            let names = (value.array ?? [value]).compactMap(\.string)
            let known = ["null", "boolean", "integer", "number", "string", "array", "object"]
            guard !names.isEmpty, names.allSatisfy(known.contains) else {
                throw wrong(keyword, known.joined(separator: " | "))
            }
            return { found in names.contains { found.isOfType($0) } }
        case "enum":
            guard let values = value.array else { throw wrong(keyword, "a list") }
            return { found in values.contains { $0.isSame(as: found) } }
        case "const": return { $0.isSame(as: value) }
        case "anyOf", "allOf", "oneOf":
            guard let list = value.array, !list.isEmpty else { throw wrong(keyword, "a list of schemas") }
            let schemas = try Self.schemas(list)
            return { found in
                let count = schemas.count { $0.accepts(found) }
                return keyword == "anyOf" ? count > 0 : keyword == "oneOf" ? count == 1 : count == schemas.count
            }
        case "not":
            let schema = try JSONSchema(value)
            return { !schema.accepts($0) }
        default: return nil
        }
    }

    // MARK: Objects

    private static func ofObjects(
        _ keyword: String, _ value: JSONValue, in schema: JSONObject
    ) throws(RewardError) -> Holds? {
        switch keyword {
        case "properties":
            guard let object = value.object else { throw wrong(keyword, "an object of schemas") }
            var schemas: [(key: String, schema: JSONSchema)] = []
            for (key, value) in object.members { schemas.append((key, try JSONSchema(value))) }
            return { [schemas] found in
                guard let object = found.object else { return true }
                return schemas.allSatisfy { key, schema in object[key].map(schema.accepts) ?? true }
            }
        case "required":
            guard let names = value.array?.compactMap(\.string), names.count == value.array?.count else {
                throw wrong(keyword, "a list of names")
            }
            return { found in found.object.map { object in names.allSatisfy { object[$0] != nil } } ?? true }
        case "additionalProperties":
            let known = schema["properties"]?.object?.members.map(\.key) ?? [], rest = try JSONSchema(value)
            return { found in
                found.object?.members.allSatisfy { known.contains($0.key) || rest.accepts($0.value) } ?? true
            }
        case "minProperties", "maxProperties":
            return try count(keyword, value) { $0.object.map { Set($0.members.map(\.key)).count } }
        default: return nil
        }
    }

    // MARK: Lists

    private static func ofLists(
        _ keyword: String, _ value: JSONValue, in schema: JSONObject
    ) throws(RewardError) -> Holds? {
        switch keyword {
        case "items":
            let each = try JSONSchema(value), first = schema["prefixItems"]?.array?.count ?? 0
            return { found in found.array?.dropFirst(first).allSatisfy(each.accepts) ?? true }
        case "prefixItems":
            guard let list = value.array else { throw wrong(keyword, "a list of schemas") }
            let schemas = try Self.schemas(list)
            return { found in found.array.map { zip(schemas, $0).allSatisfy { $0.accepts($1) } } ?? true }
        case "minItems", "maxItems": return try count(keyword, value) { $0.array?.count }
        case "uniqueItems":
            guard let isAsked = value.bool else { throw wrong(keyword, "true or false") }
            return { found in
                guard isAsked, let list = found.array else { return true }
                return list.indices.allSatisfy { index in !list[..<index].contains { $0.isSame(as: list[index]) } }
            }
        default: return nil
        }
    }

    // MARK: Texts and numbers

    private static func ofScalars(_ keyword: String, _ value: JSONValue) throws(RewardError) -> Holds? {
        switch keyword {
        case "minLength", "maxLength": return try count(keyword, value) { $0.string?.unicodeScalars.count }
        case "pattern":
            guard let text = value.string, let pattern = try? RegularExpression(text, place: "schema") else {
                throw wrong(keyword, "a regular expression")
            }
            return { found in
                found.string.map { text in
                    Array(text.utf8).withUnsafeBufferPointer { pattern.firstMatch(in: $0) != nil }
                } ?? true
            }
        case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf":
            guard let limit = value.number, keyword != "multipleOf" || limit > 0 else {
                throw wrong(keyword, "a number")
            }
            return { found in
                guard let number = found.number else { return true }
                switch keyword {
                case "minimum": return number >= limit
                case "maximum": return number <= limit
                case "exclusiveMinimum": return number > limit
                case "exclusiveMaximum": return number < limit
                default:
                    let quotient = number / limit
                    return abs(quotient - quotient.rounded()) <= 1e-9 * max(1, abs(quotient))
                }
            }
        default: return nil
        }
    }

    // MARK: Parts of keywords

    private static func schemas(_ list: [JSONValue]) throws(RewardError) -> [JSONSchema] {
        var schemas: [JSONSchema] = []
        for value in list { schemas.append(try JSONSchema(value)) }
        return schemas
    }

    /// A limit of a count; values that have none pass.
    private static func count(
        _ keyword: String, _ value: JSONValue, _ counted: @escaping @Sendable (JSONValue) -> Int?
    ) throws(RewardError) -> Holds {
        guard let limit = value.integer, limit >= 0 else { throw wrong(keyword, "a whole number from 0") }
        let isLeast = keyword.hasPrefix("min")
        return { found in counted(found).map { isLeast ? $0 >= limit : $0 <= limit } ?? true }
    }

    private static func wrong(_ keyword: String, _ expected: String) -> RewardError {
        RewardError("the schema's keyword \"\(keyword)\" takes \(expected)")
    }
}

extension JSONValue {
    /// As a number; nil for what is none.
    fileprivate var number: Double? {
        switch self {
        case .integer, .digits, .double: double
        default: nil
        }
    }

    fileprivate func isOfType(_ name: String) -> Bool {
        switch name {
        case "integer": number.map { $0 == $0.rounded() } ?? false
        case "number": number != nil
        default: typeName == name
        }
    }
}
