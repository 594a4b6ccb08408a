// A PEFT adapter directory as it lies on disk: its configuration, its tensors and where it comes from.

internal import Files
public import Foundation
import JSON
import Kernels
import Models
public import Tensors
public import Vocabulary
public import WeightFiles

/// A directory with `adapter_config.json` and `adapter_model.safetensors`.
public struct PEFTDirectory: Sendable {
    public let url: URL
    public let configuration: AdapterConfiguration
    /// PEFT's `base_model_name_or_path`.
    public let baseName: String?
    /// What Lathe noted beside it; nil for an adapter of other origin.
    public let provenance: AdapterProvenance?
    /// Whether what its head answers follows from the head's size alone.
    private let isHeadGuessed: Bool
    /// What its configuration says of training that is not done here.
    private let trainingNotes: [String]
    /// The file with the factors.
    public let weights: SafetensorsFile
    /// Of the directions of a module, by the path of their values, those that the file holds; a module that is not there has all.
    let heldDirections: [String: [Bool]]

    static let configurationName = "adapter_config.json"
    static let weightsName = "adapter_model.safetensors"
    /// What PEFT puts before the module's path.
    static let keyPrefix = "base_model.model."
    /// What it puts before the name of what all modules share.
    static let sharedPrefix = "base_model."

    /// Opens the directory; reads no factor yet.
    public init(_ url: URL) throws {
        let configurationURL = url.appendingPathComponent(Self.configurationName)
        let json = try JSONFile.read(configurationURL)
        var configuration: AdapterConfiguration
        do throws(AdapterError) { configuration = try AdapterConfiguration(peft: json) } catch {
            throw error.located(configurationURL.path)
        }
        let weightsURL = url.appendingPathComponent(Self.weightsName)
        if try FileForm(at: weightsURL) == nil {
            let pickle = url.appendingPathComponent("adapter_model.bin")
            throw AdapterError(
                file: weightsURL.path,
                try FileForm(at: pickle) != nil
                    ? "is missing: adapter_model.bin is a pickle, save the adapter as safetensors" : "is missing",
                kind: .missingInput)
        }
        let provenanceURL = url.appendingPathComponent(AdapterProvenance.fileName)
        // Assigned, not chosen by `?:`, where nil would be JSON's null.
        var noted: JSONValue?
        if try FileForm(at: provenanceURL) != nil { noted = try JSONFile.read(provenanceURL) }
        self.url = url
        baseName = json["base_model_name_or_path"]?.string
        do throws(AdapterError) {
            provenance = try noted.map { json throws(AdapterError) in try AdapterProvenance(json: json) }
        } catch { throw error.located(provenanceURL.path) }
        weights = try SafetensorsFile(weightsURL)
        if configuration.head == nil { configuration.head = provenance?.head }
        let guessed =
            configuration.head == nil ? try Self.head(json, weights, configurationURL.path) : nil
        if let guessed { configuration.head = guessed }
        isHeadGuessed = guessed != nil
        if let head = configuration.head {
            configuration.beside.modules =
                guessed != nil ? [] : configuration.beside.modules.filter { !head.isPEFTs($0) }
        }
        heldDirections = try Self.heldDirections(json, configuration, configurationURL.path)
        try Self.requireProjection(json, configuration, weights, configurationURL.path)
        trainingNotes = FieldTable.peft(AdapterMethod.of(configuration.method).words)
            .trainingNotes(on: json.object ?? JSONObject())
        self.configuration = configuration
    }

    private static func heldDirections(
        _ json: JSONValue, _ configuration: AdapterConfiguration, _ place: String
    ) throws(AdapterError) -> [String: [Bool]] {
        guard let key = AdapterMethod.of(configuration.method).words.heldDirections?.key, let found = json[key],
            found != .null
        else { return [:] }
        guard let modules = found.object else {
            throw AdapterError(
                file: place, "must say by module which ranks are there", subject: key, found: found.text())
        }
        var held: [String: [Bool]] = [:]
        for (path, value) in modules.members {
            let flags = value.array?.map(\.bool) ?? [nil]
            guard !flags.contains(nil), flags.count == configuration.rank else {
                throw AdapterError(
                    file: place, "\(key).\(path) must say of each of \(configuration.rank) ranks whether it is there")
            }
            held[path] = flags.compactMap { $0 }
        }
        return held
    }

    /// Throws where what all modules share was not saved: nobody else draws it as it was drawn.
    private static func requireProjection(
        _ json: JSONValue, _ configuration: AdapterConfiguration, _ weights: SafetensorsFile, _ place: String
    ) throws(AdapterError) {
        let shared = AdapterMethod.of(configuration.method).knownStates.filter(\.isShared).map {
            sharedPrefix + $0.name
        }
        guard json["save_projection"] == false, let missing = shared.first(where: { !weights.names.contains($0) })
        else { return }
        throw AdapterError(
            file: place, "leaves \(missing) out of the file: save the adapter again with save_projection=True",
            subject: "save_projection", found: "false")
    }

