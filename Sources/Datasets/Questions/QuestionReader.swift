// Rows that ask and need not answer: what a model is asked of a row, whatever stands where its answer would be.

internal import JSON
public import Vocabulary

/// Understands rows as questions. An answer that stands in a row is not looked at, and none has to be there.
public struct QuestionReader: Sendable {
    /// The form of the rows, as questions: never `auto`, `preference` or `rated`.
    public let format: RowFormat
    private let decoder: RowDecoder

    /// What stands in the place of an answer: no part of what is asked.
    private static let placeholder = "?"
    /// Fields of Lathe that hold answers.
    private static let answers: Set = ["completion", "output", "label", "chosen", "rejected", "rating"]

    /// Throws where no form of row has the fields of `first`, or rows of the form ask nothing.
    ///
    /// - Parameters:
    ///   - noted: the form of the rows that an adapter was trained on; what it says counts where rows fit it.
    ///   - hasTemplate: whether there is a chat template.
    public init(
        _ settings: DataSettings, first: SourceRow, noted: RowFormat? = nil, hasTemplate: Bool
    ) throws(DatasetError) {
        var settings = settings
        settings.columns = settings.columns.filter { !Self.answers.contains($0.key) }
        settings.templates = settings.templates.filter { !Self.answers.contains($0.key) }
        settings.labels = []
        settings.labelWords = [:]
        format =
            settings.format == .auto
            ? try Self.detect(first, settings, noted: noted) : try Self.known(settings.format, first.place)
        decoder = try RowDecoder(settings, format: format, hasTemplate: hasTemplate)
    }

    /// What `record` asks, with a mark in the place of the answer.
    public func row(_ record: SourceRow) throws(DatasetError) -> DataRow {
        var record = record
        switch format {
        case .promptCompletion:
            let prompt = record.fields[decoder.columns["prompt"] ?? "prompt"]
            record.fields["completion"] = prompt?.array == nil ? Self.answer : .array([Self.message])
        case .alpaca: record.fields["output"] = Self.answer
        case .classification: record.fields["label"] = Self.answer
        case .chat, .sharegpt: return try decoder.conversationAsking(record, answer: Self.message)
        case .text, .spans, .auto, .preference, .rated, .pairs, .scoredPairs: break
        }
        var row = try decoder.row(record, index: record.index)
        row.label = nil
        row.isWithoutLoss = false
        row.remarks.removeAll { $0.kind == .unreadField && Self.answers.contains($0.detail) }
        return row
    }

    private static let answer = JSONValue.string(placeholder)
    private static let message = RowDecoder.message("assistant", placeholder)

    // MARK: Forms

    private static func known(_ format: RowFormat, _ place: RowPlace) throws(DatasetError) -> RowFormat {
        guard [.preference, .rated, .pairs, .scoredPairs].contains(format) else { return format }
        throw DatasetError(
            .unsupported, place,
            "data.format: \(format.rawValue): such rows compare answers and ask nothing by themselves",
            hint: "data.format: prompt_completion asks what their prompts say")
    }

    private static func detect(
        _ record: SourceRow, _ settings: DataSettings, noted: RowFormat?
    ) throws(DatasetError) -> RowFormat {
        var record = record
        try RowTemplates(settings.templates).apply(to: &record)
        let columns = settings.columns.filter { settings.templates[$0.key] == nil }
        func has(_ field: String) -> Bool { record.fields[columns[field] ?? field] != nil }
        if has("messages") || has("conversations") {
            let turns = record.fields[columns["messages"] ?? "messages"] ?? record.fields["conversations"]
            return turns?.parsedArray?.first?["from"] != nil ? .sharegpt : .chat
        }
        if has("prompt") { return .promptCompletion }
        if has("instruction") { return .alpaca }
        guard has("text") else { return try RowDecoder.detect(record, columns: columns) }
        return noted == .classification || has("label") ? .classification : .text
    }
}

extension RowDecoder {
    /// A conversation up to where the assistant is to speak, which `answer` stands for. An answer at its end is left out.
    fileprivate func conversationAsking(_ record: SourceRow, answer: JSONValue) throws(DatasetError) -> DataRow {
        var record = record
        try templates?.apply(to: &record)
        let name = messagesField(record)
        guard let value = record.fields[name], !value.isNull else { throw missing(name, record) }
        let turns = try messages(value, name, record)
        var asked = RegularTurns(try systemMessages(record, before: turns.messages)) + turns
        if asked.messages.last?["role"]?.string == "assistant" { asked.messages.removeLast() }
        guard asked.messages.contains(where: { !Self.isSystem($0) }) else {
            throw DatasetError(.empty, record.place, "\"\(name)\" asks nothing: there is no message before an answer")
        }
        let place = asked.messages.count
        asked.messages.append(answer)
        // Which turns carry loss is no matter of asking.
        asked.withoutLoss = []
        asked.remarks.removeAll { $0.kind == .lossElsewhere }
        var row = try conversation(asked, trainedFrom: place, record, record.index)
        row.remarks += unreadFields(of: record, in: row)
        return row
    }
}
