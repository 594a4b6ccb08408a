// An adapter as it lies on disk, read once: what is noted of it decides how rows are rendered, before its numbers go on
// a model.

internal import Adapters
internal import Digests
internal import Files
internal import Foundation
internal import Models
internal import Spelling
internal import Vocabulary
internal import WeightFiles

/// An adapter read from any of the forms in which adapters lie on disk.
struct StoredAdapter {
    private let file: any AdapterForm
    /// What is noted of how it was trained; nil where nothing is.
    var provenance: AdapterProvenance? { file.provenance }
    /// The head of a task; nil where it writes text.
    var head: SavedHead? { file.head }
    /// Tokens that it has before each text.
    var virtualTokens: Int { file.virtualTokens }

    /// - Throws: where nothing that is an adapter stands at `path`.
    init(_ path: String) throws {
        try Failure.requireExists(path, "the adapter")
        let url = URL(fileURLWithPath: path)
        if let form = try AdapterForms.form(at: url) {
            file = try form.init(url)
            return
        }
        guard try FileForm(at: path) == .folder else { throw Self.noAdapter(path) }
        try NamedFolder(path).requireAdapter()
        try Failure.requireExists(path + "/adapter_config.json", "the adapter's")
        throw Self.noAdapter(path)
    }

    private static func noAdapter(_ path: String) -> Failure {
        Failure(
            .badInput,
            "the adapter \(path: path) is none of " + AdapterForms.all.map { $0.words }.joined(separator: ", "),
            hint: "a run writes its adapter to checkpoints/NAME/adapter")
    }

    /// The adapter on `model`.
    func attached(to model: LanguageModel, _ base: OpenedModel) throws -> AttachedAdapter {
        let set = try adapter(for: AdaptedModel(model))
        try set.requireHead(fitting: model)
        set.attach(to: model)
        return AttachedAdapter(set: set, provenance: provenance, warnings: try warnings(on: base.marks))
    }

    /// Waits until the disk has given all its bytes. Whoever widens mapped numbers has the threads of all kernels meanwhile, and
    /// they should wait for no disk.
    func readAhead() throws { _ = try file.digest() }

    /// The adapter made for `model`, on none yet.
    func adapter(for model: AdaptedModel) throws -> AdapterSet { try file.adapter(for: model) }

    /// What a person should know who uses it on `base`, in whole sentences.
    func warnings(on base: BaseMarks) throws -> [String] {
        file.warnings + (try provenance?.warnings(on: base) ?? [])
    }

    /// Throws where it has the head of a task: what `key` names an adapter for is work with text.
    func requireLanguage(_ key: String, _ path: String) throws {
        guard let head else { return }
        throw Failure(
            .badInput, "\(key): \(path: path) has the head of task \(head.task.rawValue), and writes no text",
            hint: "name an adapter of task: \(TaskKind.generate.rawValue)")
    }

    /// SHA-256 of what an adapter holds, wherever it lies.
    static func digest(_ path: String) throws -> String { try StoredAdapter(path).file.digest() }
}

/// An adapter on its model.
struct AttachedAdapter {
    let set: AdapterSet
    /// Where it comes from, as far as that is known.
    let provenance: AdapterProvenance?
    /// What the person should know before trusting numbers: another base than the adapter was trained on.
    var warnings: [String] = []
    /// What it was combined from; nil for an adapter as it was trained.
    var combination: CombinationReport?
}

/// By what a base is told from others; each thread may have it.
struct BaseMarks: Sendable {
    let path: String
    let weights: any ModelSource
    let templateDigest: String?
}

extension OpenedModel {
    var marks: BaseMarks { BaseMarks(path: path, weights: weights, templateDigest: templateDigest) }
}

extension AdapterProvenance {
    /// What of `base` is another than the adapter was trained on, in whole sentences.
    fileprivate func warnings(on base: BaseMarks) throws -> [String] {
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
