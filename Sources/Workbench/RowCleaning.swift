// The rows of a recipe through its steps.

internal import Datasets
internal import Digests
internal import Foundation
internal import JSON
internal import Preparation
internal import Recipes

/// Reads a recipe's files and pushes their rows through the steps.
struct RowCleaning {
    private let recipe: Recipe
    private let countTokens: (@Sendable (String) -> Int)?

    init(_ recipe: Recipe, countTokens: (@Sendable (String) -> Int)?) {
        self.recipe = recipe
        self.countTokens = countTokens
    }

    /// What came of it, beside the rows themselves.
    struct Outcome {
        var report: PreparationReport
        var train: InputReport
        /// `nil` where held-out rows have no files of their own.
        var heldOut: InputReport?

        /// What decides the rows: the bytes of their files and, where steps changed them, they themselves.
        func digests(of rows: [Row], _ recipe: Recipe) -> [String] {
            let files = (train.files + (heldOut?.files ?? [])).map(\.digest)
            guard !recipe.data.steps.isEmpty else { return files }
            var hash = SHA256()
            for row in rows {
                hash.update(row.isHeldOut ? "h" : "t")
                hash.update(JSONValue.object(row.fields).text())
            }
            return files + [hash.digest().hexadecimal]
        }
    }

    func run(into sink: any RowSink) throws -> Outcome {
        let data = recipe.data
        try data.files().forEach { try Failure.requireFile($0, "the data file") }
        let context = PreparationContext(
            scratch: FileManager.default.temporaryDirectory, countTokens: countTokens,
            environment: ProcessInfo.processInfo.environment)
        let pipeline = try RowPipeline(data, seed: recipe.seed, context: context, into: sink)
        var input = data.inputSettings
        input.badRows = .countAll
        let source = try data.trainingFiles.rows(settings: input, seed: recipe.seed)
        var count = 0
        while let row = try source.next() {
            try pipeline.receive(Row(fields: row.fields, place: row.place, index: row.index))
            count = row.index + 1
        }
        var heldOut: InputReport?
        if !data.heldOut.isEmpty {
            let reader = try RowReader(files: data.heldOut, settings: input)
            while let row = try reader.next() {
                try pipeline.receive(
                    Row(fields: row.fields, place: row.place, index: count + row.index, isHeldOut: true))
            }
            heldOut = reader.report
        }
        return Outcome(report: try pipeline.finish(), train: source.report, heldOut: heldOut)
    }
}

/// Rows in memory as a stream.
final class CollectedRows: RowSource {
    private var rows: ArraySlice<Row>
    private let limit: Int
    private var problems: [DatasetProblem] = []
    private var rejected = 0
    private(set) var report: InputReport

    /// - Parameter limit: rows that may be rejected.
    init(_ rows: [Row], report: InputReport, limit: Int) {
        self.rows = rows[...]
        self.report = report
        self.limit = limit
    }

    func next() throws(DatasetError) -> SourceRow? {
        guard let row = rows.popFirst() else {
            if report.badRows + rejected > limit, rejected > 0 { throw DatasetError(problems, count: rejected) }
            return nil
        }
        return SourceRow(fields: row.fields, place: row.place, index: row.index)
    }

    func reject(_ error: DatasetError) throws(DatasetError) {
        rejected += error.count
        problems += error.problems.prefix(max(0, 20 - problems.count))
    }
}
