// Writing a model or an adapter in another tool's form.

internal import Adapters
internal import Files
public import Foundation
public import JSON
internal import ModelExport
internal import Models
internal import Recipes
internal import Spelling
internal import Tensors
internal import WeightFiles
internal import Vocabulary

/// One export.
public struct ExportStage {
    private let recipe: Recipe
    private let opened: OpenedModel
    private let adapter: AdapterSet?
    private let provenance: AdapterProvenance

    /// For a model and, where given, an adapter on disk. Format and place are looked at before any work.
    public init(_ resolved: ResolvedRecipe, adapter path: String?, format name: String, to output: URL) throws {
        let recipe = resolved.recipe
        let format = try Self.format(name)
        try OutputForm(format).require(output.path, "--out")
        if format == .peft, path == nil { throw Failure(.usage, "export --format peft needs --adapter") }
        try OutputPlaces(resolved, adapter: path)
            .require([.init(key: "--out", url: output, form: Self.form(format))])
        try Compute.start(recipe)
        let opened = try OpenedModel(recipe.model.path)
        try Self.require(format, holding: opened, "--format")
        let attached = try path.map { try AttachedAdapter($0, to: opened.languageModel(precision: .f32), base: opened) }
        self.init(
            recipe, opened: opened, adapter: attached?.set, provenance: attached?.provenance ?? AdapterProvenance())
        var entry = ExportEntry()
        entry.format = format
        try [StageMemory(opened, parameters: attached?.set.slab.count ?? 0).export([entry])].compactMap(\.self)
            .requireWithin(recipe.train.memoryLimitBytes, ofRecipe: false)
    }

    init(_ recipe: Recipe, opened: OpenedModel, adapter: AdapterSet?, provenance: AdapterProvenance) {
        self.recipe = recipe
        self.opened = opened
        self.adapter = adapter
        self.provenance = provenance
    }

    /// What stands at an export's place.
    static func form(_ format: ExportFormat) -> OutputPlaces.Output.Form {
        switch format {
        case .peft: .folder(.adapter)
        case .safetensors: .folder(.model)
        case .hdf5, .gguf: .file(.model)
        }
    }

    /// The format called `name`, which can be written.
    private static func format(_ name: String) throws -> ExportFormat {
        guard let format = ExportFormat(rawValue: name) else {
            throw Failure(
                .usage, "unknown format '\(name)'",
                hint: "one of " + ExportFormat.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return format
    }

    /// Throws where a format cannot hold the model, before any work is done.
    /// - Parameter key: the flag or recipe key that named the format.
    static func require(_ format: ExportFormat, holding opened: OpenedModel, _ key: String) throws {
        do { try ModelFormat(format)?.requireHolding(opened.weights) } catch {
            throw Failure(describing: error).located("\(key) \(format.rawValue)")
        }
    }

    /// What an export is called in a run directory.
    static func defaultName(_ format: ExportFormat) -> String {
        switch format {
        case .hdf5: "model.h5"
        case .gguf: "model.gguf"
        case .peft, .safetensors: format.rawValue
        }
    }

    /// Writes the format called `name` to `output`.
    ///
    /// - Parameter type: the name of the float format of a model's weights.
    public func run(format name: String, type typeName: String, to output: URL) throws -> ExportReport {
        let format = try Self.format(name)
        guard let type = FloatFormat(rawValue: typeName) else {
            throw Failure(
                .usage, "unknown type '\(typeName)'",
                hint: "one of " + FloatFormat.allCases.map(\.rawValue).joined(separator: ", "))
        }
        guard format != .peft || [.auto, .fp32].contains(type) else {
            throw Failure(.usage, "--type \(typeName): an adapter is written in fp32", hint: "leave --type out")
        }
        return try run(format, type: type, to: output)
    }

    /// - Parameter run: the run that exports, which replaces no other run's; `nil` where none does.
    func run(
        _ format: ExportFormat, type: FloatFormat, to output: URL, of run: String? = nil
    ) throws -> ExportReport {
        try Folder.make(output.deletingLastPathComponent())
        let options = ModelOutputOptions(type: ExportType(type), of: run)
        guard let model = ModelFormat(format) else {
            guard let adapter else { throw Failure(.usage, "export --format peft needs --adapter") }
            try adapter.writePEFT(to: output, baseName: opened.path, provenance: provenance, of: run)
            return ExportReport(format: format.rawValue, path: output.path, merged: nil)
        }
        let merger = try ModelMerger(base: opened.weights, configuration: opened.configuration)
        guard let adapter else {
            try merger.export(as: model, into: output, options: options)
            return ExportReport(format: format.rawValue, path: output.path, merged: nil)
        }
        let written = try merger.merge(adapter.lowRankDeltas, as: model, into: output, options: options)
        return ExportReport(format: format.rawValue, path: output.path, merged: written.type.rawValue)
    }
}

/// What was written.
public struct ExportReport: Presentable {
    let format: String
    let path: String
    /// The type that an adapter was merged in; nil where none was.
    let merged: String?

    public var json: JSONValue {
        var object = JSONObject([("format", .string(format)), ("path", .string(path))])
        if let merged {
            object["merged_in"] = .string(merged)
            object["proven"] = .bool(false)
        }
        return .object(object)
    }
    public var text: String {
        let note = merged.map { "\nthe adapter is merged in \($0), which is not proven: lathe merge proves it" }
        return "exported \(format) to \(ShownText.name(path))" + (note ?? "")
    }
}

extension ExportType {
    /// nil: the base's own.
    init?(_ format: FloatFormat) {
        switch format {
        case .auto: return nil
        case .fp32: self = .f32
        case .fp16: self = .f16
        case .bf16: self = .bf16
        }
    }
}
