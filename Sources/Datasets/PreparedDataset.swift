// Files → rows → sequences, in memory.

internal import JSON
public import Vocabulary

/// Rows as read from files, before a tokenizer is known.
public struct RowSet: Sendable {
    public var rows: [DataRow]
    /// The form of the rows: the one named, or the one found in the first row.
    public var format: RowFormat
    /// What was read, and which rows of it were bad.
    public var input: InputReport

    /// SHA-256 of each file, in order.
    public var fileDigests: [String] { input.files.map(\.digest) }

    /// Reads `files` in order; every problem of every file is reported at once.
    ///
    /// - Parameter hasTemplate: whether there is a chat template; classification rows are plain texts where there is none.
    public init(files: [String], settings: DataSettings, hasTemplate: Bool) throws(DatasetError) {
        var input = settings.input
        input.badRows = .countAll
        let reader = try RowReader(files: files, settings: input)
        try self.init(reader, settings: settings, hasTemplate: hasTemplate)
    }

    /// Takes all rows of a stream.
    public init(_ source: any RowSource, settings: DataSettings, hasTemplate: Bool) throws(DatasetError) {
        // What is wrong with the settings is said once, not of every row.
        _ = try RowTemplates(settings.templates)
        var rows: [DataRow] = []
        var format = settings.format
        var decoder: RowDecoder?
        while let row = try source.next() {
            // A form that is not known is said once, not of every row.
            if format == .auto { format = try RowDecoder.detect(row, settings) }
            do throws(DatasetError) {
                let known: RowDecoder
                if let decoder {
                    known = decoder
                } else {
                    known = try RowDecoder(settings, format: format, hasTemplate: hasTemplate)
                }
                decoder = known
                rows.append(try known.row(row, index: rows.count))
            } catch { try source.reject(error) }
        }
        self.rows = rows
        self.format = format
        input = source.report
    }

    /// The labels that stand in the rows, sorted.
    public var labels: [String] { Set(rows.compactMap(\.label)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
}

/// Sequences ready to train or score on, and what is known of them.
public struct PreparedDataset: Sendable {
    /// The rows that the sequences come from; empty where nothing asks for more than their tokens.
    public let rows: any RowList
    public let examples: any ExampleSource
    public let report: DatasetReport
    /// SHA-256 of everything that decides the sequences: file bytes, tokenizer, template, settings, and this code's version.
    public let digest: String

    public init(rows: any RowList, examples: any ExampleSource, report: DatasetReport, digest: String) {
        self.rows = rows
        self.examples = examples
        self.report = report
        self.digest = digest
    }

    /// Reads and tokenises `files`; rows and sequences stay in memory.
    public init(
        files: [String], encoder: any TextEncoder, renderer: (any ConversationRenderer)?, settings: DataSettings
    ) throws {
        var input = settings.input
        input.badRows = .countAll
        let reader = try RowReader(files: files, settings: input)
        let kept = KeptRows()
        let tokeniser = try RowTokeniser(
            settings: settings, encoder: encoder, renderer: renderer, into: kept,
            reject: { (error) throws(DatasetError) in try reader.reject(error) })
        while let row = try reader.next() { try tokeniser.receive(row) }
        let outcome = try tokeniser.finish(reader.report)
        self.init(
            rows: RowsInMemory(rows: kept.rows, fieldsOfRows: kept.fields),
            examples: kept.examples.numbered(outcome.classesAsMet), report: outcome.report, digest: outcome.digest)
    }
}

/// Rows with their fields.
private struct RowsInMemory: RowList {
    let rows: [DataRow]
    let fieldsOfRows: [JSONObject]

    var count: Int { rows.count }
    func row(_ index: Int) -> DataRow { rows[index] }
    func fields(_ index: Int) -> JSONObject { fieldsOfRows[index] }
    func number(_ index: Int) -> Int { rows[index].index }
}

/// Keeps everything in memory.
private final class KeptRows: ExampleSink {
    private(set) var rows: [DataRow] = []
    private(set) var fields: [JSONObject] = []
    private(set) var examples: [TokenizedExample] = []

    func receive(_ row: DataRow, fields: JSONObject, examples: [TokenizedExample]) {
        rows.append(row)
        self.fields.append(fields)
        self.examples += examples
    }
}
