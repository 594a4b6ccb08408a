// Rows of any known format → `DataRow`s.

internal import JSON

/// Understands rows of one format.
public struct RowDecoder: Sendable {
    /// Never `.auto`.
    let format: RowFormat
    let columns: [String: String]
    let labels: [String]
    /// Whether conversations can be rendered; classification rows fall back on plain text where they cannot.
    let hasTemplate: Bool

    /// - Parameter format: not `.auto`, which `detect` decides.
    public init(format: RowFormat, columns: [String: String], labels: [String], hasTemplate: Bool) {
        precondition(format != .auto, "the format is decided before rows are read")
        self.format = format
        self.columns = columns
        self.labels = labels
        self.hasTemplate = hasTemplate
    }

    // MARK: Detection

    /// The format of a file whose first record is `record`.
    public static func detect(_ record: SourceRow, columns: [String: String]) throws(DatasetError) -> RowFormat {
        func has(_ field: String) -> Bool { record.fields[columns[field] ?? field].map { !$0.isNull } ?? false }
        if has("messages") || has("conversations") {
            let turns = record.fields[columns["messages"] ?? "messages"] ?? record.fields["conversations"]
            return turns?.array?.first?["from"] != nil ? .sharegpt : .chat
        }
        if has("prompt"), has("completion") { return .promptCompletion }
        if has("instruction"), has("output") { return .alpaca }
        if has("text") { return has("label") ? .classification : .text }
        let names = record.fields.members.map { "\"\($0.key)\"" }.joined(separator: ", ")
        throw DatasetError(
            .unknownFormat, record.place, "no known form of row has the fields \(names)",
            hint: "name them: data.columns: { prompt: …, completion: … }, or data.format")
    }

    // MARK: Rows

    /// The row as one of the three shapes that all formats come down to.
    public func row(_ record: SourceRow, index: Int) throws(DatasetError) -> DataRow {
        switch format {
        case .auto: preconditionFailure("the format is decided before rows are read")
        case .chat, .sharegpt: return try chat(record, index)
        case .promptCompletion: return try promptCompletion(record, index)
        case .alpaca: return try alpaca(record, index)
        case .text:
            return DataRow(content: .document(try text("text", record)), place: record.place, index: index)
        case .classification: return try classification(record, index)
        }
    }

    private func chat(_ record: SourceRow, _ index: Int) throws(DatasetError) -> DataRow {
        var name = columns["messages"] ?? "messages"
        if columns["messages"] == nil, record.fields[name] == nil, record.fields["conversations"] != nil {
            name = "conversations"
        }
        guard let value = record.fields[name], !value.isNull else { throw missing(name, record) }
        var messages = try systemMessages(record)
        messages += try self.messages(value, name, record)
        return try conversation(messages, trainedFrom: 0, record, index)
    }

    private func promptCompletion(_ record: SourceRow, _ index: Int) throws(DatasetError) -> DataRow {
        let promptName = columns["prompt"] ?? "prompt"
        let completionName = columns["completion"] ?? "completion"
        guard let prompt = record.fields[promptName], let completion = record.fields[completionName] else {
            throw missing(record.fields[promptName] == nil ? promptName : completionName, record)
        }
        if case (.string(let prompt), .string(let completion)) = (prompt, completion) {
            return DataRow(
                content: .completion(prompt: prompt, completion: completion), place: record.place, index: index)
        }
        guard prompt.array != nil, completion.array != nil else {
            throw wrong(
                "\"\(promptName)\" and \"\(completionName)\" must both be texts or both be lists of messages", record)
        }
        let asked = try systemMessages(record) + messages(prompt, promptName, record)
        let answered = try messages(completion, completionName, record)
        return try conversation(asked + answered, trainedFrom: asked.count, record, index)
    }

    private func alpaca(_ record: SourceRow, _ index: Int) throws(DatasetError) -> DataRow {
        var messages = try systemMessages(record)
        for (number, pair) in (record.fields["history"]?.array ?? []).enumerated() {
            guard let turns = pair.array, turns.count == 2, let asked = turns[0].string, let answered = turns[1].string
            else {
                throw wrong("history[\(number)] must be a pair of texts", record)
            }
            messages += [Self.message("user", asked), Self.message("assistant", answered)]
        }
        let instruction = try text("instruction", record)
        let input = try optionalText("input", record) ?? ""
        // The answers of the history were given before: only the last one is what the row teaches.
        let trainedFrom = messages.count
        messages.append(Self.message("user", input.isEmpty ? instruction : instruction + "\n" + input))
        messages.append(Self.message("assistant", try text("output", record)))
        return try conversation(messages, trainedFrom: trainedFrom, record, index)
    }

