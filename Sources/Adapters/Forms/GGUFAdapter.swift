// An adapter as one GGUF file, as llama.cpp reads it beside a model: factors under GGUF's names, B's rows in GGUF's order, and one α,
// of which each module takes its own rank's share. A module of rank r is scaled by α/r; where α is 0, by 1.

internal import Files
public import Foundation
internal import JSON
internal import Models
public import Tensors
public import Vocabulary
internal import WeightFiles

/// A GGUF file that holds a LoRA adapter.
public struct GGUFAdapter: Sendable {
    private let gguf: GGUFFile
    private let architecture: String
    private let alpha: Double
    public let provenance: AdapterProvenance?

    /// What stands after a weight's name.
    private static let parts = [
        (suffix: ".lora_a", state: "lora_A.weight"), (suffix: ".lora_b", state: "lora_B.weight"),
    ]

    private enum Key {
        static let architecture = "general.architecture", type = "general.type", fileType = "general.file_type"
        static let baseCount = "general.base_model.count", baseName = "general.base_model.0.name"
        static let adapterType = "adapter.type", alpha = "adapter.lora.alpha"
        static let invocation = "adapter.alora.invocation_tokens"
        static let quantisation = "general.quantization_version"
        static let provenance = "lathe.provenance"
    }

    private var path: String { gguf.file.path }
}

// MARK: - Reading

extension GGUFAdapter: AdapterForm {
    public static var format: ExportFormat { .ggufLoRA }
    public static var words: String { "a GGUF file of a LoRA adapter" }
    public static var isFolder: Bool { false }
    public static var fileExtension: String? { "gguf" }
    public static var methods: [AdapterMethodKind] { AdapterMethodKind.plainProducts }
    public static var types: [DType] { [.f32, .f16, .bf16, .q8_0] }

    public static func isAt(_ url: URL) throws -> Bool {
        guard try FileForm(at: url) == .file else { return false }
        do throws(SystemError) { return try WholeFile.beginning(of: url.path, count: 4) == Array("GGUF".utf8) } catch {
            throw AdapterError(error)
        }
    }

    public init(_ url: URL) throws {
        let file = try GGUFFile(url)
        func refusal(_ text: String, _ key: String, expected: String? = nil) -> AdapterError {
            AdapterError(
                file: url.path, text, subject: key, expected: expected,
                found: file.value(key).map { $0.string ?? $0.typeName })
        }
        guard file.value(Key.type)?.string == "adapter" else {
            throw refusal("the file holds a model, and no adapter", Key.type, expected: "adapter")
        }
        guard file.value(Key.adapterType)?.string == "lora" else {
            throw refusal("is another kind of adapter", Key.adapterType, expected: "lora")
        }
        guard let architecture = file.architecture else {
            throw refusal("is missing: of which models the adapter is", Key.architecture)
        }
        if file.value(Key.invocation) != nil {
            throw refusal("an adapter that acts only behind certain tokens is not supported", Key.invocation)
        }
        let alpha = file.value(Key.alpha)
        guard alpha == nil || alpha?.double?.isFinite == true else { throw refusal("is no number", Key.alpha) }
        self.init(
            gguf: file, architecture: architecture, alpha: alpha?.double ?? 0,
            provenance: try file.value(Key.provenance)?.string.flatMap { try? JSONValue(parsing: $0) }
                .map { try AdapterProvenance(json: $0) })
    }

    public var decidingFiles: [URL] { [gguf.file.url] }

