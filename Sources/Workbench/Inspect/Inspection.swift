// What is in a file or folder, whichever kind it is.

internal import Adapters
internal import Checkpoints
internal import Datasets
internal import Digests
internal import Files
internal import Foundation
public import JSON
internal import ModelExport
internal import Models
internal import Preparation
internal import Recipes
internal import Spelling
internal import Tensors
internal import Training
internal import WeightFiles

/// Facts about a model, an adapter, a checkpoint, a weight file or a dataset.
public struct Inspection: Presentable {
    public let json: JSONValue

    public init(of path: String) throws {
        try Failure.requireExists(path, "the path")
        let url = URL(fileURLWithPath: path)
        func holds(_ name: String) throws -> Bool { try Folder.holds(name, in: url) }
        if let run = try RunInspection(url) {
            json = run.json
        } else if try holds("adapter_config.json") {
            json = try Self.adapter(url)
        } else if try holds("config.json") {
            json = try Self.model(path)
        } else if path.hasSuffix(".gguf") {
            json = try Self.gguf(path)
        } else if path.hasSuffix(".safetensors") {
            json = try Self.tensors(url)
        } else if path.hasSuffix(".h5") {
            json =
                try PreparedFile.isPrepared(url)
                ? Self.prepared(url) : HDF5Contents.isHDF5(url) ? Self.exportedModel(url) : Self.checkpoint(url)
        } else if RowFiles.isReadable(path) {
            do { json = try Self.dataset(path) } catch let error as DatasetError {
                json = try RowFacts(path, because: error).json
            }
        } else {
            throw Failure(
                .badInput, "\(path) is nothing that Lathe knows",
                hint:
                    "a run (its folder in checkpoints), a model (folder with config.json, or .gguf), an adapter (folder with "
                    + "adapter_config.json), a checkpoint "
                    + "(.h5), weights (.safetensors) or rows (\(RowFiles.extensions.joined(separator: " ")))")
        }
    }

    public var text: String { Self.lines(json, indent: "").joined(separator: "\n") }

    /// Tensors of one type and shape, whatever their layer: one line with their number.
    private static func grouped(_ tensors: [JSONValue]) -> [String] {
        var groups: [(key: String, line: String, count: Int)] = []
        for tensor in tensors {
            let name = tensor["name"]?.string ?? "?"
            let form = "\(tensor["type"]?.string ?? "?")  \(tensor["shape"]?.string ?? "?")"
            // The layers' numbers apart: model.layers.*.mlp.up_proj.
            let kind = name.split(separator: ".", omittingEmptySubsequences: false)
                .map { $0.allSatisfy(\.isNumber) && !$0.isEmpty ? "*" : String($0) }.joined(separator: ".")
            if let index = groups.firstIndex(where: { $0.key == kind + form }) {
                groups[index].count += 1
                groups[index].line = "\(kind)  \(form)"
            } else {
                groups.append((kind + form, "\(name)  \(form)", 1))
            }
        }
        return groups.map { $0.count > 1 ? "\($0.line)  × \($0.count)" : $0.line }
    }

    private static func lines(_ value: JSONValue, indent: String) -> [String] {
        (value.object?.members ?? []).flatMap { key, value -> [String] in
            switch value {
            case .array(let elements) where elements.isEmpty: return []
            case .object: return ["\(indent)\(ShownText.name(key)):"] + lines(value, indent: indent + "  ")
            case .array(let elements) where elements.contains { $0["name"] != nil && $0["shape"] != nil }:
                return ["\(indent)\(key): \(elements.count)"]
                    + grouped(elements).map { indent + "  " + ShownText.name($0) }
            case .array(let elements) where key == "holds":
                return ["\(indent)\(key): " + elements.compactMap(\.string).map(ShownText.name).joined(separator: ", ")]
            case .array(let elements) where elements.contains { $0.object != nil }:
                return ["\(indent)\(ShownText.name(key)):"]
                    + elements.map { element in
                        indent + "  "
                            + (element.object?.members.map { "\($0.key) \(shown($0.value))" }
                                .joined(separator: "  ") ?? element.text())
                    }
            default: return ["\(indent)\(ShownText.name(key)): \(shown(value))"]
            }
        }
    }

    private static func shown(_ value: JSONValue) -> String { ShownText.name(value.string ?? value.text()) }

    // MARK: Kinds

    private static func model(_ path: String) throws -> JSONValue {
        let opened = try OpenedModel(path)
        let configuration = opened.configuration, block = configuration.blocks[0]
        let weights = opened.weights
        let parameters = weights.paths.reduce(0) { $0 + (weights.shape(at: $1)?.elementCount ?? 0) }
        return [
            "kind": "model", "path": .string(path), "family": .string(configuration.family),
            "parameters": .integer(parameters), "tensors": .integer(weights.paths.count),
            "stored_as": .string(weights.quantisationSummary), "layers": .integer(configuration.layers),
            "width": .integer(configuration.width), "heads": .integer(block.attention.shape.heads),
            "key_value_heads": .integer(block.attention.shape.groups),
            "mlp_width": .integer(block.feedForward.width),
            "vocabulary": .integer(configuration.vocabularySize),
            "tokenizer_vocabulary": .integer(opened.tokenizer.vocabularySize),
            "context": .integer(configuration.contextLength), "tied_head": .bool(configuration.isTied),
            "chat_template": .bool(opened.templateSource != nil), "sha256": .string(try weights.contentDigest()),
            "warnings": .array(weights.warnings.map { .string($0) }),
        ]
    }

    private static func gguf(_ path: String) throws -> JSONValue {
        let file = try GGUFFile(URL(fileURLWithPath: path))
        // A file that holds a vocabulary alone, or tensors without what makes them a model, is worth looking at too.
        if file.tensors.isEmpty || !file.tensors.contains(where: { $0.name == "token_embd.weight" })
            || file.architecture.map({ !WeightNames.architectures.contains($0) }) ?? true
        {
            return [
                "kind": "gguf", "path": .string(path), "version": .integer(file.version),
                "architecture": .string(file.architecture ?? "none"), "tensors": .array(file.tensors.map(describe)),
                "metadata": .object(JSONObject(file.metadata.map { ($0.key, .string(describe($0.value))) })),
            ]
        }
        return try model(path)
    }

    private static func adapter(_ url: URL) throws -> JSONValue {
        let directory = try PEFTDirectory(url)
        let configuration = directory.configuration
        return [
            "kind": "adapter", "path": .string(url.path), "method": .string(configuration.method.rawValue),
            "r": .integer(configuration.rank),
            "alpha": .double(configuration.alpha), "rslora": .bool(configuration.usesRankStabilisation),
            "base": .string(directory.baseName ?? ""),
            "provenance": directory.provenance.map { .object($0.json) } ?? .null,
            "factors": .array(directory.weights.tensors.map(describe)),
        ]
    }

    private static func checkpoint(_ url: URL) throws -> JSONValue {
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
        let file: PreparedFile
        do throws(PreparedFault) { file = try PreparedFile(url) } catch {
            throw Failure(.badInput, "\(url.path): \(error)", hint: "lathe prepare makes it anew")
        }
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

    private static func describe(_ tensor: StoredTensor) -> JSONValue {
        ["name": .string(tensor.name), "type": .string(tensor.type.name), "shape": .string(tensor.shape.description)]
    }

    private static func describe(_ value: GGUFValue) -> String {
        if let array = value.array { return "\(array.count) × \(array.elementType)" }
        let text = value.string ?? value.double.map { "\($0)" } ?? value.bool.map { "\($0)" } ?? value.typeName
        return text.count > 200 ? text.prefix(200) + "…" : text
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
