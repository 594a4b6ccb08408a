// What is in a file or folder, whichever kind it is.

internal import Adapters
internal import Checkpoints
internal import Datasets
internal import Digests
internal import Distillation
internal import Files
internal import Foundation
internal import JSON
internal import ModelExport
internal import Models
internal import Preparation
internal import Recipes
internal import Tensors
internal import Training
internal import WeightFiles

/// Looks at what stands at the place that the session names as its model: a model, an adapter, a checkpoint, a run,
/// weights, rows.
public struct InspectStage: Stage {
    public init() {}

    /// - Throws: `Failure` where nothing is there, or nothing that Lathe knows.
    public func run(_ session: Session, _ observer: any RunObserver) throws -> Inspection {
        let path = session.recipe.model.path
        try Failure.requireExists(path, "the path")
        let url = URL(fileURLWithPath: path)
        func holds(_ name: String) throws -> Bool { try Folder.holds(name, in: url) }
        if let run = try RunInspection(url) { return Inspection(json: run.json) }
        if try SweepDirectory(url).isMarked, let sweep = try ListedRun(url) {
            return Inspection(json: .object(sweep.facts))
        }
        if try MLXDirectory.isAt(url) { return Inspection(json: try Self.mlxAdapter(url)) }
        if try holds("adapter_config.json") { return Inspection(json: try Self.adapter(url)) }
        if try holds("config.json") { return Inspection(json: try Self.model(session)) }
        let isSplit = try FileForm(at: url) == .folder && GGUFFile.firstPart(in: url) != nil
        return Inspection(json: try isSplit ? GGUFInspection(session).json : Self.file(session, path, url))
    }

    private static func file(_ session: Session, _ path: String, _ url: URL) throws -> JSONValue {
        if path.hasSuffix(".gguf") { return try GGUFInspection(session).json }
        if ImportanceInspection.isName(path) { return .object(try ImportanceInspection(path).facts) }
        if path.hasSuffix(".safetensors") { return try tensors(url) }
        if path.hasSuffix(".h5") {
            if CaptureFile.isCapture(url) { return try CaptureInspection(url).json }
            return try PreparedFile.isPrepared(url)
                ? prepared(url) : HDF5Contents.isHDF5(url) ? exportedModel(url) : checkpoint(url)
        }
        guard RowFiles.isReadable(path) else {
            throw Failure(
                .badInput, "\(path: path) is nothing that Lathe knows",
                hint:
                    "a run (its folder in checkpoints), a model (folder with config.json, or .gguf), an adapter (folder with "
                    + "adapter_config.json), a checkpoint "
                    + "(.h5), weights (.safetensors) or rows (\(RowFiles.extensions.joined(separator: " ")))")
        }
        do { return try dataset(path) } catch let error as DatasetError {
            return try RowFacts(path, because: error).json
        }
    }

    // MARK: Kinds

    private static func model(_ session: Session) throws -> JSONValue {
        var facts = try facts(of: session.base())
        if let written = try WrittenFacts(session.recipe.model.path) { facts["written_by_lathe"] = written.json }
        return .object(facts)
    }

    /// What is known of every model, whatever its form.
    static func facts(of opened: OpenedModel) throws -> JSONObject {
        let configuration = opened.configuration, block = configuration.blocks[0]
        let weights = opened.weights
        let parameters = weights.paths.reduce(0) { $0 + (weights.shape(at: $1)?.elementCount ?? 0) }
        let experts = configuration.blocks.lazy.compactMap(\.feedForward.experts).first
        var facts = JSONObject([
            ("kind", "model"), ("path", .string(opened.path)), ("family", .string(configuration.family)),
            ("parameters", .integer(parameters)), ("tensors", .integer(weights.paths.count)),
            ("stored_as", .string(weights.quantisationSummary)), ("layers", .integer(configuration.layers)),
            ("width", .integer(configuration.width)), ("heads", .integer(block.attention.shape.heads)),
            ("key_value_heads", .integer(block.attention.shape.groups)),
            ("mlp_width", .integer(block.feedForward.width)),
            ("vocabulary", .integer(configuration.vocabularySize)),
            ("tokenizer_vocabulary", .integer(opened.tokenizer.vocabularySize)),
            ("context", .integer(configuration.contextLength)), ("tied_head", .bool(configuration.isTied)),
            ("chat_template", .bool(opened.templateSource != nil)), ("sha256", .string(try weights.contentDigest())),
            ("warnings", .array(weights.warnings.map { .string($0) })),
        ])
        if let experts {
            facts["experts"] = .integer(experts.count)
            facts["experts_of_a_row"] = .integer(experts.used)
        }
        facts["verbs"] = ModelVerbs(configuration).json
        return facts
    }

    private static func adapter(_ url: URL) throws -> JSONValue {
        let directory = try PEFTDirectory(url)
        let configuration = directory.configuration
        if let prompt = configuration.beside.prompt {
            return [
                "kind": "adapter", "path": .string(url.path), "method": .string(prompt.name),
                "num_virtual_tokens": .integer(prompt.count), "base": .string(directory.baseName ?? ""),
                "provenance": directory.provenance.map { .object($0.json) } ?? .null,
            ]
        }
        return [
            "kind": "adapter", "path": .string(url.path), "method": .string(configuration.method.rawValue),
            "r": .integer(configuration.rank),
            "alpha": .double(configuration.alpha), "rslora": .bool(configuration.usesRankStabilisation),
            "base": .string(directory.baseName ?? ""),
            "provenance": directory.provenance.map { .object($0.json) } ?? .null,
            "factors": .array(directory.weights.tensors.map(describe)),
        ]
    }

