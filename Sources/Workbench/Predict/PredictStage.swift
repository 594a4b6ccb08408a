// What a model says of rows, into a file: in the rows' order, with their columns, in memory that does not grow with them.

internal import Datasets
internal import Files
public import Foundation
public import JSON
internal import Kernels
internal import Recipes
internal import Spelling

/// Answers the session's rows with its model and its adapter, and writes what it says of each.
///
/// The rows are read several times and never held: surveyed, checked, answered, written. Answers are kept in a journal beside the
/// output as they come, so that a call that was killed goes on where it was; the file takes its place when it is whole.
public struct PredictStage: Stage {
    private let settings: PredictionSettings
    private let output: URL

    /// - Parameter output: where it goes: a new place, or one that Lathe wrote; its name's ending says the form.
    public init(_ settings: PredictionSettings = PredictionSettings(), to output: URL) {
        self.settings = settings
        self.output = output
    }

    /// - Throws: `Failure` where rows or model cannot be read or memory is too little, `DatasetError` for rows of which nothing can be
    ///   said, `PlaceError` for a place that is not Lathe's.
    public func run(_ session: Session, _ observer: any RunObserver) throws -> PredictReport {
        let form = try PredictionForm(output)
        let place = OwnedFiles(besideFile: output, .predictions)
        try OutputPlaces(session.resolved, adapters: session.adapterPaths)
            .require([.init(key: "--out", url: output, form: .file(.predictions))])
        try session.followAdapter()
        // A head reads texts as they stand.
        if !session.recipe.task.hasHead { try session.rendering().tell(observer) }
        let recipe = session.recipe
        let survey = try RowSurvey(
            recipe.data.heldOut, recipe.data.inputSettings, watching: [recipe.data.columns["label"] ?? "label"])
        try session.startComputing()
        _ = try session.model()
        let warnings = try session.attachAdapter()?.warnings ?? []
        session.tell(warnings + (try session.base().warnings), observer)
        let predictor = try PredictorKinds.predictor(
            of: PredictionCall(session: session, settings: settings, survey: survey, observer: observer))
        let work = PredictionWork(predictor, survey, output: output, observer: observer)
        try work.check()
        try requireMemory(session, predictor)
        observer.receive(.stage("predict", detail: "\(Count.text(survey.rows, "row")); \(session.precision.reason)"))
        for note in predictor.notes + work.notes { observer.receive(.note(note)) }
        try Folder.make(output.deletingLastPathComponent())
        try place.removeAbandoned(output.lastPathComponent)
        let subject = try Self.subject(session, survey, predictor)
        let outcome = try StopSignals.whileKeeping(PredictionJournal.place(of: output)) {
            let journal = try PredictionJournal(of: output, predictor.fields, subject: subject)
            try work.answer(into: journal)
            let written = try work.write(journal, as: form)
            try place.put(written.file, as: output.lastPathComponent)
            try journal.remove()
            return written
        }
        return PredictReport(
            path: output.path, rows: outcome.rows, leftOut: outcome.leftOut,
            badRows: outcome.badRows, goneOn: work.goneOn, rowsPerSecond: work.rowsPerSecond)
    }

    private func requireMemory(_ session: Session, _ predictor: any RowPredictor) throws {
        guard let limit = session.recipe.train.memoryLimitBytes else { return }
        let forecast = try session.memory().forecast("predict", wholeBaseAnd: predictor.predictedBytes)
        try [forecast].requireWithin(limit, ofRecipe: false)
    }

    /// All that decides the predictions, as a text.
    private static func subject(
        _ session: Session, _ survey: RowSurvey, _ predictor: any RowPredictor
    ) throws -> String {
        let base = try session.base(), recipe = try session.renderedRecipe()
        let subject: JSONValue = [
            "version": .string(LatheVersion.text), "model": .string(try base.digest()),
            "adapters": .array(try session.adapterPaths.map { .string(try StoredAdapter.digest($0)) }),
            "precision": .string("\(session.precision.type)"), "processor": .string(Processor.instructionSet),
            "tokenizer": .string(base.tokenizerDigest),
            "template": base.templateDigest.map { .string($0) } ?? .null,
            "template_date": .string(recipe.data.templateDate),
            "rows": .array(survey.input.files.map { .string($0.digest) }),
            "reading": .string(recipe.data.predictionText), "predictor": predictor.identity,
        ]
        return subject.text()
    }
}

extension DataSection {
    /// The keys that change what is read of rows, written the same way always.
    fileprivate var predictionText: String {
        let settings = settings
        func text(_ map: [String: String]) -> String {
            map.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "\n")
        }
        return [
            settings.format.rawValue, text(settings.columns), text(settings.templates), text(settings.roles),
            text(settings.labelWords), settings.turnRoles.joined(separator: " "), settings.promptStyle.rawValue,
            settings.system ?? "", "\(settings.input)",
        ].joined(separator: "\n\n")
    }
}

/// What predictions came to.
public struct PredictReport: Presentable {
    let path: String
    /// Rows that are written.
    let rows: Int
    /// Rows that are understood and too long.
    let leftOut: Int
    /// Rows that could not be read, or not understood.
    let badRows: Int
    /// Rows that an earlier call had done.
    let goneOn: Int
    let rowsPerSecond: Double?

    public var json: JSONValue {
        [
            "rows": .integer(rows), "left_out": .integer(leftOut), "bad_rows": .integer(badRows),
            "gone_on": .integer(goneOn), "path": .string(path),
            "rows_per_second": rowsPerSecond.map { .double($0) } ?? .null,
        ]
    }

    public var text: String {
        "\(Count.text(rows, "row")) written to \(path: path)"
            + (goneOn > 0 ? ", \(goneOn) done by an earlier call" : "")
            + (leftOut > 0 ? ", \(leftOut) left out" : "") + (badRows > 0 ? ", \(badRows) bad" : "")
            + (rowsPerSecond.map { String(format: ", %.1f rows/s", $0) } ?? "")
    }
}
