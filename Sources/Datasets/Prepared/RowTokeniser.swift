// Rows in, sequences out: understood, rendered, made tokens of, counted and handed on. No row is kept.

internal import Digests
internal import Dispatch
public import Foundation
internal import JSON
internal import Synchronization

/// What rows became, when all of them were seen.
public struct TokenisedRows: Sendable {
    public var report: DatasetReport
    /// The labels that stand in the rows, sorted by their bytes.
    public var labels: [String]
    /// The classes in the order in which rows number them; empty where that is the order of the settings' labels.
    public var classesAsMet: [String] = []
    /// SHA-256 of everything that decides the sequences: file bytes, tokenizer, template, settings, and this code's version.
    public var digest: String
    /// The settings with which rows of the other side are understood: the format and the labels found here.
    public var settings: DataSettings
}

/// Makes sequences of the rows of one side, in their order.
public final class RowTokeniser {
    private var settings: DataSettings
    private let encoder: any TextEncoder
    private let renderer: (any ConversationRenderer)?
    private let builder: ExampleBuilder
    private let sink: any ExampleSink
    private var decoder: RowDecoder?
    private var report = DatasetReport()
    private var labels = Set<String>()
    private var classes: ClassNumbers
    private var rowCount = 0
    private var firstPlace: RowPlace?
    private var isEmpty = true
    private var waiting: [(row: DataRow, fields: JSONObject)] = []
    private var waitingBytes = 0
    private let threads: Int
    private var hash: SHA256? = SHA256()
    /// Rows that are bad: not of the format, or such that the template cannot render them.
    private var rejected = InputReport()
    private var rejectedProblems = ProblemList()
    private var rejectedByFile: [String: Int] = [:]
    private let rejectUnread: ((DatasetError) throws(DatasetError) -> Void)?
    /// What is no fault of a single row, or may not be passed over: too many tokens, no template.
    private var problems = ProblemList()

    /// Bumped whenever the same input would give other sequences.
    private static let version = "lathe dataset 5"

    /// - Parameters:
    ///   - threads: that make tokens; what comes out does not depend on it.
    ///   - reject: told of rows that are not of the format; `nil`: they are counted here.
    public init(
        settings: DataSettings, encoder: any TextEncoder, renderer: (any ConversationRenderer)?,
        into sink: any ExampleSink, threads: Int = ProcessInfo.processInfo.activeProcessorCount,
        reject: ((DatasetError) throws(DatasetError) -> Void)? = nil
    ) throws(DatasetError) {
        // What is wrong with the settings is said once, not of every row.
        _ = try RowTemplates(settings.templates)
        self.settings = settings
        classes = ClassNumbers(settings.labels)
        self.encoder = encoder
        self.renderer = renderer
        self.sink = sink
        rejectUnread = reject
        self.threads = max(1, threads)
        builder = ExampleBuilder(encoder: encoder, renderer: renderer, settings: settings)
    }

    /// Takes a row. One that is bad is counted; too many are an error at the end.
    public func receive(_ source: SourceRow) throws {
        if firstPlace == nil { firstPlace = source.place }
        // A form that is not known, or not learnt from, is said once, not of every row.
        if settings.format == .auto { settings.format = try RowDecoder.detect(source, settings) }
        if rowCount == 0 { try settings.requireUnit(source.place) }
        let row: DataRow
        do throws(DatasetError) {
            let decoder = try known()
            row = try decoder.row(source, index: rowCount)
        } catch { return try rejectUnread.map { reject in try reject(error) } ?? reject(error) }
        rowCount += 1
        if let label = row.label { labels.insert(label) }
        waiting.append((row, source.fields))
        waitingBytes += JSONValue.object(source.fields).textByteCount
        // The first row goes alone: a template that never ends is known before many rows wait for it.
        if rowCount == 1 || waiting.count >= Self.rowsAtOnce || waitingBytes >= Self.bytesAtOnce { try flush() }
    }

    /// Makes tokens of the waiting rows, on all threads, and hands them on in their order.
    private func flush() throws {
        let outcomes = builder.outcomes(of: waiting.map(\.row), threads: threads)
        for ((row, fields), outcome) in zip(waiting, outcomes) {
            switch outcome {
            case .success(let outcome):
                report.count(outcome, of: row, settings)
                let examples = outcome.examples.map(numbered)
                for example in examples {
                    example.ids.withUnsafeBytes { hash?.update($0) }
                    hash?.update(example.isTarget.map { $0 ? 1 : 0 } + [0xFF])
                    if !example.wanted.isEmpty { example.wanted.withUnsafeBytes { hash?.update($0) } }
                    isEmpty = false
                }
                try sink.receive(row, fields: fields, examples: examples)
            case .failure(let error) where error.isEndlessTemplate: throw error
            case .failure(let error) where error.problems.allSatisfy({ Self.rowFaults.contains($0.kind) }):
                reject(error)
            case .failure(let error): problems.add(error)
            }
        }
        waiting.removeAll(keepingCapacity: true)
        waitingBytes = 0
    }

