// How well two adapters go together, layer by layer: whether their changes pull the same way, and whether they use the same
// directions.

import Kernels
import Models
import Tensors

/// What two adapters have in common on the modules that both change.
public struct AdapterAgreement: Sendable {
    /// On one module.
    public struct Module: Sendable {
        /// `model.layers.0.self_attn.q_proj`.
        public let path: String
        /// Of the numbers that both change, the share that they change in opposite directions.
        public let signConflicts: Double
        /// The cosine of the angle between the two changes.
        public let cosine: Double
        /// ‖U₁ᵀU₂‖² / min(r₁, r₂) for bases U of the changes' column spaces, what they write: from 0, nothing shared, to 1.
        public let columnOverlap: Double
        /// The same of their row spaces, what they read.
        public let rowOverlap: Double
    }

    public let modules: [Module]

    /// Compares two adapters of one model, each change with the sign of its weight.
    public init(_ first: WeightedAdapter, _ second: WeightedAdapter) throws {
        let others = Dictionary(uniqueKeysWithValues: second.set.members.map { ($0.path, $0.adapter) })
        let shared = first.set.members.compactMap { member in
            others[member.path].map { (path: member.path, pair: (member.adapter, $0)) }
        }
        let isOpposed = (first.weight < 0) != (second.weight < 0)
        modules = try Processor.map(shared.count) { (index) throws(DecompositionError) in
            try Module(shared[index].path, shared[index].pair.0, shared[index].pair.1, isOpposed: isOpposed)
        }
    }

    /// The mean of `value` over the modules; nil where both change none.
    public func mean(_ value: KeyPath<Module, Double>) -> Double? {
        modules.isEmpty ? nil : modules.reduce(0) { $0 + $1[keyPath: value] } / Double(modules.count)
    }
}

extension AdapterAgreement.Module {
    fileprivate init(
        _ path: String, _ first: LowRankAdapter, _ second: LowRankAdapter, isOpposed: Bool
    ) throws(DecompositionError) {
        let numbers = (first.change, second.change), sign: Double = isOpposed ? -1 : 1
        var opposed = 0, both = 0, product = 0.0, squares = (0.0, 0.0)
        for (one, other) in zip(numbers.0, numbers.1) {
            let (one, other) = (Double(one), sign * Double(other))
            product += one * other
            squares.0 += one * one
            squares.1 += other * other
            guard one != 0, other != 0 else { continue }
            both += 1
            if (one < 0) != (other < 0) { opposed += 1 }
        }
        let lengths = (squares.0 * squares.1).squareRoot()
        let spaces = (
            try SingularValues(ofProduct: first.b, first.a), try SingularValues(ofProduct: second.b, second.a)
        )
        self.path = path
        signConflicts = both > 0 ? Double(opposed) / Double(both) : 0
        cosine = lengths > 0 ? product / lengths : 0
        columnOverlap = Self.overlap(spaces.0.leftRows, spaces.1.leftRows, width: first.outputSize)
        rowOverlap = Self.overlap(spaces.0.rightRows, spaces.1.rightRows, width: first.inputSize)
    }

    /// Of the spaces of two sets of orthonormal rows.
    private static func overlap(_ first: [Float], _ second: [Float], width: Int) -> Double {
        let counts = (first.count / width, second.count / width)
        guard counts.0 > 0, counts.1 > 0 else { return 0 }
        var sum = 0.0
        for one in 0..<counts.0 {
            for other in 0..<counts.1 {
                var dot: Float = 0
                for index in 0..<width { dot += first[one * width + index] * second[other * width + index] }
                sum += Double(dot) * Double(dot)
            }
        }
        return sum / Double(min(counts.0, counts.1))
    }
}

extension SingularValues {
    /// A basis of the column space, a row each.
    fileprivate var leftRows: [Float] {
        (0..<rank).flatMap { index in (0..<rows).map { left[$0 * count + index] } }
    }

    /// A basis of the row space.
    fileprivate var rightRows: [Float] { Array(right[..<(rank * columns)]) }
}