    /// The head that `modules_to_save` names, by its tensors; nil where it names none. What its outputs mean stands nowhere.
    private static func head(
        _ json: JSONValue, _ weights: SafetensorsFile, _ place: String
    ) throws(AdapterError) -> SavedHead? {
        let named = json["modules_to_save"]?.array?.compactMap(\.string) ?? []
        guard !named.isEmpty, SavedHead.peftTasks.contains(json["task_type"]?.string ?? "") else { return nil }
        // What no adapter is named after is a layer that was trained whole; that of the answers is the module itself, or its end.
        let layers = weights.tensors.compactMap { layer($0, among: named, weights) }
        // Of several such the one with the fewest outputs: a network below the answers keeps the width.
        let candidates = layers.filter { layer in
            named.contains { layer.path == $0 || layer.path == $0 + ".out_proj" }
        }
        if let answers = candidates.min(by: { $0.outputs < $1.outputs }) {
            let isTagging = json["task_type"]?.string == "TOKEN_CLS", outputs = answers.outputs
            return SavedHead(
                task: isTagging ? .tag : outputs == 1 ? .regress : .classify, path: answers.path,
                inputSize: answers.inputSize, outputs: outputs, hasBias: answers.hasBias,
                labels: !isTagging && outputs == 1 ? [] : SavedHead.madeUpLabels(outputs),
                below: layers.filter { $0.path != answers.path })
        }
        throw AdapterError(
            file: place,
            "none of these has one weight in the file, as the head of a task has: "
                + named.joined(separator: ", "))
    }

    /// The layer whose weight `tensor` is; nil where it is none that was trained whole.
    private static func layer(
        _ tensor: StoredTensor, among modules: [String], _ weights: SafetensorsFile
    ) -> SavedHead.Layer? {
        guard tensor.name.hasPrefix(keyPrefix), tensor.name.hasSuffix(".weight"), tensor.shape.rank == 2,
            !AdapterMethod.all.flatMap(\.knownStates).contains(where: { tensor.name.contains($0.stem) })
        else { return nil }
        let path = String(tensor.name.dropFirst(keyPrefix.count).dropLast(".weight".count))
        // PEFT takes each module whose path ends in one of the names, and what is below it.
        guard
            modules.contains(where: { name in
                path.hasSuffix(name) || path.split(separator: ".").dropLast().joined(separator: ".").hasSuffix(name)
            })
        else { return nil }
        return SavedHead.Layer(
            path, inputSize: tensor.shape[1], outputs: tensor.shape[0],
            hasBias: weights.tensors.contains { $0.name == keyPrefix + path + ".bias" })
    }

    private static func bare(_ key: String) -> String {
        key.hasPrefix(keyPrefix) ? String(key.dropFirst(keyPrefix.count)) : key
    }

    /// Weights of the base itself, which PEFT repeats where an adapter stands on the head or the embedding.
    private var copiesOfBase: [String] { weights.names.filter { $0.hasSuffix(".base_layer.weight") } }

    /// What a key means: its slot, the adapter's name where the key holds it, as keys of a whole `state_dict` do
    /// (`….q_proj.lora_A.default.weight`), and whether it is a vector.
    private func slot(of key: String) -> (name: String, adapter: String?, isVector: Bool) {
        let type = AdapterMethod.of(configuration.method).words.type
        let states = AdapterMethod.all.filter { $0.words.type == type }.flatMap(\.knownStates)
        if let state = states.first(where: { $0.isShared && (Self.sharedPrefix + $0.name == key) }) {
            return (state.name, nil, state.isVector)
        }
        let path = Self.bare(key)
        if configuration.head?.layers.contains(where: { path == $0.path + ".bias" }) ?? false {
            return (path, nil, true)
        }
        for state in states where !state.isShared {
            guard let place = path.range(of: state.stem, options: .backwards) else { continue }
            let rest = path[place.upperBound...]
            // Only what is a module of its own in PEFT ends so.
            let isNamed = state.name.hasSuffix(".weight") || state.isVector
            let adapter = rest.hasSuffix(".weight") && isNamed ? rest.dropLast(7) : state.hasPlainName ? rest : nil
            guard let adapter, adapter.isEmpty || adapter.hasPrefix(".") else { continue }
            let name = path[..<place.lowerBound] + "." + state.name
            return (String(name), adapter.isEmpty ? nil : String(adapter.dropFirst()), state.isVector)
        }
        return (path, nil, false)
    }

