// A turn as templates expect it, whatever wrote it: the one place where messages are made regular.

internal import JSON

/// A turn of a conversation, made regular.
struct RegularTurn {
    var message: JSONValue
    /// The turn's own word on its loss.
    var hasLoss: Bool?
    /// Names of members that are no part of a message as everybody writes it; a template may still read them.
    var otherMembers: [String]
}

/// Makes the turns of one row regular.
struct TurnReader {
    let columns: [String: String]
    let roles: TurnRoles
    let calls: ToolCalls
    let row: RowPlace

    /// Members that hold what was said where a message has no words: a call of a tool, what it gave, a refusal.
    private static let callNames = ["api", "response", "function_call", "refusal"]
    /// The first is what templates read; transformers takes the others for it.
    static let reasoningNames = ["reasoning_content", "thinking", "reasoning"]
    private static let knownNames =
        TurnFlags.names.union(reasoningNames).union([
            // Whether a name is rendered is seen in the text.
            "role", "from", "content", "value", "text", "tool_calls", "tool_call_id", "name",
        ])

    /// - Parameter place: the turn's name, such as `messages[3]`.
    func turn(_ value: JSONValue, _ number: Int, _ place: String) throws(DatasetError) -> RegularTurn {
        guard let object = value.parsedObject else {
            throw wrong("\(place) must be an object, found \(value.typeName)")
        }
        let isShared = object["role"] == nil && object["from"] != nil
        let roleKey = columns["role"] ?? (isShared ? "from" : "role")
        let plain = object["content"] == nil && object["text"] != nil ? "text" : "content"
        let contentKey = columns["content"] ?? (isShared ? "value" : plain)
        var members: [JSONObject.Member] = []
        var others: [String] = []
        if object[roleKey] == nil { members.append(("role", .string(try role(object, roleKey, number, place)))) }
        for member in object.members {
            switch member.key {
            case roleKey: members.append(("role", .string(try role(object, roleKey, number, place))))
            case contentKey: try content(member.value, "\(place).\(contentKey)").map { members.append(("content", $0)) }
            case "role", "content": continue
            case _ where TurnFlags.names.contains(member.key) || member.value.saysNothing: continue
            case "tool_calls":
                let found = try calls.regular(member.value, "\(place).tool_calls")
                if !found.isEmpty { members.append(("tool_calls", .array(found))) }
            default:
                members.append((member.key, calls.isTable ? member.value.withoutNullMembers : member.value))
                if !Self.knownNames.contains(member.key) { others.append(member.key) }
            }
        }
        if let used = try fillContent(&members, contentKey, place) { others.removeAll { $0 == used } }
        return RegularTurn(
            message: .object(Self.joiningReasoning(JSONObject(members))),
            hasLoss: try TurnFlags.hasLoss(object, place, row), otherMembers: others)
    }

    private func role(
        _ object: JSONObject, _ key: String, _ number: Int, _ place: String
    ) throws(DatasetError) -> String {
        if object[key] == nil, let role = roles.role(ofTurn: number) { return role }
        guard let name = object[key]?.string, !name.isEmpty else {
            throw DatasetError(
                .wrongType, row, "\(place) has no \"\(key)\"",
                hint:
                    "data.turn_roles: [user, assistant] where two speak in turn; data.columns: { role: …, content: … } "
                    + "where the members have other names")
        }
        return roles.role(named: name)
    }

    // MARK: Content

    /// Text or parts; `nil` where nothing is there.
    private func content(_ value: JSONValue, _ place: String) throws(DatasetError) -> JSONValue? {
        switch value {
        case .string: return value
        case .null: return nil
        case .array(let elements):
            var parts: [JSONValue] = []
            for element in elements where !element.isNull { parts.append(try part(element, place)) }
            return parts.isEmpty ? nil : .array(parts)
        default: throw wrong("\(place) must be a text, found \(value.typeName)")
        }
    }

    /// A part of content: text or reasoning. What else there may be, images say, no model here can see.
    private func part(_ value: JSONValue, _ place: String) throws(DatasetError) -> JSONValue {
        if let text = value.string { return ["type": "text", "text": .string(text)] }
        var object = value.object ?? JSONObject()
        object.members.removeAll(where: \.value.isNull)
        guard MessageText.ofPart(.object(object)) != nil else {
            throw wrong("\(place) holds a part that is no text (\(value["type"]?.string ?? value.typeName))")
        }
        return .object(object)
    }

    /// A message without content says something in another way, or is bad. Gives the member that was read in its place.
    private func fillContent(
        _ members: inout [JSONObject.Member], _ contentKey: String, _ place: String
    ) throws(DatasetError) -> String? {
        func has(_ name: String) -> Bool { members.contains { $0.key == name } }
        if let call = try oldCall(members, place) {
            members.append(("tool_calls", .array(call)))
            return "function_call"
        }
        guard !has("content"), !has("tool_calls"), !Self.reasoningNames.contains(where: has) else { return nil }
        guard let call = members.first(where: { Self.callNames.contains($0.key) }) else {
            throw wrong("\(place) has no \"\(contentKey)\"")
        }
        // A call or its result stands in place of words: it is what was said, written as JSON.
        members.append(("content", .string(call.value.string ?? call.value.text())))
        return call.key
    }

    /// The one call of a tool as servers wrote it before `tool_calls`: an object of name and arguments.
    private func oldCall(_ members: [JSONObject.Member], _ place: String) throws(DatasetError) -> [JSONValue]? {
        guard !members.contains(where: { $0.key == "tool_calls" }),
            let call = members.first(where: { $0.key == "function_call" })?.value.parsedObject, call["name"] != nil
        else { return nil }
        let form: JSONValue = [["type": "function", "function": .object(call)]]
        return try calls.regular(form, "\(place).function_call")
    }

    // MARK: Reasoning

    /// Reasoning under the names that templates read: as `reasoning_content`, and as `thinking` for those that know it so.
    static func joiningReasoning(_ message: JSONObject) -> JSONObject {
        let found = reasoningNames.compactMap { message[$0] }
        guard let reasoning = found.first(where: { $0.string?.isBlank != true }) ?? found.first else { return message }
        var joined = message
        if joined["thinking"] == nil { joined.members.insert(("thinking", reasoning), at: 0) }
        joined["reasoning_content"] = reasoning
        return joined
    }

    private func wrong(_ message: String) -> DatasetError { DatasetError(.wrongType, row, message) }
}

extension JSONValue {
    /// Null or an empty list: what tables and serialisers write where nothing is.
    fileprivate var saysNothing: Bool { isNull || array?.isEmpty == true }
}

/// The words of a message.
enum MessageText {
    /// The text of a message's content, parts joined; empty where it has none.
    static func of(_ message: JSONValue) -> String {
        message["content"]?.string ?? (message["content"]?.array ?? []).compactMap { $0["text"]?.string }.joined()
    }

    /// The reasoning of a message, wherever it stands beside the text.
    static func reasoning(of message: JSONValue) -> String {
        let parts = (message["content"]?.array ?? []).filter { $0["text"] == nil }.compactMap(ofPart)
        return ([message["reasoning_content"]?.string].compactMap(\.self) + parts).joined(separator: "\n")
    }

    /// What a part says: its text or its reasoning; `nil` for a part that holds neither.
    static func ofPart(_ part: JSONValue) -> String? {
        if let text = part["text"]?.string { return text }
        guard let type = part["type"]?.string, ["thinking", "reasoning"].contains(type) else { return nil }
        return part[type]?.string
    }
}
