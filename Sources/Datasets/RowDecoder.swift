// Rows of any known format → `DataRow`s.

internal import JSON
internal import Spelling
public import Vocabulary

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
    let labelWords: [String: String]
    let task: RowTask?
    let templates: RowTemplates?
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
        task = nil
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
        task = settings.task
        templates = settings.templates.isEmpty ? nil : try RowTemplates(settings.templates)
        named = Set(columns.values).union(templates?.sources ?? [])
    }

    // MARK: Detection

    /// The format of rows like `record`, by its fields and those that the settings' templates build.
    public static func detect(_ record: SourceRow, _ settings: DataSettings) throws(DatasetError) -> RowFormat {
        var record = record
        try RowTemplates(settings.templates).apply(to: &record)
        let columns = settings.columns.filter { settings.templates[$0.key] == nil }
        if settings.task?.kind == .embed { return try detectGroup(record, columns) }
        if let format = settings.task?.format(of: record, columns) { return format }
        return try detect(record, columns: columns)
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
                + (isTable ? "; data.column_names where a table's first line is a row already" : "")
                + unknownSeparator(record))
    }

    /// A table of one column whose name holds a sign may be one of several.
    private static func unknownSeparator(_ record: SourceRow) -> String {
        guard record.fields.members.count == 1, let field = record.fields.members.first, field.value.string != nil,
            let sign = field.key.unicodeScalars.first(where: { "^:~#/\\!*+=&\u{1}\u{1F}".unicodeScalars.contains($0) })
        else { return "" }
        let written = sign.value < 0x20 ? "\\x0\(String(sign.value, radix: 16))" : String(sign)
        return "; data.separator: \"\(written)\" if that stands between the fields of a line"
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
        if has("tokens"), has("tags") || has("ner_tags") { return .spans }
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
            hint: (names.isEmpty ? "the row has no columns" : "the columns are \(names)") + unknownSeparator(record))
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
        case .classification:
            if let task { return try labelled(record, index, task) }
            return try classification(record, index)
        case .spans: return try tagged(record, index)
        case .preference: return try preference(record, index)
        case .rated: return try rated(record, index)
        case .pairs, .scoredPairs: return try group(record, index)
        }
    }

    private func chat(_ record: SourceRow, _ index: Int) throws(DatasetError) -> DataRow {
        let name = messagesField(record)
        guard let value = record.fields[name] else { throw missing(name, record) }
        guard !value.isNull else { throw wrong("\"\(name)\" is null", record) }
        let turns = try self.messages(value, name, record)
        let system = try systemMessages(record, before: turns.messages)
        return try conversation(RegularTurns(system) + turns, trainedFrom: 0, record, index)
    }

    /// The field that holds the messages, under either of the names that everybody writes.
    func messagesField(_ record: SourceRow) -> String {
        let name = columns["messages"] ?? "messages"
        let isOther =
            columns["messages"] == nil && record.fields[name] == nil && record.fields["conversations"] != nil
        return isOther ? "conversations" : name
    }

    // MARK: Fields

    func text(_ field: String, _ record: SourceRow) throws(DatasetError) -> String {
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
    func filled(_ text: String, _ field: String, _ record: SourceRow) throws(DatasetError) -> String {
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
        if record.fields[name] != nil {
            return DatasetError(
                .missingField, record.place,
                "a row of the form \(format.rawValue) needs \"\(name)\", and here it is empty (null or NaN)",
                hint: "give it a value, or leave the row out: data.max_bad_rows says how many may be")
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
    /// Nothing that a reader sees: white space, control characters, joiners and marks without a letter.
    var isBlank: Bool {
        unicodeScalars.allSatisfy { scalar in
            scalar.properties.isWhitespace || scalar.properties.isDefaultIgnorableCodePoint || scalar.isUnprintable
        }
    }

    /// Without white space at both ends.
    var trimmingWhiteSpace: String {
        let scalars = unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(scalars[first...last])
    }
}
