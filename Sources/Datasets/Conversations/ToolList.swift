// The tools that a row declares: their shape checked, what a table filled in taken out again.

internal import JSON

/// The regular form of `tools`: a list of objects, each with a name.
enum ToolList {
    private static let shape =
        "a list of tools, each an object with \"type\": \"function\" and \"function\": { \"name\": …, \"parameters\": … }"

    /// The row's tools; `nil` where it declares none.
    ///
    /// - Parameter isTable: the row comes from a table of fixed columns, where a member that is missing is written as null.
    static func regular(
        _ value: JSONValue?, named name: String = "tools", isTable: Bool, _ row: RowPlace
    ) throws(DatasetError) -> [JSONValue]? {
        guard var value, !value.isNull else { return nil }
        if let text = value.string {
            guard !text.isBlank else { return nil }
            guard let parsed = try? JSONValue(parsing: text) else {
                throw DatasetError(.wrongType, row, "\"\(name)\" is a text that is not JSON", hint: "write \(shape)")
            }
            value = parsed
            if value.isNull { return nil }
        }
        guard let elements = value.array else {
            throw DatasetError(
                .wrongType, row, "\"\(name)\" is one \(value.typeName) where a list is needed",
                hint: value.object == nil ? "write \(shape)" : "write \(shape); one tool is a list of one")
        }
        var tools: [JSONValue] = []
        for (number, element) in elements.enumerated() where !element.isNull {
            tools.append(.object(try tool(element, "\(name)[\(number)]", isTable: isTable, row)))
        }
        return tools.isEmpty ? nil : tools
    }

    private static func tool(
        _ value: JSONValue, _ place: String, isTable: Bool, _ row: RowPlace
    ) throws(DatasetError) -> JSONObject {
        guard var tool = value.parsedObject else {
            throw DatasetError(.wrongType, row, "\(place) is \(value.typeName), no tool", hint: "write \(shape)")
        }
        if let function = tool["function"]?.parsedObject { tool["function"] = .object(function) }
        guard let name = name(of: tool), !name.isBlank else {
            throw DatasetError(.wrongType, row, "\(place) has no function with a \"name\"", hint: "write \(shape)")
        }
        if let function = tool["function"]?.object {
            tool["function"] = .object(unfilled(schema: function, isTable: isTable))
        }
        return unfilled(schema: tool, isTable: isTable)
    }

    /// The name of a tool, whether it stands in a function or, as some write it, in the tool itself.
    static func name(of tool: JSONObject) -> String? { (tool["function"]?.object ?? tool)["name"]?.string }

    /// The names of a tool's arguments; `nil` where it declares none.
    static func argumentNames(of tool: JSONValue) -> Set<String>? {
        let parameters = (tool["function"] ?? tool)["parameters"]
        return parameters?["properties"]?.object.map { Set($0.members.map(\.key)) }
    }

    /// Members of a schema that may be null and mean it.
    private static let nullable: Set<String> = ["default", "const"]

    /// A declaration without what tables filled in: a null says nothing in a schema, but for `default` and `const`. Texts that hold
    /// the JSON of an object, as columns of JSON do, are that object.
    private static func unfilled(schema: JSONObject, isTable: Bool) -> JSONObject {
        var members: [JSONObject.Member] = []
        for member in schema.members {
            if member.value.isNull, isTable || !nullable.contains(member.key) { continue }
            let isSchema = ["parameters", "properties", "items"].contains(member.key)
            let value = isSchema ? member.value.parsedObject.map { .object($0) } ?? member.value : member.value
            members.append((member.key, unfilled(value, isTable: isTable)))
        }
        return JSONObject(members)
    }

    private static func unfilled(_ value: JSONValue, isTable: Bool) -> JSONValue {
        switch value {
        case .object(let object): .object(unfilled(schema: object, isTable: isTable))
        case .array(let elements): .array(elements.map { unfilled($0, isTable: isTable) })
        default: value
        }
    }
}

extension JSONValue {
    /// An object, be it written as the JSON text of one.
    var parsedObject: JSONObject? {
        if let object { return object }
        guard let text = string, text.utf8.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") else { return nil }
        return (try? JSONValue(parsing: text))?.object
    }

    /// A list, be it written as the JSON text of one.
    var parsedArray: [JSONValue]? {
        if let array { return array }
        guard let text = string, text.utf8.first(where: { $0 > 0x20 }) == UInt8(ascii: "[") else { return nil }
        return (try? JSONValue(parsing: text))?.array
    }

    /// Without members that are null, at any depth; elements of lists stay.
    var withoutNullMembers: JSONValue {
        switch self {
        case .object(let object):
            .object(
                JSONObject(
                    object.members.filter { !$0.value.isNull }.map { ($0.key, $0.value.withoutNullMembers) }))
        case .array(let elements): .array(elements.map(\.withoutNullMembers))
        default: self
        }
    }
}