    private func classification(_ record: SourceRow, _ index: Int) throws(DatasetError) -> DataRow {
        let text = try text("text", record)
        let label = try label(record)
        guard hasTemplate else {
            return DataRow(
                content: .completion(prompt: text + "\n", completion: label), place: record.place, index: index,
                label: label)
        }
        let messages = try systemMessages(record) + [Self.message("user", text), Self.message("assistant", label)]
        var row = try conversation(messages, trainedFrom: messages.count - 1, record, index)
        row.label = label
        return row
    }

    private func label(_ record: SourceRow) throws(DatasetError) -> String {
        let name = columns["label"] ?? "label"
        guard let value = record.fields[name], !value.isNull else { throw missing(name, record) }
        var label: String
        switch value {
        case .string(let text): label = text
        case .integer(let number):
            label = labels.indices.contains(number) && !labels.contains("\(number)") ? labels[number] : "\(number)"
        case .bool(let bool): label = bool ? "true" : "false"
        default: throw wrong("\"\(name)\" must be a text or a whole number, found \(value.typeName)", record)
        }
        label = label.trimmingWhiteSpace
        guard !label.isEmpty else { throw wrong("\"\(name)\" is empty", record) }
        guard labels.isEmpty || labels.contains(label) else {
            throw DatasetError(
                .unknownLabel, record.place, "the label \"\(label)\" is none of data.labels",
                hint: labels.prefix(12).joined(separator: " | "))
        }
        return label
    }

    // MARK: Messages

    private func conversation(
        _ messages: [JSONValue], trainedFrom: Int, _ record: SourceRow, _ index: Int
    ) throws(DatasetError) -> DataRow {
        guard messages.indices.contains(where: { $0 >= trainedFrom && messages[$0]["role"]?.string == "assistant" })
        else {
            throw DatasetError(.noTarget, record.place, "no assistant turn to train on")
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
        let content = DataRow.Content.conversation(messages: messages, trainedFrom: trainedFrom, extra: extra)
        return DataRow(content: content, place: record.place, index: index)
    }

    private func systemMessages(_ record: SourceRow) throws(DatasetError) -> [JSONValue] {
        guard let system = try optionalText("system", record), !system.isEmpty else { return [] }
        return [Self.message("system", system)]
    }

    /// Messages of either manner of writing, as `role` and `content`; other members stay.
    private func messages(_ value: JSONValue, _ name: String, _ record: SourceRow) throws(DatasetError) -> [JSONValue] {
        guard let turns = value.array else {
            throw wrong("\"\(name)\" must be a list of messages, found \(value.typeName)", record)
        }
        guard !turns.isEmpty else { throw wrong("\"\(name)\" holds no message", record) }
        var messages: [JSONValue] = []
        for (number, turn) in turns.enumerated() {
            let place = "\(name)[\(number)]"
            guard let object = turn.object else {
                throw wrong("\(place) must be an object, found \(turn.typeName)", record)
            }
            messages.append(try message(object, place, record))
        }
        return messages
    }

    private func message(_ object: JSONObject, _ place: String, _ record: SourceRow) throws(DatasetError) -> JSONValue {
        let isShared = object["role"] == nil && object["from"] != nil
        let roleKey = columns["role"] ?? (isShared ? "from" : "role")
        let contentKey = columns["content"] ?? (isShared ? "value" : "content")
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
        members += object.members.filter { ![roleKey, contentKey, "role", "content"].contains($0.key) }
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
        "human": "user", "gpt": "assistant", "bot": "assistant", "model": "assistant", "chatgpt": "assistant",
        "function_call": "assistant", "observation": "tool",
    ]

    private static func message(_ role: String, _ content: String) -> JSONValue {
        .object(JSONObject([("role", .string(role)), ("content", .string(content))]))
    }

    // MARK: Fields

    private func text(_ field: String, _ record: SourceRow) throws(DatasetError) -> String {
        guard let text = try optionalText(field, record) else { throw missing(columns[field] ?? field, record) }
        return text
    }

    private func optionalText(_ field: String, _ record: SourceRow) throws(DatasetError) -> String? {
        let name = columns[field] ?? field
        guard let value = record.fields[name] else {
            if columns[field] != nil { throw missing(name, record) }
            return nil
        }
        if value.isNull { return nil }
        guard let text = value.string else {
            throw wrong("\"\(name)\" must be a text, found \(value.typeName)", record)
        }
        return text
    }

    private func missing(_ name: String, _ record: SourceRow) -> DatasetError {
        let names = record.fields.members.map { "\"\($0.key)\"" }.joined(separator: ", ")
        return DatasetError(
            .missingField, record.place, "a \(format.rawValue) row needs \"\(name)\"",
            hint: "it has \(names.isEmpty ? "no fields" : names); data.columns maps names")
    }

    private func wrong(_ message: String, _ record: SourceRow) -> DatasetError {
        DatasetError(.wrongType, record.place, message)
    }
}

extension String {
    /// Without white space at both ends.
    var trimmingWhiteSpace: String {
        let scalars = unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(scalars[first...last])
    }
}
