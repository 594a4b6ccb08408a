// What is asked of texts beside answers, and of answers beside their text.

import Dispatch
import Foundation
import Serving
import TestSupport
import Testing

@Suite struct ServedTextTests {
    /// Log-probabilities of a text are those that its tokens were chosen with.
    @Test func probabilitiesAgree() async throws {
        let model = try tinyServed(), engine = ServingEngine(model)
        try await model.load("a", from: "1")
        for adapters in [[], [AdapterChoice("a")]] {
            var request = ServedRequest(prompt: prompt(9, 2), adapters: adapters, maximumTokens: 12)
            request.topLogProbs = 3
            let told = try await engine.told(request), ids = told.tokens.map(\.id)
            let scored = try await engine.score(
                prompt: request.prompt, continuations: [ids, [7, 9]], adapters: adapters)
            #expect(scored.map(\.count) == [12, 2])
            // The prompt is read once for both, and neither hangs on the other.
            let alone = try await engine.score(prompt: request.prompt, continuations: [[7, 9]], adapters: adapters)
            #expect(zip(alone[0], scored[1]).allSatisfy { abs($0 - $1) < 1e-5 } && alone[0].count == 2)
            for (token, value) in zip(told.tokens, scored[0]) {
                let own = try #require(token.logProb)
                #expect(abs(own - value) < 1e-3)
                #expect(token.top.count == 3 && token.top[0].id == token.id && token.top[0].logProb == own)
            }
            request.prompt += ids
            request.promptLogProbs = true
            var prompt: [Float?] = []
            for await event in try engine.submit(request) { if case .prompt(let found) = event { prompt = found } }
            #expect(prompt.count == 21 && prompt[0] == nil)
            #expect(zip(prompt.suffix(12), scored[0]).allSatisfy { abs(($0 ?? .nan) - $1) < 1e-4 })
        }
    }

    @Test func vectorsHangOnTheirTextsAlone() async throws {
        let model = try tinyServed(), engine = ServingEngine(model)
        try await model.load("a", from: "1")
        let texts = (0..<5).map { prompt(3 + 11 * $0, $0) }
        let together = try await engine.embed(texts), adapted = try await engine.embed(texts, adapters: [.init("a")])
        for (place, text) in texts.enumerated() {
            #expect(try await engine.embed([text]) == [together[place]])
            let length = together[place].reduce(0.0) { $0 + Double($1) * Double($1) }
            #expect(together[place].count == 64 && abs(length - 1) < 1e-5)
            #expect(together[place] != adapted[place])
        }
        await #expect(throws: ServingError.self) { try await engine.embed([[1], []]) }
        await #expect(throws: ServingError.self) { try await engine.embed([[512]]) }
        await #expect(throws: ServingError.self) { try await engine.classify([[1, 2]]) }
    }

    /// A model that sees what follows has vectors, and writes nothing.
    @Test func aReaderIsServed() async throws {
        let engine = ServingEngine(
            try tinyServed(packageRoot.appendingPathComponent("Tests/ModelsTests/Fixtures/bert")))
        #expect(try await engine.embed([[2, 5, 9], [2, 7]]).map(\.count) == [16, 16])
        #expect(throws: ServingError.self) { try engine.submit(ServedRequest(prompt: [2, 5], maximumTokens: 3)) }
        await engine.drain()
        #expect(engine.status.submitted == 0)
    }

    @Test func classesAreThoseOfTheHead() async throws {
        let model = try tinyServed(), engine = ServingEngine(model)
        try await model.load("head", from: "head")
        #expect(model.adapter("head")?.labels == ["x", "y", "z"])
        let texts = (0..<9).map { prompt(2 + 9 * $0, $0) }
        let together = try await engine.classify(texts, adapters: [AdapterChoice("head")])
        for (place, text) in texts.enumerated() {
            #expect(try await engine.classify([text], adapters: [AdapterChoice("head")]) == [together[place]])
            let likeliest = together[place].probabilities.max { $0.probability < $1.probability }
            #expect(together[place].labels == [likeliest?.label])
            #expect(abs(together[place].probabilities.reduce(0) { $0 + $1.probability } - 1) < 1e-12)
        }
        #expect(Set(together.flatMap(\.labels)).count > 1)
        // A head is not weighed, nor mixed.
        let half = [AdapterChoice("head", scale: 0.5)]
        await #expect(throws: ServingError.self) { try await engine.classify(texts, adapters: half) }
    }