    /// The sequence with numbers in the place of the names of classes.
    private func numbered(_ example: TokenizedExample) -> TokenizedExample {
        guard !example.wantedNames.isEmpty else { return example }
        var example = example
        example.wanted = example.wantedNames.map { Float(classes.number(of: $0)) }
        // Spans of one word in all rows may have several elsewhere.
        for name in settings.task?.classes(example.wantedNames) ?? [] where labels.insert(name).inserted {
            if settings.labels.isEmpty { _ = classes.number(of: name) }
        }
        example.wantedNames = []
        return example
    }

    /// What is the fault of a row alone.
    private static let rowFaults: Set<DatasetProblem.Kind> = [.template, .notAPrefix, .noTarget]
    /// Rows and bytes of text that are held at once.
    private static let rowsAtOnce = 512
    private static let bytesAtOnce = 4 << 20

    private func known() throws(DatasetError) -> RowDecoder {
        if let decoder { return decoder }
        let known = try RowDecoder(settings, format: settings.format, hasTemplate: renderer != nil)
        decoder = known
        return known
    }

    private func reject(_ error: DatasetError) {
        rejected.count(error)
        rejectedProblems.add(error)
        if let file = error.problems.first?.place.file { rejectedByFile[file, default: 0] += error.count }
    }

    /// How the rows were read, those rejected here with them; `nil` where there is nothing to tell.
    private func inputReport(_ input: InputReport?) -> InputReport? {
        guard input != nil || rejected.badRows > 0 else { return nil }
        var report = input ?? InputReport()
        report.add(rejected)
        for index in report.files.indices {
            report.files[index].badRows += rejectedByFile[report.files[index].path] ?? 0
        }
        return report
    }

    /// Ends the rows.
    ///
    /// - Parameters:
    ///   - input: how the files were read that the rows come from; its bad rows count with those found here.
    ///   - isOwn: whether these files hold rows of this side only, so that the report tells of them.
    public func finish(_ input: InputReport, isOwn: Bool = true) throws -> TokenisedRows {
        try flush()
        if input.badRows + rejected.badRows > settings.input.maximumBadRows { try rejectedProblems.throwIfAny() }
        let place = RowPlace(file: firstPlace?.file ?? input.files.first?.path ?? "data", line: 0)
        try problems.throwIfAny()
        guard !isEmpty else {
            throw DatasetError(
                .empty, place, "no row is left to work on",
                hint:
                    "\(report.rows) rows read, \(report.droppedRows) too long, \(report.rowsWithoutTarget) without a token that carries loss"
            )
        }
        report.format = settings.format
        report.dayTold = renderer?.dayTold
        // A word that is no row's label was given for a label that none has.
        report.absentLabels = settings.labelWords.filter { !labels.contains($0.value) }.keys.sorted()
        report.input = inputReport(isOwn ? input : nil)
        report.promptStyle = settings.promptStyle
        report.system = settings.system
        if report.rowsWithoutSystem > 0 { report.templateSystem = renderer?.defaultSystemMessage }
        let parts = [
            Self.version, encoder.encoderDigest, SHA256.hex(of: renderer?.rendererSource ?? ""), settings.canonicalText,
            "\(rowCount)", hash.take()?.digest().hexadecimal ?? "",
        ]
        // The numbers of classes that nobody named follow from the names, and not from the order of the rows.
        let hasOwnOrder = settings.task != nil && settings.labels.isEmpty
        let sorted =
            settings.task == nil
            ? labels.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } : ClassOrder.sorted(labels)
        var settings = settings
        if settings.labels.isEmpty { settings.labels = sorted }
        return TokenisedRows(
            report: report, labels: sorted, classesAsMet: hasOwnOrder ? classes.names : [],
            digest: SHA256.hex(of: (parts + input.files.map(\.digest)).joined(separator: "\n")), settings: settings)
    }
}

extension ExampleBuilder {
    /// What becomes of each of `rows`.
    fileprivate func outcomes(of rows: [DataRow], threads: Int) -> [Result<DatasetReport.Outcome, DatasetError>] {
        @Sendable func result(_ row: DataRow) -> Result<DatasetReport.Outcome, DatasetError> {
            do throws(DatasetError) { return .success(try outcome(of: row)) } catch { return .failure(error) }
        }
        guard threads > 1, rows.count > 1 else { return rows.map(result) }
        let results = Mutex([Result<DatasetReport.Outcome, DatasetError>?](repeating: nil, count: rows.count))
        DispatchQueue.concurrentPerform(iterations: min(threads, rows.count)) { thread in
            let numbers = stride(from: thread, to: rows.count, by: min(threads, rows.count))
            let made = numbers.map { ($0, result(rows[$0])) }
            results.withLock { results in
                for (number, result) in made { results[number] = result }
            }
        }
        return results.withLock { $0.compactMap { $0 } }
    }
}

extension JSONValue {
    /// Bytes of all texts in the value: how much memory it takes, roughly.
    fileprivate var textByteCount: Int {
        switch self {
        case .string(let text): text.utf8.count
        case .array(let elements): elements.reduce(16) { $0 + $1.textByteCount }
        case .object(let object): object.members.reduce(32) { $0 + $1.value.textByteCount }
        default: 8
        }
    }
}
