// Models and adapters for the tests of this module.

import Foundation
import JSON
import Models
import Objectives
import Tensors
import TestSupport
import WeightFiles

/// A folder beside these tests, written by scripts/goldens/tiny_models.py.
func fixture(_ name: String) -> URL {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/\(name)")
}

func parse(_ url: URL) throws -> JSONValue {
    try Data(contentsOf: url).withUnsafeBytes { try JSONValue(parsing: $0) }
}

func loadModel(_ url: URL, precision: ElementType = .f32) throws -> LanguageModel {
    let weights = try openWeights(url)
    return try LanguageModel(configuration: ModelConfiguration(of: weights), weights: weights, precision: precision)
}

func integers(_ value: JSONValue?) -> [Int32] { (value?.array ?? []).compactMap(\.integer).map { Int32($0) } }
func floats(_ value: JSONValue?) -> [Float] { (value?.array ?? []).compactMap(\.double).map { Float($0) } }

/// The numbers of an fp32 tensor.
func floats(_ tensor: FrozenTensor) -> [Float] {
    precondition(tensor.dtype == .f32)
    return (0..<tensor.elementCount).map { tensor.bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
}

extension LanguageModel {
    /// Puts adapters on the layers that `isTarget` names; A and B hold small random numbers, so all gradients are non-zero.
    func attachAdapters(
        rank: Int, scale: Float = 2, dropout: Float = 0, seed: UInt64 = 5,
        where isTarget: (String) -> Bool = { _ in true }
    ) -> ParameterSlab {
        let layers = linearLayers.filter { isTarget($0.path) }
        let slab = ParameterSlab(
            layers.flatMap {
                [("\($0.path).lora_A.weight", rank, $0.inputSize), ("\($0.path).lora_B.weight", $0.outputSize, rank)]
            })
        let random = RandomStream(seed: seed, purpose: .probe)
        for slot in slab.slots {
            for index in slot.range {
                slab.values[index] = Float(random.uniform(stream: 0, index: UInt64(index)) - 0.5) * 0.2
            }
        }
        var bound: [String: LowRankAdapter] = [:]
        for (index, layer) in layers.enumerated() {
            let states = slab.slots[2 * index...2 * index + 1].map {
                TrainedMatrix(values: slab.values($0), gradients: slab.gradients($0))
            }
            bound[layer.path] = LowRankAdapter(
                scale: scale, dropout: dropout, states: states, index: index, slab: slab)
        }
        adapters = binding(bound)
        return slab
    }

    /// The logits that follow `ids`, of which the first `count` are read as a prompt and the others one by one: after the prompt, and
    /// after each of the others.
    func cachedLogits(_ ids: [Int32], promptOf count: Int, _ arithmetic: GenerationArithmetic? = nil) -> [[Float]] {
        let reader = SequenceReader(self, arithmetic: arithmetic)
        let cache = reader.cache(capacity: ids.count), prompt = Array(ids[..<count])
        var logits: [[Float]] = []
        while let chunk = PromptChunk(after: cache.length, ofPromptOf: count) {
            if let last = reader.read(chunk, of: prompt, into: cache, adapters: adapters, { Array($0) }) {
                logits.append(last)
            }
        }
        for id in ids[count...] { logits += reader.step([id], into: [cache], adapters: adapters) { Array($1) } }
        return logits
    }

    /// The adapters' gradients of `batches`, with the losses.
    func gradients(
        _ batches: [TokenBatch], slab: ParameterSlab, gradientScale: Float = 0.05, recomputedBlocks: Int = 0
    ) throws -> (loss: LossSums, gradients: [Float]) {
        slab.zeroGradients()
        let workspace = Workspace()
        var loss = LossSums()
        let learner = Learner(self, CrossEntropyObjective())
        var firstRow = 0
        for batch in batches {
            loss.append(
                try learner.accumulateGradients(
                    batch, gradientScale: gradientScale, recomputedBlocks: recomputedBlocks, workspace: workspace,
                    dropout: DropoutKey(seed: 3, stream: 0, firstRow: firstRow)))
            firstRow += batch.rowCount
        }
        return (loss, Array(slab.gradients))
    }

    /// What cross-entropy counts of `batch`.
    func sums(_ batch: TokenBatch, workspace: Workspace = Workspace()) throws -> LossSums {
        try Learner(self, CrossEntropyObjective()).sums(batch, workspace: workspace)
    }
}

/// An example of `length` pseudo-random tokens below `vocabulary`; the tokens after the first third are targets.
func randomExample(_ length: Int, vocabulary: Int, stream: UInt32) -> (ids: [Int32], isTarget: [Bool]) {
    let random = RandomStream(seed: 11, purpose: .probe)
    let ids = (0..<length).map { Int32(random.integer(below: vocabulary - 3, stream: stream, index: UInt64($0)) + 3) }
    return (ids, (0..<length).map { $0 > length / 3 })
}
