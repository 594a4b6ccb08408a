// `lathe recipe schema`: what a recipe may hold, as a JSON Schema that editors read.

public import JSON
internal import Recipes

/// The JSON Schema (draft 7, which editors for YAML know) of recipes.
public struct RecipeSchema: Presentable {
    public init() {}

    /// The path of every key that one value can be given to: "train.max_steps".
    public static var keyPaths: [String] { Recipe.keyPaths.filter { !$0.contains("[]") } }

    public var json: JSONValue {
        var schema = JSONObject([
            ("$schema", "http://json-schema.org/draft-07/schema#"),
            ("title", "Lathe recipe"),
            ("description", "What lathe run does: prepare, train, evaluate, merge, export."),
        ])
        schema.members += KeyShape.keys(Recipe.shape).schema.object?.members ?? []
        schema["required"] = ["model", "data"]
        return .object(schema)
    }

    public var text: String { json.text(.pretty) }
}

extension KeyShape {
    /// A text that takes its value from the environment: it may stand for any single value.
    private static let fromEnvironment: JSONValue = [
        "type": "string", "pattern": #"\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}"#,
    ]

    fileprivate var schema: JSONValue {
        switch self {
        case .null: ["type": "null"]
        case .boolean: Self.orFromEnvironment(["type": "boolean"])
        case .integer(let range): Self.orFromEnvironment(Self.integer(range))
        case .number: Self.orFromEnvironment(["type": "number"])
        case .text: ["type": "string"]
        case .word(let words): Self.orFromEnvironment(["enum": .array(words.map(Self.literal))])
        case .list(let element): ["type": "array", "items": element.schema]
        case .map(let value, names: nil): ["type": "object", "additionalProperties": value.schema]
        case .map(let value, names: let names?):
            [
                "type": "object", "additionalProperties": value.schema,
                "propertyNames": ["enum": .array(names.map { .string($0) })],
            ]
        case .keys(let keys): Self.object(keys)
        case .oneKey(let keys): Self.object(keys, most: 1)
        case .any(let shapes): ["anyOf": .array(shapes.map(\.schema))]
        }
    }

    private static func orFromEnvironment(_ schema: JSONValue) -> JSONValue { ["anyOf": [schema, fromEnvironment]] }

    private static func integer(_ range: ClosedRange<Int>) -> JSONValue {
        var schema = JSONObject([("type", "integer"), ("minimum", .integer(range.lowerBound))])
        if range.upperBound < .max { schema["maximum"] = .integer(range.upperBound) }
        return .object(schema)
    }

    /// The word as YAML reads it: `true` and `false` are no texts.
    private static func literal(_ word: String) -> JSONValue {
        ["true", "false"].contains(word) ? .bool(word == "true") : .string(word)
    }

    /// - Parameter most: keys that may be given; at least as many must be.
    private static func object(_ keys: [KeyDescription], most: Int? = nil) -> JSONValue {
        var schema = JSONObject([
            ("type", "object"), ("additionalProperties", false),
            ("properties", .object(JSONObject(keys.map { ($0.name, $0.schema) }))),
        ])
        if let most { schema.members += [("minProperties", .integer(most)), ("maxProperties", .integer(most))] }
        return .object(schema)
    }
}

extension KeyDescription {
    fileprivate var schema: JSONValue {
        let standing = defaultText.map { "; default \($0)" } ?? ""
        let text = JSONObject([("description", .string("\(meaning) (\(expected)\(standing))"))])
        return .object(JSONObject(text.members + (shape.schema.object?.members ?? [])))
    }
}
