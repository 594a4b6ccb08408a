// Many requests at a time: each is told what it would be told alone.

import Generation
import Serving
import TestSupport
import Testing

@Suite struct ServingEngineTests {
    /// 16 requests over 4 adapters, the base and mixtures, greedy and drawn.
    private var requests: [ServedRequest] {
        let choices: [[AdapterChoice]] = [
            [], [AdapterChoice("a")], [AdapterChoice("b")], [AdapterChoice("c")], [AdapterChoice("d")],
            [AdapterChoice("a", scale: 0.5)], [AdapterChoice("a", scale: 0.5), AdapterChoice("c", scale: -0.25)],
        ]
        return (0..<16).map { number in
            ServedRequest(
                prompt: prompt(1 + number * 7 % 40, number), adapters: choices[number % choices.count],
                maximumTokens: 4 + number * 5 % 17,
                sampling: number % 2 == 0
                    ? ServedSampling() : ServedSampling(temperature: 0.8, topK: 40, topP: 0.9, seed: UInt64(number)),
                stopTokens: Set(stride(from: 3, to: 512, by: 40)))
        }
    }

    private func loaded(_ model: ServedModel) async throws -> ServedModel {
        for (name, seed) in [("a", 1), ("b", 2), ("c", 3), ("d", 4)] { try await model.load(name, from: "\(seed)") }
        return model
    }

    @Test func companyChangesNoToken() async throws {
        let engine = ServingEngine(try await loaded(tinyServed()))
        let streams = try requests.map { try engine.submit($0) }
        var together: [Told] = []
        for stream in streams { together.append(await Told(stream)) }
        for (request, told) in zip(requests, together) { #expect(try await engine.told(request) == told) }
        #expect(together.allSatisfy { $0.error == nil && $0.end != nil })
        #expect(Set(together.map(\.text)).count > 12)
        // The last answer is told before the step that ends it is over.
        await engine.drain()
        let status = engine.status
        #expect(status.finished == 32 && status.submitted == 32 && status.queued == 0)
        #expect(status.cacheBytes == 0)
    }

    @Test func valuesThatMeanNothingAreRefusedByName() async throws {
        let engine = ServingEngine(try tinyServed())
        let wrong: [(String, ServedSampling)] = [
            ("temperature", ServedSampling(temperature: -1)), ("temperature", ServedSampling(temperature: .infinity)),
            ("top_k", ServedSampling(topK: 0)), ("top_p", ServedSampling(topP: 0)),
            ("top_p", ServedSampling(topP: .nan)),
            ("min_p", ServedSampling(minP: 1.5)), ("repetition_penalty", ServedSampling(repetitionPenalty: 0)),
            ("presence_penalty", ServedSampling(presencePenalty: .nan)),
            ("frequency_penalty", ServedSampling(frequencyPenalty: -1e9)),
            ("logit_bias", ServedSampling(logitBias: [3: .infinity])),
        ]
        for (name, sampling) in wrong {
            let request = ServedRequest(prompt: [1, 5], maximumTokens: 3, sampling: sampling)
            do {
                _ = try engine.submit(request)
                Issue.record("\(name) was taken")
            } catch {
                guard case .invalid(field: name, _) = error else { throw error }
            }
        }
        // What the model does not have is told where it is answered, and others are not concerned.
        for bad in [[], [1, 512], [Int32](repeating: 5, count: 5000)] as [[Int32]] {
            let request = ServedRequest(prompt: bad, maximumTokens: 3)
            if bad.isEmpty {
                #expect(throws: ServingError.self) { try engine.submit(request) }
            } else {
                #expect(try await engine.told(request).error != nil)
            }
        }
        let outside = ServedSampling(logitBias: [512: 1])
        let refused = try await engine.told(ServedRequest(prompt: [1, 5], maximumTokens: 3, sampling: outside))
        guard case .invalid(field: "logit_bias", _) = refused.error else { throw refused.error ?? .stopping }
        let extreme = ServedSampling(
            temperature: 1e-30, repetitionPenalty: 1e-3, presencePenalty: 1e3, frequencyPenalty: -1e3,
            logitBias: [7: 1e6, 9: -.infinity])
        let told = try await engine.told(ServedRequest(prompt: [1, 5], maximumTokens: 3, sampling: extreme))
        #expect(told.error == nil && told.tokens.map(\.id) == [7, 7, 7])
    }

    @Test func whatNobodyLoadedIsRefused() async throws {
        let model = try await loaded(tinyServed())
        let engine = ServingEngine(model)
        let wrong = ServedRequest(prompt: [1, 5], adapters: [AdapterChoice("x")], maximumTokens: 3)
        #expect(throws: ServingError.unknownAdapter("x", known: ["a", "b", "c", "d"])) { try engine.submit(wrong) }
        try await model.unload("b")
        #expect(model.adapters.map(\.name) == ["a", "c", "d"] && model.adapters.map(\.id) == [0, 2, 3])
    }
}
