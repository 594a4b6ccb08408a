// Rows that compare or rate answers.

internal import JSON

extension RowDecoder {
    /// `chosen` and `rejected` after a prompt, each a text, a message or a list of messages.
    func preference(_ record: SourceRow, _ index: Int) throws(DatasetError) -> DataRow {
        let chosen = try answer("chosen", record)
        let rejected = try answer("rejected", record)
        var prompt = try self.prompt(record)
        var (chosenTail, rejectedTail) = (chosen, rejected)
        if prompt.isEmpty {
            // Many sets write the whole conversation twice: what both begin with is the prompt.
            let shared = zip(chosen, rejected).prefix { $0 == $1 }.count
            prompt = Array(chosen[..<shared])
            chosenTail = Array(chosen[shared...])
            rejectedTail = Array(rejected[shared...])
        }
        guard !chosenTail.isEmpty, !rejectedTail.isEmpty, !prompt.isEmpty, chosenTail != rejectedTail else {
            throw DatasetError(.noTarget, record.place, "a preference row needs a prompt and two different answers")
        }
        for (name, answer) in [("chosen", chosenTail), ("rejected", rejectedTail)] {
            guard answer.contains(where: { $0["role"]?.string == "assistant" }) else {
                throw DatasetError(.noTarget, record.place, "\"\(name)\" holds no turn of the assistant")
            }
        }
        var extra = JSONObject()
        if let tools = try tools(record) { extra["tools"] = .array(tools) }
        let isPlain =
            !isChat
            && ["prompt", "chosen", "rejected"].allSatisfy {
                record.fields[columns[$0] ?? $0]?.string != nil
            }
        var pair = Preference(
            prompt: prompt, chosen: chosenTail, rejected: rejectedTail, extra: extra, isPlain: isPlain)
        if task?.comparesAnswers == true { pair.margin = try margin(record) }
        return DataRow(content: .preference(pair), place: record.place, index: index)
    }

    /// By how much an answer is better; nil where the row does not say it.
    private func margin(_ record: SourceRow) throws(DatasetError) -> Double? {
        let name = columns["margin"] ?? "margin"
        guard let value = record.fields[name], !value.isNull else { return nil }
        guard let margin = value.double ?? value.string.flatMap({ Double($0) }), margin.isFinite else {
            throw wrong("\"\(name)\" must be a number, found \(value.typeName)", record)
        }
        return margin
    }

    /// A conversation, or a prompt and a completion, with a `rating`: a number, or true and false.
    func rated(_ record: SourceRow, _ index: Int) throws(DatasetError) -> DataRow {
        let name = ratingField(record)
        guard let value = record.fields[name], !value.isNull else { throw missing(name, record) }
        // Tables of texts hold both as texts.
        let text = value.string?.lowercased()
        let flag = value.bool ?? (text == "true" ? true : text == "false" ? false : nil)
        guard let rating = flag.map({ $0 ? 1 : 0 }) ?? value.double ?? text.flatMap({ Double($0) }), rating.isFinite
        else {
            throw wrong("\"\(name)\" must be a number or true or false, found \(value.typeName)", record)
        }
        var messages = try prompt(record)
        let completion = ratedField(record)
        if record.fields[completion] != nil { messages += try answer("completion", named: completion, record) }
        guard messages.last?["role"]?.string == "assistant" else {
            throw DatasetError(.noTarget, record.place, "a rated row needs an answer at its end")
        }
        return DataRow(content: .rated(messages: messages, rating: rating), place: record.place, index: index)
    }

    /// The field that says how good an answer is.
    func ratingField(_ record: SourceRow) -> String {
        columns["rating"] ?? ["rating", "label", "score", "reward"].first { record.fields[$0] != nil } ?? "rating"
    }

    /// The field that holds the rated answer, where it does not end the conversation; Taskmaster calls a judged turn a generation.
    func ratedField(_ record: SourceRow) -> String {
        columns["completion"] ?? (record.fields["completion"] == nil ? "generation" : "completion")
    }

    /// The field that holds what stands before the answers; nil where none does, or an instruction.
    func promptField(_ record: SourceRow) -> String? {
        [columns["prompt"] ?? "prompt", columns["messages"] ?? "messages", "conversations", "context"]
            .first { record.fields[$0] != nil }
    }

    /// What stands before the answers, as messages; empty where the row has no field for it.
    private func prompt(_ record: SourceRow) throws(DatasetError) -> [JSONValue] {
        var messages = try systemMessages(record)
        guard let name = promptField(record), let value = record.fields[name] else {
            return try instruction(record).map { messages + [Self.message("user", $0)] } ?? messages
        }
        guard let text = value.string else { return try messages + self.messages(value, name, record).messages }
        // Some sets hold their messages as JSON in a text.
        if text.hasPrefix("["), let parsed = try? JSONValue(parsing: text), parsed.array?.first?.object != nil {
            return try messages + self.messages(parsed, name, record).messages
        }
        messages.append(Self.message("user", text))
        return messages
    }

    private func instruction(_ record: SourceRow) throws(DatasetError) -> String? {
        guard let instruction = try optionalText("instruction", record) else { return nil }
        let input = try optionalText("input", record) ?? ""
        return input.isEmpty ? instruction : instruction + "\n" + input
    }

    private func answer(
        _ field: String, named given: String? = nil, _ record: SourceRow
    ) throws(DatasetError) -> [JSONValue] {
        let name = given ?? columns[field] ?? field
        guard let value = record.fields[name], !value.isNull else { throw missing(name, record) }
        if let text = value.string {
            // A message as JSON in a text, as its neighbour may be.
            if text.hasPrefix("{\""), let parsed = try? JSONValue(parsing: text), parsed["role"] != nil {
                return try messages(.array([parsed]), name, record).messages
            }
            return [Self.message("assistant", text)]
        }
        return try messages(value.object == nil ? value : .array([value]), name, record).messages
    }
}
