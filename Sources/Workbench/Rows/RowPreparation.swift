// The rows of a recipe, as tokens of its model: made once, kept in a file, used again while nothing that decides them changes.

internal import ChatTemplates
internal import DataReports
internal import Datasets
internal import Digests
internal import Files
internal import Foundation
internal import JSON
internal import Objectives
internal import Preparation
internal import Recipes
internal import WeightFiles

/// How a recipe's rows become a model's tokens.
struct RowPreparation {
    let opened: OpenedModel
    let encoder: any TextEncoder
    let renderer: (any ConversationRenderer)?
    var settings: DataSettings
    /// The model that `select` and `rank` ask.
    var judge: (any RowJudge)?

    /// - Parameter objective: what is to learn from the rows; `nil`: they are only looked at.
    init(
        _ data: DataSection, _ opened: OpenedModel, encoder: any TextEncoder, renderer: (any ConversationRenderer)?,
        for objective: (any Objective)?
    ) {
        self.opened = opened
        self.encoder = encoder
        self.renderer = renderer
        settings = data.settings
        settings.unit = objective?.unit
        settings.contextLength = opened.configuration.contextLength
        settings.startToken = opened.startToken
    }

    /// Turns single rows into tokens.
    var builder: ExampleBuilder { ExampleBuilder(encoder: encoder, renderer: renderer, settings: settings) }

    /// The held-out rows of `recipe` alone.
    func heldOutRows(_ recipe: Recipe, observer: any RunObserver) throws -> PreparedDataset {
        let files = recipe.data.heldOut
        try InputFiles.expand(files).forEach { try Failure.requireFile($0, "the data file") }
        let rows = try PreparedDataset(files: files, encoder: encoder, renderer: renderer, settings: settings)
        for index in 0..<rows.examples.count { try opened.requireInVocabulary(try rows.examples.example(index)) }
        try requireActing(recipe, files: files, [rows.report], observer: observer)
        return rows
    }

    /// The held-out rows of the prepared file at `path`, as they were made.
    func heldOutRows(prepared path: String, _ recipe: Recipe) throws -> PreparedDataset {
        let file = try PreparedFile(named: path)
        guard try file.key.tokenizer == PreparationInputs.tokenizerDigest(recipe, opened, encoder) else {
            throw Failure(
                .badInput, "\(path: path) holds tokens of \(path: file.model): this model has others, or another task",
                hint: "lathe prepare makes it anew")
        }
        if let fault = fault(of: file) { throw Failure(.badInput, "\(path: path): \(fault)") }
        guard let rows = try read(file).heldOut else {
            throw Failure(
                .badInput, "\(path: path) holds no held-out rows", hint: "data.held_out or data.val_size gives some")
        }
        return rows
    }

    // MARK: Both sides of a recipe

    /// Training and held-out rows: those of the run's prepared file where it holds what would be made now, else made anew.
    ///
    /// - Parameter staged: whether the run directory is to keep what is made: it waits beside its place until `keep`. If
    ///   not, it lies in a temporary place while it is used.
    func split(_ recipe: Recipe, staged: Bool, observer: any RunObserver) throws -> PreparedSplit {
        let split = try prepared(recipe, staged: staged, observer: observer)
        // A prepared file that is used again was perhaps made for another objective.
        var known = settings
        known.format = split.train.report.format
        try known.requireUnit(split.train.examples.place(0))
        let reports = [split.report.train, split.report.heldOut].compactMap { $0 }
        try requireActing(recipe, files: recipe.data.files(), reports, observer: observer)
        return split
    }

    /// The same for a model that reads `context` before each row.
    func reading(_ context: String) -> RowPreparation {
        var reading = self
        reading.settings.context = context
        return reading
    }

    /// The same rows after `context`, each longer by it; nothing is kept of them.
    func split(_ recipe: Recipe, after context: String) throws -> PreparedSplit {
        var reading = self.reading(context)
        // What a template writes around it is a few tokens.
        reading.settings.maxLength += countTokens(context) + 64
        return try reading.passing(
            recipe, PreparationInputs(recipe, opened, encoder: encoder, renderer: renderer))
    }

