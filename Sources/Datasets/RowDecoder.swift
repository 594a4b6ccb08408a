// Rows of any known format → `DataRow`s.

internal import JSON

/// Understands rows of one format.
public struct RowDecoder: Sendable {
    /// Never `.auto`.
    let format: RowFormat
    let columns: [String: String]
    let labels: [String]
    /// Whether rows that a template may render or not become conversations.
    let isChat: Bool
    /// The system message of rows that have none.
    let system: String?
    let trainOn: TrainedTurns
    let roles: TurnRoles
    private let labelWords: [String: String]
    private let templates: RowTemplates?
    /// Fields of the file to which the recipe itself gives a meaning.
    let named: Set<String>

    /// - Parameter format: not `.auto`, which `detect` decides.
    public init(format: RowFormat, columns: [String: String], labels: [String], hasTemplate: Bool) {
        precondition(format != .auto, "the format is decided before rows are read")
        self.format = format
        self.columns = columns
        self.labels = labels
        isChat = hasTemplate
        system = nil
        trainOn = .assistant
        roles = TurnRoles()
        labelWords = [:]
        templates = nil
        named = Set(columns.values)
    }

    /// - Parameters:
    ///   - format: not `.auto`, which `detect` decides.
    ///   - hasTemplate: whether there is a chat template, which decides where the settings' prompt style does not.
    public init(_ settings: DataSettings, format: RowFormat, hasTemplate: Bool) throws(DatasetError) {
        precondition(format != .auto, "the format is decided before rows are read")
        self.format = format
        // A field that a template builds is read where the template put it.
        columns = settings.columns.filter { settings.templates[$0.key] == nil }
        labels = settings.labels
        isChat = settings.promptStyle.isChat(hasTemplate: hasTemplate)
        system = settings.system
        trainOn = settings.trainOn
        roles = TurnRoles(names: settings.roles, inTurn: settings.turnRoles)
        labelWords = settings.labelWords
        templates = settings.templates.isEmpty ? nil : try RowTemplates(settings.templates)
        named = Set(columns.values).union(templates?.sources ?? [])
    }

    // MARK: Detection

    /// The format of rows like `record`, by its fields and those that the settings' templates build.
    public static func detect(_ record: SourceRow, _ settings: DataSettings) throws(DatasetError) -> RowFormat {
        var record = record
        try RowTemplates(settings.templates).apply(to: &record)
        return try detect(record, columns: settings.columns.filter { settings.templates[$0.key] == nil })
    }

    /// The format of a file whose first record is `record`.
    public static func detect(_ record: SourceRow, columns: [String: String]) throws(DatasetError) -> RowFormat {
        // A null says less than a text, and more than that there is no such field: the row is refused then, not its form.
        for takesNulls in [false, true] {
            if let format = format(of: record, columns, takesNulls: takesNulls) { return format }
        }
        try throwIfAbsent(columns, record)
        let isTable = record.fields.members.allSatisfy { $0.value.string != nil } && record.place.line > 1
        throw DatasetError(
            .unknownFormat, record.place, "no known form of row has the fields \(names(of: record))",
            hint: "name them: data.columns: { prompt: …, completion: … }, or data.format"
                + (isTable ? "; data.column_names where a table's first line is a row already" : ""))
    }

    private static func format(of record: SourceRow, _ columns: [String: String], takesNulls: Bool) -> RowFormat? {
        func value(_ field: String) -> JSONValue? { record.fields[columns[field] ?? field] }
        func has(_ field: String) -> Bool { value(field).map { takesNulls || !$0.isNull } ?? false }
        if has("chosen"), has("rejected") { return .preference }
        if columns["rating"] != nil || has("rating") { return .rated }
        // Dialogues of which people judged the next turn, as Taskmaster has them.
        if has("context"), has("generation"), has("reward") { return .rated }
        // True and false beside an answer: rows of KTO.
        if value("label")?.bool != nil, has("completion") || has("messages") || has("conversations") { return .rated }
        if has("messages") || has("conversations") {
            let turns = record.fields[columns["messages"] ?? "messages"] ?? record.fields["conversations"]
            return turns?.array?.first?["from"] != nil ? .sharegpt : .chat
        }
        if has("prompt"), has("completion") { return .promptCompletion }
        if has("instruction"), has("output") { return .alpaca }
        // A column that the recipe names for labels is needed in every row.
        if has("text") { return has("label") || columns["label"] != nil ? .classification : .text }
        return nil
    }

