// The rows of a recipe through its steps.

internal import Datasets
internal import Foundation
internal import JSON
internal import Preparation
internal import Recipes

/// Reads a recipe's files and pushes their rows through the steps.
struct RowCleaning {
    private let recipe: Recipe
    private let countTokens: (@Sendable (String) -> Int)?
    private let judge: (any RowJudge)?
    private let lists: (any RowLists)?

    /// - Parameters:
    ///   - judge: the model that `select` and `rank` ask.
    ///   - lists: where these write what they found.
    init(
        _ recipe: Recipe, countTokens: (@Sendable (String) -> Int)?, judge: (any RowJudge)?,
        lists: (any RowLists)? = nil
    ) {
        self.recipe = recipe
        self.countTokens = countTokens
        self.judge = judge
        self.lists = lists
    }

    /// What came of it, beside the rows themselves.
    struct Outcome {
        var report: PreparationReport
        var train: InputReport
        /// `nil` where held-out rows have no files of their own.
        var heldOut: InputReport?
        /// Keeps what was masked out of whatever shows rows.
        var cover = PersonalDataCover()
    }

    func run(into sink: any RowSink) throws -> Outcome {
        let data = recipe.data
        try data.files().forEach { try Failure.requireFile($0, "the data file") }
        let environment = ProcessInfo.processInfo.environment
        var context = PreparationContext(
            scratch: PreparationContext.scratchFolder(environment: environment), countTokens: countTokens,
            environment: environment)
        (context.judge, context.lists) = (judge, lists)
        let pipeline = try RowPipeline(data, seed: recipe.seed, context: context, into: sink)
        let (train, heldOut) = try read(pipeline.receive)
        return Outcome(
            report: try pipeline.finish(), train: train, heldOut: heldOut, cover: PersonalDataCover(context.masked))
    }

    /// What stands at `place` of the recipe's files, as "held.jsonl:6", before any step; nil where nothing does.
    func source(at place: String) throws -> JSONObject? {
        var found: JSONObject?
        _ = try read { row in if row.place.description == place { found = row.fields } }
        return found
    }

    /// Gives all rows of the recipe's files to `take`: those to train on, then those that are held out.
    private func read(_ take: (Row) throws -> Void) throws -> (train: InputReport, heldOut: InputReport?) {
        let data = recipe.data
        var input = data.inputSettings
        input.badRows = .countAll
        let source = try data.trainingFiles.rows(settings: input, seed: recipe.seed)
        var count = 0
        while let row = try source.next() {
            try take(Row(fields: row.fields, place: row.place, index: row.index))
            count = row.index + 1
        }
        guard !data.heldOut.isEmpty else { return (source.report, nil) }
        let reader = try RowReader(files: data.heldOut, settings: input)
        while let row = try reader.next() {
            try take(Row(fields: row.fields, place: row.place, index: count + row.index, isHeldOut: true))
        }
        return (source.report, reader.report)
    }
}
