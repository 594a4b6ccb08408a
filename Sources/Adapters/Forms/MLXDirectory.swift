// An adapter as a folder that mlx-lm reads: `adapters.safetensors`, factors transposed, and its own `adapter_config.json` with one
// rank and one scale for all modules. What that file says of training is of no effect on what the adapter computes.

internal import Files
public import Foundation
internal import JSON
internal import Models
public import Tensors
public import Vocabulary
public import WeightFiles

/// A folder with `adapters.safetensors` and mlx-lm's `adapter_config.json`.
public struct MLXDirectory: Sendable {
    private let url: URL
    /// The file with the factors.
    public let weights: SafetensorsFile
    public let method: AdapterMethodKind
    /// Of all modules.
    public let rank: Int
    /// The factor of B·A in all modules.
    public let scale: Double
    private let dropout: Double
    public let provenance: AdapterProvenance?

    private static let configurationName = "adapter_config.json"
    private static let weightsName = "adapters.safetensors"
    private static let provenanceKey = "lathe_provenance"

    /// What mlx-lm calls a factor, after the module's path.
    private static let parts = [
        (suffix: "lora_a", state: "lora_A.weight"), (suffix: "lora_b", state: "lora_B.weight"),
        (suffix: "m", state: "lora_magnitude_vector"),
    ]

    /// What mlx-lm calls the methods that both know.
    private static let methodNames: [(method: AdapterMethodKind, name: String)] = [(.lora, "lora"), (.dora, "dora")]
}

// MARK: - Reading

extension MLXDirectory: AdapterForm {
    public static var format: ExportFormat { .mlx }
    public static var words: String { "an MLX folder" }
    public static var isFolder: Bool { true }
    public static var fileExtension: String? { nil }
    public static var methods: [AdapterMethodKind] { AdapterMethodKind.plainProducts + [.dora] }
    public static var types: [DType] { [.f32, .f16, .bf16] }

    public static func isAt(_ url: URL) throws -> Bool {
        guard try FileForm(at: url) == .folder, try Folder.holds(configurationName, in: url) else { return false }
        // PEFT's file has the same name, and says whose it is.
        let json = try? JSONFile.read(url.appendingPathComponent(configurationName))
        guard json?["peft_type"] == nil else { return false }
        return try json?["lora_parameters"] != nil || Folder.holds(weightsName, in: url)
    }

    public init(_ url: URL) throws {
        let place = url.appendingPathComponent(Self.configurationName)
        let json = try JSONFile.read(place)
        var fields = MLXFields(json)
        let kind = fields.kind(Self.methodNames.map(\.name))
        rank = fields.rank()
        scale = fields.scale()
        dropout = fields.dropout()
        guard fields.problems.isEmpty else { throw AdapterError(file: place.path, problems: fields.problems) }
        method = Self.methodNames.first { $0.name == kind }?.method ?? .lora
        let file = url.appendingPathComponent(Self.weightsName)
        guard try FileForm(at: file) != nil else {
            throw AdapterError(file: file.path, "is missing", kind: .missingInput)
        }
        weights = try SafetensorsFile(file)
        provenance = try json[Self.provenanceKey].map { try AdapterProvenance(json: $0) }
        self.url = url
    }

    public var decidingFiles: [URL] {
        [Self.configurationName, Self.weightsName].map { url.appendingPathComponent($0) }
    }