    /// A column that the recipe names and the row lacks is what is wrong.
    private static func throwIfAbsent(_ columns: [String: String], _ record: SourceRow) throws(DatasetError) {
        let absent = columns.sorted { $0.key < $1.key }.first { record.fields[$0.value] == nil }
        if let absent { throw noColumn(absent.value, for: absent.key, .unknownFormat, record) }
    }

    private static func noColumn(
        _ name: String, for field: String, _ kind: DatasetProblem.Kind, _ record: SourceRow
    ) -> DatasetError {
        let names = names(of: record)
        return DatasetError(
            kind, record.place, "there is no column \"\(name)\", which data.columns.\(field) names",
            hint: names.isEmpty ? "the row has no columns" : "the columns are \(names)")
    }

    /// The fields of a row for a message: a row that was taken for a header may be long.
    static func names(of record: SourceRow) -> String {
        let names = record.fields.members.map(\.key)
        let shown = names.prefix(12).map { name in
            "\"" + (name.count > 40 ? name.prefix(39) + "…" : name) + "\""
        }
        return shown.joined(separator: ", ") + (names.count > 12 ? " and \(names.count - 12) more" : "")
    }

    // MARK: Rows

    /// The row as one of the three shapes that all formats come down to.
    public func row(_ record: SourceRow, index: Int) throws(DatasetError) -> DataRow {
        var record = record
        try templates?.apply(to: &record)
        var row = try content(record, index)
        row.remarks += unreadFields(of: record, in: row)
        row.isWithoutLoss = hasNoLoss(record)
        return row
    }

    private func content(_ record: SourceRow, _ index: Int) throws(DatasetError) -> DataRow {
        switch format {
        case .auto: preconditionFailure("the format is decided before rows are read")
        case .chat, .sharegpt: return try chat(record, index)
        case .promptCompletion: return try promptCompletion(record, index)
        case .alpaca: return try alpaca(record, index)
        case .text:
            let text = try filled(text("text", record), "text", record)
            return DataRow(content: .document(text), place: record.place, index: index)
        case .classification: return try classification(record, index)
        case .preference: return try preference(record, index)
        case .rated: return try rated(record, index)
        }
    }

    private func chat(_ record: SourceRow, _ index: Int) throws(DatasetError) -> DataRow {
        var name = columns["messages"] ?? "messages"
        if columns["messages"] == nil, record.fields[name] == nil, record.fields["conversations"] != nil {
            name = "conversations"
        }
        guard let value = record.fields[name], !value.isNull else { throw missing(name, record) }
        let turns = try self.messages(value, name, record)
        let system = try systemMessages(record, before: turns.messages)
        return try conversation(RegularTurns(system) + turns, trainedFrom: 0, record, index)
    }

    private func promptCompletion(_ record: SourceRow, _ index: Int) throws(DatasetError) -> DataRow {
        let promptName = columns["prompt"] ?? "prompt"
        let completionName = columns["completion"] ?? "completion"
        guard let prompt = record.fields[promptName], let completion = record.fields[completionName] else {
            throw missing(record.fields[promptName] == nil ? promptName : completionName, record)
        }
        if case (.string(let prompt), .string(let completion)) = (prompt, completion) {
            let completion = try filled(completion, "completion", record)
            let asked = try systemMessages(record) + history(record) + [Self.message("user", prompt)]
            return try exchange(asked, completion, record, index)
        }
        guard prompt.array != nil, completion.array != nil else {
            throw wrong(
                "\"\(promptName)\" and \"\(completionName)\" must both be texts or both be lists of messages", record)
        }
        let turns = try messages(prompt, promptName, record)
        let before = try systemMessages(record, before: turns.messages) + history(record)
        let asked = RegularTurns(before) + turns
        let answered = try messages(completion, completionName, record)
        return try conversation(asked + answered, trainedFrom: asked.messages.count, record, index)
    }

    private func alpaca(_ record: SourceRow, _ index: Int) throws(DatasetError) -> DataRow {
        var messages = try systemMessages(record) + history(record)
        let instruction = try text("instruction", record)
        let input = try optionalText("input", record) ?? ""
        if input.isBlank { _ = try filled(instruction, "instruction", record) }
        // The answers of the history were given before: only the last one is what the row teaches.
        messages.append(Self.message("user", input.isEmpty ? instruction : instruction + "\n" + input))
        return try exchange(messages, text("output", record), record, index)
    }

