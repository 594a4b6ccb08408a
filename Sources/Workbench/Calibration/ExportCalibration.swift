// What an export's rounding is told of the model's inputs, and what is wrong with what was asked for.

internal import Datasets
internal import Foundation
internal import ModelExport
internal import Models
internal import Recipes
internal import Vocabulary
internal import WeightFiles

/// How the weights of an export are rounded to blocks.
public struct ExportCalibration: Sendable, Equatable {
    private let source: CalibrationSource
    private let tokenLimit: Int
    private let rounding: Rounding
    /// How the settings are called where they were given.
    private var keys: Keys

    private struct Keys: Equatable {
        let calibrate: String
        let tokens: String
        let rounding: String
        let kind: FailureKind
        /// Those that were given.
        var given: [String] = []
    }

    /// What flags ask for.
    ///
    /// - Parameters:
    ///   - calibrate: a file of rows, an importance matrix, or "none"; nil where nothing was given.
    ///   - tokens: the most tokens of rows; nil for as many as are enough for most models.
    ///   - name: "nearest" or "feedback".
    /// - Throws: `Failure` for a rule that is none, and for no tokens.
    public init(calibrate: String?, tokens: Int? = nil, rounding name: String) throws {
        guard let rounding = Rounding(rawValue: name) else {
            throw Failure(
                .usage, "unknown rounding '\(name)'",
                hint: "one of " + Rounding.allCases.map(\.rawValue).joined(separator: ", "))
        }
        if let tokens, tokens < 1 {
            throw Failure(.usage, "--calibrate-tokens \(tokens): expected a whole number from 1")
        }
        source = CalibrationSource(calibrate ?? CalibrationSource.nothingWord)
        tokenLimit = tokens ?? ExportEntry().calibrateTokens
        self.rounding = rounding
        keys = Self.flags
        if calibrate != nil { keys.given.append(keys.calibrate) }
        if tokens != nil { keys.given.append(keys.tokens) }
    }

    private static let flags = Keys(
        calibrate: "--calibrate", tokens: "--calibrate-tokens", rounding: "--rounding", kind: .usage)

    /// What entry `index` of a recipe's `export` asks for.
    init(_ entry: ExportEntry, at index: Int) {
        // The default speaks of weights that are rounded to blocks; of others there is nothing to say.
        let usual = ExportEntry(), isUsual = entry.calibrate == usual.calibrate
        source = isUsual && !entry.type.isQuantised ? .nothing : CalibrationSource(entry.calibrate)
        tokenLimit = entry.calibrateTokens
        rounding = entry.rounding
        let place = "export[\(index)]."
        keys = Keys(
            calibrate: place + "calibrate", tokens: place + "calibrate_tokens", rounding: place + "rounding",
            kind: .badInput)
        if !isUsual { keys.given.append(keys.calibrate) }
        if tokenLimit != usual.calibrateTokens { keys.given.append(keys.tokens) }
    }

    /// Every number to the nearest, every column alike.
    public init() {
        (source, tokenLimit, rounding) = (.nothing, ExportEntry().calibrateTokens, .nearest)
        keys = Self.flags
    }

    // MARK: Before any work

    /// Throws where what was asked for cannot be done, or would do nothing.
    ///
    /// - Parameter hasTrainingRows: whether a run asks, which has rows that it trains on.
    func require(_ type: WeightType, hasTrainingRows: Bool) throws {
        if !type.isQuantised {
            return try requireNothing(
                since: "numbers of type \(type.rawValue) are rounded one by one, whatever they are used for",
                hint: "leave it out, or take a type of blocks: Q4_K_M, say")
        }
        if source == .training, !hasTrainingRows {
            throw Failure(
                keys.kind, "\(keys.calibrate) \(CalibrationSource.trainingWord): only a run has training rows",
                hint: "name a file of rows, or an importance matrix")
        }
        if rounding == .feedback, !source.hasRows {
            throw Failure(
                keys.kind,
                "\(keys.rounding) feedback needs rows: an importance matrix does not say what columns have in common",
                hint: "name a file of rows with \(keys.calibrate)")
        }
        if !source.hasRows, keys.given.contains(keys.tokens) {
            throw Failure(keys.kind, "\(keys.tokens) has no effect: no rows are looked at", hint: "leave it out")
        }
        if let path = source.path { try Failure.requireFile(path, keys.calibrate + ":") }
    }

