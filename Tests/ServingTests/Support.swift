// Served models for the tests of this module.

import Adapters
import Foundation
import Generation
import Models
import Serving
import Tensors
import TestSupport
import Tokenizers
import WeightFiles

/// The tiny trained model, or that at `url` with its tokenizer, served. Adapters are made of numbers: `load(_:from:)` takes
/// the seed as path, when `whenRead` has returned.
func tinyServed(
    _ url: URL = TinyModel.gguf, precision: ElementType = .f32, contextLength: Int = 4096,
    limits: AdapterLimits = AdapterLimits(), whenRead: @escaping @Sendable () -> Void = {}
) throws -> ServedModel {
    try ServedModel(limits: limits) {
        let source = try openWeights(url)
        var configuration = try ModelConfiguration(of: source)
        configuration.contextLength = contextLength
        let model = try LanguageModel(configuration: configuration, weights: source, precision: precision)
        guard let tokenizer = try openWeights(TinyModel.gguf).tokenizerSource()?.tokenizer() else {
            throw NoTokenizer()
        }
        let facts = ServedFacts(
            name: "tiny", family: configuration.family, tokenizer: tokenizer, endTokens: [],
            contextLength: contextLength, vocabularySize: configuration.vocabularySize, width: configuration.width,
            byteCount: source.byteCount, writesText: configuration.writesText)
        let adapted = AdaptedModel(model)
        return (
            facts,
            ServedBase(model) { path in
                whenRead()
                if let seed = UInt64(path) { return ReadAdapter(try randomAdapter(adapted, seed: seed)) }
                if path == "lm_head" {
                    return ReadAdapter(try randomAdapter(adapted, seed: 9, targets: .patterns([path])))
                }
                guard path == "head" else { throw CocoaError(.fileNoSuchFile) }
                let head = SavedHead(
                    task: .classify, path: "score", inputSize: 64, outputs: 3, hasBias: false, labels: ["x", "y", "z"])
                return ReadAdapter(try randomAdapter(adapted, seed: 6, head: head))
            }
        )
    }
}

struct NoTokenizer: Error {}

/// An adapter of random numbers on layers of `model`, as large as trained ones.
func randomAdapter(
    _ model: AdaptedModel, seed: UInt64, rank: Int = 3, targets: AdapterTargets = .allLinear, head: SavedHead? = nil
) throws -> AdapterSet {
    let set = try AdapterSet(
        AdapterConfiguration(rank: rank, alpha: Double(2 * rank), targets: targets, head: head),
        for: model.layers, beside: model.parameters)
    let random = RandomStream(seed: seed, purpose: .probe)
    for index in set.slab.values.indices {
        set.slab.values[index] = Float(random.uniform(stream: 0, index: UInt64(index)) - 0.5) * 0.2
    }
    set.slab.valuesChanged()
    return set
}

/// A prompt of `length` pseudo-random tokens.
func prompt(_ length: Int, _ stream: Int) -> [Int32] {
    let random = RandomStream(seed: 11, purpose: .probe)
    return [1]
        + (1..<max(length, 1)).map {
            Int32(random.integer(below: 400, stream: UInt32(stream), index: UInt64($0)) + 3)
        }
}

/// All that is told of one request.
struct Told: Equatable {
    var text = ""
    var tokens: [ServedToken] = []
    var end: ServedEnd?
    var usage = ServedUsage()
    var error: ServingError?
    var began: [Int] = []

    static func == (a: Told, b: Told) -> Bool {
        a.text == b.text && a.tokens == b.tokens && a.end == b.end && a.error == b.error
    }

    init(_ events: AsyncStream<ServedEvent>) async {
        for await event in events {
            switch event {
            case .began(let cached): began.append(cached)
            case .prompt: break
            case .text(let piece, let more):
                text += piece
                tokens += more
            case .finished(let end, let usage): (self.end, self.usage) = (end, usage)
            case .failed(let error): self.error = error
            }
        }
    }
}

extension ServingEngine {
    func told(_ request: ServedRequest) async throws -> Told { await Told(try submit(request)) }
}