    /// Throws where rows and files, as they turned out to be, leave a key without effect that was given.
    private func requireActing(
        _ recipe: Recipe, files: [String], _ reports: [DatasetReport], observer: any RunObserver
    ) throws {
        guard let first = reports.first else { return }
        let layouts = try InputFiles.layouts(of: files, recipe.data.inputSettings)
        let idle = recipe.idleKeys(
            DataSection.known(
                first.format, layouts, rows: reports.reduce(0) { $0 + $1.rows },
                rendered: reports.reduce(0) { $0 + $1.conversationRows }, asksForDate: first.dayTold != nil))
        guard idle.refused.isEmpty else { throw RecipeError(idle.refused) }
        for notice in idle.told { observer.receive(.note("\(notice)")) }
    }

    private func prepared(_ recipe: Recipe, staged: Bool, observer: any RunObserver) throws -> PreparedSplit {
        let inputs = try PreparationInputs(recipe, opened, encoder: encoder, renderer: renderer)
        let kept = recipe.preparedFolder.appendingPathComponent(Self.fileName)
        // Who judges answers asks for the rows that they are of.
        if let file = found(kept, inputs, observer),
            file.train.hasRows || !recipe.train.objective.writesAnswers
        {
            observer.receive(.note("\(path: kept.path): nothing that decides it has changed, so it is used again"))
            var split = try read(file)
            if staged { split.keeping = PreparedKeeping(recipe.preparedFolder, staged: nil, tokens) }
            return split
        }
        if staged {
            let folder = try AtomicFolder(recipe.preparedFolder, .prepared)
            let file = folder.staging.appendingPathComponent(Self.fileName)
            try make(recipe, inputs, file, lists: JudgedListFiles(in: folder.staging))
            var split = try read(Self.open(file))
            split.keeping = PreparedKeeping(recipe.preparedFolder, staged: folder, tokens)
            return split
        }
        return try passing(recipe, inputs)
    }

    /// The rows made anew, in a file that lies in a temporary place while it is used.
    private func passing(_ recipe: Recipe, _ inputs: PreparationInputs) throws -> PreparedSplit {
        try read(Self.passingFile { try make(recipe, inputs, $0) }.file)
    }

    /// A file that is made at a place for a while, and what `make` gives: it stays readable without its name.
    private static func passingFile<Result>(_ make: (URL) throws -> Result) throws -> (
        result: Result, file: PreparedFile
    ) {
        let folder = scratch.appendingPathComponent("lathe-\(UUID().uuidString)")
        try Folder.make(folder)
        defer { try? FileManager.default.removeItem(at: folder) }
        let passing = folder.appendingPathComponent(fileName)
        let result = try make(passing)
        return (result, try open(passing))
    }

    /// A file of sequences that no recipe asked to keep.
    func passingFile<Result>(
        _ fill: (PreparedFileWriter) throws -> Result
    ) throws -> (result: Result, file: PreparedFile) {
        try Self.passingFile { url in
            let writer = try PreparedFileWriter(url)
            let result = try fill(writer)
            let key = PreparedKey(data: "", recipe: "", tokenizer: "", template: "")
            try writer.commit(key, recipe: "", report: "", model: opened.path)
            return result
        }
    }

    fileprivate static let fileName = "examples.h5"

    /// Where rows wait, and where what no run directory keeps lies while it is used.
    private static var scratch: URL {
        PreparationContext.scratchFolder(environment: ProcessInfo.processInfo.environment)
    }

    /// A file that was just made.
    private static func open(_ url: URL) throws -> PreparedFile {
        do throws(PreparedFault) { return try PreparedFile(url) } catch {
            throw Failure(
                .inputOutput, "\(path: url.path), just written: \(error)", hint: "does another process write there?")
        }
    }