    private static func mlxAdapter(_ url: URL) throws -> JSONValue {
        let directory = try MLXDirectory(url)
        return [
            "kind": "adapter", "form": "mlx", "path": .string(url.path), "method": .string(directory.method.rawValue),
            "r": .integer(directory.rank), "scale": .double(directory.scale),
            "provenance": directory.provenance.map { .object($0.json) } ?? .null,
            "factors": .array(directory.weights.tensors.map(describe)),
        ]
    }

    private static func checkpoint(_ url: URL) throws -> JSONValue {
        let adapter = try CheckpointAdapter(url), configuration = adapter.configuration
        guard adapter.isOfTraining else {
            return [
                "kind": "adapter", "form": "hdf5", "path": .string(url.path),
                "method": .string(configuration.method.rawValue), "r": .integer(configuration.rank),
                "alpha": .double(configuration.alpha), "rslora": .bool(configuration.usesRankStabilisation),
                "provenance": adapter.provenance.map { .object($0.json) } ?? .null,
            ]
        }
        let snapshot = try Checkpoint.read(url)
        return [
            "kind": "checkpoint", "path": .string(url.path), "step": .integer(snapshot.step),
            "epoch": .integer(snapshot.epoch),
            "seed": .string("\(snapshot.seed)"), "fingerprint": .string(SHA256.hex(of: snapshot.identity.fingerprint)),
            "parameters": .integer(snapshot.parameters.reduce(0) { $0 + $1.values.count }),
            "matrices": .integer(snapshot.parameters.count),
            "last_loss": snapshot.history.last.map { .double($0.loss) } ?? .null,
            "best_step": snapshot.best.map { .integer($0.step) } ?? .null,
            "best_loss": snapshot.best.map { .double($0.loss) } ?? .null,
        ]
    }

    private static func prepared(_ url: URL) throws -> JSONValue {
        let file = try PreparedFile(named: url.path)
        func side(_ side: PreparedFileSide) -> JSONValue {
            [
                "format": .string(side.format.rawValue), "rows": .integer(side.rowCount),
                "sequences": .integer(side.count), "tokens": .integer(side.tokens),
                "supervised_tokens": .integer((0..<side.count).reduce(0) { $0 + side.targetCount($1) }),
                "sha256": .string(side.digest),
            ]
        }
        let key = file.key
        return [
            "kind": "prepared", "path": .string(url.path), "model": .string(file.model), "train": side(file.train),
            "held_out": file.heldOut.map(side) ?? .null,
            "key": [
                "sha256": .string(key.digest), "data": .string(key.data), "recipe": .string(key.recipe),
                "tokenizer": .string(key.tokenizer), "template": .string(key.template), "code": .string(key.code),
            ],
        ]
    }

    private static func exportedModel(_ url: URL) throws -> JSONValue {
        let tensors = try HDF5Contents(url).tensors
        return [
            "kind": "hdf5_model", "path": .string(url.path),
            "parameters": .integer(tensors.reduce(0) { $0 + ($1.shape.elementCount ?? 0) }),
            "tensors": .array(
                tensors.map {
                    ["name": .string($0.name), "type": .string($0.type), "shape": .string($0.shape.description)]
                }),
        ]
    }

    private static func tensors(_ url: URL) throws -> JSONValue {
        let file = try SafetensorsFile(url)
        return [
            "kind": "safetensors", "path": .string(url.path),
            "metadata": .object(JSONObject(file.metadata.map { ($0.key, .string($0.value)) })),
            "tensors": .array(file.tensors.map(describe)),
            "repeated_names": .array(file.repeatedNames.map { .string($0) }),
        ]
    }

    static func describe(_ tensor: StoredTensor) -> JSONValue {
        [
            "name": .string(tensor.name), "type": .string(tensor.type.name), "shape": .string(tensor.shape.description),
            "bits_per_weight": .double(Double(tensor.type.blockBits) / Double(tensor.type.blockElements)),
        ]
    }

    private static func dataset(_ path: String) throws -> JSONValue {
        let rows = try RowSet(
            files: [path],
            settings: DataSettings(
                format: .auto, columns: [:], labels: [], maxLength: Int.max, tooLong: .error, trainOnPrompt: false),
            hasTemplate: true)
        let cover = PersonalDataCover()
        return [
            "kind": "dataset", "path": .string(path), "format": .string(rows.format.rawValue),
            "rows": .integer(rows.rows.count),
            "labels": .array(rows.labels.map { .string(cover.text($0, under: "label")) }),
            "sha256": .string(rows.fileDigests.first ?? ""),
            "first_prompt": .string(cover.text(rows.rows.first?.promptText ?? "")),
            "first_answer": .string(cover.text(rows.rows.first?.answerText ?? "")),
            "tabs_per_line": .integer(rows.input.files.first?.tabsPerLine ?? 0),
        ]
    }
}

/// The row files that can be read, by their names.
enum RowFiles {
    private static let texts = [".jsonl", ".json", ".csv", ".tsv", ".txt"]
    static let extensions = texts + texts.map { $0 + ".gz" } + texts.map { $0 + ".zst" } + [".parquet"]

    static func isReadable(_ path: String) -> Bool { extensions.contains { path.lowercased().hasSuffix($0) } }
}
