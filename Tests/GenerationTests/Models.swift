// Models, adapters and prompts for the tests of this module.

import Adapters
import Foundation
import Generation
import JSON
import Models
import Tensors
import TestSupport
import WeightFiles

/// The tiny trained model, in a context of `contextLength` tokens.
func tinyModel(
    _ url: URL = TinyModel.gguf, precision: ElementType = .f32, contextLength: Int = 4096,
    changing weights: (any WeightSource)? = nil
) throws -> LanguageModel {
    let source = try openWeights(url)
    var configuration = try ModelConfiguration(of: source)
    configuration.contextLength = contextLength
    return try LanguageModel(configuration: configuration, weights: weights ?? source, precision: precision)
}

/// An adapter of random numbers on every layer of `model`, as large as trained ones.
func randomAdapter(_ model: LanguageModel, seed: UInt64, rank: Int = 3) throws -> AdapterSet {
    let set = try AdapterSet(
        AdapterConfiguration(rank: rank, alpha: Double(2 * rank)), for: model)
    fill(set, seed: seed)
    return set
}

/// Random numbers, as large as trained ones.
func fill(_ set: AdapterSet, seed: UInt64) {
    let random = RandomStream(seed: seed, purpose: .probe)
    for index in set.slab.values.indices {
        set.slab.values[index] = Float(random.uniform(stream: 0, index: UInt64(index)) - 0.5) * 0.2
    }
    set.slab.valuesChanged()
}

/// A prompt of `length` pseudo-random tokens.
func prompt(_ length: Int, _ stream: Int) -> [Int32] {
    let random = RandomStream(seed: 11, purpose: .probe)
    return [1]
        + (1..<max(length, 1)).map {
            Int32(random.integer(below: 400, stream: UInt32(stream), index: UInt64($0)) + 3)
        }
}

extension GenerationRequest {
    /// What the request is answered when nothing else runs.
    func alone(_ model: LanguageModel) throws -> Answer {
        try GenerationScheduler(model).answers(to: [self])[0]
    }
}
