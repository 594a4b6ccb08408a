// Alternatives scored with what they share computed once, against each of them scored by itself.

import Models
import Tensors
import TestSupport
import Testing

@Suite struct SharedBeginnings {
    private static let question: [Int32] = [3, 17, 9, 44, 21, 8, 30, 12, 5]

    /// A sequence whose tokens from `from` on are targets.
    private static func sequence(_ ids: [Int32], from: Int) -> (ids: [Int32], isTarget: [Bool]) {
        (ids, ids.indices.map { $0 >= from })
    }

    private static let groups: [Alternatives] = [
        Alternatives([[7, 2], [7, 11, 2], [40, 2], [2]].map { sequence(question + $0, from: 9) }),
        // Alike beyond the question, where targets are.
        Alternatives([sequence(question + [6, 6, 6, 2], from: 9), sequence(question + [6, 6, 7, 2], from: 9)]),
        // Nothing in common, one alone, a target from the start, no target at all, one token.
        Alternatives([sequence([4, 5, 6], from: 1), sequence([9, 5, 6], from: 2)]),
        Alternatives([sequence(question, from: 4)]),
        Alternatives([sequence([3, 4, 5, 6], from: 1), sequence([3, 4, 5, 7], from: 1)]),
        Alternatives([sequence([3, 4, 5, 6], from: 9), sequence([3, 4, 5, 7], from: 3)]),
        Alternatives([sequence([3], from: 0), sequence([3, 8], from: 1)]),
    ]

    private static let sequences: [[(ids: [Int32], isTarget: [Bool])]] = [
        [[7, 2], [7, 11, 2], [40, 2], [2]].map { sequence(question + $0, from: 9) },
        [sequence(question + [6, 6, 6, 2], from: 9), sequence(question + [6, 6, 7, 2], from: 9)],
        [sequence([4, 5, 6], from: 1), sequence([9, 5, 6], from: 2)],
        [sequence(question, from: 4)],
        [sequence([3, 4, 5, 6], from: 1), sequence([3, 4, 5, 7], from: 1)],
        [sequence([3, 4, 5, 6], from: 9), sequence([3, 4, 5, 7], from: 3)],
        [sequence([3], from: 0), sequence([3, 8], from: 1)],
    ]

    /// Every family: positions that do not restart, windows, adapters.
    @Test(arguments: FamilyTests.names, [false, true]) func losses(_ name: String, hasAdapters: Bool) throws {
        let model = try loadModel(fixture(name))
        let slab = hasAdapters ? model.attachAdapters(rank: 3) : nil
        let workspace = Workspace()
        let losses = try model.tokenLosses(TokenBatch(Self.groups), workspace: workspace)
        let places = TokenBatch.exampleIndices(of: Self.groups)
        #expect(places.map(\.count) == Self.sequences.map(\.count))
        for (group, indices) in zip(Self.sequences, places) {
            for (sequence, index) in zip(group, indices) {
                let alone = try model.tokenLosses(TokenBatch(examples: [sequence]), workspace: workspace)
                #expect(losses.counts[index] == alone.counts[0])
                #expect(abs(losses.sums[index] - alone.sums[0]) < 1e-4)
            }
        }
        #expect(losses.values.count == places.joined().reduce(0) { $0 + losses.counts[$1] })
        withExtendedLifetime(slab) {}
    }

    @Test func commonRowsStandOnce() {
        // Eight of the question's nine rows: the ninth predicts the answers' first tokens.
        #expect(Self.groups.map(\.rowCount) == [8 + 3 + 4 + 3 + 2, 8 + 5 + 5, 6, 9, 8, 2 + 2 + 2, 3])
        #expect(Self.groups[0].attendedRowCount == 44)
        #expect(TokenBatch(Self.groups).rowCount == Self.groups.reduce(0) { $0 + $1.rowCount })
    }
}
