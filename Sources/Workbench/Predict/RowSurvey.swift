// What the rows of a call are, seen once before any work: how many, with which columns, in files of which bytes.

internal import Datasets
internal import JSON
internal import Spelling

/// What was seen of all rows. The rows themselves are not kept.
struct RowSurvey {
    /// A column of the rows.
    struct Column: Equatable {
        let name: String
        var kind: ColumnKind
    }

    let files: [String]
    /// Of rows that can be read.
    private(set) var rows = 0
    /// The first that can be read.
    private(set) var first: SourceRow?
    /// In the order in which they were met.
    private(set) var columns: [Column] = []
    /// Of each of `watched`, the texts that rows have there; nil where a row has none or there are too many.
    private(set) var values: [String: Set<String>?] = [:]
    /// What was read, and what is wrong with it.
    private(set) var input: InputReport
    private let settings: InputSettings

    private static let mostColumns = 10_000
    private static let mostValues = DatasetReport.labelLimit

    /// Reads `files` once.
    ///
    /// - Parameter watched: columns of which the values are wanted.
    /// - Throws: `DatasetError` for all rows that cannot be read, where they are more than may be.
    init(_ files: [String], _ settings: InputSettings, watching watched: [String]) throws {
        for file in try InputFiles.expand(files) {
            try Failure.requireFile(file, "the data file")
            guard try InputFiles.digest(of: file) != nil else {
                throw Failure(
                    .badInput, "\(path: file) can be read but once, and rows are read again to be written",
                    hint: "write them to a file first", namedFile: file)
            }
        }
        self.files = files
        self.settings = settings
        var all = settings
        all.badRows = .countAll
        let reader = try RowReader(files: files, settings: all)
        input = reader.report
        for column in watched { values[column] = .some([]) }
        var places: [String: Int] = [:]
        while let row = try reader.next() {
            if first == nil { first = row }
            rows += 1
            for member in row.fields.members { try note(member, &places, row.place) }
            for column in watched { watch(column, row.fields[column]) }
        }
        input = reader.report
    }

    private mutating func note(
        _ member: JSONObject.Member, _ places: inout [String: Int], _ place: RowPlace
    ) throws {
        let kind = ColumnKind(member.value)
        if let known = places[member.key] {
            columns[known].kind = columns[known].kind.joined(with: kind)
            return
        }
        guard columns.count < Self.mostColumns else {
            throw DatasetError([
                DatasetProblem(
                    .unsupported, place, "the rows have more than \(Self.mostColumns) different fields",
                    hint: "put what varies into one field")
            ])
        }
        places[member.key] = columns.count
        columns.append(Column(name: member.key, kind: kind))
    }

    private mutating func watch(_ column: String, _ value: JSONValue?) {
        guard var seen = values[column] ?? nil else { return }
        guard let text = value?.string ?? value?.integer.map(String.init), !text.isEmpty else {
            values[column] = .some(nil)
            return
        }
        seen.insert(text)
        values[column] = .some(seen.count > Self.mostValues ? nil : seen)
    }

    /// The rows once more, from the first on.
    func reader(_ rule: BadRowRule) throws -> RowReader {
        var settings = settings
        settings.badRows = rule
        return try RowReader(files: files, settings: settings)
    }

    /// Throws where files have changed since they were surveyed.
    func requireSame(_ report: InputReport) throws {
        for (before, now) in zip(input.files, report.files) where before.digest != now.digest {
            throw Failure(
                .inputOutput, "\(path: now.path) was changed while its rows were read", namedFile: now.path)
        }
    }
}

/// What a column's values are.
enum ColumnKind: Equatable {
    /// Nothing but null.
    case empty
    case truth, whole, number, text
    /// Lists or objects.
    case nested
    /// Values of several kinds, each written as a text.
    case mixed

    init(_ value: JSONValue) {
        self =
            switch value {
            case .null: .empty
            case .bool: .truth
            case .integer: .whole
            case .double: .number
            // More digits than a number of 64 bits has.
            case .digits: .mixed
            case .string: .text
            case .array, .object: .nested
            }
    }

    func joined(with other: ColumnKind) -> ColumnKind {
        switch (self, other) {
        case (let kind, .empty), (.empty, let kind): kind
        case (.whole, .number), (.number, .whole): .number
        case (let kind, other) where kind == other: kind
        default: .mixed
        }
    }
}
