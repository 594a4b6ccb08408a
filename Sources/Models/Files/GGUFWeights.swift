// A GGUF file as a source of weights under Hugging Face's names.

public import Foundation
public import Tensors
public import WeightFiles

/// The weights of a model in a GGUF file.
public final class GGUFWeights: WeightSource {
    public let gguf: GGUFFile
    public let names: WeightNames
    public let paths: [String]
    /// Tensors without a Hugging Face name, such as `rope_freqs.weight`; ask `gguf` for them.
    public let otherNames: [String]
    private let heads: Int
    private let keyValueHeads: Int

    public convenience init(_ url: URL) throws(WeightError) { try self.init(GGUFFile(url)) }

    public init(_ gguf: GGUFFile) throws(WeightError) {
        let path = gguf.file.path
        if gguf.value("general.type")?.string == "adapter" {
            let kind = gguf.value("adapter.type")?.string == "lora" ? "a LoRA adapter" : "an adapter"
            throw WeightError(
                file: path, "\(kind) of a \(gguf.architecture ?? "?") model, and no model",
                hint: "name the base model it belongs to")
        }
        guard let architecture = gguf.architecture else {
            throw WeightError(file: path, "no `general.architecture`: not a model")
        }
        guard let names = ModelFamily.of(gguf)?.names.meant(in: gguf.tensors.map(\.name)) else {
            throw WeightError(
                file: path, "model architecture `\(architecture)` is not supported",
                expected: WeightNames.architectures.joined(separator: ", "))
        }
        self.gguf = gguf
        self.names = names
        heads = try GGUFWeights.headCount(gguf, "attention.head_count", default: nil)
        keyValueHeads = try GGUFWeights.headCount(gguf, "attention.head_count_kv", default: heads)
        let pathsOfEach = gguf.tensors.map {
            names.huggingFaceNames($0.name, parts: $0.shape.rank > 1 && !$0.byteRange.isEmpty ? $0.shape[0] : 0)
        }
        paths = pathsOfEach.flatMap { $0 }
        otherNames = zip(gguf.tensors, pathsOfEach).compactMap { $1.isEmpty ? $0.name : nil }
    }

    public var location: String { gguf.file.path }
    public var warnings: [String] { gguf.warnings }

    /// The directory entry behind `path`; of an expert, or of a head's own norm, its part of the stack.
    public func entry(at path: String) -> StoredTensor? {
        guard let entry = names.ggufName(path).flatMap(gguf.entry) else { return nil }
        guard let part = names.expert(of: path) else { return entry }
        return entry.part(part)
    }
    public var byteCount: Int { paths.reduce(0) { $0 + (entry(at: $1)?.byteRange.count ?? 0) } }
    public func shape(at path: String) -> Shape? { entry(at: path)?.shape }
    public func typeName(at path: String) -> String? { entry(at: path)?.type.name }

    /// How files of the family store the weight called `path`.
    public func form(at path: String) -> StoredForm {
        names.storedForm(path, heads: heads, keyValueHeads: keyValueHeads)
    }

    public func tensor(at path: String) throws(WeightError) -> FrozenTensor {
        guard let entry = entry(at: path) else { throw missing(path) }
        let form = form(at: path)
        let rows = entry.shape.sizes.first ?? 0
        guard form.fits(rows: rows) else {
            throw WeightError(
                file: location, "rows do not split into \(form.rowsWanted)", tensor: entry.name, found: "\(rows)")
        }
        return try gguf.tensor(entry, as: path, form)
    }

    public func releasePages(of path: String) {
        if let entry = entry(at: path) { gguf.releasePages(of: entry) }
    }

    public func releasePages() { gguf.releasePages() }

    public func contentDigest() throws(WeightError) -> String { gguf.contentDigest }

    private static func headCount(_ gguf: GGUFFile, _ key: String, default fallback: Int?) throws(WeightError) -> Int {
        guard let value = gguf.architectureValue(key) else {
            if let fallback { return fallback }
            throw WeightError(file: gguf.file.path, "missing metadata", tensor: "\(gguf.architecture ?? "?").\(key)")
        }
        let heads = value.integer ?? commonValue(value.array?.integers)
        guard let heads, heads > 0, heads < 1 << 20 else {
            throw WeightError(
                file: gguf.file.path, "metadata", tensor: "\(gguf.architecture ?? "?").\(key)",
                expected: "one positive integer",
                found: value.typeName)
        }
        return heads
    }

    /// Some files list the number for each layer.
    private static func commonValue(_ values: [Int]?) -> Int? {
        guard let values, let first = values.first, values.allSatisfy({ $0 == first }) else { return nil }
        return first
    }
}
