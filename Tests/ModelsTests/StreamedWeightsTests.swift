// A model of which little is in memory predicts what it predicts otherwise.

import Foundation
import Models
import Objectives
import Synchronization
import Tensors
import TestSupport
import Testing
import WeightFiles

/// Weights that note which of them are told to leave memory.
private final class WatchedWeights: WeightSource {
    private let base: any WeightSource
    private let dropped = Mutex<Set<String>>([])

    init(_ base: any WeightSource) { self.base = base }

    /// Those that left since this was last asked.
    func takeDropped() -> Set<String> {
        dropped.withLock { dropped in
            defer { dropped = [] }
            return dropped
        }
    }

    var location: String { base.location }
    var paths: [String] { base.paths }
    var byteCount: Int { base.byteCount }
    func shape(at path: String) -> Shape? { base.shape(at: path) }
    func typeName(at path: String) -> String? { base.typeName(at: path) }
    func contentDigest() throws(WeightError) -> String { try base.contentDigest() }

    func tensor(at path: String) throws(WeightError) -> FrozenTensor {
        let tensor = try base.tensor(at: path)
        let storage = Storage(
            bytes: tensor.storage.bytes,
            drop: { [weak self] _ in self?.dropped.withLock { _ = $0.insert(path) } },
            release: { withExtendedLifetime(tensor) {} })
        return FrozenTensor(
            name: tensor.name, dtype: tensor.dtype, shape: tensor.shape, storage: storage,
            byteOffset: tensor.byteOffset, form: tensor.form)
    }
}

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

    /// The pages of every weight leave with the pass, whichever it is; of a model that is not streamed none do.
    @Test func pagesLeaveMemory() throws {
        let base = try openWeights(TinyModel.base), weights = WatchedWeights(base)
        let model = try LanguageModel(configuration: ModelConfiguration(of: base), weights: weights, precision: .f32)
        let layers = Set(model.linearLayers.map { $0.path + ".weight" })
        let batch = TokenBatch(examples: [randomExample(9, vocabulary: 512, stream: 1)]), workspace = Workspace()
        let student = try loadModel(TinyModel.base)
        let passes: [() throws -> Void] = [
            { _ = try model.tokenLosses(batch, workspace: workspace) },
            { try model.layerInputs(batch, workspace: workspace) { _ in } },
            {
                let pass = try student.pass(batch, workspace: workspace)
                try pass.withTeacher(model, under: .none) { _ in }
            },
        ]
        for (number, pass) in passes.enumerated() {
            model.streamsWeights = false
            try pass()
            #expect(weights.takeDropped().isEmpty, "pass \(number)")
            model.streamsWeights = true
            try pass()
            #expect(weights.takeDropped().isSuperset(of: layers), "pass \(number)")
        }
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
