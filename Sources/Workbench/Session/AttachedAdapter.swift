// An adapter from disk, on its model.

internal import Adapters
internal import Checkpoints
internal import Digests
internal import Files
internal import Foundation
internal import JSON
internal import Models
internal import Recipes
internal import Spelling
internal import Training
internal import WeightFiles

/// An adapter read from a PEFT directory or a Lathe checkpoint and attached to a model.
struct AttachedAdapter {
    let path: String
    let set: AdapterSet
    let provenance: AdapterProvenance?
    /// What the person should know before trusting numbers: another base than the adapter was trained on.
    let warnings: [String]

    init(_ path: String, to model: LanguageModel, base: OpenedModel) throws {
        try Failure.requireExists(path, "the adapter")
        self.path = path
        let url = URL(fileURLWithPath: path)
        if path.hasSuffix(".h5") {
            (set, provenance) = try Self.fromCheckpoint(url, model)
        } else {
            guard try FileForm(at: path) == .folder else {
                if path.lowercased().hasSuffix(".gguf") {
                    throw Failure(
                        .badInput, "the adapter \(path) is a GGUF file, and adapters in GGUF are not read",
                        hint: "name the PEFT folder that it was made from")
                }
                throw Failure(
                    .badInput, "the adapter \(path) is neither a PEFT folder nor a checkpoint (.h5)",
                    hint: "a run writes its adapter to checkpoints/NAME/adapter")
            }
            try NamedFolder(path).requireAdapter()
            try Failure.requireExists(path + "/adapter_config.json", "the adapter's")
            let directory = try PEFTDirectory(url)
            set = try AdapterSet(directory, for: model)
            provenance = directory.provenance
        }
        set.attach(to: model)
        warnings = try Self.warnings(provenance, base)
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

    private static func fromCheckpoint(_ url: URL, _ model: LanguageModel) throws -> (AdapterSet, AdapterProvenance?) {
        let snapshot = try Checkpoint.read(url)
        let json = try JSONValue(parsing: snapshot.identity.adapterConfiguration)
        let set = try AdapterSet(AdapterConfiguration(peft: json), for: model)
        // What a run hands on are the values of its best evaluation, where it had one.
        try set.load(snapshot.parameters.map { ($0.name, $0.rows, $0.columns, $0.bestValues ?? $0.values) })
        return (set, json["lathe_provenance"].map { AdapterProvenance(json: $0) })
    }

    private static func warnings(_ provenance: AdapterProvenance?, _ base: OpenedModel) throws -> [String] {
        guard let provenance else { return [] }
        var warnings: [String] = []
        let digest = try base.weights.contentDigest()
        if let trained = provenance.baseDigest, trained != digest {
            warnings.append(
                "the adapter was trained on \(provenance.baseName ?? "another base") "
                    + "(\(provenance.baseQuantisation ?? "unknown types"), sha256 \(trained.prefix(12))…), this base is "
                    + "\(base.path) (\(base.weights.quantisationSummary), sha256 \(digest.prefix(12))…)")
        }
        if let template = provenance.templateDigest, template != base.templateDigest {
            warnings.append("the adapter was trained with another chat template than this model's")
        }
        return warnings
    }
}

extension AdapterConfiguration {
    /// The adapter that a recipe asks for.
    init(_ section: AdapterSection, linearPaths: [String]) throws {
        var targets: AdapterTargets =
            switch section.targetModules {
            case .allLinear: .allLinear
            case .patterns(let patterns): .patterns(patterns)
            }
        try Self.naming("adapter.target_modules: ") { _ = try TargetCoverage(targets, paths: linearPaths) }
        if let layers = section.layers {
            func block(_ path: String) -> Int? { path.split(separator: ".").compactMap { Int($0) }.first }
            let targeted = try TargetCoverage(targets, paths: linearPaths).matched
            let absent = Set(layers).subtracting(targeted.compactMap(block)).sorted()
            guard absent.isEmpty else {
                let last = linearPaths.compactMap(block).max() ?? 0
                throw Failure(
                    .badInput,
                    "adapter.layers: no target module stands in "
                        + "\(Count.noun(absent.count, "block")) \(absent.map { String($0) }.joined(separator: ", "))",
                    hint: "the model's blocks are numbered from 0 to \(last)")
            }
            targets = .patterns(targeted.filter { block($0).map(layers.contains) ?? false })
        }
        self.init(
            method: section.method, rank: section.r, alpha: section.alpha, dropout: section.dropout,
            usesRankStabilisation: section.useRSLoRA,
            targets: targets,
            rankOverrides: section.rankPattern.map { Override(pattern: $0.pattern, value: $0.value) },
            alphaOverrides: section.alphaPattern.map { Override(pattern: $0.pattern, value: $0.value) })
        try Self.naming("adapter.") { try requireEffect(on: linearPaths) }
    }

    /// Puts the key of a recipe before what an error is about.
    private static func naming(_ key: String, _ check: () throws -> Void) throws {
        do { try check() } catch var error as AdapterError {
            for index in error.problems.indices {
                error.problems[index].subject = key + (error.problems[index].subject ?? "")
            }
            throw error
        }
    }
}

extension MappedFile {
    /// SHA-256 of the file's bytes.
    var digest: String { withExtendedLifetime(self) { SHA256.hex(of: bytes) } }
}
