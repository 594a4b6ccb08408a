// Rows of texts that belong together: `anchor` and `positive` with `negative`s, or `sentence1` and `sentence2` with a `score`.

internal import JSON
internal import Vocabulary

extension RowDecoder {
    /// What files call the two texts, and those that do not belong to them.
    private static let anchorNames = ["anchor", "query", "question", "sentence1"]
    private static let positiveNames = ["positive", "answer", "sentence2"]
    private static let negativeNames = ["negative", "negatives"]
    private static let scoreNames = ["score", "similarity"]

    /// The form of rows like `record`.
    static func detectGroup(_ record: SourceRow, _ columns: [String: String]) throws(DatasetError) -> RowFormat {
        let names = GroupNames(record, columns)
        if let name = names.mapped.first(where: { record.fields[$0] == nil }) {
            throw DatasetError(
                .unknownFormat, record.place, "there is no column \"\(name)\", which data.columns names",
                hint: "the columns are \(Self.names(of: record))")
        }
        guard names.anchor != nil, names.positive != nil else {
            throw DatasetError(
                .unknownFormat, record.place,
                "task: embed learns from texts that belong together, and no known pair has the fields "
                    + Self.names(of: record),
                hint: "name them: data.columns: { anchor: …, positive: … }, or { sentence1: …, sentence2: …, score: … }"
            )
        }
        return names.score == nil ? .pairs : .scoredPairs
    }

    /// A row of two texts or more.
    func group(_ record: SourceRow, _ index: Int) throws(DatasetError) -> DataRow {
        guard task?.kind == .embed else {
            throw DatasetError(
                .unsupported, record.place, "rows of data.format: \(format.rawValue) are what task: embed learns from",
                hint: "set task: embed")
        }
        let names = GroupNames(record, columns)
        let anchor = try side("anchor", names.anchor, record), positive = try side("positive", names.positive, record)
        var row = DataRow(content: .document(anchor), place: record.place, index: index)
        if format == .scoredPairs {
            row.answer = .texts(TextGroup([positive], score: try score(names.score, record)))
            return row
        }
        let negatives = try negatives(names.negatives, record)
        guard task?.reading.need != .negatives || !negatives.isEmpty else {
            throw DatasetError(
                .missingField, record.place, "embed.objective: triplet needs a \"negative\" in every row",
                hint: "data.columns.negative names the field; without negatives: embed.objective: in_batch_negatives")
        }
        row.answer = .texts(TextGroup([positive] + negatives))
        return row
    }

    /// The fields that a row of texts reads.
    func groupFields(_ record: SourceRow) -> Set<String> {
        let names = GroupNames(record, columns)
        let score = format == .scoredPairs ? names.score : nil
        return Set([names.anchor, names.positive, score].compactMap { $0 } + names.negatives)
    }

    private func side(_ field: String, _ name: String?, _ record: SourceRow) throws(DatasetError) -> String {
        let name = name ?? columns[field] ?? field
        guard let value = record.fields[name], !value.isNull else { throw missing(name, record) }
        guard let text = value.string else {
            throw wrong("\"\(name)\" must be a text, found \(value.typeName)", record)
        }
        return try nonEmpty(text, name, record)
    }

    private func nonEmpty(_ text: String, _ name: String, _ record: SourceRow) throws(DatasetError) -> String {
        guard text.isBlank else { return text }
        throw DatasetError(
            .empty, record.place, "\"\(name)\" is empty",
            hint: "leave such rows out: data.steps: [filter: { fields: [\(name)], min_characters: 1 }]")
    }

    /// Of each field a text, or a list of texts; nulls and empty lists are none.
    private func negatives(_ names: [String], _ record: SourceRow) throws(DatasetError) -> [String] {
        var texts: [String] = []
        for name in names {
            guard let value = record.fields[name], !value.isNull else { continue }
            if let text = value.string, value.parsedArray == nil {
                texts.append(try nonEmpty(text, name, record))
                continue
            }
            guard let elements = value.parsedArray else {
                throw wrong("\"\(name)\" must be a text or a list of texts, found \(value.typeName)", record)
            }
            for element in elements {
                guard let text = element.string else {
                    throw wrong("\"\(name)\" must be a list of texts, found \(element.typeName) in it", record)
                }
                texts.append(try nonEmpty(text, name, record))
            }
        }
        return texts
    }

    private func score(_ name: String?, _ record: SourceRow) throws(DatasetError) -> Double {
        let name = name ?? columns["score"] ?? "score"
        guard let value = record.fields[name], !value.isNull else { throw missing(name, record) }
        let number = value.double ?? value.string.flatMap { Double($0.trimmingWhiteSpace) }
        guard let number, number.isFinite, Float(number).isFinite else {
            throw wrong("\"\(name)\" must be a number, found \(value.text())", record)
        }
        return number
    }

    /// What the fields of a row are called: by the recipe's word, else by the first name that the row has.
    private struct GroupNames {
        let anchor: String?
        let positive: String?
        let negatives: [String]
        let score: String?
        /// Names that the recipe gives.
        let mapped: [String]

        init(_ record: SourceRow, _ columns: [String: String]) {
            func name(_ mapped: [String], _ known: [String]) -> String? {
                mapped.compactMap { columns[$0] }.first ?? known.first { record.fields[$0] != nil }
            }
            anchor = name(["anchor", "sentence1"], RowDecoder.anchorNames)
            positive = name(["positive", "sentence2"], RowDecoder.positiveNames)
            score = name(["score"], RowDecoder.scoreNames)
            // negative_1, negative_2 …, as sets with several in a row call them.
            let numbered = record.fields.members.compactMap { member -> (Int, String)? in
                guard member.key.hasPrefix("negative_") else { return nil }
                return Int(member.key.dropFirst("negative_".count)).map { ($0, member.key) }
            }.sorted { $0.0 < $1.0 }.map(\.1)
            let known = RowDecoder.negativeNames.filter { record.fields[$0] != nil } + numbered
            negatives = columns["negative"].map { [$0] } ?? known
            mapped = ["anchor", "positive", "negative", "sentence1", "sentence2", "score"].compactMap { columns[$0] }
        }
    }
}
