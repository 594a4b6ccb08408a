// Sequences with adapters of their own in one pass over the base.

import Adapters
import Generation
import Models
import Tensors
import TestSupport
import Testing
import Vocabulary

@Suite struct MixedAdaptersTests {
    private static let kinds: [AdapterMethodKind] = [.lora, .dora, .ia3, .loha, .lokr, .vera, .adalora]

    private func binding(_ kind: AdapterMethodKind, seed: UInt64, _ model: LanguageModel) throws -> AdapterBinding {
        let set = try AdapterSet(AdapterConfiguration(method: kind, rank: 4, alpha: 8), for: model)
        fill(set, seed: seed)
        return set.binding(to: model)
    }

    /// Adapters of every method beside the base, all in one pass, each with the tokens that it gets alone.
    @Test(arguments: [ElementType.f32, .bf16]) func everyMethodSharesThePass(precision: ElementType) throws {
        let model = try tinyModel(precision: precision)
        var bindings: [AdapterBinding] = [.none]
        for (place, kind) in Self.kinds.enumerated() {
            bindings.append(try binding(kind, seed: UInt64(place + 1), model))
        }
        #expect(SequenceReader.passes(bindings + bindings) == 1)
        let requests = (0..<16).map { (number: Int) -> GenerationRequest in
            var request = GenerationRequest(
                prompt: prompt(3 + number * 5 % 23, number), maximumTokens: 5 + number % 4,
                adapters: bindings[number % bindings.count])
            if number % 3 == 0 { request.sampler = Sampler(temperature: 0.9, seed: 3, stream: UInt32(number)) }
            return request
        }
        let together = try GenerationScheduler(model).answers(to: requests)
        for (request, answer) in zip(requests, together) { #expect(try request.alone(model) == answer) }
        // Each acts: the same prompt goes on in another way with most of them.
        let answers = try GenerationScheduler(model).answers(
            to: bindings.map { GenerationRequest(prompt: prompt(9, 1), maximumTokens: 12, adapters: $0) })
        #expect(Set(answers.map(\.tokens)).count > bindings.count / 2)
    }

    /// What has weights of its own is another base, and stands in a pass of its own; the others share one.
    @Test func weightsOfTheirOwnArePassesOfTheirOwn() throws {
        let model = try tinyModel(TinyModel.mixed)
        let folded = try AdapterSet(AdapterConfiguration(method: .fold, rank: 4, alpha: 8), for: changeable(model))
        fill(folded, seed: 5)
        let bindings: [AdapterBinding] = try [
            .none, folded.binding(to: model), randomAdapter(model, seed: 7).binding(to: model),
            randomAdapter(model, seed: 8).binding(to: model),
        ]
        #expect(SequenceReader.passes(bindings + bindings) == 2)
        let requests = (0..<8).map {
            GenerationRequest(prompt: prompt(4 + $0, $0), maximumTokens: 6, adapters: bindings[$0 % 4])
        }
        let together = try GenerationScheduler(model).answers(to: requests)
        for (request, answer) in zip(requests, together) { #expect(try request.alone(model) == answer) }
    }

    /// An expert's rows have the adapters of their sequences, whichever of these it gets.
    @Test(arguments: [TinyFamily.mixtral, .qwen3MoE]) func expertsShareThePass(family: TinyFamily) throws {
        try withTemporaryDirectory { place in
            let folder = place.appendingPathComponent("model")
            try family.write(to: folder)
            let model = try tinyModel(folder, contextLength: 256)
            let adapted = try (1...3).map { seed in
                // Strong: a random model has no text that would show a weak one.
                let set = try AdapterSet(AdapterConfiguration(rank: 4, alpha: 80), for: model)
                fill(set, seed: UInt64(seed))
                return set.binding(to: model)
            }
            let bindings = [AdapterBinding.none] + adapted
            #expect(SequenceReader.passes(bindings) == 1)
            let requests = (0..<8).map {
                GenerationRequest(prompt: prompt(4 + $0 / 4, $0 / 4), maximumTokens: 8, adapters: bindings[$0 % 4])
            }
            let together = try GenerationScheduler(model).answers(to: requests)
            for (request, answer) in zip(requests, together) { #expect(try request.alone(model) == answer) }
            #expect(Set(together.map(\.tokens)).count > 3)
        }
    }

    /// Layers of `model` that a fold can change.
    private func changeable(_ model: LanguageModel) -> [AdaptableLayer] {
        AdaptedModel(model).layers.filter { $0.path != LanguageModel.headPath && AdapterMethodKind.fold.changes($0) }
    }
}
