// Rows in which spans of a text are named: `text` and `spans`, or `tokens` and a tag for each.

internal import JSON
internal import Spelling

extension RowDecoder {
    /// A row of words and spans. The words of a text are found; those of `tokens` are the row's own, and its text is theirs with a space
    /// between.
    func tagged(_ record: SourceRow, _ index: Int) throws(DatasetError) -> DataRow {
        let (text, tagged) = hasTokens(record) ? try taggedTokens(record) : try taggedText(record)
        var row = DataRow(content: .document(text), place: record.place, index: index)
        row.answer = .spans(tagged)
        return row
    }

    /// A row of which nothing is known but its words.
    public func words(_ record: SourceRow) throws(DatasetError) -> (text: String, words: [Range<Int>]) {
        var record = record
        try templates?.apply(to: &record)
        guard hasTokens(record) else {
            let text = try filled(text("text", record), "text", record)
            return (text, TaggedText.words(of: text))
        }
        return try joined(record)
    }

    /// Whether the row has its words apart.
    private func hasTokens(_ record: SourceRow) -> Bool {
        guard columns["text"] == nil else { return columns["tokens"] != nil }
        // Beside a text, words without tags are another program's notes.
        if columns["tokens"] == nil, record.fields["text"]?.string != nil, record.fields[tagsField(record)] == nil {
            return false
        }
        return record.fields[columns["tokens"] ?? "tokens"].map { !$0.isNull } ?? (columns["tokens"] != nil)
    }

    /// The fields of the row that say what is asked of it and what is wanted.
    func tagFields(_ record: SourceRow) -> [String] {
        hasTokens(record)
            ? [columns["tokens"] ?? "tokens", tagsField(record)] : [columns["text"] ?? "text", spansField(record)]
    }

    // MARK: Tokens and tags

    private func tagsField(_ record: SourceRow) -> String {
        Self.field(columns["tags"], among: ["tags", "ner_tags"], record)
    }

    private func spansField(_ record: SourceRow) -> String {
        Self.field(columns["spans"], among: ["spans", "entities"], record)
    }

    /// The column that the recipe names, or else the first of `usual` that the row has.
    private static func field(_ named: String?, among usual: [String], _ record: SourceRow) -> String {
        named ?? usual.first { record.fields[$0] != nil } ?? usual[0]
    }

    private func taggedTokens(_ record: SourceRow) throws(DatasetError) -> (String, TaggedText) {
        let (text, words) = try joined(record), name = tagsField(record)
        guard let value = record.fields[name], !value.isNull else { throw missing(name, record) }
        guard let elements = value.parsedArray else {
            throw wrong("\"\(name)\" must be a list of tags, found \(value.typeName)", record)
        }
        guard elements.count == words.count else {
            throw wrong("\(words.count) words and \(elements.count) tags in \"\(name)\"", record)
        }
        var tags: [String] = []
        for element in elements { tags.append(try tag(element, name, record)) }
        let spans: [TagSpan]
        do { spans = try TagScheme.written(tags) } catch let error as BrokenTags {
            throw wrong(
                "the tag \"\(error.tag)\" of word \(error.word + 1) is part of no whole span of \(error.scheme.rawValue)",
                record)
        } catch { throw wrong("\"\(name)\": \(error)", record) }
        var tagged = TaggedText(words: words, spans: [])
        for span in spans {
            tagged.spans.append(
                TagSpan(
                    start: words[span.start].lowerBound, end: words[span.end - 1].upperBound,
                    type: try spanType(span.type, record)))
        }
        return (text, tagged)
    }

    /// A tag by its name, or by its number among those of the label set.
    private func tag(_ value: JSONValue, _ name: String, _ record: SourceRow) throws(DatasetError) -> String {
        if let text = value.string { return text.trimmingWhiteSpace }
        guard let number = value.integer else {
            throw wrong("\"\(name)\" must hold tags, found \(value.typeName)", record)
        }
        guard labels.indices.contains(number) else {
            throw DatasetError(
                .unknownLabel, record.place,
                "\"\(name)\" has tag \(number), and "
                    + (labels.isEmpty ? "nothing says what its numbers mean" : "data.labels has \(labels.count)"),
                hint: "data.labels lists the tags in the order of their numbers: [O, B-…, I-…]")
        }
        return labels[number]
    }

