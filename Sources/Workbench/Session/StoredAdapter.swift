// An adapter as it lies on disk, read once: what is noted of it decides how rows are rendered, before its numbers go on
// a model.

internal import Adapters
internal import Checkpoints
internal import Digests
internal import Files
internal import Foundation
internal import JSON
internal import Models
internal import Spelling
internal import Training
internal import WeightFiles

/// An adapter read from a PEFT directory or a Lathe checkpoint.
struct StoredAdapter {
    /// What is noted of how it was trained; nil where nothing is.
    let provenance: AdapterProvenance?
    private let content: Content

    private enum Content {
        case folder(PEFTDirectory)
        case checkpoint(TrainingSnapshot, AdapterConfiguration)
    }

    /// - Throws: where nothing that is an adapter stands at `path`.
    init(_ path: String) throws {
        try Failure.requireExists(path, "the adapter")
        let url = URL(fileURLWithPath: path)
        guard !path.hasSuffix(".h5") else {
            let snapshot = try Checkpoint.read(url)
            let json = try JSONValue(parsing: snapshot.identity.adapterConfiguration)
            content = .checkpoint(snapshot, try AdapterConfiguration(peft: json))
            provenance = json["lathe_provenance"].map { AdapterProvenance(json: $0) }
            return
        }
        guard try FileForm(at: path) == .folder else { throw Self.noAdapter(path) }
        try NamedFolder(path).requireAdapter()
        try Failure.requireExists(path + "/adapter_config.json", "the adapter's")
        let directory = try PEFTDirectory(url)
        content = .folder(directory)
        provenance = directory.provenance
    }

    private static func noAdapter(_ path: String) -> Failure {
        if path.lowercased().hasSuffix(".gguf") {
            return Failure(
                .badInput, "the adapter \(path: path) is a GGUF file, and adapters in GGUF are not read",
                hint: "name the PEFT folder that it was made from")
        }
        return Failure(
            .badInput, "the adapter \(path: path) is neither a PEFT folder nor a checkpoint (.h5)",
            hint: "a run writes its adapter to checkpoints/NAME/adapter")
    }

    /// The adapter on `model`.
    func attached(to model: LanguageModel, _ base: OpenedModel) throws -> AttachedAdapter {
        let set: AdapterSet
        switch content {
        case .folder(let directory): set = try AdapterSet(directory, for: model)
        case .checkpoint(let snapshot, let configuration):
            set = try AdapterSet(configuration, for: model)
            // What a run hands on are the values of its best evaluation, where it had one.
            try set.load(snapshot.parameters.map { ($0.name, $0.rows, $0.columns, $0.bestValues ?? $0.values) })
        }
        set.attach(to: model)
        return AttachedAdapter(set: set, provenance: provenance, warnings: try provenance?.warnings(on: base) ?? [])
    }

    /// SHA-256 of what an adapter holds, wherever it lies.
    static func digest(_ path: String) throws -> String {
        let url = URL(fileURLWithPath: path)
        if path.hasSuffix(".h5") { return try MappedFile(url).digest }
        let digests = try ["adapter_config.json", "adapter_model.safetensors"].map { name in
            try MappedFile(url.appendingPathComponent(name)).digest
        }
        return SHA256.hex(of: digests.joined(separator: " "))
    }
}

/// An adapter on its model.
struct AttachedAdapter {
    let set: AdapterSet
    /// Where it comes from, as far as that is known.
    let provenance: AdapterProvenance?
    /// What the person should know before trusting numbers: another base than the adapter was trained on.
    var warnings: [String] = []
}

extension AdapterProvenance {
    /// What of `base` is another than the adapter was trained on, in whole sentences.
    fileprivate func warnings(on base: OpenedModel) throws -> [String] {
        var warnings: [String] = []
        let digest = try base.weights.contentDigest()
        if let trained = baseDigest, trained != digest {
            warnings.append(
                "the adapter was trained on \(baseName ?? "another base") "
                    + "(\(baseQuantisation ?? "unknown types"), sha256 \(trained.prefix(12))…), this base is "
                    + "\(path: base.path) (\(base.weights.quantisationSummary), sha256 \(digest.prefix(12))…)")
        }
        if let template = templateDigest, template != base.templateDigest {
            warnings.append("the adapter was trained with another chat template than this model's")
        }
        return warnings
    }
}

extension MappedFile {
    /// SHA-256 of the file's bytes.
    var digest: String { withExtendedLifetime(self) { SHA256.hex(of: bytes) } }
}
