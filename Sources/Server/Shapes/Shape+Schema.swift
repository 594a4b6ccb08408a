// A shape as JSON Schema.

internal import JSON

extension Shape {
    var schema: JSONValue {
        switch self {
        case .any: [:]
        case .anyObject: ["type": "object"]
        case .boolean: ["type": "boolean"]
        case .fixed(let only): ["type": "boolean", "const": .bool(only)]
        case .integer(let range):
            .object(Self.bounded("integer", .integer(range.lowerBound), .integer(range.upperBound)))
        case .number(let range): .object(Self.bounded("number", .double(range.lowerBound), .double(range.upperBound)))
        case .text(let least): least > 0 ? ["type": "string", "minLength": .integer(least)] : ["type": "string"]
        case .functionName: ["type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"]
        case .word(let words): ["type": "string", "enum": .array(words.map { .string($0) })]
        case .list(let element, let count):
            [
                "type": "array", "items": element.schema, "minItems": .integer(count.lowerBound),
                "maxItems": .integer(count.upperBound),
            ]
        case .object(let fields): Self.object(fields)
        case .tagged(let key, let variants):
            [
                "oneOf": .array(
                    variants.map { variant in
                        Self.object([Field(key, .word([variant.tag]), "", required: true)] + variant.fields)
                    })
            ]
        case .map(let element): ["type": "object", "additionalProperties": element.schema]
        case .numbered(let element):
            [
                "type": "object", "additionalProperties": element.schema,
                "propertyNames": ["pattern": "^[0-9]{1,9}$"],
            ]
        case .either(let shapes): ["anyOf": .array(shapes.map(\.schema))]
        }
    }

    private static func bounded(_ type: String, _ least: JSONValue, _ most: JSONValue) -> JSONObject {
        JSONObject([("type", .string(type)), ("minimum", least), ("maximum", most)])
    }

    private static func object(_ fields: [Field]) -> JSONValue {
        var properties = JSONObject()
        for field in fields {
            var schema = field.shape.schema.object ?? JSONObject()
            // What may be left out may also be null.
            if !field.isRequired { schema = JSONObject([("anyOf", [.object(schema), ["type": "null"]])]) }
            if !field.note.isEmpty { schema["description"] = .string(field.note) }
            properties[field.name] = .object(schema)
        }
        let required = fields.filter(\.isRequired).map { JSONValue.string($0.name) }
        return [
            "type": "object", "properties": .object(properties), "required": .array(required),
            "additionalProperties": false,
        ]
    }
}
