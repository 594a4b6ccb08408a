// The messages of a row, in either manner of writing them.

internal import JSON

extension RowDecoder {
    func conversation(
        _ messages: [JSONValue], trainedFrom: Int, withoutLoss: [Int] = [], _ record: SourceRow, _ index: Int
    ) throws(DatasetError) -> DataRow {
        var trained = messages.indices.filter { $0 >= trainedFrom && messages[$0]["role"]?.string == "assistant" }
        if trainOn == .last { trained = trained.suffix(1) }
        trained.removeAll { withoutLoss.contains($0) }
        guard !trained.isEmpty else { throw DatasetError(.noTarget, record.place, "no assistant turn to train on") }
        var extra = JSONObject()
        if let tools = record.fields["tools"], !tools.isNull, tools != "" {
            if case .string(let text) = tools {
                guard let parsed = try? JSONValue(parsing: text) else { throw wrong("\"tools\" is not JSON", record) }
                extra["tools"] = parsed
            } else {
                extra["tools"] = tools
            }
        }
        let content = DataRow.Content.conversation(messages: messages, trained: trained, extra: extra)
        return DataRow(content: content, place: record.place, index: index)
    }

    func systemMessages(_ record: SourceRow) throws(DatasetError) -> [JSONValue] {
        guard let system = try optionalText("system", record), !system.isEmpty else { return [] }
        return [Self.message("system", system)]
    }

    /// Messages of either manner of writing, as `role` and `content`; other members stay. `withoutLoss`: the numbers of those
    /// with a `weight` of 0.
    func messages(
        _ value: JSONValue, _ name: String, _ record: SourceRow
    ) throws(DatasetError) -> (messages: [JSONValue], withoutLoss: [Int]) {
        guard let turns = value.array else {
            throw wrong("\"\(name)\" must be a list of messages, found \(value.typeName)", record)
        }
        guard !turns.isEmpty else { throw wrong("\"\(name)\" holds no message", record) }
        var messages: [JSONValue] = []
        var withoutLoss: [Int] = []
        for (number, turn) in turns.enumerated() {
            let place = "\(name)[\(number)]"
            guard let object = turn.object else {
                throw wrong("\(place) must be an object, found \(turn.typeName)", record)
            }
            messages.append(try message(object, place, record))
            guard let weight = object["weight"], !weight.isNull else { continue }
            guard weight.double == 0 || weight.double == 1 else {
                throw wrong("\(place).weight is \(weight.text()): a turn's loss weighs 0 or 1", record)
            }
            if weight.double == 0 { withoutLoss.append(number) }
        }
        return (messages, withoutLoss)
    }

    private func message(_ object: JSONObject, _ place: String, _ record: SourceRow) throws(DatasetError) -> JSONValue {
        let isShared = object["role"] == nil && object["from"] != nil
        let roleKey = columns["role"] ?? (isShared ? "from" : "role")
        let plain = object["content"] == nil && object["text"] != nil ? "text" : "content"
        let contentKey = columns["content"] ?? (isShared ? "value" : plain)
        guard let role = object[roleKey]?.string, !role.isEmpty else {
            throw wrong("\(place) has no \"\(roleKey)\"", record)
        }
        var members: [JSONObject.Member] = [("role", .string(Self.roles[role] ?? role))]
        switch object[contentKey] {
        case .string(let text): members.append(("content", .string(text)))
        case .array(let parts): members.append(("content", .string(try joined(parts, place, record))))
        case nil, .null:
            guard object["tool_calls"] != nil else { throw wrong("\(place) has no \"\(contentKey)\"", record) }
            members.append(("content", ""))
        case let other?: throw wrong("\(place).\(contentKey) must be a text, found \(other.typeName)", record)
        }
        members += object.members.filter { ![roleKey, contentKey, "role", "content", "weight"].contains($0.key) }
        return .object(JSONObject(members))
    }

    /// The text of content that is given in parts.
    private func joined(_ parts: [JSONValue], _ place: String, _ record: SourceRow) throws(DatasetError) -> String {
        var text = ""
        for part in parts {
            guard let piece = part["text"]?.string ?? part.string else {
                throw wrong("\(place) holds a part that is no text (\(part["type"]?.string ?? part.typeName))", record)
            }
            text += piece
        }
        return text
    }

    private static let roles = [
        "human": "user", "gpt": "assistant", "agent": "assistant", "bot": "assistant", "model": "assistant",
        "chatgpt": "assistant",
        "function_call": "assistant", "observation": "tool",
    ]

    static func message(_ role: String, _ content: String) -> JSONValue {
        .object(JSONObject([("role", .string(role)), ("content", .string(content))]))
    }
}
