// An adapter on one linear layer. Its numbers live in a `ParameterSlab` that somebody else made.

public import Tensors

/// Numbers that are trained, with their gradients.
public struct TrainedMatrix {
    public let values: Matrix
    /// Where ∂loss/∂values is added.
    public let gradients: Matrix

    /// - Precondition: both are fp32, of the same size.
    public init(values: Matrix, gradients: Matrix) {
        precondition(values.rows == gradients.rows && values.columns == gradients.columns)
        precondition(values.type == .f32 && gradients.type == .f32)
        self.values = values
        self.gradients = gradients
    }
}

/// A low-rank addition `scale · B·(A·x)` to one linear layer, and what its method makes of the sum.
public final class LowRankAdapter {
    public let method: AdapterMethod
    /// α/r, or α/√r for rank-stabilised adapters.
    public let scale: Float
    /// Probability with which an input of the adapter is dropped during training.
    public let dropout: Float
    /// What is trained: A `[r, in]`, B `[out, r]`, then the method's own.
    public let states: [TrainedMatrix]
    /// Tells the adapters of a model apart in random streams.
    public let index: Int
    /// Holds the numbers.
    private let slab: ParameterSlab
    private var derived: Derived?

    /// An adapter over views into `slab`.
    /// - Parameter states: as `method` has them, in its order.
    public init(
        _ method: AdapterMethod = .lora, scale: Float, dropout: Float, states: [TrainedMatrix], index: Int,
        slab: ParameterSlab
    ) {
        self.method = method
        self.scale = scale
        self.dropout = dropout
        self.states = states
        self.index = index
        self.slab = slab
        let expected = method.states(
            rank: states[0].values.rows, inputSize: states[0].values.columns * method.inputsPerColumn,
            outputSize: states[1].values.rows)
        precondition(
            expected.map { [$0.rows, $0.columns] } == states.map { [$0.values.rows, $0.values.columns] },
            "states of another method")
    }

    /// r.
    public var rank: Int { a.rows }
    /// A `[r, in]`, fp32; of some methods a column stands for several inputs.
    public var a: Matrix { states[0].values }
    /// B `[out, r]`, fp32.
    public var b: Matrix { states[1].values }
    /// What the method trains beside A and B.
    public var own: [TrainedMatrix] { Array(states[2...]) }
    public var inputSize: Int { a.columns * method.inputsPerColumn }
    public var outputSize: Int { b.rows }

    /// Another number whenever its numbers were changed.
    var revision: Int { slab.revision }

    /// By what each row of `sum`, rows of W + scale · B·A from `firstRow` on, is multiplied; nil: by nothing.
    func rowFactors(of sum: Matrix, firstRow: Int) -> [Float]? {
        method.rowFactors(of: sum, firstRow: firstRow, own: own.map { Array($0.values.floats) })
    }

    // MARK: Derived numbers

    /// What follows from the trained numbers and from the weight, until either is another.
    private struct Derived {
        let revision: Int
        let weight: UnsafeRawPointer?
        let value: Any
    }

    /// What `make` gives for the trained numbers as they stand and the weight `weight`; made once for both. It is handed what it gave
    /// for the same weight and earlier numbers.
    func derived<Value>(from weight: FrozenTensor, _ make: (_ stale: Value?) -> Value) -> Value {
        let address = weight.bytes.baseAddress
        var stale: Value?
        if let derived, derived.weight == address, let value = derived.value as? Value {
            if derived.revision == revision { return value }
            stale = value
        }
        let value = make(stale)
        derived = Derived(revision: revision, weight: address, value: value)
        return value
    }
}
