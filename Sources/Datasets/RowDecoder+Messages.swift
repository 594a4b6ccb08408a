// The messages of a row, in either manner of writing them.

internal import JSON

/// Turns made regular, in their order.
struct RegularTurns {
    var messages: [JSONValue] = []
    /// Numbers of those that their file takes out of the loss.
    var withoutLoss: [Int] = []
    var remarks: [RowRemark] = []

    init(_ messages: [JSONValue] = []) { self.messages = messages }

    mutating func append(_ turn: RegularTurn) {
        let isAnswer = turn.message["role"]?.string == "assistant"
        if turn.hasLoss == false { withoutLoss.append(messages.count) }
        if turn.hasLoss == true, !isAnswer { remarks.append(RowRemark(.lossElsewhere)) }
        remarks += turn.otherMembers.map { RowRemark(.unreadMember, detail: $0) }
        messages.append(turn.message)
    }

    static func + (left: RegularTurns, right: RegularTurns) -> RegularTurns {
        var joined = left
        joined.messages += right.messages
        joined.withoutLoss += right.withoutLoss.map { $0 + left.messages.count }
        joined.remarks += right.remarks
        return joined
    }
}

extension RowDecoder {
    func conversation(
        _ turns: RegularTurns, trainedFrom: Int, _ record: SourceRow, _ index: Int
    ) throws(DatasetError) -> DataRow {
        let messages = turns.messages
        var trained = messages.indices.filter { $0 >= trainedFrom && messages[$0]["role"]?.string == "assistant" }
        if trainOn == .last { trained = trained.suffix(1) }
        trained.removeAll { turns.withoutLoss.contains($0) }
        guard !trained.isEmpty else { throw noAnswer(turns, record) }
        for number in trained where MessageText.of(messages[number]).isBlank {
            guard messages[number]["tool_calls"] != nil || !MessageText.reasoning(of: messages[number]).isBlank else {
                throw DatasetError(.empty, record.place, "message \(number), the assistant's, is empty")
            }
        }
        var extra = JSONObject()
        if let tools = try tools(record) { extra["tools"] = .array(tools) }
        let content = DataRow.Content.conversation(messages: messages, trained: trained, extra: extra)
        let strange = messages.compactMap { $0["role"]?.string }.filter { !roles.knows($0) }
        let remarks = turns.remarks + strange.map { RowRemark(.unknownRole, detail: $0) }
        return DataRow(content: content, place: record.place, index: index, remarks: remarks)
    }

    private func noAnswer(_ turns: RegularTurns, _ record: SourceRow) -> DatasetError {
        let found = Set(turns.messages.compactMap { $0["role"]?.string }).sorted()
        let hint =
            !found.contains("assistant")
            ? Self.whoAnswers(found)
            : turns.withoutLoss.isEmpty
                ? nil
                : "\(turns.withoutLoss.count) of its turns are taken out of the loss by the row's own weight, loss or train"
        return DatasetError(.noTarget, record.place, "no assistant turn to train on", hint: hint)
    }

    /// What helps where none of the `roles` is the assistant's.
    private static func whoAnswers(_ roles: [String]) -> String {
        let others = roles.filter { !TurnRoles.common.contains($0) }
        let list = "the roles are \(roles.joined(separator: ", "))"
        switch others.count {
        case 0: return list + ", so nobody answers"
        case 1: return list + "; data.roles: { \(others[0]): assistant } if that is who answers"
        default: return list + "; data.roles says who is who, such as { \(others[0]): assistant, \(others[1]): user }"
        }
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

    func tools(_ record: SourceRow) throws(DatasetError) -> [JSONValue]? {
        let (tools, isTable) = (record.fields["tools"], record.isOfTable)
        if let tools = try ToolList.regular(tools, isTable: isTable, record.place) { return tools }
        // Servers had functions before they had tools.
        let functions = record.fields["functions"]
        return try ToolList.regular(functions, named: "functions", isTable: isTable, record.place)?.map { function in
            function["function"] == nil ? ["type": "function", "function": function] : function
        }
    }

    /// Messages of either manner of writing, made regular.
    func messages(_ value: JSONValue, _ name: String, _ record: SourceRow) throws(DatasetError) -> RegularTurns {
        // Tables hold their messages as JSON in a text.
        guard let turns = value.parsedArray else {
            throw wrong("\"\(name)\" must be a list of messages, found \(value.typeName)", record)
        }
        guard !turns.isEmpty else { throw wrong("\"\(name)\" holds no message", record) }
        let calls = ToolCalls(tools: try tools(record), isTable: record.isOfTable, row: record.place)
        let reader = TurnReader(columns: columns, roles: roles, calls: calls, row: record.place)
        var regular = RegularTurns()
        for (number, turn) in turns.enumerated() {
            regular.append(try reader.turn(turn, number, "\(name)[\(number)]"))
        }
        return regular
    }

    static func message(_ role: String, _ content: String) -> JSONValue {
        .object(JSONObject([("role", .string(role)), ("content", .string(content))]))
    }
}

extension SourceRow {
    /// Whether the row comes from a table whose columns have fixed members, so that what is missing was written as null.
    var isOfTable: Bool { place.file.utf8.suffix(8).elementsEqual(".parquet".utf8) }
}