    /// The row's words as one text.
    private func joined(_ record: SourceRow) throws(DatasetError) -> (text: String, words: [Range<Int>]) {
        let name = columns["tokens"] ?? "tokens"
        guard let value = record.fields[name], !value.isNull else { throw missing(name, record) }
        guard let elements = value.parsedArray else {
            throw wrong("\"\(name)\" must be a list of words, found \(value.typeName)", record)
        }
        var texts: [String] = [], words: [Range<Int>] = []
        var place = 0
        for (number, element) in elements.enumerated() {
            guard let word = element.string, !word.isBlank else {
                throw wrong("\"\(name)\"[\(number)] must be a word, found \(element.text())", record)
            }
            let count = word.unicodeScalars.count
            texts.append(word)
            words.append(place..<place + count)
            place += count + 1
        }
        guard !words.isEmpty else { throw DatasetError(.empty, record.place, "\"\(name)\" has no word") }
        return (texts.joined(separator: " "), words)
    }

    // MARK: Text and spans

    private func taggedText(_ record: SourceRow) throws(DatasetError) -> (String, TaggedText) {
        let text = try filled(self.text("text", record), "text", record), name = spansField(record)
        guard let value = record.fields[name], !value.isNull else { throw missing(name, record) }
        guard let elements = value.parsedArray else {
            throw wrong("\"\(name)\" must be a list of spans, found \(value.typeName)", record)
        }
        let scalars = Array(text.unicodeScalars)
        var spans: [TagSpan] = []
        for (number, element) in elements.enumerated() {
            spans.append(try span(element, "\(name)[\(number)]", of: scalars, record))
        }
        spans.sort { ($0.start, $0.end) < ($1.start, $1.end) }
        if let pair = zip(spans, spans.dropFirst()).first(where: { $0.end > $1.start }) {
            throw wrong(
                "spans overlap: \(pair.0.type) from \(pair.0.start) to \(pair.0.end), and \(pair.1.type) from \(pair.1.start) to "
                    + "\(pair.1.end); each word has one tag", record)
        }
        return (text, TaggedText(words: TaggedText.words(of: text), spans: spans))
    }

    private func span(
        _ value: JSONValue, _ name: String, of text: [Unicode.Scalar], _ record: SourceRow
    ) throws(DatasetError) -> TagSpan {
        let list = value.array.flatMap { $0.count == 3 ? $0 : nil }
        let type = list?[2] ?? value["label"] ?? value["type"]
        guard let start = (list?[0] ?? value["start"])?.integer, let end = (list?[1] ?? value["end"])?.integer,
            let type = type?.string?.trimmingWhiteSpace
        else {
            throw wrong(
                "\(name) must have start and end, which are whole numbers, and a label; found \(value.text())", record)
        }
        guard 0 <= start, start < end, end <= text.count else {
            throw wrong(
                "\(name) is from character \(start) to \(end), and the text has \(text.count): start is from 0 on, end is after the "
                    + "last character", record)
        }
        var part = String.UnicodeScalarView()
        part.append(contentsOf: text[start..<end])
        let found = String(part)
        guard !found.isBlank else { throw wrong("\(name), from character \(start) to \(end), is only space", record) }
        // A copy of the span's words tells whether its places are counted as characters.
        if let said = value["text"]?.string, !said.utf8.elementsEqual(found.utf8) {
            throw wrong(
                "\(name), from character \(start) to \(end), is \(ShownText.name(found)), and its text says "
                    + ShownText.name(said), record)
        }
        return TagSpan(start: start, end: end, type: try spanType(type, record))
    }

    /// A span's type as the file writes it, by the name that it has in the label set.
    private func spanType(_ written: String, _ record: SourceRow) throws(DatasetError) -> String {
        let type = labelWords[written] ?? written
        guard !type.isBlank else { throw wrong("a span's label is empty", record) }
        let known = labels.compactMap(TagScheme.spanType)
        guard labels.isEmpty || known.contains(type) else {
            var types: [String] = []
            for type in known where !types.contains(type) { types.append(type) }
            throw DatasetError(
                .unknownLabel, record.place, "the span's label \"\(type)\" is none of data.labels",
                hint: types.prefix(12).joined(separator: " | "))
        }
        return type
    }
}
