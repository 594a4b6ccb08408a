// What of a linear layer decides which adapter it can carry.

public import Models
public import Tensors
public import Vocabulary

/// A linear layer, as far as an adapter needs to know it.
public struct AdaptableLayer: Sendable, Equatable {
    /// `model.layers.0.self_attn.q_proj`.
    public let path: String
    public let inputSize: Int
    public let outputSize: Int
    /// How its weight is stored; nil: in a type that any method can change.
    public let weightType: DType?
    /// Where adapters stand on it.
    public let place: AdapterPlace
    /// Whether the base holds its weight as `[in, out]`.
    public let isTransposed: Bool
    /// The tasks in whose passes it is; nil: all.
    public let tasks: Set<TaskKind>?
    /// Whether the model has an encoder beside its decoder.
    public let isBesideEncoder: Bool

    public init(
        path: String, inputSize: Int, outputSize: Int, weightType: DType? = nil, place: AdapterPlace = .module,
        isTransposed: Bool = false, tasks: Set<TaskKind>? = nil, isBesideEncoder: Bool = false
    ) {
        self.path = path
        self.inputSize = inputSize
        self.outputSize = outputSize
        self.weightType = weightType
        self.place = place
        self.isTransposed = isTransposed
        self.tasks = tasks
        self.isBesideEncoder = isBesideEncoder
    }

    /// What `layer` is.
    public init(_ layer: LinearLayer) {
        self.init(
            path: layer.path, inputSize: layer.inputSize, outputSize: layer.outputSize, weightType: layer.weight.dtype,
            place: layer.adapterPlace, isTransposed: layer.weight.form == .transposed, tasks: layer.tasks,
            isBesideEncoder: layer.isBesideEncoder)
    }

    /// Whether an adapter with `head` can stand on it: what is trained whole carries none.
    func serves(_ configuration: AdapterConfiguration) -> Bool {
        let head = configuration.head
        guard !configuration.beside.isWhole(path) else { return false }
        guard tasks?.contains(head?.task ?? .embed) ?? true else { return false }
        return !(head?.layers.contains { $0.path == path } ?? false)
    }

    /// Its place in a parameter of transformers; nil where it has a module of its own.
    var parameter: ParameterPlace? {
        if case .parameter(let place) = place { return place }
        return nil
    }
}
