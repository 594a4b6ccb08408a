// Files → rows → sequences, with report and digest.

internal import Digests

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

/// Sequences ready to train or score on.
public struct PreparedDataset: Sendable {
    /// The rows that the sequences come from; `DataRow.index` is what `TokenizedExample.index` refers to.
    public let rows: any RowList
    public let examples: any ExampleSource
    public let report: DatasetReport
    /// SHA-256 of everything that decides the sequences: file bytes, tokenizer, template, settings, and this code's version.
    public let digest: String

    /// Bumped whenever the same input would give other sequences.
    static let version = "lathe dataset 2"

    /// Tokenises `rows`.
    ///
    /// - Parameter input: what was read to get them, for the report.
    public init(
        rows: [DataRow], format: RowFormat, fileDigests: [String], input: InputReport? = nil, encoder: any TextEncoder,
        renderer: (any ConversationRenderer)?, settings: DataSettings
    ) throws(DatasetError) {
        guard format != .preference, format != .rated else {
            let file = rows.first?.place.file ?? "data"
            throw DatasetError(
                .unsupported, RowPlace(file: file, line: 0),
                "\(rows.count) \(format == .preference ? "preference pairs" : "rated rows"), and nothing trains on them yet",
                hint: "columns: { prompt: …, completion: … } and format: prompt_completion train on one of the answers")
        }
        let builder = ExampleBuilder(encoder: encoder, renderer: renderer, settings: settings)
        var report = DatasetReport()
        report.format = format
        report.input = input
        var problems = ProblemList()
        var examples: [TokenizedExample] = []
        examples.reserveCapacity(rows.count)
        for row in rows {
            do throws(DatasetError) {
                examples += try builder.examples(of: row, counting: &report)
            } catch { problems.add(error) }
        }
        try problems.throwIfAny()
        guard !examples.isEmpty else {
            let place = rows.first?.place ?? RowPlace(file: "data", line: 0)
            throw DatasetError(
                .empty, RowPlace(file: place.file, line: 0), "no row is left to work on",
                hint:
                    "\(report.rows) rows read, \(report.droppedRows) too long, \(report.rowsWithoutTarget) without a token that carries loss"
            )
        }
        self.rows = rows
        self.examples = examples
        self.report = report
        let parts = [
            Self.version, encoder.encoderDigest, SHA256.hex(of: renderer?.rendererSource ?? ""), settings.canonicalText,
            rows.map { "\($0.index)" }.joined(separator: ","), Self.digest(of: examples),
        ]
        digest = SHA256.hex(of: (parts + fileDigests).joined(separator: "\n"))
    }

    /// Of the sequences themselves: fields that a mixture sets decide them, and stand in no file.
    private static func digest(of examples: [TokenizedExample]) -> String {
        var hash = SHA256()
        for example in examples {
            example.ids.withUnsafeBytes { hash.update($0) }
            hash.update(example.isTarget.map { $0 ? 1 : 0 } + [0xFF])
        }
        return hash.digest().hexadecimal
    }

    /// Reads and tokenises `files`.
    public init(
        files: [String], encoder: any TextEncoder, renderer: (any ConversationRenderer)?, settings: DataSettings
    ) throws(DatasetError) {
        let set = try RowSet(files: files, settings: settings, hasTemplate: renderer != nil)
        try self.init(
            rows: set.rows, format: set.format, fileDigests: set.fileDigests, input: set.input, encoder: encoder,
            renderer: renderer, settings: settings)
    }
}
