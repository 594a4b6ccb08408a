// Cosines and sines of a model's rotary positions, made once.

import Kernels

/// How positions turn the heads of queries and keys.
struct RotaryPositions: Sendable, Equatable {
    /// D.
    var headWidth: Int
    var base: Double
    var scaling: RotaryScaling
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
            headWidth: rotary.headWidth, base: rotary.base, scaling: rotary.scaling, positions: count)
        if let index { tables[index] = (rotary, table, count) } else { tables.append((rotary, table, count)) }
        return table
    }
}