    public func adapter(for model: AdaptedModel) throws -> AdapterSet {
        guard let names = model.configuration.weightNames, architecture == model.configuration.ggufArchitecture else {
            throw AdapterError(
                file: path, "the adapter is of models of another architecture than the base", subject: Key.architecture,
                expected: model.configuration.ggufArchitecture ?? model.configuration.family, found: architecture)
        }
        var found = FoundFactors(of: .lora, in: path, for: model.layers)
        for entry in gguf.tensors {
            guard let part = Self.parts.first(where: { entry.name.hasSuffix($0.suffix) }) else {
                found.refuse(entry.name, "is no factor of a LoRA adapter")
                continue
            }
            let weight = String(entry.name.dropLast(part.suffix.count))
            if try addStack(entry, part.state, of: weight, names, to: &found) { continue }
            guard let name = names.huggingFaceName(weight), name.hasSuffix(".weight") else {
                found.refuse(entry.name, "belongs to no weight of a \(architecture) model")
                continue
            }
            let isB = part.state == Self.parts[1].state
            let form = isB ? model.storedForm(of: name, names) : .asStored
            guard form.fits(rows: entry.shape.sizes.first ?? 0) else {
                found.refuse(
                    entry.name, "has rows that do not split into \(form.rowsWanted)", found: "\(entry.shape)")
                continue
            }
            found.add(
                FoundTensor(name: entry.name, tensor: try gguf.tensor(entry, as: name, form), isTransposed: false),
                as: part.state, of: String(name.dropLast(7)))
        }
        return try found.adapter { rank in alpha == 0 ? Double(rank) : alpha }
    }
}

extension GGUFAdapter {
    /// Adds the factors of all experts, which lie in one stack; false where `entry` is none.
    private func addStack(
        _ entry: StoredTensor, _ state: String, of weight: String, _ names: WeightNames, to found: inout FoundFactors
    ) throws -> Bool {
        guard entry.shape.rank == 3, !entry.byteRange.isEmpty else { return false }
        let names = names.huggingFaceNames(weight, parts: entry.shape[0])
        guard names.count == entry.shape[0] else { return false }
        for (number, name) in names.enumerated() where name.hasSuffix(".weight") {
            guard let part = entry.part(number) else { return false }
            found.add(
                FoundTensor(name: entry.name, tensor: try gguf.tensor(part, as: name, .asStored), isTransposed: false),
                as: state, of: String(name.dropLast(7)))
        }
        return true
    }

    /// Throws where a stack of experts would have gaps, or parts of several ranks.
    private static func requireWholeStacks(_ adapter: AdapterSet) throws(AdapterError) {
        var ranks: [String: [Int]] = [:]
        for member in adapter.members {
            guard let place = member.parameter, place.parts > 1 else { continue }
            let stack = "\(place.path) \(place.rows)"
            ranks[stack, default: []].append(member.adapter.rank)
            guard ranks[stack]?.first == member.adapter.rank else {
                throw AdapterError(
                    "\(format.rawValue) has one rank for all experts of a layer", subject: member.path,
                    expected: "\(ranks[stack]?.first ?? 0)", found: "\(member.adapter.rank)")
            }
        }
        for member in adapter.members {
            guard let place = member.parameter, place.parts > 1 else { continue }
            guard ranks["\(place.path) \(place.rows)"]?.count == place.parts else {
                throw AdapterError(
                    "\(format.rawValue) has adapters for all experts of a layer or for none", subject: place.path)
            }
        }
    }
}

extension AdaptedModel {
    /// How GGUF files of the model store the weight called `name`.
    fileprivate func storedForm(of name: String, _ names: WeightNames) -> StoredForm {
        guard let shape = configuration.blocks.first?.attention.shape else { return .asStored }
        return names.storedForm(name, heads: shape.heads, keyValueHeads: shape.groups)
    }
}

// MARK: - Writing

extension GGUFAdapter {
    public static func fit(_ adapter: AdapterSet, on model: AdaptedModel) throws(AdapterError) -> AdapterFit {
        try requireRoom(for: adapter.configuration.method)
        try requireNoHead(adapter)
        let notes = adapter.notesOnPlainProducts(), adapter = try adapter.asPlainProducts(on: model)
        try requireNames(of: model)
        guard !adapter.adaptsHead || !model.configuration.isTied else {
            throw AdapterError(
                "\(format.rawValue) has no room for an adapter on a head that is the embedding: llama.cpp finds no weight "
                    + "of that name", subject: LanguageModel.headPath)
        }
        let alphas = try adapter.members.map { member throws(AdapterError) in
            try adapter.scale(of: member) * Double(member.adapter.rank)
        }
        try requireWholeStacks(adapter)
        return .sharing(alphas, of: adapter, as: "scale").noting(notes)
    }

    @discardableResult
    private static func requireNames(
        of model: AdaptedModel
    ) throws(AdapterError) -> (names: WeightNames, architecture: String) {
        guard let names = model.configuration.weightNames, let architecture = model.configuration.ggufArchitecture
        else {
            throw AdapterError("models of family \(model.configuration.family) have no names in GGUF")
        }
        return (names, architecture)
    }

