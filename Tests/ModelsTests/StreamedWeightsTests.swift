// A model of which little is in memory predicts what it predicts otherwise.

import Foundation
import Models
import Objectives
import Tensors
import TestSupport
import Testing

@Suite struct StreamedWeightsTests {
    @Test(arguments: FamilyTests.names, [ElementType.f32, .bf16])
    func theNumbersAreTheSame(_ name: String, _ precision: ElementType) throws {
        let model = try loadModel(fixture(name), precision: precision)
        let slab = model.attachAdapters(rank: 3)
        let batch = TokenBatch(
            examples: [randomExample(70, vocabulary: 48, stream: 1), randomExample(9, vocabulary: 48, stream: 2)])
        func predictions() throws -> (logits: [Float], losses: [Float]) {
            (
                try model.logits(batch, workspace: Workspace()),
                try model.tokenLosses(batch, workspace: Workspace()).values
            )
        }
        let usual = try predictions()
        model.streamsWeights = true
        let streamed = try predictions()
        #expect(streamed.logits == usual.logits && streamed.losses == usual.losses)
        withExtendedLifetime(slab) {}
    }

    /// Of few rows most of a pass's memory is weights: all of a block's, or those of one layer.
    @Test(arguments: [ElementType.f32, .bf16]) func lessMemoryIsTakenAndForetold(_ precision: ElementType) throws {
        let model = try loadModel(TinyModel.base, precision: precision)
        let ids = randomExample(4, vocabulary: 512, stream: 4).ids
        let batch = TokenBatch(examples: [(ids, ids.map { _ in true })])
        func peak(streamed: Bool) throws -> Int {
            model.streamsWeights = streamed
            let states = Workspace(), workspace = Workspace(), losses = Workspace()
            let width = model.configuration.width
            try model.finalStates(
                batch, into: states.matrix(rows: 4, columns: width, type: precision), workspace: workspace)
            _ = try model.tokenLosses(batch, workspace: losses)
            let predicted = model.predictedEvaluationBytes(rows: 4, streamed: streamed)
            #expect(predicted >= losses.peakBytes)
            #expect(Double(predicted) < 1.3 * Double(losses.peakBytes), "\(predicted) \(losses.peakBytes)")
            return workspace.peakBytes
        }
        // 64 wide, 128 inside, half as many keys and values as queries.
        let all = (3 * 64 * 64 + 3 * 64 * 128) * precision.byteCount, one = 64 * 128 * precision.byteCount
        #expect(try peak(streamed: false) - peak(streamed: true) > (all - one) / 2)
    }
}