    /// What was said before: pairs of a question and its answer.
    private func history(_ record: SourceRow) throws(DatasetError) -> [JSONValue] {
        var messages: [JSONValue] = []
        let pairs = named.contains("history") ? nil : record.fields["history"]?.parsedArray
        for (number, pair) in (pairs ?? []).enumerated() {
            guard let turns = pair.array, turns.count == 2, let asked = turns[0].string, let answered = turns[1].string
            else {
                throw wrong("history[\(number)] must be a pair of texts", record)
            }
            messages += [Self.message("user", asked), Self.message("assistant", answered)]
        }
        return messages
    }

    /// A question, with what was said before it, and its answer: a conversation, or plain texts where there is no template.
    private func exchange(
        _ asked: [JSONValue], _ answer: String, _ record: SourceRow, _ index: Int
    ) throws(DatasetError) -> DataRow {
        if isChat {
            let messages = asked + [answerMessage(answer, record)]
            return try conversation(RegularTurns(messages), trainedFrom: asked.count, record, index)
        }
        guard !answer.isBlank else { throw DatasetError(.empty, record.place, "the answer is empty") }
        let prompt = RowRendering.plainPrompt(asked.map { $0["content"]?.string ?? "" }, format: format)
        return DataRow(content: .completion(prompt: prompt, completion: answer), place: record.place, index: index)
    }

    private func classification(_ record: SourceRow, _ index: Int) throws(DatasetError) -> DataRow {
        let text = try filled(text("text", record), "text", record)
        let label = try label(record)
        var row = try exchange(systemMessages(record) + [Self.message("user", text)], label, record, index)
        row.label = label
        return row
    }

    private func label(_ record: SourceRow) throws(DatasetError) -> String {
        let name = columns["label"] ?? "label"
        guard let value = record.fields[name], !value.isNull else { throw missing(name, record) }
        var label: String
        switch value {
        case .string(let text): label = text
        case .digits(let digits): label = digits
        case .integer, .double:
            guard let number = value.integer else {
                throw wrong("\"\(name)\" must be a text or a whole number, found \(value.text())", record)
            }
            label = labels.indices.contains(number) && !labels.contains("\(number)") ? labels[number] : "\(number)"
        case .bool(let bool): label = bool ? "true" : "false"
        default: throw wrong("\"\(name)\" must be a text or a whole number, found \(value.typeName)", record)
        }
        label = label.trimmingWhiteSpace
        label = labelWords[label] ?? label
        label = try filled(label, "label", record)
        guard labels.isEmpty || labels.contains(label) else {
            throw DatasetError(
                .unknownLabel, record.place, "the label \"\(label)\" is none of data.labels",
                hint: labels.prefix(12).joined(separator: " | "))
        }
        return label
    }

    // MARK: Fields

    private func text(_ field: String, _ record: SourceRow) throws(DatasetError) -> String {
        guard let text = try optionalText(field, record) else { throw missing(columns[field] ?? field, record) }
        return text
    }

    func optionalText(_ field: String, _ record: SourceRow) throws(DatasetError) -> String? {
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

    /// `text`, in which something must stand: a row that says or teaches nothing is a bad row.
    private func filled(_ text: String, _ field: String, _ record: SourceRow) throws(DatasetError) -> String {
        guard text.isBlank else { return text }
        let name = columns[field] ?? field
        throw DatasetError(
            .empty, record.place, "\"\(name)\" is empty",
            hint: "leave such rows out: data.steps: [filter: { fields: [\(name)], min_characters: 1 }]")
    }

    func missing(_ name: String, _ record: SourceRow) -> DatasetError {
        if record.fields[name] == nil,
            let field = columns.sorted(by: { $0.key < $1.key }).first(where: { $0.value == name })
        {
            return Self.noColumn(name, for: field.key, .missingField, record)
        }
        let names = Self.names(of: record)
        return DatasetError(
            .missingField, record.place, "a row of the form \(format.rawValue) needs \"\(name)\"",
            hint: "it has \(names.isEmpty ? "no fields" : names); data.columns maps names")
    }

    func wrong(_ message: String, _ record: SourceRow) -> DatasetError {
        DatasetError(.wrongType, record.place, message)
    }
}

extension String {
    /// Nothing but white space.
    var isBlank: Bool { unicodeScalars.allSatisfy(\.properties.isWhitespace) }

    /// Without white space at both ends.
    var trimmingWhiteSpace: String {
        let scalars = unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(scalars[first...last])
    }
}
