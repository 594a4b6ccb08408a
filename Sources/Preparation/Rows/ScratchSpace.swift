// Where rows wait for others, and how much of what is kept of them stays in memory.

import Foundation

/// How much stays in memory; what is beyond lies in files, and nothing of a result depends on it.
package struct MemoryLimits: Sendable {
    /// Texts of which the hash is kept in memory: 2^21 slots of 16 bytes, three quarters of them in use.
    package var exactTexts = 1_500_000
    /// Sketches of rows that are compared with all others, 40 bytes each.
    package var sketchBytes = 64 << 20
    /// What else there is a number of for each row.
    package var numberBytes = 16 << 20
    /// Rows that are sorted at a time.
    package var rowsPerPart = 1 << 20
    /// Pairs of rows that wait to be judged.
    package var pairsPerBatch = 1 << 21

    package init() {}
}

/// A folder for nameless files, and the limits beyond which it is used.
struct ScratchSpace: Sendable {
    let folder: URL
    let limits: MemoryLimits

    /// In how many parts so many rows are sorted.
    func parts(for rowCount: Int) -> UInt64 { UInt64((rowCount + limits.rowsPerPart - 1) / limits.rowsPerPart) }
}
