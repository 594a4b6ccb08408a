// The calls of tools that a turn makes: arguments as objects, whatever wrote them.

internal import JSON

/// The regular form of `tool_calls`.
struct ToolCalls {
    /// Names of arguments by the name of their tool, where the row declares its tools.
    let declared: [String: Set<String>]
    /// The row comes from a table of fixed columns, where a member that is missing is written as null.
    let isTable: Bool
    let row: RowPlace

    init(tools: [JSONValue]?, isTable: Bool, row: RowPlace) {
        var declared: [String: Set<String>] = [:]
        for tool in tools ?? [] {
            guard let object = tool.object, let name = ToolList.name(of: object) else { continue }
            declared[name] = ToolList.argumentNames(of: tool)
        }
        self.declared = declared
        self.isTable = isTable
        self.row = row
    }

    /// The turn's calls; empty where it makes none.
    func regular(_ value: JSONValue, _ place: String) throws(DatasetError) -> [JSONValue] {
        if value.isNull || value.string?.isBlank == true || value == "null" { return [] }
        guard let elements = value.parsedArray else {
            throw wrong("\(place) must be a list of calls, found \(value.typeName)")
        }
        var calls: [JSONValue] = []
        for (number, element) in elements.enumerated() where !element.isNull {
            calls.append(.object(try call(element, "\(place)[\(number)]")))
        }
        return calls
    }

    private func call(_ value: JSONValue, _ place: String) throws(DatasetError) -> JSONObject {
        guard var call = value.parsedObject else {
            throw wrong("\(place) must be an object, found \(value.typeName)")
        }
        call.members.removeAll(where: \.value.isNull)
        if let function = call["function"] {
            guard let inner = function.parsedObject else {
                throw wrong("\(place).function must be an object, found \(function.typeName)")
            }
            call["function"] = .object(try self.function(inner, "\(place).function"))
            return call
        }
        return try function(call, place)
    }

    private func function(_ object: JSONObject, _ place: String) throws(DatasetError) -> JSONObject {
        var function = object
        function.members.removeAll(where: \.value.isNull)
        guard let name = function["name"]?.string, !name.isBlank else { throw wrong("\(place) has no \"name\"") }
        // A call that gives no arguments is one of none: templates read the member without a look.
        var arguments = JSONObject()
        if let given = function["arguments"], given.string?.isBlank != true {
            guard let parsed = given.parsedObject else {
                throw wrong(
                    "\(place).arguments is \(given.string == nil ? given.typeName : "a text") that is no JSON object")
            }
            arguments = parsed
        }
        function["arguments"] = .object(withoutFill(arguments, of: name))
        return function
    }

    /// Without what a table filled in: all that is null, or, where null can be meant, what the tool does not know.
    private func withoutFill(_ arguments: JSONObject, of name: String) -> JSONObject {
        if isTable { return JSONValue.object(arguments).withoutNullMembers.object ?? arguments }
        guard let known = declared[name] else { return arguments }
        return JSONObject(arguments.members.filter { !$0.value.isNull || known.contains($0.key) })
    }

    private func wrong(_ message: String) -> DatasetError { DatasetError(.wrongType, row, message) }
}
