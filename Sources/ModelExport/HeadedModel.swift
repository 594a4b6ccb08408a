// A base under the head of a task, as a model: what transformers loads as …ForSequenceClassification or …ForTokenClassification.

public import Adapters
public import JSON
public import Models
internal import Tensors
internal import Vocabulary
public import WeightFiles

/// A base with the layers of a head that an adapter trained whole in the place of its own. Heads of other classes are left out, but for
/// that of the language, by which what is written is held against what it was made of.
public struct HeadedModel: ModelOverBase {
    public let base: any ModelSource
    /// What it is.
    public let configuration: ModelConfiguration
    public let huggingFaceConfiguration: JSONValue?
    public let paths: [String]
    public let own: WeightsInMemory?

    /// - Parameters:
    ///   - model: what `base` is.
    ///   - adapter: has a head.
    ///   - padding: the token that texts are filled up with, which decoders' classes need to find a text's end.
    /// - Throws: `ModelExportError` where transformers has no such class of the family.
    public init(
        _ base: any ModelSource, _ model: ModelConfiguration, _ adapter: AdapterSet, padding: Int32?
    ) throws {
        guard let head = adapter.configuration.head, let kind = TaskClass(head.task) else {
            throw ModelExportError(base.location, "the adapter has no head of a task")
        }
        guard let name = model.className(with: kind) else {
            throw ModelExportError(
                base.location, "transformers has no …\(kind.rawValue) of the family \(model.family)",
                hint: "leave merge and models out: the adapter has the head, as peft and hdf5")
        }
        self.base = base
        var configuration = model
        configuration.taskClass = kind
        self.configuration = configuration
        let spec = configuration.taskHeads[head.task]?.layers ?? []
        let layers = WeightsInMemory(
            adapter.headTensors + spec.flatMap { $0.newNorm(width: model.width, beside: base) }, location: base.location
        )
        own = layers
        paths =
            base.paths.filter { path in
                guard !layers.contains(path) else { return false }
                // A network below the answers stays where the base has it; a pooler that they do not read goes, as other heads do.
                let isShared = spec.contains { layer in
                    layer.isFrozen
                        && [layer.path, layer.normPath].contains { $0.map { path.hasPrefix($0 + ".") } ?? false }
                }
                return isShared || !(model.weightNames?.isOnTop(path) ?? false)
            } + layers.paths
        guard var words = base.huggingFaceConfiguration?.object else {
            throw ModelExportError(
                base.location, "a model with the head of a task is written over a model's folder, and this is a file",
                hint: "train on the folder that the file was made of; the adapter has the head, as peft and hdf5")
        }
        words["architectures"] = [.string(name)]
        let labels = head.task.hasLabels ? head.labels : ["LABEL_0"]
        words["id2label"] = .object(JSONObject(labels.enumerated().map { ("\($0)", .string($1)) }))
        words["label2id"] = .object(JSONObject(labels.enumerated().map { ($1, .integer($0)) }))
        words["num_labels"] = nil
        words["problem_type"] = Self.problem(head)
        if head.task != .tag, model.writesText, let padding, words["pad_token_id"]?.integer == nil {
            words["pad_token_id"] = .integer(Int(padding))
        }
        huggingFaceConfiguration = .object(words)
    }

    private static func problem(_ head: SavedHead) -> JSONValue? {
        switch head.task {
        case .regress: "regression"
        case .classify: head.isMultiLabel ? "multi_label_classification" : "single_label_classification"
        default: nil
        }
    }

    public func statedConfiguration() throws -> ModelConfiguration { configuration }
}

extension AdapterSet {
    /// The head's layers as tensors of a model, as they are now.
    fileprivate var headTensors: [FrozenTensor] {
        headNumbers.map { FrozenTensor(name: $0.name, shape: $0.shape, numbers: $0.numbers) }
    }
}

extension TaskHeadSpec.Layer {
    /// The norm after it, of which nothing was trained, where `base` has none.
    fileprivate func newNorm(width: Int, beside base: any ModelSource) -> [FrozenTensor] {
        guard let norm, let normPath, !base.contains(normPath + ".weight") else { return [] }
        func tensor(_ name: String, _ value: Float) -> FrozenTensor {
            FrozenTensor(
                name: "\(normPath).\(name)", shape: [width], numbers: Array(repeating: value, count: width))
        }
        return [tensor("weight", 1)] + (norm.hasBias ? [tensor("bias", 0)] : [])
    }
}

extension FrozenTensor {
    /// A tensor of its own memory, in fp32.
    init(name: String, shape: Shape, numbers: [Float]) {
        let storage = Storage(byteCount: numbers.count * 4) { bytes in
            numbers.withUnsafeBytes { bytes.copyMemory(from: $0) }
        }
        self.init(name: name, dtype: .f32, shape: shape, storage: storage, byteOffset: 0)
    }
}
