// How far an adapter that was read back is from the one that was written.

internal import Models
public import Tensors

/// Two adapters of one model, held against each other module by module.
public struct AdapterComparison: Sendable, Equatable {
    /// Modules that both adapt.
    public let moduleCount: Int
    /// The largest difference of a number of scale · B, of A and of what the method has beside them, as a share of the largest
    /// number of its matrix. Factors beyond the smaller rank count whole: they ought to be zero. Infinite where the two are not of
    /// one method on the same modules.
    public let largestDifference: Double

    /// What the rounding of `type` alone may come to.
    public static func bound(of type: DType) -> Double {
        switch type {
        case .f16: 0x1p-10
        case .bf16: 0x1p-7
        // Half a step of the largest number in 127 steps, and a scale in half precision.
        case .q8_0: 0.5 / 127 + 0x1p-10
        default: 1e-6
        }
    }

    /// Compares `written`, as it came back, with `original`.
    public init(_ original: AdapterSet, readBack written: AdapterSet) {
        moduleCount = original.members.count
        let isPlain = original.configuration.method != written.configuration.method
        guard original.members.map(\.path) == written.members.map(\.path),
            !isPlain
                || written.configuration.method == .lora && AdapterMethod.of(original.configuration.method).makesFactors
        else {
            largestDifference = .infinity
            return
        }
        let held = HeldDirections(original)
        largestDifference = zip(original.members, written.members).reduce(0) {
            max($0, isPlain ? Self.productDifference($1.0.adapter, $1.1.adapter) : Self.difference($1.0, $1.1, held))
        }
    }

    /// - Parameter held: what files hold of the first: what they leave out is no difference.
    private static func difference(
        _ original: AdapterSet.Member, _ written: AdapterSet.Member, _ held: HeldDirections
    ) -> Double {
        let (left, right) = (original.adapter, written.adapter)
        var largest = 0.0
        if left.method.trainsFactors {
            largest = productDifference(left, right)
        } else if left.scale != right.scale {
            return .infinity
        }
        let states = original.states.filter { !$0.isNote }.suffix(left.own.count)
        for (state, (one, other)) in zip(states, zip(left.own, right.own)) {
            let counts = held.counts(of: state, in: original.path)
            largest = max(largest, difference(one.values, other.values, (1, 1), counting: counts))
        }
        return largest
    }

    /// Of the factors that one has made of its numbers and the other has.
    private static func productDifference(_ left: LowRankAdapter, _ right: LowRankAdapter) -> Double {
        left.withFactors {
            max(
                difference($0.a, right.a, (1, 1)), difference($0.b, right.b, (Double(left.scale), Double(right.scale))))
        } ?? .infinity
    }

    /// Of two matrices, each with its scale; what one of them has beyond the other is held against zero.
    private static func difference(
        _ left: Matrix, _ right: Matrix, _ scales: (Double, Double),
        counting counts: (_ row: Int, _ column: Int) -> Bool = { _, _ in true }
    ) -> Double {
        var difference = 0.0, size = 0.0
        for row in 0..<max(left.rows, right.rows) {
            for column in 0..<max(left.columns, right.columns) where counts(row, column) {
                let one = left.number(row, column) * scales.0, other = right.number(row, column) * scales.1
                guard one.isFinite, other.isFinite else { return .infinity }
                difference = max(difference, abs(one - other))
                size = max(size, abs(one))
            }
        }
        return difference == 0 ? 0 : size == 0 ? .infinity : difference / size
    }
}

extension Matrix {
    /// The number at a place; 0 beyond the matrix.
    fileprivate func number(_ row: Int, _ column: Int) -> Double {
        row < rows && column < columns ? Double(floats[row * columns + column]) : 0
    }
}
