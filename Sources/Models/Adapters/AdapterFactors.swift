// Where the factors A `[r, in]` and B `[out, r]` of an adapter come from: they are trained themselves, or made of what is trained, so
// that passes, merges and files compute with one product s·B·A, whatever a method trains.

import Kernels
public import Tensors

/// The factors of a method.
enum AdapterFactors: Sendable {
    /// They are the first two of the method's states.
    case trained
    /// They are made of its states where they are needed.
    case made(MadeFactors)
    /// There are none.
    case none
}

/// Factors that follow from a method's states.
struct MadeFactors: Sendable {
    /// r: the columns of B.
    let rank: @Sendable (StateLayout) -> Int
    /// Fills A and B.
    let make: @Sendable (_ states: [Matrix], _ layout: StateLayout, _ a: Matrix, _ b: Matrix) -> Void
    /// Adds the gradients of A and B to those of the states.
    let spread: @Sendable (_ states: [TrainedMatrix], _ layout: StateLayout, _ da: Matrix, _ db: Matrix) -> Void
}

/// A and B, or where their gradients are added.
public struct FactorPair {
    /// `[r, in]`; of some methods a column stands for several inputs.
    public let a: Matrix
    /// `[out, r]`.
    public let b: Matrix

    init(a: Matrix, b: Matrix) { (self.a, self.b) = (a, b) }
}

extension LowRankAdapter {
    /// Runs `body` on A and B, which it only reads; nil where there are none.
    public func withFactors<Result>(_ body: (FactorPair) throws -> Result) rethrows -> Result? {
        switch method.factors {
        case .trained: return try body(FactorPair(a: a, b: b))
        case .none: return nil
        case .made(let made):
            let layout = MatrixLayout([("a", rank, inputSize), ("b", outputSize, rank)])
            let buffer = MatrixBuffer(layout)
            let pair = FactorPair(a: buffer.matrix(layout.slots[0]), b: buffer.matrix(layout.slots[1]))
            made.make(states.map(\.values), self.layout, pair.a, pair.b)
            return try withExtendedLifetime(buffer) { try body(pair) }
        }
    }

    /// Whether its factors are made of what it trains.
    var makesFactors: Bool { method.makesFactors }

    /// Adds the gradients of its factors to those of its states.
    func spread(_ gradients: FactorPair?) {
        guard let gradients, case .made(let made) = method.factors else { return }
        made.spread(states, layout, gradients.a, gradients.b)
    }
}

extension PassContext {
    /// A and B of `adapter`, valid until the end of the enclosing scope; nil where there are none.
    func factors(of adapter: LowRankAdapter) -> FactorPair? {
        switch adapter.method.factors {
        case .trained: return FactorPair(a: adapter.a, b: adapter.b)
        case .none: return nil
        case .made(let made):
            let pair = factorRoom(adapter)
            compute { made.make(adapter.states.map(\.values), adapter.layout, pair.a, pair.b) }
            return pair
        }
    }

    /// Where the gradients of A and B of `adapter` are added; nil where there are none.
    func factorGradients(of adapter: LowRankAdapter) -> FactorPair? {
        switch adapter.method.factors {
        case .trained: return FactorPair(a: adapter.states[0].gradients, b: adapter.states[1].gradients)
        case .none: return nil
        case .made:
            let pair = factorRoom(adapter)
            compute {
                Elements.fill(pair.a)
                Elements.fill(pair.b)
            }
            return pair
        }
    }

    private func factorRoom(_ adapter: LowRankAdapter) -> FactorPair {
        FactorPair(
            a: workspace.matrix(rows: adapter.rank, columns: adapter.inputSize),
            b: workspace.matrix(rows: adapter.outputSize, columns: adapter.rank))
    }
}