    public func adapter(for model: AdaptedModel) throws -> AdapterSet {
        var found = FoundFactors(of: method, in: weights.file.url.path, for: model.layers)
        for name in weights.repeatedNames { found.refuse(name, "stands twice") }
        for name in weights.names {
            guard let tensor = try weights.tensor(name) else { continue }
            let dot = name.lastIndex(of: ".") ?? name.startIndex
            guard let part = Self.parts.first(where: { name[dot...] == "." + $0.suffix }) else {
                found.refuse(name, "is no factor of an adapter")
                continue
            }
            let factor = FoundTensor(name: name, tensor: tensor, isTransposed: true)
            if part.state.hasSuffix("A.weight"), tensor.shape.rank == 2, factor.rows != rank {
                found.refuse(
                    name, "has another rank than lora_parameters.rank", expected: "\(rank)", found: "\(factor.rows)")
                continue
            }
            found.add(factor, as: part.state, of: String(name[..<dot]))
        }
        return try found.adapter(dropout: dropout) { scale * Double($0) }
    }
}

/// What mlx-lm reads of its `adapter_config.json`, with what is wrong about it.
private struct MLXFields {
    private let json: JSONValue
    private(set) var problems: [AdapterError.Problem] = []

    init(_ json: JSONValue) { self.json = json }

    private var parameters: JSONValue? { json["lora_parameters"] }

    private mutating func note(_ text: String, _ key: String, expected: String? = nil, found: JSONValue?) {
        problems.append(
            AdapterError.Problem(text, subject: key, expected: expected, found: found?.text() ?? "nothing"))
    }

    /// Where the file is silent, mlx-lm takes it for LoRA.
    mutating func kind(_ known: [String]) -> String {
        let found = json["fine_tune_type"] ?? "lora"
        if let name = found.string, known.contains(name) { return name }
        if found == "full" {
            note("the folder holds whole weights, and no adapter", "fine_tune_type", found: found)
        } else {
            note("is not supported", "fine_tune_type", expected: known.joined(separator: " or "), found: found)
        }
        return known[0]
    }

    mutating func rank() -> Int {
        guard let rank = parameters?["rank"]?.integer, rank > 0 else {
            note("must be a whole number above 0", "lora_parameters.rank", found: parameters?["rank"])
            return 1
        }
        return rank
    }

    mutating func scale() -> Double {
        if let alpha = parameters?["alpha"], !alpha.isNull {
            // Of one file the early and the later mlx-lm compute two adapters.
            note(
                "is not supported: early mlx-lm multiplied lora_parameters.scale with alpha/rank, later ones pass it over; "
                    + "leave it out, with the scale that was trained in lora_parameters.scale", "lora_parameters.alpha",
                found: alpha)
        }
        guard let scale = parameters?["scale"]?.double, Float(scale).isFinite else {
            note("must be a number", "lora_parameters.scale", found: parameters?["scale"])
            return 1
        }
        return scale
    }

    mutating func dropout() -> Double {
        switch parameters?["dropout"] {
        case nil, .null: return 0
        case let value?:
            guard let dropout = value.double, dropout >= 0, dropout < 1 else {
                note("must be at least 0 and below 1", "lora_parameters.dropout", found: value)
                return 0
            }
            return dropout
        }
    }
}

// MARK: - Writing

extension MLXDirectory {
    public static func fit(_ adapter: AdapterSet, on model: AdaptedModel) throws(AdapterError) -> AdapterFit {
        try requireRoom(for: adapter.configuration.method)
        try requireNoHead(adapter)
        let notes = adapter.notesOnPlainProducts(), adapter = try adapter.asPlainProducts(on: model)
        guard !adapter.adaptsHead || !model.configuration.isTied else {
            throw AdapterError(
                "\(format.rawValue) has no room for an adapter on a head that is the embedding: it would change the "
                    + "embedding too", subject: LanguageModel.headPath)
        }
        if let place = adapter.members.lazy.compactMap(\.parameter).first {
            throw AdapterError(
                "\(format.rawValue) has no room for adapters on experts and their router: merge it, or take "
                    + "\(ExportFormat.peft.rawValue)", subject: place.path)
        }
        let scales = try adapter.members.map { member throws(AdapterError) in try adapter.scale(of: member) }
        return .sharing(scales, rank: adapter.members.map(\.adapter.rank).max() ?? 1, of: adapter, as: "scale")
            .noting(notes)
    }

