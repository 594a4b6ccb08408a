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

/// An adapter of one linear layer: what its method has there, and with what factor its product counts.
public final class LowRankAdapter {
    public let method: AdapterMethod
    /// α/r, or α/√r for rank-stabilised adapters.
    public let scale: Float
    /// Probability with which an input of the adapter is dropped during training.
    public let dropout: Float
    /// The layer, as the method knows it.
    public let layout: StateLayout
    /// What the method has there; A `[r, in]` and B `[out, r]` the first, where they are trained themselves.
    public let states: [TrainedMatrix]
    /// Where it departs from; nil where that is nothing.
    public let origin: AdapterOrigin?
    /// Tells the adapters of a model apart in random streams.
    public let index: Int
    /// Holds the numbers.
    private let slab: ParameterSlab
    private var derived: Derived?

    /// An adapter over views into `slab`.
    /// - Parameters:
    ///   - layout: nil: as A and B, the first of `states`, say.
    ///   - states: as `method` has them, in its order.
    public init(
        _ method: AdapterMethod = .lora, _ layout: StateLayout? = nil, scale: Float, dropout: Float,
        states: [TrainedMatrix], origin: AdapterOrigin? = nil, index: Int, slab: ParameterSlab
    ) {
        let layout =
            layout
            ?? StateLayout(
                inputSize: states[0].values.columns * method.inputsPerColumn, outputSize: states[1].values.rows,
                rank: states[0].values.rows)
        self.method = method
        self.layout = layout
        trainedRank = method.factorRank(layout)
        self.scale = scale
        self.dropout = dropout
        self.states = states
        self.origin = origin
        self.index = index
        self.slab = slab
        precondition(
            method.states(layout).map { [$0.rows, $0.columns] } == states.map { [$0.values.rows, $0.values.columns] },
            "states of another method")
    }

    /// r of A and B; 0 where there are none. With an origin twice that of what is trained.
    public var rank: Int { trainedRank * (origin == nil ? 1 : 2) }
    /// r of the factors as they are trained.
    public let trainedRank: Int
    /// A `[r, in]`, fp32; of some methods a column stands for several inputs.
    /// - Precondition: the method trains it itself.
    public var a: Matrix { trainedFactors.a }
    /// B `[out, r]`, fp32.
    /// - Precondition: the method trains it itself.
    public var b: Matrix { trainedFactors.b }
    /// What the method has beside an A and a B that are trained themselves.
    public var own: [TrainedMatrix] { Array(saved[(method.trainsFactors ? 2 : 0)...]) }
    /// What files of adapters hold.
    public var saved: [TrainedMatrix] { zip(method.states(layout), states).filter { !$0.0.isNote }.map(\.1) }
    public var inputSize: Int { layout.inputSize }
    public var outputSize: Int { layout.outputSize }

    private var trainedFactors: (a: Matrix, b: Matrix) {
        precondition(method.trainsFactors, "factors that are made of other numbers")
        let (a, b) = (states[0].values, states[1].values)
        return origin?.joined(a, b, revision: revision) ?? (a, b)
    }

    /// Another number whenever its numbers were changed.
    var revision: Int { slab.revision }

    /// By what `sum`, rows of W + scale · B·A from `firstRow` on, is multiplied; nil: by nothing.
    func factors(of sum: Matrix, firstRow: Int) -> ScalingFactors? {
        method.factors(of: sum, firstRow: firstRow, own: own.map { Array($0.values.floats) }, layout)
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
