// A linear layer over a frozen weight. What an adapter adds to it is the affair of the pass.

public import Tensors
public import Vocabulary

/// `y = x·Wᵀ + b`.
public final class LinearLayer {
    /// The module's path as Hugging Face names it: `model.layers.0.self_attn.q_proj`.
    public let path: String
    /// Its place in network order, from 0.
    let number: Int
    /// W `[out, in]`.
    public let weight: FrozenTensor
    /// b `[1, out]`, fp32.
    public var bias: Matrix? { biasVector?.matrix }
    private let biasVector: ConstantVector?
    /// Where adapters stand on it.
    public let adapterPlace: AdapterPlace
    /// The tasks in whose passes it is; nil: all.
    public let tasks: Set<TaskKind>?
    /// Whether the model that it is of has an encoder beside its decoder.
    public let isBesideEncoder: Bool

    init(
        path: String, number: Int, weight: FrozenTensor, bias: ConstantVector?, adapterPlace: AdapterPlace = .module,
        tasks: Set<TaskKind>? = nil, isBesideEncoder: Bool = false
    ) {
        precondition(weight.shape.rank == 2)
        self.path = path
        self.number = number
        self.weight = weight
        self.biasVector = bias
        self.adapterPlace = adapterPlace
        self.tasks = tasks
        self.isBesideEncoder = isBesideEncoder
    }

    public var inputSize: Int { weight.shape[1] }
    public var outputSize: Int { weight.shape[0] }
}