    /// The prepared file, where it is whole and holds what would be made now; says why it does not.
    private func found(_ url: URL, _ inputs: PreparationInputs, _ observer: any RunObserver) -> PreparedFile? {
        let reason: String
        do throws(PreparedFault) {
            let file = try PreparedFile(url)
            guard let key = inputs.key else { return nil }
            let differences = key.differences(from: file.key)
            if differences.isEmpty, let fault = fault(of: file) {
                reason = fault
            } else if differences.isEmpty {
                return file
            } else {
                reason =
                    "another " + differences.map { PreparationInputs.words[$0] ?? $0 }.joined(separator: ", another ")
            }
        } catch {
            guard error != .absent else { return nil }
            reason = "\(error)"
        }
        observer.receive(.note("\(path: url.path) cannot be used again, so the rows are prepared anew: \(reason)"))
        return nil
    }

    /// Why a file that fits the recipe cannot serve: tokens that the model has not, or a report that is none.
    private func fault(of file: PreparedFile) -> String? {
        let size = opened.configuration.vocabularySize
        do {
            for side in [file.train, file.heldOut].compactMap({ $0 }) {
                let largest = try side.largestToken()
                if largest >= size { return "it holds token \(largest), outside the model's vocabulary of \(size)" }
            }
            _ = try read(file)
            return nil
        } catch { return "it cannot be used: \(error)" }
    }

    /// Rows through the steps, then into the file, one after the other.
    private func make(
        _ recipe: Recipe, _ inputs: PreparationInputs, _ url: URL, lists: (any RowLists)? = nil
    ) throws {
        let writer = try PreparedFileWriter(url)
        let threads = recipe.train.threads ?? ProcessInfo.processInfo.activeProcessorCount
        let trainSide = try writer.side("train", keepsRows: recipe.train.objective.writesAnswers)
        let train = try RowTokeniser(
            settings: settings, encoder: encoder, renderer: renderer, into: VocabularyCheck(opened, trainSide),
            threads: threads)
        let rows = SplitRowSink(train, scratch: Self.scratch)
        let cleaned = try RowCleaning(recipe, countTokens: countTokens, judge: judge, lists: lists).run(into: rows)
        let key = try inputs.completeKey(cleaned)
        let trained = try train.finish(cleaned.train)
        trainSide.conclude(trained)
        var heldOutReport: DatasetReport?
        if cleaned.report.heldOutRows > 0 {
            let side = try writer.side("held_out", keepsRows: true)
            // What the training rows show holds for the held-out rows too, so these wait until all of those were seen.
            let heldOut = try RowTokeniser(
                settings: trained.settings, encoder: encoder, renderer: renderer, into: VocabularyCheck(opened, side),
                threads: threads)
            try rows.heldOut.forEach { try heldOut.receive(SourceRow($1)) }
            let outcome = try heldOut.finish(cleaned.heldOut ?? InputReport(), isOwn: cleaned.heldOut != nil)
            side.conclude(outcome)
            heldOutReport = outcome.report
        }
        let report = DataReport(
            name: recipe.name, key: key.digest, preparation: cleaned.report, train: trained.report,
            heldOut: heldOutReport, tokens: tokens, cover: cleaned.cover)
        try writer.commit(key, recipe: inputs.recipeText, report: report.storedText(), model: opened.path)
    }

    private func read(_ file: PreparedFile) throws -> PreparedSplit {
        let report: DataReport
        do { report = try DataReport(stored: file.report) } catch {
            throw Failure(.internal, "\(path: file.url.path): its report cannot be read: \(error)")
        }
        guard let trainReport = report.train else {
            throw Failure(.internal, "\(path: file.url.path): its report says nothing of the training rows")
        }
        var heldOutSettings = settings
        heldOutSettings.format = file.train.format
        if heldOutSettings.labels.isEmpty { heldOutSettings.labels = file.train.labels }
        var heldOut: PreparedDataset?
        if let side = file.heldOut, let report = report.heldOut {
            heldOut = PreparedDataset(
                rows: try side.rows(heldOutSettings, hasTemplate: renderer != nil), examples: side, report: report,
                digest: side.digest)
        }
        return PreparedSplit(
            train: PreparedDataset(
                rows: try file.train.rows(heldOutSettings, hasTemplate: renderer != nil), examples: file.train,
                report: trainReport, digest: file.train.digest),
            heldOut: heldOut, report: report, labels: heldOutSettings.labels)
    }