    /// Throws where anything was asked for: it would do nothing.
    func requireNothing(since reason: String, hint: String = "leave it out") throws {
        guard let idle = rounding == .feedback ? keys.rounding : keys.given.first else { return }
        throw Failure(keys.kind, "\(idle): \(reason)", hint: hint)
    }

    /// Whether weights are rounded by `rule`.
    func rounds(_ rule: Rounding) -> Bool { rounding == rule }

    /// The file that is read; nil where there is none.
    var path: String? { source.path }

    /// Whether the model is run over rows, those of a run or of a file.
    var hasRows: Bool { source.hasRows }

    /// Whether a file of rows is read.
    public var readsRows: Bool { if case .rows = source { true } else { false } }

    /// Memory that looking at rows takes, beside the model; 0 where none are looked at.
    /// - Parameter longest: tokens of the longest.
    func predictedBytes(_ model: LanguageModel, longest: Int) -> Int {
        guard source.hasRows else { return 0 }
        let pass = Calibration.predictedBytes(model, longest: longest)
        guard rounding == .feedback else { return pass }
        return pass + InputProducts.blockBytes(model) + Calibration.mostStreamedBytes
    }

    // MARK: At work

    /// What is known of the inputs of the session's model, with its adapter; nil where nothing was asked for.
    func importance(_ session: Session, _ observer: any RunObserver) throws -> ColumnImportance? {
        if case .matrix(let path) = source { return try matrix(path, session, observer) }
        guard let (examples, datasets) = try rows(session, observer) else { return nil }
        let model = try session.model(), streamed = model.streamsWeights
        model.streamsWeights = true
        defer { model.streamsWeights = streamed }
        let limit = rounding == .feedback ? min(tokenLimit, Calibration.mostStreamedTokens(model)) : tokenLimit
        let calibration = try Calibration(model, examples, from: datasets, tokenLimit: limit)
        let alike = "the columns of the head and of the embedding count alike"
        observer.receive(.note("calibrated over \(calibration.rows.text); \(alike)"))
        guard rounding == .nearest else {
            return ColumnImportance(feedback: InputProducts(model, over: calibration.rows.batches))
        }
        return ColumnImportance(
            try calibration.importance(observer), origin: datasets.joined(separator: ", "))
    }

    private func matrix(_ path: String, _ session: Session, _ observer: any RunObserver) throws -> ColumnImportance {
        let matrix = try ImportanceMatrix(URL(fileURLWithPath: path)), base = try session.base()
        let names = base.configuration.weightNames
        let layers = base.weights.paths.compactMap { names?.ggufName($0) }.filter { $0.hasPrefix("blk.") }
            .filter { $0.hasSuffix("_norm.weight") == false && $0.hasSuffix(".weight") }
        let known = Set(matrix.entries.map(\.name)), unknown = layers.filter { !known.contains($0) }
        guard unknown.count < layers.count else {
            throw Failure(
                .badInput, "\(path: path): the importance matrix is of another model: it names none of its tensors")
        }
        if !unknown.isEmpty {
            observer.receive(
                .warning(
                    "\(path: path) says nothing of \(unknown.count) of \(layers.count) tensors, whose columns count alike: "
                        + unknown.prefix(3).joined(separator: ", ") + (unknown.count > 3 ? ", …" : "")))
        }
        return ColumnImportance(matrix, origin: path, file: path)
    }

    /// The rows that say what columns are given, and what they are called.
    private func rows(
        _ session: Session, _ observer: any RunObserver
    ) throws -> (any ExampleSource, datasets: [String])? {
        switch source {
        case .nothing, .matrix: return nil
        case .training:
            return (try session.requireTraining().split.train.examples, try session.recipe.data.filesToTrainOn())
        case .rows(let path): return (try session.rows(of: path, observer).examples, [path])
        }
    }
}

extension CalibrationSource {
    /// Whether rows are read, over which a model can be run.
    var hasRows: Bool {
        switch self {
        case .nothing, .matrix: false
        case .training, .rows: true
        }
    }
}
