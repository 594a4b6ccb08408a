// How positions turn the heads of queries and keys, and the tables of cosines and sines for it.

public import Kernels

/// A kind of rotary positions.
public struct RotaryPositions: Sendable, Equatable {
    /// D.
    public var headWidth: Int
    /// W, the leading numbers of each head that turn; the others stay as they are.
    public var width: Int
    /// Whether the pairs that turn lie side by side, not half of W apart.
    public var isInterleaved: Bool
    /// θ.
    public var base: Double
    public var scaling: RotaryScaling

    /// A kind from its parts.
    /// - Parameter width: nil for all of D.
    public init(
        headWidth: Int, width: Int? = nil, isInterleaved: Bool = false, base: Double, scaling: RotaryScaling = .none
    ) {
        self.headWidth = headWidth
        self.width = width ?? headWidth
        self.isInterleaved = isInterleaved
        self.base = base
        self.scaling = scaling
    }

    func validate() throws(ModelConfigurationError) {
        guard width > 0, width % 2 == 0, width <= headWidth else {
            throw .invalid(
                key: "partial_rotary_factor", value: "\(width) of \(headWidth) numbers of a head",
                expected: "an even number, at least 2 and at most \(headWidth)")
        }
        guard base > 1, base.isFinite else {
            throw .invalid(key: "rope_theta", value: "\(base)", expected: "a number above 1")
        }
        if case .frequencyFactors(let factors, let amplitude) = scaling,
            factors.count != width / 2 || !(factors + [Float(amplitude)]).allSatisfy({ $0.isFinite && $0 > 0 })
        {
            throw .invalid(
                key: "rope_scaling.long_factor", value: "\(factors.count) factors",
                expected: "\(width / 2) positive numbers")
        }
    }
}

/// The tables of the kinds of rotary positions that a model has.
final class RotaryTables {
    private var tables: [(rotary: RotaryPositions, table: RotaryTable, positions: Int)] = []

    /// Cosines and sines for at least `positions` positions; kept, and grown by doubling.
    func table(_ rotary: RotaryPositions, positions: Int) -> RotaryTable {
        let index = tables.firstIndex { $0.rotary == rotary }
        let known = index.map { tables[$0].positions } ?? 0
        if let index, known >= positions { return tables[index].table }
        let count = max(512, known * 2, positions)
        let table = RotaryTable(
            headWidth: rotary.headWidth, width: rotary.width, isInterleaved: rotary.isInterleaved, base: rotary.base,
            scaling: rotary.scaling, positions: count)
        if let index { tables[index] = (rotary, table, count) } else { tables.append((rotary, table, count)) }
        return table
    }
}