    /// Counts a text's tokens.
    var countTokens: @Sendable (String) -> Int {
        { [encoder] text in encoder.encodeText(text, addSpecialTokens: false, parseSpecial: false).ids.count }
    }
}

/// Training and held-out rows as tokens, and what was done to them before.
struct PreparedSplit {
    let train: PreparedDataset
    /// `nil` where the recipe holds nothing out.
    let heldOut: PreparedDataset?
    let report: DataReport
    /// The labels of the training rows, in the order of their numbers.
    let labels: [String]
    /// How the run directory keeps them; `nil` where it does not.
    var keeping: PreparedKeeping?

    /// SHA-256 over both sides' digests.
    var digest: String { SHA256.hex(of: train.digest + (heldOut?.digest ?? "")) }

    /// Puts what was made anew, and its report, into the run directory; the paths of what stands there then.
    @discardableResult
    func keep() throws -> [String] { try keeping?.put(report) ?? [] }
}

/// The run directory's folder of prepared rows, and what waits to be put there.
final class PreparedKeeping {
    private let folder: URL
    private var staged: AtomicFolder?
    private let tokens: TokenTexts

    init(_ folder: URL, staged: AtomicFolder?, _ tokens: TokenTexts) {
        self.folder = folder
        self.staged = staged
        self.tokens = tokens
    }

    fileprivate func put(_ report: DataReport) throws -> [String] {
        if let staged {
            try ReportFiles.write(report, tokens: tokens, to: staged)
            try staged.commit()
            self.staged = nil
        } else {
            try ReportFiles.writeMissing(report, tokens: tokens, to: folder)
        }
        return (try Folder.names(in: folder) ?? [])
            .filter {
                $0 == RowPreparation.fileName || ReportFiles.names.contains($0) || JudgedListFiles.isList($0)
            }.sorted()
            .map { folder.appendingPathComponent($0).path }
    }
}

extension PreparedFile {
    /// The prepared file that a person names.
    init(named path: String) throws {
        do throws(PreparedFault) { try self.init(URL(fileURLWithPath: path)) } catch {
            throw Failure(.badInput, "\(path: path): \(error)", hint: "lathe prepare makes it anew")
        }
    }
}

extension SourceRow {
    /// A row after the steps, as if it were read.
    init(_ row: Row) { self.init(fields: row.fields, place: row.place, index: row.index) }
}

/// Training rows go on at once; held-out rows wait on disk.
private final class SplitRowSink: RowSink {
    private let train: RowTokeniser
    let heldOut: RowSpool

    init(_ train: RowTokeniser, scratch: URL) {
        self.train = train
        heldOut = RowSpool(folder: scratch)
    }

    func receive(_ row: Row) throws {
        if row.isHeldOut { try heldOut.append(row) } else { try train.receive(SourceRow(row)) }
    }

    func finish() {}
}

/// Hands sequences on whose tokens the model knows.
final class VocabularyCheck: ExampleSink {
    let opened: OpenedModel
    private let sink: any ExampleSink

    init(_ opened: OpenedModel, _ sink: any ExampleSink) {
        self.opened = opened
        self.sink = sink
    }

    func receive(_ row: DataRow, fields: JSONObject, examples: [TokenizedExample]) throws {
        for example in examples { try opened.requireInVocabulary(example) }
        try sink.receive(row, fields: fields, examples: examples)
    }
}
