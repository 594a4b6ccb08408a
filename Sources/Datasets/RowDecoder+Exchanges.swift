// Rows of a question and its answer, under whatever names: prompt and completion, Alpaca, classification.

internal import JSON

extension RowDecoder {
    func promptCompletion(_ record: SourceRow, _ index: Int) throws(DatasetError) -> DataRow {
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
                "\"\(promptName)\" and \"\(completionName)\" must both be texts or both be lists of messages, found "
                    + "\(prompt.typeName) and \(completion.typeName)", record)
        }
        let turns = try messages(prompt, promptName, record)
        let before = try systemMessages(record, before: turns.messages) + history(record)
        let asked = RegularTurns(before) + turns
        let answered = try messages(completion, completionName, record)
        return try conversation(asked + answered, trainedFrom: asked.messages.count, record, index)
    }

    func alpaca(_ record: SourceRow, _ index: Int) throws(DatasetError) -> DataRow {
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

    func classification(_ record: SourceRow, _ index: Int) throws(DatasetError) -> DataRow {
        let asked = try systemMessages(record) + [Self.message("user", filled(text("text", record), "text", record))]
        // What a teacher wrote about a label is an answer, and no label.
        if isWithoutLabel(record), let completion = try optionalText("completion", record) {
            return try exchange(asked, filled(completion, "completion", record), record, index)
        }
        let label = try label(record)
        var row = try exchange(asked, label, record, index)
        row.label = label
        return row
    }

    /// Whether a row of classification has another answer than a label, if it has any.
    func isWithoutLabel(_ record: SourceRow) -> Bool { record.fields[columns["label"] ?? "label"]?.isNull ?? true }

    func label(_ record: SourceRow) throws(DatasetError) -> String {
        let name = columns["label"] ?? "label"
        guard let value = record.fields[name], !value.isNull else { throw missing(name, record) }
        return try label(value, name, record)
    }

    /// A label as a row writes it, by the name that it has in the label set.
    func label(_ value: JSONValue, _ name: String, _ record: SourceRow) throws(DatasetError) -> String {
        var label: String
        switch value {
        case .string(let text): label = text
        case .digits(let digits): label = digits
        case .integer, .double:
            guard let number = value.integer else {
                throw wrong("\"\(name)\" must be a text or a whole number, found \(value.text())", record)
            }
            // Names that are numbers themselves are not numbered by others.
            let isPlace = labels.indices.contains(number) && labels.contains { Int($0) == nil }
            label = isPlace && !labels.contains("\(number)") ? labels[number] : "\(number)"
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
}
