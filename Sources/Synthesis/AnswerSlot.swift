// Where a row has its prompt and its answer, by its form: an answer goes into the fields of the row that asked for it.

public import Datasets
public import JSON
internal import Vocabulary

/// The places of prompt and answer in rows of one form.
public struct AnswerSlot: Sendable {
    private let format: RowFormat
    private let columns: [String: String]
    /// The label of a row that has none yet, so that it can be understood.
    private let anyLabel: String
    private let decoder: RowDecoder
    private let roles: TurnRoles

    /// - Parameters:
    ///   - settings: how rows are read; the format is known.
    ///   - hasTemplate: whether there is a chat template.
    public init(_ settings: DataSettings, hasTemplate: Bool) throws(DatasetError) {
        format = settings.format
        columns = settings.columns
        anyLabel = settings.labels.first ?? "?"
        roles = TurnRoles(names: settings.roles, inTurn: settings.turnRoles)
        decoder = try RowDecoder(settings, format: format, hasTemplate: hasTemplate)
    }

    // MARK: Reading

    /// A row that is asked, and whether it came with an answer of its own.
    public struct Asked: Sendable {
        /// As the file has it, or as it was completed for want of an answer.
        public let fields: JSONObject
        public let row: DataRow
        public let hasAnswer: Bool
    }

    /// Understands a row that may lack its answer, or have nothing but a `prompt`.
    public func read(_ source: SourceRow) throws(DatasetError) -> Asked {
        if hasAnswer(source.fields) {
            return Asked(fields: source.fields, row: try decoder.row(source, index: source.index), hasAnswer: true)
        }
        var completed = source
        if !hasPrompt(source.fields), let prompt = source.fields["prompt"]?.string { completed.fields = asking(prompt) }
        completed.fields = answering(completed.fields, with: anyLabel, replaces: false)
        return Asked(
            fields: completed.fields, row: try decoder.row(completed, index: source.index), hasAnswer: false)
    }

    private func column(_ field: String) -> String { columns[field] ?? field }

    private func messagesField(_ fields: JSONObject) -> String {
        let isOther = columns["messages"] == nil && fields["messages"] == nil && fields["conversations"] != nil
        return isOther ? "conversations" : column("messages")
    }

    private func hasPrompt(_ fields: JSONObject) -> Bool {
        switch format {
        case .chat, .sharegpt: fields[messagesField(fields)] != nil
        case .alpaca: fields[column("instruction")] != nil
        case .classification: fields[column("text")] != nil
        default: fields[column("prompt")] != nil
        }
    }

    private func hasAnswer(_ fields: JSONObject) -> Bool {
        switch format {
        case .chat, .sharegpt:
            let turns = fields[messagesField(fields)]?.array ?? []
            return turns.last.flatMap { roles.role(of: $0, number: turns.count - 1, key: columns["role"]) }
                == "assistant"
        default: return fields[answerField].map { !$0.isNull } ?? false
        }
    }

    private var answerField: String {
        switch format {
        case .alpaca: column("output")
        case .classification: column("label")
        default: column("completion")
        }
    }

    // MARK: Writing

    /// The fields of a row that asks `prompt` and has no answer yet.
    public func asking(_ prompt: String) -> JSONObject {
        switch format {
        case .chat, .sharegpt:
            let turn = JSONObject([
                (columns["role"] ?? "role", "user"), (columns["content"] ?? "content", .string(prompt)),
            ])
            return JSONObject([(column("messages"), [.object(turn)])])
        case .alpaca: return JSONObject([(column("instruction"), .string(prompt))])
        case .classification: return JSONObject([(column("text"), .string(prompt))])
        default: return JSONObject([(column("prompt"), .string(prompt))])
        }
    }

    /// The fields of a row with `answer` in the place of the answer that `read` found or put there. Earlier answers of a
    /// conversation, which somebody else gave, carry no loss.
    public func answering(_ fields: JSONObject, with answer: String) -> JSONObject {
        answering(fields, with: answer, replaces: true)
    }

    private func answering(_ fields: JSONObject, with answer: String, replaces: Bool) -> JSONObject {
        var fields = fields
        guard format == .chat || format == .sharegpt else {
            if format == .promptCompletion, fields[column("prompt")]?.array != nil {
                fields[answerField] = [["role": "assistant", "content": .string(answer)]]
            } else {
                fields[answerField] = .string(answer)
            }
            return fields
        }
        let name = messagesField(fields)
        var turns = fields[name]?.array ?? []
        if replaces, !turns.isEmpty { turns.removeLast() }
        for (number, turn) in turns.enumerated() {
            guard roles.role(of: turn, number: number, key: columns["role"]) == "assistant", var object = turn.object
            else { continue }
            object["weight"] = 0
            turns[number] = .object(object)
        }
        turns.append(.object(assistantTurn(answer, after: turns.last)))
        fields[name] = .array(turns)
        return fields
    }

    /// An answer as a turn, spelt as the turn before it.
    private func assistantTurn(_ answer: String, after turn: JSONValue?) -> JSONObject {
        let isShared = turn?["role"] == nil && turn?["from"] != nil
        return JSONObject([
            (columns["role"] ?? (isShared ? "from" : "role"), .string(isShared ? "gpt" : "assistant")),
            (columns["content"] ?? (isShared ? "value" : "content"), .string(answer)),
        ])
    }

    // MARK: Reasons

    /// The row that asks for the reason of an answer: `prefix` stands before the prompt, the reason in the answer's place.
    /// Rows of classification have it as a completion, since it is no label.
    public func reasoning(_ fields: JSONObject, prefix: String, reason: String) -> JSONObject {
        var fields = prefixing(fields, with: prefix)
        guard format == .classification else { return answering(fields, with: reason) }
        fields[answerField] = nil
        fields[column("completion")] = .string(reason)
        return fields
    }

    /// The row with `prefix` before its prompt: before the last thing that a user says.
    public func prefixing(_ fields: JSONObject, with prefix: String) -> JSONObject {
        guard !prefix.isEmpty else { return fields }
        var fields = fields
        switch format {
        case .chat, .sharegpt: prefixLastQuestion(&fields, messagesField(fields), prefix)
        case .promptCompletion where fields[column("prompt")]?.array != nil:
            prefixLastQuestion(&fields, column("prompt"), prefix)
        default:
            let name = format == .alpaca ? "instruction" : format == .classification ? "text" : "prompt"
            if let text = fields[column(name)]?.string { fields[column(name)] = .string(prefix + text) }
        }
        return fields
    }

    private func prefixLastQuestion(_ fields: inout JSONObject, _ name: String, _ prefix: String) {
        var turns = fields[name]?.array ?? []
        let last = turns.indices.last { roles.role(of: turns[$0], number: $0, key: columns["role"]) == "user" }
        guard let last, var turn = turns[last].object else { return }
        for key in [columns["content"], "content", "value", "text"].compactMap(\.self) {
            guard let text = turn[key]?.string else { continue }
            turn[key] = .string(prefix + text)
            break
        }
        turns[last] = .object(turn)
        fields[name] = .array(turns)
    }
}