    /// All factors by slot name, in fp32.
    public func values() throws -> [(name: String, rows: Int, columns: Int, numbers: [Float])] {
        var problems: [AdapterError.Problem] = []
        var values: [(name: String, rows: Int, columns: Int, numbers: [Float])] = []
        var slots = Set<String>()
        var adapters = Set<String>()
        for name in weights.repeatedNames { problems.append(AdapterError.Problem("stands twice", subject: name)) }
        for key in weights.names {
            guard let tensor = try weights.tensor(key) else { continue }
            var (name, adapter, isVector) = slot(of: key)
            // Norms and biases that are trained with the factors are vectors, whatever they are called.
            if !configuration.beside.isEmpty, adapter == nil, name == Self.bare(key), tensor.shape.rank == 1 {
                isVector = true
            }
            if key.contains("lora_embedding_") {
                problems.append(AdapterError.Problem("is not supported", subject: key))
            } else if ![.f32, .f16, .bf16].contains(tensor.dtype) {
                problems.append(
                    AdapterError.Problem(
                        "has an unsupported type", subject: key, expected: "F32, F16 or BF16",
                        found: tensor.dtype.rawValue))
            } else if copiesOfBase.contains(key) {
                continue
            } else if tensor.shape.rank != (isVector ? 1 : 2) {
                problems.append(
                    AdapterError.Problem(
                        isVector ? "is not a vector" : "is not a matrix", subject: key, found: "\(tensor.shape)"))
            } else {
                if let adapter { adapters.insert(adapter) }
                if !slots.insert(name).inserted {
                    problems.append(AdapterError.Problem("stands twice, under two keys", subject: name))
                }
                let (rows, columns) = isVector ? (1, tensor.shape[0]) : (tensor.shape[0], tensor.shape[1])
                values.append((name, rows, columns, Widening.floats(tensor)))
            }
        }
        if adapters.count > 1 {
            problems.append(
                AdapterError.Problem(
                    "holds several adapters, and only one can be meant", expected: "one",
                    found: adapters.sorted().joined(separator: ", ")))
        }
        guard problems.isEmpty else { throw AdapterError(file: weights.file.url.path, problems: problems) }
        return values
    }
}

// MARK: - As a form

extension PEFTDirectory: AdapterForm {
    public static var format: ExportFormat { .peft }
    public static var words: String { "a PEFT folder" }
    public static var isFolder: Bool { true }
    public static var fileExtension: String? { nil }
    public static var methods: [AdapterMethodKind] { AdapterMethodKind.allCases }
    public static var types: [DType] { [.f32, .f16, .bf16] }

    public static func isAt(_ url: URL) throws -> Bool {
        guard try FileForm(at: url) == .folder else { return false }
        return try Folder.holds(configurationName, in: url) && !MLXDirectory.isAt(url)
    }

    public var head: SavedHead? { configuration.head }
    public var virtualTokens: Int { configuration.virtualTokens }

    public var warnings: [String] {
        let copies = copiesOfBase.map {
            "the adapter's \(Self.bare($0)) is not read: it repeats a weight of the base, and the base's own counts"
        }
        guard isHeadGuessed, let head else { return copies + trainingNotes }
        return copies + trainingNotes + [
            "the adapter does not say what its head \(head.path) answers: by its size it is taken for task: "
                + head.task.rawValue
                + (head.labels.isEmpty ? "" : ", its labels for \(head.labels[0]) to \(head.labels[head.outputs - 1])")
        ]
    }

    public var decidingFiles: [URL] {
        [Self.configurationName, Self.weightsName].map { url.appendingPathComponent($0) }
    }

    public func adapter(for model: AdaptedModel) throws -> AdapterSet {
        try AdapterSet(self, for: model.layers, beside: model.parameters)
    }

    public static func fit(_ adapter: AdapterSet, on model: AdaptedModel) throws(AdapterError) -> AdapterFit {
        try requireRoom(for: adapter.configuration.method)
        let isShared = adapter.members.contains { $0.parameter?.isShared ?? false }
        guard adapter.configuration.sharesFactors || !isShared else {
            throw AdapterError(
                "\(format.rawValue) has one factor A for an expert's gate and up, and these have one each: merge it, or take "
                    + "\(ExportFormat.ggufLoRA.rawValue)", subject: "lora_A")
        }
        return .asItIs(adapter)
    }

    public static func write(
        _ adapter: AdapterSet, _ notes: AdapterNotes, as type: DType, on model: AdaptedModel, to place: URL
    ) throws -> URL {
        try adapter.writePEFT(into: place, notes, as: type)
        return place
    }
}

extension AdapterState {
    /// What of a key is the state's name, in any spelling of the rest.
    fileprivate var stem: String { "." + (hasPlainName ? name : String(name.dropLast(7))) }

    /// Whether PEFT keeps it as a parameter, and not as a module with a weight.
    fileprivate var hasPlainName: Bool { !name.hasSuffix(".weight") }
}
