// A file of rows that nobody has said anything about: what is in it.

internal import Datasets
internal import JSON
internal import Preparation
internal import Recipes
internal import Spelling
internal import Tokenizers

/// What a file of rows is at first sight. All rows are counted; the first ones are looked at.
struct FileLook {
    let path: String
    private(set) var input = InputReport()
    private(set) var fields: [FieldLook] = []
    /// The first rows, as the file has them.
    private(set) var sample: [SourceRow] = []
    /// Rows of the sample that say what an earlier one says.
    private(set) var repeated = 0
    /// Kinds of personal data, each with the rows of the sample that have it, in the order of their list.
    private(set) var personal: [(kind: PersonalDataKind, rows: Int)] = []
    /// Languages with the rows of the sample that are in them, the commonest first.
    private(set) var languages: [(name: String, rows: Int)] = []

    private static let mostRows = 1_000
    private static let mostCharacters = 4_000_000

    var rows: Int { input.rows }

    /// - Throws: `DatasetError` for what is no file of rows, and `Failure` where it holds none.
    /// - Parameter settings: how the file is read.
    init(_ path: String, _ settings: InputSettings) throws {
        self.path = path
        try Failure.requireFile(path, "the file of rows")
        var settings = settings
        settings.maximumBadRows = Int.max
        let reader = try RowReader(files: [path], settings: settings)
        var characters = 0
        while let row = try reader.next() {
            guard sample.count < Self.mostRows, characters < Self.mostCharacters else { continue }
            sample.append(row)
            characters += JSONValue.object(row.fields).text().utf8.count
        }
        input = reader.report
        if let first = input.samples.first, sample.isEmpty {
            throw Failure(.badInput, "\(path: path): no row can be read; \(first)", namedFile: path)
        }
        look()
        try requireRows()
    }

    private func requireRows() throws {
        guard rows - repeated >= 4 else {
            let same = repeated > 0 ? ", of which \(repeated) say what an earlier one says" : ""
            throw Failure(
                .badInput,
                "\(path: path) holds \(Count.text(rows, "row"))\(same): too few to train on and hold some out",
                hint: "a few hundred rows are a beginning", namedFile: path)
        }
    }

    private mutating func look() {
        var seen: Set<String> = [], kinds: [PersonalDataKind: Int] = [:], counts: [String: Int] = [:]
        for row in sample {
            for member in row.fields.members {
                if !fields.contains(where: { $0.name.utf8.elementsEqual(member.key.utf8) }) {
                    fields.append(FieldLook(member.key))
                }
                let place = fields.firstIndex { $0.name.utf8.elementsEqual(member.key.utf8) } ?? 0
                fields[place].add(member.value)
            }
            let text = JSONValue.object(row.fields).text()
            if !seen.insert(text).inserted { repeated += 1 }
            for kind in PersonalDataCover.kinds(in: row.fields) { kinds[kind, default: 0] += 1 }
            // Names of things, which have no spaces, are of no language.
            let spoken = Self.texts(.object(row.fields)).filter {
                $0.contains(" ") || !$0.utf8.allSatisfy { $0 < 0x80 }
            }
            if let language = TextLanguage.guess(spoken.joined(separator: " ")) {
                counts[language, default: 0] += 1
            }
        }
        personal = PersonalDataKind.usual.compactMap { kind in kinds[kind].map { (kind, $0) } }
        languages = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }
    }

    /// All texts of a value, in their order; names of members apart.
    static func texts(_ value: JSONValue) -> [String] {
        switch value {
        case .string(let text): [text]
        case .array(let elements): elements.flatMap(texts)
        case .object(let object): object.members.flatMap { texts($0.value) }
        case .null, .bool, .integer, .digits, .double: []
        }
    }

    func field(_ name: String) -> FieldLook? { fields.first { $0.name.utf8.elementsEqual(name.utf8) } }

    /// Tokens of the longest row of the sample, texts under `columns` alone: counted where there is a tokenizer, else guessed
    /// on the safe side. An empty list stands for all columns.
    func longestTokens(_ columns: [String], _ tokenizer: Tokenizer?) -> Int {
        sample.map { row in
            let members = row.fields.members.filter { columns.isEmpty || columns.contains($0.key) }
            let texts = members.flatMap { Self.texts($0.value) }
            // What a template writes around a message.
            let around = 24 + 8 * texts.count
            guard let tokenizer else {
                let scalars = texts.joined().unicodeScalars
                let plain = scalars.count { $0.isASCII }
                return around + plain / 3 + 3 * (scalars.count - plain) / 2
            }
            return around
                + texts.reduce(0) { $0 + tokenizer.encode($1, addSpecialTokens: false).ids.count }
        }.max() ?? 0
    }
}