    public static func write(
        _ adapter: AdapterSet, _ notes: AdapterNotes, as type: DType, on model: AdaptedModel, to place: URL
    ) throws -> URL {
        let adapter = try adapter.asPlainProducts(on: model)
        let fit = try fit(adapter, on: model), rank = fit.rank ?? adapter.configuration.rank
        let tensors = zip(adapter.members, fit.factors).flatMap { member, factor in
            let adapter = member.adapter
            return zip(parts, [adapter.a, adapter.b] + adapter.own.map(\.values)).map { part, values in
                tensor(
                    "\(member.path).\(part.suffix)", part.state, values, rank: rank, times: factor)
            }
        }
        try tensors.sorted { $0.name < $1.name }.writeSafetensors(
            as: type, to: place.appendingPathComponent(weightsName), metadata: [("format", "mlx")])
        try JSONFile.write(
            configuration(adapter, notes, model, rank: rank, scale: fit.shared ?? 1),
            to: place.appendingPathComponent(configurationName))
        return place
    }

    /// One factor as mlx-lm has it, filled up with zeros to `rank`.
    private static func tensor(
        _ name: String, _ state: String, _ values: Matrix, rank: Int, times factor: Float
    ) -> FactorTensor {
        let (rows, columns) = (values.rows, values.columns)
        switch state {
        case "lora_A.weight":
            // Of `[in, rank]` each row is a column of A.
            return FactorTensor(name: name, shape: [columns, rank]) {
                let padding = [Float](repeating: 0, count: (rank - rows) * columns)
                return (Array(values.floats) + padding).transposed(rows: rank, columns: columns)
            }
        case "lora_B.weight":
            return FactorTensor(name: name, shape: [rank, rows]) {
                values.floats.map { $0 * factor }.transposed(rows: rows, columns: columns)
                    + [Float](repeating: 0, count: (rank - columns) * rows)
            }
        default:
            return FactorTensor(name: name, shape: [values.count]) { Array(values.floats) }
        }
    }

    private static func configuration(
        _ adapter: AdapterSet, _ notes: AdapterNotes, _ model: AdaptedModel, rank: Int, scale: Double
    ) -> JSONObject {
        let method = adapter.configuration.method
        let (keys, blocks) = targets(adapter, blocks: model.configuration.layers)
        return JSONObject([
            ("fine_tune_type", methodNames.first { $0.method == method }.map { .string($0.name) } ?? .null),
            (
                "lora_parameters",
                [
                    "rank": .integer(rank), "scale": .double(scale), "dropout": .double(adapter.configuration.dropout),
                    "keys": .array(keys.map { .string($0) }),
                ]
            ),
            ("model", notes.baseName.map { .string($0) } ?? .null),
            ("num_layers", .integer(blocks)),
            (provenanceKey, .object(notes.provenance.json)),
        ])
    }

    /// What mlx-lm must be told so that it adapts exactly the modules of `adapter`: names inside a block and the number of blocks,
    /// counted from the last, where each of these has the same modules; else whole paths, which it takes too.
    private static func targets(_ adapter: AdapterSet, blocks: Int) -> (keys: [String], blocks: Int) {
        let prefix = "model.layers."
        let paths = adapter.members.map(\.path)
        var names: [Int: [String]] = [:]
        for path in paths {
            let parts = path.dropFirst(prefix.count).split(separator: ".", maxSplits: 1)
            guard path.hasPrefix(prefix), parts.count == 2, let block = Int(parts[0]) else { return (paths, blocks) }
            names[block, default: []].append(String(parts[1]))
        }
        let adapted = names.keys.sorted()
        guard let last = adapted.last, let common = names[last], last == blocks - 1,
            adapted == Array((blocks - adapted.count)..<blocks), names.values.allSatisfy({ $0 == common })
        else { return (paths, blocks) }
        return (common, adapted.count)
    }
}
