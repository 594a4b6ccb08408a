// In which order groups of matrices get finer types: each step the one that is expected to lower the divergence most
// for the bytes that it takes.

internal import ModelExport
internal import Tensors

/// Matrices that are raised together: of one role, in one third of the model's depth.
struct MatrixGroup: Sendable {
    let name: String
    var matrices: [PlannedMatrix]

    /// The groups of `matrices`, in their order.
    ///
    /// - Parameter layers: blocks of the model.
    static func groups(of matrices: [PlannedMatrix], layers: Int) -> [MatrixGroup] {
        var groups: [MatrixGroup] = []
        for matrix in matrices {
            let parts = matrix.path.split(separator: "."), role = parts.dropLast().last.map(String.init) ?? matrix.path
            let depth = parts.compactMap { Int($0) }.first.map { 3 * $0 / max(layers, 1) + 1 }
            let name = role + (depth.map { ", third \($0)" } ?? "")
            if let index = groups.firstIndex(where: { $0.name == name }) {
                groups[index].matrices.append(matrix)
            } else {
                groups.append(MatrixGroup(name: name, matrices: [matrix]))
            }
        }
        return groups
    }
}

/// Steps from the plain types to the finest.
struct RaisePath {
    /// Types by the matrices' names after each step; the first is none.
    private(set) var types: [[String: DType]] = [[:]]

    /// A bit more halves the steps of rounding, so what it does to predictions falls to a quarter.
    private static let fallOfABit = 4.0

    private struct State {
        var types: [DType]
        /// The divergence that rounding the group is thought to cost.
        var harm: Double
    }

    private struct Step {
        let types: [DType]
        let harm: Double
        /// How much less harm a byte buys.
        let benefit: Double
    }

    /// - Parameter harms: the divergence where one group alone is rounded to its plain types.
    init(_ groups: [MatrixGroup], harms: [Double]) {
        precondition(groups.count == harms.count)
        var states = zip(groups, harms).map { State(types: $0.matrices.map(\.type), harm: max($1, 0)) }
        var current: [String: DType] = [:]
        while true {
            let steps = zip(groups, states).map(Self.step)
            let best = steps.indices.max { (steps[$0]?.benefit ?? -1, -$0) < (steps[$1]?.benefit ?? -1, -$1) }
            guard let best, let step = steps[best] else { return }
            for (matrix, type) in zip(groups[best].matrices, step.types) where type != matrix.type {
                current[matrix.path] = type
            }
            states[best] = State(types: step.types, harm: step.harm)
            types.append(current)
        }
    }

    /// The next finer types of a group; nil where all are the finest.
    private static func step(_ group: MatrixGroup, _ state: State) -> Step? {
        var bytes = 0, bits = 0.0, types = state.types
        for (index, matrix) in group.matrices.enumerated() {
            guard let finer = state.types[index].finer(for: matrix.columns) else { continue }
            bytes += matrix.bytes(in: finer) - matrix.bytes(in: state.types[index])
            bits += finer.bitsPerWeight - state.types[index].bitsPerWeight
            types[index] = finer
        }
        guard bytes > 0 else { return nil }
        var harm = state.harm, left = bits / Double(group.matrices.count)
        while left > 0 {
            harm /= left >= 1 ? fallOfABit : 1 + (fallOfABit - 1) * left
            left -= 1
        }
        return Step(types: types, harm: harm, benefit: (state.harm - harm) / Double(bytes))
    }
}
