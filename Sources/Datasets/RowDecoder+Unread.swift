// Fields of a row that say something and that its form has no use for: named, never passed over.

internal import JSON

extension RowDecoder {
    /// Fields that say something to a model, or of what is to be trained, under the names that everybody uses.
    private static let telling: [String] =
        ["system", "history", "label"] + toolNames + TurnReader.reasoningNames + mediaNames + besideNames + formNames

    /// What other programs put before or around the messages, or make of a row's weight.
    private static let besideNames = [
        "system_prompt", "system_message", "context", "document", "documents", "passages", "sample_weight",
        "chat_template_kwargs",
    ]
    /// The fields by which rows of a form are known: a row that has those of two is read as one of them.
    private static let formNames = [
        "messages", "conversations", "prompt", "completion", "instruction", "input", "output", "text", "chosen",
        "rejected",
    ]
    private static let toolNames = ["tools", "functions"]
    private static let mediaNames = ["image", "images", "video", "videos", "audio", "audios"]

    /// What of `record` nothing reads in `row`, which it became.
    func unreadFields(of record: SourceRow, in row: DataRow) -> [RowRemark] {
        let read = readFields(of: record, in: row)
        let fields = Self.telling.filter { name in
            !read.contains(name) && record.fields[name]?.saysSomething == true
        }
        // A weight between is no flag: a column of the data's own, or a wish that is not met.
        let flags = flags(of: record).filter { $0.value.saysSomething && TurnFlags.truth($0.value) == nil }.map(\.key)
        return (fields + flags).map { RowRemark(.unreadField, detail: $0) }
    }

    /// Whether a flag of the row itself takes it out of the loss.
    func hasNoLoss(_ record: SourceRow) -> Bool {
        flags(of: record).contains { TurnFlags.truth($0.value) == false }
    }

    /// The row's flags of loss; columns that the recipe gives another meaning are none.
    private func flags(of record: SourceRow) -> [JSONObject.Member] {
        record.fields.members.filter { TurnFlags.names.contains($0.key) && !named.contains($0.key) }
    }

    /// The answer of a row as a message, with the reasoning that stands beside it.
    func answerMessage(_ text: String, _ record: SourceRow) -> JSONValue {
        var message = JSONObject([("role", "assistant"), ("content", .string(text))])
        for name in TurnReader.reasoningNames where !named.contains(name) {
            if let reasoning = record.fields[name]?.string, !reasoning.isBlank { message[name] = .string(reasoning) }
        }
        return .object(TurnReader.joiningReasoning(message))
    }

    private func readFields(of record: SourceRow, in row: DataRow) -> Set<String> {
        var read = named
        if record.fields["history"]?.parsedArray != nil, [.promptCompletion, .alpaca].contains(format) {
            read.insert("history")
        }
        if case .preference = row.content {
            read.insert(record.fields["tools"]?.saysSomething == true ? "tools" : "functions")
        }
        if case .conversation = row.content {
            read.insert(record.fields["tools"]?.saysSomething == true ? "tools" : "functions")
            let isExchange = format != .chat && format != .sharegpt && record.fields["completion"]?.array == nil
            if isExchange { read.formUnion(TurnReader.reasoningNames.filter { record.fields[$0]?.string != nil }) }
        }
        func field(_ name: String) -> String { columns[name] ?? name }
        switch format {
        case .text: read.insert(field("text"))
        case .chat, .sharegpt: read.formUnion(["system", messagesField(record)])
        case .promptCompletion: read.formUnion(["system", field("prompt"), field("completion")])
        case .alpaca: read.formUnion(["system", field("instruction"), field("input"), field("output")])
        case .classification where task != nil: read.formUnion([field("text"), labelField(record)])
        case .classification:
            read.formUnion(["system", field("text"), field("label")])
            if isWithoutLabel(record) { read.insert(field("completion")) }
        case .spans: read.formUnion(tagFields(record))
        case .preference:
            read.formUnion(["system", field("chosen"), field("rejected")])
            if task?.comparesAnswers == true { read.insert(field("margin")) }
            read.formUnion(promptField(record).map { [$0] } ?? [field("instruction"), field("input")])
        case .pairs, .scoredPairs: read.formUnion(groupFields(record))
        case .rated:
            read.formUnion(["system", ratingField(record), ratedField(record)])
            read.formUnion(promptField(record).map { [$0] } ?? [field("instruction"), field("input")])
        case .auto: read.formUnion(Self.telling)
        }
        return read
    }
}

extension JSONValue {
    /// Neither null nor an empty text, list or object.
    fileprivate var saysSomething: Bool {
        switch self {
        case .null: false
        // Tables write nothing as a text, too.
        case .string(let text): !["", "null", "[]", "{}"].contains(text.trimmingWhiteSpace)
        case .array(let elements): !elements.isEmpty
        case .object(let object): !object.members.isEmpty
        default: true
        }
    }
}
