// A linear layer over a frozen weight, with the adapter it may carry.

public import Tensors

/// `y = x·Wᵀ + b`, and where it carries an adapter `+ scale · (x·Aᵀ)·Bᵀ`.
public final class LinearLayer {
    /// The module's path as Hugging Face names it: `model.layers.0.self_attn.q_proj`.
    public let path: String
    /// W `[out, in]`.
    public let weight: FrozenTensor
    /// b `[1, out]`, fp32.
    public var bias: Matrix? { biasVector?.matrix }
    public var adapter: LowRankAdapter? {
        didSet {
            precondition(
                adapter.map { $0.inputSize == inputSize && $0.outputSize == outputSize } ?? true,
                "adapter of other sizes")
        }
    }
    let biasVector: ConstantVector?

    init(path: String, weight: FrozenTensor, bias: ConstantVector?) {
        precondition(weight.shape.rank == 2)
        self.path = path
        self.weight = weight
        self.biasVector = bias
    }

    public var inputSize: Int { weight.shape[1] }
    public var outputSize: Int { weight.shape[0] }
}
