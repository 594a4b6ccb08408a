// Alternatives that begin alike, as the answers to one question do: what they have in common is computed once.

/// Token sequences that begin alike. Their common rows, none of which may carry loss, stand once in a batch.
public struct Alternatives: Sendable {
    let sequences: [(ids: [Int32], isTarget: [Bool])]
    /// Rows that all sequences share.
    let sharedCount: Int

    /// - Precondition: at least one sequence, none empty.
    public init(_ sequences: [(ids: [Int32], isTarget: [Bool])]) {
        precondition(sequences.allSatisfy { !$0.ids.isEmpty && $0.ids.count == $0.isTarget.count })
        self.sequences = sequences
        guard let first = sequences.first else { preconditionFailure("no sequence") }
        // A row predicts the token after it, so the row before the first target is each sequence's own; so is the last row.
        sharedCount =
            sequences.map { sequence in
                let alike = zip(first.ids, sequence.ids).prefix { $0 == $1 }.count
                let untrained = (sequence.isTarget.dropFirst().firstIndex(of: true) ?? sequence.ids.count) - 1
                return min(alike, untrained, sequence.ids.count - 1)
            }.min() ?? 0
    }

    /// Rows that are computed.
    public var rowCount: Int { sequences.reduce(sharedCount) { $0 + $1.ids.count - sharedCount } }
    /// Rows as attention sees them, each sequence whole.
    public var attendedRowCount: Int { sequences.reduce(0) { $0 + $1.ids.count } }
}

extension TokenBatch {
    /// The batch of `groups`; its examples are the ends of all sequences, in order, after the beginning of their group, which
    /// is an example of its own where there is one.
    public init(_ groups: [Alternatives]) {
        var ids: [Int32] = []
        var targets: [Int32] = []
        var bounds = [0]
        var sharing = RowSharing()
        for group in groups {
            let shared = group.sharedCount
            let beginning = Int32(ids.count)..<Int32(ids.count + shared)
            if shared > 0 {
                ids += group.sequences[0].ids[..<shared]
                targets += [Int32](repeating: -1, count: shared)
                bounds.append(ids.count)
                sharing.positions += 0..<Int32(shared)
                // The first sequence's copy of the beginning is the one that is kept.
                sharing.homes += Int32(sharing.rows.count)..<Int32(sharing.rows.count + shared)
            }
            for sequence in group.sequences {
                let own = Int32(ids.count)..<Int32(ids.count + sequence.ids.count - shared)
                sharing.rows += beginning
                sharing.homes += Int32(sharing.rows.count)..<Int32(sharing.rows.count + own.count)
                sharing.rows += own
                sharing.bounds.append(sharing.rows.count)
                sharing.positions += Int32(shared)..<Int32(sequence.ids.count)
                ids += sequence.ids[shared...]
                for next in (shared + 1)...sequence.ids.count {
                    targets.append(
                        next < sequence.ids.count && sequence.isTarget[next] ? sequence.ids[next] : -1)
                }
                bounds.append(ids.count)
            }
        }
        self.init(ids: ids, bounds: bounds, targets: targets)
        self.sharing = sharing
    }

    /// The example in which each sequence of `groups` ends.
    public static func exampleIndices(of groups: [Alternatives]) -> [[Int]] {
        var next = 0
        return groups.map { group in
            if group.sharedCount > 0 { next += 1 }
            defer { next += group.sequences.count }
            return Array(next..<(next + group.sequences.count))
        }
    }
}
