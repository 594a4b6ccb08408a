// Answers trained together over one copy of their prompt, against each of them with its own.

import Models
import Tensors
import TestSupport
import Testing

@Suite struct SharedPrompts {
    private static let prompt: [Int32] = [3, 17, 9, 44, 21, 8, 30, 12, 5]

    private static func answers(_ ends: [[Int32]], after prompt: [Int32]) -> [(ids: [Int32], isTarget: [Bool])] {
        ends.map { (prompt + $0, (prompt + $0).indices.map { $0 >= prompt.count }) }
    }

    /// A pair, a pair alike beyond the prompt, a group of three, two of another prompt that begins like the first, and one by itself
    /// that is learnt whole.
    private static let sequences =
        answers([[7, 2], [40, 11, 2]], after: prompt) + answers([[6, 6, 6, 2], [6, 6, 7]], after: [4] + prompt)
        + answers([[1, 2], [2], [3, 3, 3]], after: [14, 15, 16, 17]) + answers([[9, 2], [8, 2]], after: [3, 17, 9])
        + answers([[5, 6, 7]], after: [3])

    /// Every family: windows, biases by distance, experts, norms of heads; several places, from which the gradient comes together.
    @Test(arguments: FamilyTests.names) func gradientsOfFamilies(_ name: String) throws { try compare(name) }

    @Test func gradientsWithBlocksRunAgain() throws { try compare("gemma3", recomputedBlocks: 2) }

    private func compare(_ name: String, recomputedBlocks: Int = 0) throws {
        let model = try loadModel(fixture(name))
        let slab = model.attachAdapters(rank: 3, scale: 1.5)
        let batch = TokenBatch(examples: Self.sequences), shared = batch.sharingPrompts
        #expect(model.sharesPrompts(nil) && shared.rowCount == batch.rowCount - 8 - 9 - 2 * 3 - 2)
        let expected = try gradients(of: batch, model, slab, recomputedBlocks)
        let found = try gradients(of: shared, model, slab, recomputedBlocks)
        #expect(found.losses.counts == expected.losses.counts && found.losses.values == expected.losses.values)
        #expect(expected.numbers.contains { abs($0) > 1e-3 })
        #expect(relativeError(found.numbers, expected.numbers) < 1e-5)
    }

    private func gradients(
        of batch: TokenBatch, _ model: LanguageModel, _ slab: ParameterSlab, _ recomputedBlocks: Int
    ) throws -> (losses: TokenLosses, numbers: [Float]) {
        slab.zeroGradients()
        let pass = try model.trainingPass(
            batch, gradientScale: 1, recomputedBlocks: recomputedBlocks, workspace: Workspace(),
            dropout: DropoutKey(seed: 0, stream: 0, firstRow: 0))
        // Each answer counts otherwise, one of them against the others.
        let targets = batch.targetCount
        let losses = try pass.run { rows in
            try rows.tokenLosses(weights: (0..<targets).map { Float($0 % 5) - 1.5 })
        }
        return (losses, Array(slab.gradients))
    }

    @Test func examplesAndTargetsStay() {
        let batch = TokenBatch(examples: Self.sequences, sequences: Array(20..<30)), shared = batch.sharingPrompts
        #expect(shared.exampleCount == batch.exampleCount && shared.sequences == batch.sequences)
        #expect(shared.targets.filter { $0 >= 0 } == batch.targets.filter { $0 >= 0 })
        let counts = { (batch: TokenBatch) in
            zip(batch.bounds, batch.bounds.dropFirst()).map { batch.targets[$0..<$1].count { $0 >= 0 } }
        }
        #expect(counts(shared) == counts(batch))
    }

    /// Little in common, nothing in common, rows that are read whole: nothing is put together.
    @Test func batchesWithoutCommonPromptsStayAsTheyAre() {
        let short = TokenBatch(examples: Self.answers([[7, 2], [40, 2]], after: [3]))
        #expect(short.sharingPrompts == short)
        let long = TokenBatch(examples: Self.answers([Array(repeating: 6, count: 30), [7, 2]], after: [3, 4]))
        #expect(long.sharingPrompts == long)
        let texts = TokenBatch(texts: [Self.prompt, Self.prompt], reads: .all)
        #expect(texts.sharingPrompts == texts)
    }
}
