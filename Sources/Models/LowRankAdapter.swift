// A LoRA adapter on one linear layer. Its numbers live in a `ParameterSlab` that somebody else holds.

public import Tensors

/// `y += scale · B·(A·x)`, the low-rank addition to one linear layer (Hu et al., 2021).
public final class LowRankAdapter {
    /// r.
    public let rank: Int
    /// α/r, or α/√r for rank-stabilised adapters.
    public let scale: Float
    /// Probability with which an input of the adapter is dropped during training.
    public let dropout: Float
    /// A `[r, in]`, fp32.
    public let a: Matrix
    /// B `[out, r]`, fp32.
    public let b: Matrix
    /// Where ∂loss/∂A is added, `[r, in]`.
    public let gradientA: Matrix
    /// Where ∂loss/∂B is added, `[out, r]`.
    public let gradientB: Matrix
    /// Tells the adapters of a model apart in random streams.
    public let index: Int
    /// Keeps the memory behind the views alive.
    private let owner: AnyObject

    /// An adapter over views into memory that `owner` keeps alive, normally a `ParameterSlab`.
    public init(
        rank: Int, scale: Float, dropout: Float, a: Matrix, b: Matrix, gradientA: Matrix, gradientB: Matrix, index: Int,
        owner: AnyObject
    ) {
        precondition(a.rows == rank && b.columns == rank)
        precondition(gradientA.rows == a.rows && gradientA.columns == a.columns)
        precondition(gradientB.rows == b.rows && gradientB.columns == b.columns)
        precondition([a, b, gradientA, gradientB].allSatisfy { $0.type == .f32 })
        self.rank = rank
        self.scale = scale
        self.dropout = dropout
        self.a = a
        self.b = b
        self.gradientA = gradientA
        self.gradientB = gradientB
        self.index = index
        self.owner = owner
    }

    public var inputSize: Int { a.columns }
    public var outputSize: Int { b.rows }
}
