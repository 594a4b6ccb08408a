// The messages of a row, in either manner of writing them.

internal import JSON

extension RowDecoder {
    func conversation(
        _ messages: [JSONValue], trainedFrom: Int, withoutLoss: [Int] = [], _ record: SourceRow, _ index: Int
    ) throws(DatasetError) -> DataRow {
        var trained = messages.indices.filter { $0 >= trainedFrom && messages[$0]["role"]?.string == "assistant" }
        if trainOn == .last { trained = trained.suffix(1) }
        trained.removeAll { withoutLoss.contains($0) }
        guard !trained.isEmpty else {
            let found = Set(messages.compactMap { $0["role"]?.string }).sorted()
            let isKnown = found.contains("assistant")
            throw DatasetError(
                .noTarget, record.place, "no assistant turn to train on",
                hint: isKnown
                    ? nil
                    : "the roles are \(found.joined(separator: ", ")); data.roles: { \(found.last ?? "…"): assistant } maps them"
            )
        }
        for number in trained where messages[number]["content"]?.string?.isBlank == true {
            guard messages[number]["tool_calls"]?.array?.isEmpty == false else {
                throw DatasetError(.empty, record.place, "message \(number), the assistant's, is empty")
            }
        }
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

    /// The row's system message, or the recipe's where neither the row nor its `turns` have one.
    func systemMessages(_ record: SourceRow, before turns: [JSONValue] = []) throws(DatasetError) -> [JSONValue] {
        if let own = try optionalText("system", record), !own.isEmpty { return [Self.message("system", own)] }
        guard let system, !turns.contains(where: Self.isSystem) else { return [] }
        return [Self.message("system", system)]
    }

    /// Whether a message tells the model how to be, as `system` or by its newer name.
    static func isSystem(_ message: JSONValue) -> Bool {
        ["system", "developer"].contains(message["role"]?.string ?? "")
    }

    /// Messages of either manner of writing, as `role` and `content`; other members stay. `withoutLoss`: the numbers of those
    /// with a `weight` of 0.
    func messages(
        _ value: JSONValue, _ name: String, _ record: SourceRow
    ) throws(DatasetError) -> (messages: [JSONValue], withoutLoss: [Int]) {
        // Tables hold their messages as JSON in a text.
        let parsed = value.string.flatMap { $0.hasPrefix("[") ? try? JSONValue(parsing: $0) : nil }
        guard let turns = (parsed ?? value).array else {
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
            messages.append(try message(object, number, place, record))
            guard let weight = object["weight"], !weight.isNull else { continue }
            guard weight.double == 0 || weight.double == 1 else {
                throw wrong("\(place).weight is \(weight.text()): a turn's loss weighs 0 or 1", record)
            }
            if weight.double == 0 { withoutLoss.append(number) }
        }
        return (messages, withoutLoss)
    }

    private func message(
        _ object: JSONObject, _ number: Int, _ place: String, _ record: SourceRow
    ) throws(DatasetError) -> JSONValue {
        let isShared = object["role"] == nil && object["from"] != nil
        let roleKey = columns["role"] ?? (isShared ? "from" : "role")
        let plain = object["content"] == nil && object["text"] != nil ? "text" : "content"
        let contentKey = columns["content"] ?? (isShared ? "value" : plain)
        let role = try role(object, roleKey, number, place, record)
        var members: [JSONObject.Member] = [("role", .string(role))]
        let others = object.members.filter { ![roleKey, contentKey, "role", "content", "weight"].contains($0.key) }
        switch object[contentKey] {
        case .string(let text): members.append(("content", .string(text)))
        case .array(let parts): members.append(("content", .string(try joined(parts, place, record))))
        case nil, .null:
            if object["tool_calls"] != nil {
                members.append(("content", ""))
            } else if let call = others.first(where: { Self.callNames.contains($0.key) }) {
                // A call or its result stands in place of words: it is what was said, written as JSON.
                members.append(("content", .string(call.value.string ?? call.value.text())))
            } else {
                throw wrong("\(place) has no \"\(contentKey)\"", record)
            }
        case let other?: throw wrong("\(place).\(contentKey) must be a text, found \(other.typeName)", record)
        }
        return .object(JSONObject(members + others))
    }

    private func role(
        _ object: JSONObject, _ key: String, _ number: Int, _ place: String, _ record: SourceRow
    ) throws(DatasetError) -> String {
        if object[key] == nil, let role = roles.role(ofTurn: number) { return role }
        guard let name = object[key]?.string, !name.isEmpty else {
            throw DatasetError(
                .wrongType, record.place, "\(place) has no \"\(key)\"",
                hint:
                    "data.turn_roles: [user, assistant] where two speak in turn; data.columns: { role: …, content: … } "
                    + "where the members have other names")
        }
        return roles.role(named: name)
    }

    /// Members that hold a call of a tool or what it gave, where a message has no words.
    private static let callNames = ["api", "response", "function_call"]

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

    static func message(_ role: String, _ content: String) -> JSONValue {
        .object(JSONObject([("role", .string(role)), ("content", .string(content))]))
    }
}
