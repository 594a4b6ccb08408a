// What a form of adapters on disk is. Each is a type in a file of its own: how it is known, what it can hold, how it is read, and
// beside that how it is written.

internal import Digests
public import Foundation
public import Models
public import Tensors
public import Vocabulary
internal import WeightFiles

/// A form in which adapters lie on disk; a value is an adapter that lies there.
public protocol AdapterForm: Sendable {
    /// What recipes and flags call it.
    static var format: ExportFormat { get }
    /// What messages call it: "an MLX folder".
    static var words: String { get }
    /// Whether an adapter is a folder of files, or one file.
    static var isFolder: Bool { get }
    /// The ending of the file's name; nil for folders.
    static var fileExtension: String? { get }
    /// The methods whose adapters it has room for.
    static var methods: [AdapterMethodKind] { get }
    /// The types in which it may hold numbers; the first where nobody says.
    static var types: [DType] { get }

    /// Whether what stands at `url` is of this form, by what it holds and not by its name.
    static func isAt(_ url: URL) throws -> Bool

    /// What the form makes of the numbers of `adapter` on `model`. Only sizes and scales are asked, so it can be known before
    /// training.
    ///
    /// - Throws: for what it has no room for.
    static func fit(_ adapter: AdapterSet, on model: AdaptedModel) throws(AdapterError) -> AdapterFit

    /// Writes `adapter` to `place`, a folder that is being filled or the place that a file is to take.
    ///
    /// - Returns: the folder, or the file under its temporary name, made durable.
    static func write(
        _ adapter: AdapterSet, _ notes: AdapterNotes, as type: DType, on model: AdaptedModel, to place: URL
    ) throws -> URL

    /// Opens what stands at `url`; reads no factor yet.
    init(_ url: URL) throws

    /// What is noted of how it was trained; nil where nothing is.
    var provenance: AdapterProvenance? { get }

    /// The head of a task that it has; nil where it writes text.
    var head: SavedHead? { get }

    /// How many tokens it has before each text.
    var virtualTokens: Int { get }

    /// What a person should know of what was found, in whole sentences.
    var warnings: [String] { get }

    /// The files that decide what it computes.
    var decidingFiles: [URL] { get }

    /// The adapter, made for `model`. Throws for anything missing, left over, mis-shaped or not finite.
    func adapter(for model: AdaptedModel) throws -> AdapterSet
}

extension AdapterForm {
    public var head: SavedHead? { nil }
    public var virtualTokens: Int { 0 }
    public var warnings: [String] { [] }

    /// Throws where the form has no room for adapters of `method`.
    public static func requireRoom(for method: AdapterMethodKind) throws(AdapterError) {
        guard !methods.contains(method) else { return }
        let what =
            AdapterMethod.of(method).folding == nil
            ? "what \(method.rawValue) trains" + (AdapterMethod.of(method).trainsFactors ? " beside A and B" : "")
                + ": a model's export holds it merged"
            : "adapters of method \(method.rawValue), which change stored blocks: a model's export holds them merged"
        throw AdapterError("\(format.rawValue) has no room for \(what)", subject: "adapter.method")
    }

    /// Throws where `adapter` has the head of a task, or has trained what is the base's, for which the form has no room.
    static func requireNoHead(_ adapter: AdapterSet) throws(AdapterError) {
        if let part = adapter.besideParts.first {
            throw AdapterError(
                "\(format.rawValue) has no room for what is trained beside the adapter: merge it, or take "
                    + "\(ExportFormat.peft.rawValue) or \(ExportFormat.hdf5.rawValue)", subject: part.name)
        }
        guard let head = adapter.configuration.head else { return }
        throw AdapterError(
            "\(format.rawValue) has no room for the head of a task: \(ExportFormat.peft.rawValue) and "
                + "\(ExportFormat.hdf5.rawValue) have", subject: head.path)
    }

    /// Bytes of the numbers of `adapter` in `type`; what names them comes on top.
    public static func bytes(of adapter: AdapterSet, as type: DType) -> Int {
        let factors =
            adapter.members.flatMap { $0.adapter.saved.map(\.values) }
            + (adapter.headStates.map(\.slot) + adapter.besideSlots).map { adapter.slab.values($0) }
        return factors.reduce(0) { sum, factor in
            sum + (FactorTensor.stored(type, columns: factor.columns).byteCount(elements: factor.count) ?? 0)
        }
    }

    /// SHA-256 of what decides the adapter, wherever it lies.
    public func digest() throws -> String {
        let digests = try decidingFiles.map { url in
            let file = try MappedFile(url)
            return withExtendedLifetime(file) { SHA256.hex(of: file.bytes) }
        }
        return digests.count == 1 ? digests[0] : SHA256.hex(of: digests.joined(separator: " "))
    }
}

/// What a file of an adapter tells beside its numbers.
public struct AdapterNotes: Sendable {
    /// What its reader shall load as the base: a path or a name.
    public var baseName: String?
    public var provenance: AdapterProvenance

    /// Notes from their parts.
    public init(baseName: String?, provenance: AdapterProvenance) {
        self.baseName = baseName
        self.provenance = provenance
    }
}

/// What a form needs to know of the model that an adapter stands on.
public struct AdaptedModel: Sendable {
    public let configuration: ModelConfiguration
    /// The linear layers in network order, the head last.
    public let layers: [AdaptableLayer]
    /// What of it can be trained beside an adapter.
    public let parameters: [BaseParameter]

    /// A model from its parts.
    public init(configuration: ModelConfiguration, layers: [AdaptableLayer], parameters: [BaseParameter] = []) {
        self.configuration = configuration
        self.layers = layers
        self.parameters = parameters
    }

    /// What `model` is.
    public init(_ model: LanguageModel) {
        let head = AdaptableLayer(
            path: LanguageModel.headPath, inputSize: model.configuration.width,
            outputSize: model.configuration.vocabularySize, weightType: model.headType)
        self.init(
            configuration: model.configuration, layers: model.linearLayers.map(AdaptableLayer.init) + [head],
            parameters: model.baseParameters)
    }
}
