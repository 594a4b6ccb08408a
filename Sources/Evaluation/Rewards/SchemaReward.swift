// Rewards of JSON that fits a schema.

public import JSON

/// 1 where the answer is one JSON value that fits a schema.
public struct SchemaReward: Reward {
    private let field: String
    /// The same for all rows; nil where each row has its own.
    private let schema: JSONSchema?

    /// - Parameters:
    ///   - field: of the rows, where `schema` is nil: a schema, or its text.
    ///   - schema: the same for all rows.
    public init(field: String, schema: JSONSchema?) {
        self.field = field
        self.schema = schema
    }

    public func check(_ fields: JSONObject) throws { _ = try schema(of: fields) }

    public func scores(_ answers: [JudgedAnswer]) throws -> [Double?] {
        try answers.map { answer in
            let schema = try schema(of: answer.fields)
            guard let value = try? JSONValue(parsing: Array(answer.text.utf8)) else { return 0 }
            return schema.accepts(value) ? 1 : 0
        }
    }

    private func schema(of fields: JSONObject) throws(RewardError) -> JSONSchema {
        if let schema { return schema }
        guard let value = fields[field] else { throw RewardError("there is no field \"\(field)\"") }
        guard let text = value.string else { return try JSONSchema(value) }
        guard let parsed = try? JSONValue(parsing: Array(text.utf8)) else {
            throw RewardError("\"\(field)\" holds no JSON")
        }
        return try JSONSchema(parsed)
    }
}
