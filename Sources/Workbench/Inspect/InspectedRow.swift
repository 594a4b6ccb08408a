// Finding one row: in a file of rows, after the steps of a recipe, in a prepared file.

internal import DataReports
internal import Datasets
internal import Files
internal import Foundation
internal import JSON
internal import Preparation
internal import Recipes
internal import Spelling

/// One row with its tokens.
struct InspectedRow {
    let place: RowPlace
    /// `training` or `held-out` where there are two sides.
    let side: String?
    let examples: [TokenizedExample]
    /// What of the row does not reach the text.
    let remarks: [String]
    /// Tokens that training keeps of a sequence at most; `nil`: those shown are what is kept.
    let limit: Int?
    let model: String
    let tokens: TokenTexts

    init(_ request: ExampleInspection.Request) throws {
        let path = request.path
        if path.hasSuffix(".yaml") || path.hasSuffix(".yml") {
            let resolved = try ResolvedRecipe(file: path, overrides: request.overrides, for: .inspectRecipe)
            try resolved.requireInputs(of: "data")
            try self.init(after: Session(request.model.map(resolved.withModel) ?? resolved), request)
        } else if path.hasSuffix(".h5"), PreparedFile.isPrepared(URL(fileURLWithPath: path)) {
            try self.init(prepared: path, request)
        } else {
            let model = try Self.model(request.model)
            let resolved = try ResolvedRecipe(model: model, overrides: request.overrides, for: .inspectRows)
            try self.init(of: path, Session(resolved), request)
        }
    }

    /// The model named, else the one that ready-made recipes use.
    private static func model(_ named: String?) throws -> String {
        if let named { return named }
        let usual = "checkpoints/base/SmolLM2-135M-Instruct.Q4_1.gguf"
        guard try FileForm(at: usual) != nil else {
            throw Failure(.usage, "whose tokens? name a model with --model", hint: "there is none at \(usual) either")
        }
        return usual
    }

    static func outOfRange(_ request: ExampleInspection.Request, _ count: Int, _ side: String? = nil) -> Failure {
        let rows = "\(count) \(side.map { $0 + " " } ?? "")\(Count.noun(count, "row"))"
        return Failure(
            .usage, "\(path: request.path) has \(rows), and none of number \(request.number)",
            hint: count > 0 ? "rows are numbered from 0 to \(count - 1)" : nil)
    }

    // MARK: A file of rows

    private init(of path: String, _ session: Session, _ request: ExampleInspection.Request) throws {
        let preparation = try session.preparation()
        var input = session.recipe.data.inputSettings
        input.badRows = .countAll
        let source = UpTo(request.number, of: try RowReader(files: [path], settings: input))
        let rows = try RowSet(source, settings: preparation.settings, hasTemplate: preparation.renderer != nil).rows
        guard rows.count > request.number else { throw Self.outOfRange(request, rows.count) }
        try self.init(rows[request.number], preparation, side: nil)
    }

    /// Tokens of a row, whole: where it is cut is shown, not done.
    private init(_ row: DataRow, _ preparation: RowPreparation, side: String?) throws {
        var settings = preparation.settings
        limit = settings.maxLength
        settings.maxLength = Int.max
        settings.tooLong = .truncate
        let builder = ExampleBuilder(encoder: preparation.encoder, renderer: preparation.renderer, settings: settings)
        var report = DatasetReport()
        examples = try builder.examples(of: row, counting: &report)
        guard !examples.isEmpty else {
            throw Failure(.badInput, "\(row.place): no token of this row carries loss")
        }
        remarks = report.remarks.counts.map(\.fact)
        place = row.place
        model = preparation.opened.path
        tokens = preparation.tokens
        self.side = side
    }

    // MARK: After the steps of a recipe

    private init(after session: Session, _ request: ExampleInspection.Request) throws {
        let preparation = try session.preparation()
        let side = request.isHeldOut ? "held-out" : "training"
        let finder = RowFinder(request.number, isHeldOut: request.isHeldOut)
        let cleaning = RowCleaning(
            session.recipe, countTokens: preparation.countTokens, judge: try session.judge(SilentObserver()))
        _ = try cleaning.run(into: finder)
        guard let found = finder.found else { throw Self.outOfRange(request, finder.count, side) }
        let one = OneRow(SourceRow(fields: found.fields, place: found.place, index: found.index))
        let rows = try RowSet(one, settings: preparation.settings, hasTemplate: preparation.renderer != nil).rows
        guard let row = rows.first else { throw Self.outOfRange(request, 0, side) }
        try self.init(row, preparation, side: side)
    }
}

/// The rows of a source up to the one of a number, rows that are rejected not counted.
private final class UpTo: RowSource {
    private let source: RowReader
    private let last: Int
    private var given = 0

    init(_ last: Int, of source: RowReader) {
        self.last = last
        self.source = source
    }

    var report: InputReport { source.report }

    func next() throws(DatasetError) -> SourceRow? {
        guard given <= last, let row = try source.next() else { return nil }
        given += 1
        return row
    }

    func reject(_ error: DatasetError) throws(DatasetError) {
        given -= 1
        try source.reject(error)
    }
}

/// One row as a source.
private final class OneRow: RowSource {
    private var row: SourceRow?
    let report = InputReport()

    init(_ row: SourceRow) { self.row = row }

    func next() -> SourceRow? {
        defer { row = nil }
        return row
    }

    func reject(_ error: DatasetError) throws(DatasetError) { throw error }
}

/// Keeps one row of one side.
private final class RowFinder: RowSink {
    private let number: Int
    private let isHeldOut: Bool
    private(set) var count = 0
    private(set) var found: Row?

    init(_ number: Int, isHeldOut: Bool) {
        self.number = number
        self.isHeldOut = isHeldOut
    }

    func receive(_ row: Row) {
        guard row.isHeldOut == isHeldOut else { return }
        if count == number { found = row }
        count += 1
    }

    func finish() {}
}
