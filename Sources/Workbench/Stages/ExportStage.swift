// Writing a model in another tool's form.

internal import Adapters
internal import Files
public import Foundation
internal import ModelExport
internal import Recipes
public import Vocabulary

/// Writes the session's model, with its adapter merged in where it has one; it is read back and scored before it takes
/// its place. For the adapter alone: `AdapterExportStage`.
public struct ExportStage: StandaloneStage {
    private let format: ExportFormat
    private let type: WeightType
    private let output: URL
    private let wishes: ExportWishes
    /// The run that exports, which replaces no other run's; nil where none does.
    private let run: String?

    /// - Parameters:
    ///   - target: a model in some format.
    ///   - typeName: the number type of a model's weights; "auto": the base's own.
    ///   - output: where it goes: a new place, or one that Lathe wrote.
    ///   - wishes: what else is wanted of it.
    /// - Throws: `Failure` for names that are none, for a place that is called as another form, and for a calibration that
    ///   would do nothing.
    public init(
        _ target: ExportTarget, type typeName: String = "auto", to output: URL, wishes: ExportWishes = ExportWishes()
    ) throws {
        let format = target.format, type = try Self.type(typeName, of: format)
        try OutputForm(wishes.written(format)).require(output.path, "--out")
        try wishes.calibration.require(type, hasTrainingRows: false)
        self.init(format, type: type, to: output, wishes, of: nil)
    }

    /// For a run, which has looked at its places.
    init(_ format: ExportFormat, type: WeightType, to output: URL, _ wishes: ExportWishes, of run: String?) {
        self.format = format
        self.type = type
        self.output = output
        self.wishes = wishes
        self.run = run
    }

    func open(_ session: Session, _ observer: any RunObserver) throws {
        try OutputPlaces(
            session.resolved, adapters: session.adapterPaths, calibration: wishes.calibration.path
        )
        .require(
            [.init(key: "--out", url: output, form: wishes.written(format).form)]
                + (wishes.referenceOutput.map { [.init(key: "--reference-out", url: $0, form: .newFile)] } ?? []))
        try session.requireClass(in: format, "--format \(format.rawValue)")
        try session.startComputing()
        try Self.require(format, holding: session.base(), in: type, "--format")
        try openRows(session, observer)
        // The check is about the weights, so it is computed as exactly as can be.
        _ = try session.model(.f32)
        try session.attachAdapter()
        session.tell(try session.base().weights.warnings, observer)
    }

    /// Opens what a written model is scored on.
    private func openRows(_ session: Session, _ observer: any RunObserver) throws {
        try wishes.require(.model(in: format), type)
        let idle: [(flag: String, isGiven: Bool)] = [
            ("--touched-type", wishes.touchedType != .auto), ("--allow-near-no-op", wishes.allowsNearNoOp),
        ]
        if !session.hasAdapter, let flag = idle.first(where: \.isGiven)?.flag {
            throw Failure(
                .usage, "\(flag) has no effect without an adapter", hint: "leave it out, or name an --adapter")
        }
        guard !session.recipe.data.heldOut.isEmpty || wishes.reference != nil else { return }
        if wishes.reference == nil { try session.rendering().tell(observer) }
        _ = try session.checkRows(reference: wishes.reference, observer)
    }

    func forecast(_ session: Session, _ memory: StageMemory) throws -> [StageForecast] {
        var entry = ExportEntry()
        entry.format = format
        entry.type = type
        let rows = try session.checkRows(reference: wishes.reference, SilentObserver())
        return try [
            memory.export([entry], [wishes.calibration], session.model(), rows, longest: rows.longest)
        ].compactMap(\.self)
    }

    /// - Throws: `Failure` where a written model is not what it was made of; `PlaceError` for a place that is not Lathe's.
    public func run(_ session: Session, _ observer: any RunObserver) throws -> ExportReport {
        try session.ready(self, observer)
        try Folder.make(output.deletingLastPathComponent())
        guard let model = wishes.model(format) else {
            throw Failure(.internal, "\(format.rawValue) is no format of models")
        }
        var options = ModelOutputOptions(type: type, of: run)
        if let limit = wishes.splitBytes { options.shardByteLimit = limit }
        return try ModelExporting(
            session: session, format: model, name: format, output: output,
            options: options, wishes: wishes, observer: observer
        ).run()
    }

    // MARK: Names and places

    /// Throws where a format cannot hold the model in `type`, before any work is done.
    ///
    /// - Parameter key: the flag or recipe key that named the format.
    static func require(
        _ format: ExportFormat, holding base: OpenedModel, in type: WeightType, _ key: String
    ) throws {
        do { try ModelFormat(format)?.requireHolding(base.weights, base.configuration, in: type) } catch {
            let failure = Failure(describing: error)
            throw Failure(
                failure.kind, "\(key) \(format.rawValue): \(failure.message)", hint: failure.hint,
                namedFile: failure.namedFile)
        }
    }

    /// Throws where files of a format hold no numbers of `type`, whatever the model.
    ///
    /// - Parameter key: the flag or recipe key that named the type.
    static func require(_ format: ExportFormat, holding type: WeightType, _ key: String, _ kind: FailureKind) throws {
        guard !format.holds(type) else { return }
        throw Failure(
            kind, "\(key): \(format.rawValue) holds float numbers, not \(type.rawValue)",
            hint: "fp32, fp16 or bf16; the format gguf holds \(type.rawValue)")
    }

    private static func type(_ name: String, of format: ExportFormat) throws -> WeightType {
        let type = try type(name, "--type")
        try require(format, holding: type, "--type", .usage)
        return type
    }

    /// The type called `name`.
    ///
    /// - Parameter flag: the flag that named it.
    public static func type(_ name: String, _ flag: String) throws -> WeightType {
        guard let type = WeightType(rawValue: name) else {
            throw Failure(
                .usage, "\(flag): unknown type '\(name)'",
                hint: "one of " + WeightType.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return type
    }
}