    @Test func adaptersKeepToTheirLimits() async throws {
        let model = try tinyServed(limits: AdapterLimits(count: 2, bytes: 1 << 20))
        let first = try await model.load("a", from: "1")
        try await model.load("b", from: "2", scale: 0.5)
        func refused(_ name: String, _ path: String) async -> Bool {
            do {
                try await model.load(name, from: path)
                return false
            } catch { if case .adapter(name: name, _) = error { return true } else { return false } }
        }
        #expect(await refused("c", "3"))
        try await model.unload("a")
        #expect(await refused("b", "3"))
        #expect(await refused("c", "nothing"))
        #expect(try await model.load("c", from: "3").id == 2)
        #expect(first.byteCount > 0 && model.adapter("b")?.scale == 0.5)
        // On the head it takes a copy of the head's weight.
        #expect(try await tinyServed().load("h", from: "lm_head").byteCount > 512 * 64 * MemoryLayout<Float>.size)
        let tight = try tinyServed(limits: AdapterLimits(count: 9, bytes: first.byteCount + 100))
        try await tight.load("a", from: "1")
        await #expect(throws: ServingError.self) { try await tight.load("b", from: "2") }
        // A mixture that the limit has no room for acts, and is forgotten.
        let engine = ServingEngine(tight)
        let mixed = ServedRequest(prompt: prompt(40, 1), adapters: [AdapterChoice("a", scale: 0.5)], maximumTokens: 4)
        let told = try await engine.told(mixed)
        #expect(told.error == nil && told.tokens.count == 4)
        await engine.drain()
        #expect(engine.status.adapterBytes == first.byteCount)
        // Nor is what was read with it kept, which would keep it, too.
        #expect(engine.status.prefixEntries == 0)
    }

    /// A disk that does not answer holds those alone who wait for its adapter.
    @Test func requestsAreAnsweredWhileAnAdapterIsRead() async throws {
        let (reading, begun) = AsyncStream<Void>.makeStream(), mayGoOn = DispatchSemaphore(value: 0)
        let model = try tinyServed(whenRead: {
            begun.yield()
            // Long after the answer is there; no test shall wait for ever.
            #expect(mayGoOn.wait(timeout: .now() + 300) == .success)
        })
        let engine = ServingEngine(model)
        async let slow = model.load("a", from: "1")
        for await _ in reading { break }
        #expect(try await engine.told(ServedRequest(prompt: prompt(9, 1), maximumTokens: 4)).tokens.count == 4)
        // Another of the same name comes too late, whenever it is read.
        let late = Task { try await model.load("a", from: "2") }
        for _ in 1...2 { mayGoOn.signal() }
        let first = try await slow
        await #expect(throws: ServingError.self) { try await late.value }
        #expect(model.adapters == [first])
    }

    /// A dropped adapter finishes what was submitted with it.
    @Test func dropsWaitForNobody() async throws {
        let model = try tinyServed(), engine = ServingEngine(model)
        try await model.load("a", from: "1")
        let request = ServedRequest(prompt: prompt(40, 1), adapters: [AdapterChoice("a")], maximumTokens: 40)
        let expected = try await engine.told(request)
        let running = try engine.submit(request)
        try await model.unload("a")
        #expect(throws: ServingError.unknownAdapter("a", known: [])) { try engine.submit(request) }
        #expect(await Told(running) == expected)
        // The name may come to mean another one.
        try await model.load("a", from: "2")
        #expect(try await engine.told(request).tokens != expected.tokens)
        // Nothing is kept that was read with an adapter that is gone.
        try await model.unload("a")
        await engine.drain()
        #expect(engine.status.prefixEntries == 0 && engine.status.adapterBytes == 0)
    }

    /// A prompt that begins like an earlier one is read from there on, with the same answer.
    @Test func beginningsAreReadOnce() async throws {
        let with = ServingEngine(try tinyServed())
        let without = ServingEngine(try tinyServed(), limits: ServingLimits(prefixBytes: 0))
        var cached: [Int] = []
        for stream in 2..<5 {
            let request = ServedRequest(prompt: prompt(60, 1) + prompt(20, stream), maximumTokens: 10)
            let told = try await with.told(request)
            #expect(try await without.told(request) == told)
            cached += told.began
        }
        #expect(cached.count == 3 && cached[0] == 0 && cached[1...].allSatisfy { $0 > 60 })
        #expect(with.status.prefixBytes > 0 && with.status.prefixBytes <= with.limits.prefixBytes)
        #expect(without.status.prefixBytes == 0 && with.status.cachedTokens == cached.reduce(0, +))
    }
}