    public static func write(
        _ adapter: AdapterSet, _ notes: AdapterNotes, as type: DType, on model: AdaptedModel, to place: URL
    ) throws -> URL {
        let adapter = try adapter.asPlainProducts(on: model)
        let fit = try fit(adapter, on: model), (names, architecture) = try requireNames(of: model)
        var tensors: [FactorTensor] = [], stacks: [String: [(member: AdapterSet.Member, factor: Float)]] = [:]
        for (member, factor) in zip(adapter.members, fit.factors) where (member.parameter?.parts ?? 1) > 1 {
            names.ggufName(member.path + ".weight").map { stacks[$0, default: []].append((member, factor)) }
        }
        for (member, factor) in zip(adapter.members, fit.factors) {
            let path = member.path + ".weight"
            guard let name = names.ggufName(path) else {
                throw AdapterError(file: place.path, "has no name in GGUF", subject: path)
            }
            if (member.parameter?.parts ?? 1) > 1 {
                tensors += stacks.removeValue(forKey: name).map { Self.stacked($0, name) } ?? []
                continue
            }
            let a = member.adapter.a, b = member.adapter.b, form = model.storedForm(of: path, names)
            tensors += [
                FactorTensor(name: name + parts[0].suffix, shape: [a.rows, a.columns]) { Array(a.floats) },
                FactorTensor(name: name + parts[1].suffix, shape: [b.rows, b.columns]) {
                    b.stored(as: form, times: factor)
                },
            ]
        }
        let writer = try GGUFWriter(
            place, metadata: metadata(architecture, notes, type, alpha: Float(fit.shared ?? 1)),
            entries: tensors.map { $0.entry(type) })
        for tensor in tensors {
            try tensor.bytes(as: type).withUnsafeBytes { try writer.write($0) }
        }
        return try writer.finish()
    }

    /// The factors of all experts, one after the other: network order is that of their numbers.
    private static func stacked(_ parts: [(member: AdapterSet.Member, factor: Float)], _ name: String) -> [FactorTensor]
    {
        let (a, b) = (parts[0].member.adapter.a, parts[0].member.adapter.b)
        return [
            FactorTensor(name: name + Self.parts[0].suffix, shape: [parts.count, a.rows, a.columns]) {
                parts.flatMap { Array($0.member.adapter.a.floats) }
            },
            FactorTensor(name: name + Self.parts[1].suffix, shape: [parts.count, b.rows, b.columns]) {
                parts.flatMap { $0.member.adapter.b.stored(as: .asStored, times: $0.factor) }
            },
        ]
    }

    private static func metadata(
        _ architecture: String, _ notes: AdapterNotes, _ type: DType, alpha: Float
    ) -> [(key: String, value: GGUFValue)] {
        func text(_ text: String) -> GGUFValue { .string(Array(text.utf8)) }
        // As ggml numbers them.
        let fileTypes: [DType: UInt32] = [.f16: 1, .bf16: 32, .q8_0: 7], fileType = fileTypes[type] ?? 0
        var metadata: [(key: String, value: GGUFValue)] = [
            (Key.architecture, text(architecture)), (Key.type, text("adapter")), (Key.adapterType, text("lora")),
            (Key.fileType, .uint32(fileType)), (Key.alpha, .float32(alpha)),
        ]
        if type.isQuantised { metadata.append((Key.quantisation, .uint32(2))) }
        if let name = notes.provenance.baseName {
            metadata += [(Key.baseCount, .uint32(1)), (Key.baseName, text(name))]
        }
        return metadata + [(Key.provenance, text(JSONValue.object(notes.provenance.json).text()))]
    }
}

extension Matrix {
    /// The numbers, multiplied by `factor`, with their rows in the order in which GGUF stores them.
    fileprivate func stored(as form: StoredForm, times factor: Float) -> [Float] {
        let numbers = floats
        var result = [Float](repeating: 0, count: count)
        for row in 0..<rows {
            let to = form.storedRow(row, of: rows) * columns, from = row * columns
            for column in 0..<columns { result[to + column] = numbers[from + column] * factor }
        }
        return result
    }
}
