// A base with the numbers that an adapter trained in the place of its own, as a model: merges, their proof and exports see it so.

public import Adapters
public import JSON
internal import Kernels
public import Models
public import Tensors
internal import Vocabulary
public import WeightFiles

/// A base of which some tensors are an adapter's. A head that is the embedding no longer becomes a tensor of its own.
public struct TrainedBase: ModelOverBase {
    public let base: any ModelSource
    /// What it is.
    public let configuration: ModelConfiguration
    public let huggingFaceConfiguration: JSONValue?
    public let paths: [String]
    public let own: WeightsInMemory?
    /// Of trained tensors, those of the base's in whose place they stand.
    private let types: [String: DType]

    /// - Parameters:
    ///   - model: what `base` is.
    ///   - adapter: trained something beside its factors.
    public init(_ base: any ModelSource, _ model: ModelConfiguration, _ adapter: AdapterSet) throws {
        self.base = base
        var configuration = model, words = base.huggingFaceConfiguration?.object
        var tensors: [FrozenTensor] = []
        for part in adapter.trainedBeside {
            var numbers = part.numbers
            if let tokens = part.tokens {
                numbers = try Self.table(base, part.module, model)
                for (place, token) in tokens.enumerated() {
                    let row = part.numbers[place * part.columns..<(place + 1) * part.columns]
                    numbers.replaceSubrange(Int(token) * part.columns..<(Int(token) + 1) * part.columns, with: row)
                }
            }
            tensors.append(FrozenTensor(name: part.path, shape: part.shape, numbers: numbers))
        }
        if model.isTied, adapter.untiesHead, let names = model.weightNames {
            configuration.isTied = false
            words?["tie_word_embeddings"] = false
            let head = (names.head ?? LanguageModel.headPath) + ".weight"
            if !tensors.contains(where: { $0.name == head }) {
                let table = try Self.table(base, names.embedding, model)
                tensors.append(
                    FrozenTensor(name: head, shape: [model.vocabularySize, model.width], numbers: table))
            }
        }
        self.configuration = configuration
        types = try Dictionary(
            uniqueKeysWithValues: tensors.compactMap { tensor in
                let path = Self.replaced(base, tensor.name, model)
                return base.contains(path) ? (tensor.name, try base.tensor(at: path).dtype) : nil
            })
        huggingFaceConfiguration = words.map { .object($0) }
        let trained = WeightsInMemory(tensors, location: base.location)
        own = trained
        // Those that the base has keep their places.
        paths = base.paths + trained.paths.filter { !base.contains($0) }
    }

    /// The base's numbers of the table of `module`.
    private static func table(
        _ base: any ModelSource, _ module: String, _ model: ModelConfiguration
    ) throws -> [Float] {
        Widening.floats(try base.tensor(at: replaced(base, module + ".weight", model)))
    }

    /// The base's weight in whose place that at `path` stands: the embedding where there is none of that name.
    private static func replaced(_ base: any ModelSource, _ path: String, _ model: ModelConfiguration) -> String {
        base.contains(path) ? path : model.weightNames.map { $0.embedding + ".weight" } ?? path
    }

    /// What the adapter trained in fp32 is rounded as merged weights are, where the base has 16 bits.
    public func writtenType(at path: String) -> DType? {
        guard let type = types[path] else { return (base as? any ModelOverBase)?.writtenType(at: path) }
        return type == .bf16 || type == .f16 ? type : nil
    }

    public var configurationText: String { huggingFaceConfiguration?.text() ?? base.configurationText }
    public func sentenceSettings() throws -> SentenceSettings? { try base.sentenceSettings() }
    public func statedConfiguration() throws -> ModelConfiguration { configuration }
}
