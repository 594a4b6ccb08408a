// Prompts that begin alike are read once; nobody's answer hangs on it, and memory stays bounded.

import Generation
import Models
import TestSupport
import Testing
import Tensors

@Suite struct PrefixStoreTests {
    /// `count` prompts with the same first `shared` tokens.
    private func family(_ shared: Int, _ count: Int, rest: Int = 30) -> [[Int32]] {
        (0..<count).map { prompt(shared, 1) + prompt(rest + $0, $0 + 2).dropFirst() }
    }

    @Test(arguments: [ElementType.f32, .bf16]) func answersAreThoseWithoutIt(precision: ElementType) throws {
        let model = try tinyModel(precision: precision), adapter = try randomAdapter(model, seed: 4)
        let bindings = [.none, adapter.binding(to: model)]
        let prompts = family(40, 3) + family(600, 3) + family(1100, 2) + [prompt(40, 1)]
        let store = PrefixStore(limit: 64 << 20)
        let scheduler = GenerationScheduler(model, limits: CacheLimits(width: 2), prefixes: store)
        let requests = bindings.flatMap { binding in
            prompts.map { GenerationRequest(prompt: $0, maximumTokens: 6, adapters: binding) }
        }
        var kept: [Int] = []
        for request in requests + requests {
            var asked = request
            asked.whenBegun = { kept.append($0) }
            #expect(try scheduler.answers(to: [asked]) == [request.alone(model)])
        }
        // What begins alike is read from there on; chunks whose attention goes by other tiles are not alike.
        let alike = [0, 40, 40, 40, 600, 600, 512, 1100, 39]
        #expect(Array(kept[..<requests.count]) == alike + alike)
        // Of what was asked before the last token alone is read.
        #expect(Array(kept[requests.count...]) == requests.map { $0.prompt.count - 1 })
        #expect(store.savedTokens == kept.reduce(0, +))
    }

    @Test func bytesStayWithinTheLimit() throws {
        let model = try tinyModel(), bytes = SequenceReader(model).bytesPerToken
        let store = PrefixStore(limit: 100 * bytes)
        let scheduler = GenerationScheduler(model, prefixes: store)
        func ask(_ prompt: [Int32]) throws {
            _ = try scheduler.answers(to: [GenerationRequest(prompt: prompt, maximumTokens: 2)])
        }
        for stream in 0..<5 {
            try ask(prompt(41, stream))
            #expect(store.byteCount <= store.limit && store.byteCount == store.count * 40 * bytes)
        }
        #expect(store.count == 2)
        // One that does not fit is not kept, and drives nobody out; the one asked for last stays.
        try ask(prompt(200, 9))
        #expect(store.count == 2)
        try ask(prompt(41, 3))
        try ask(prompt(41, 7))
        let before = store.savedTokens
        try ask(prompt(41, 3))
        #expect(store.savedTokens == before + 40)
        store.forget(model.adapters)
        #expect(store.count == 0 && store.byteCount == 0)
    }

    /// Prompts that come together are alike already: the first is read, the others from where it ends.
    @Test func whoComesTogetherIsReadOnce() throws {
        let model = try tinyModel(), store = PrefixStore(limit: 64 << 20)
        var kept: [Int] = []
        var request = GenerationRequest(prompt: prompt(100, 1), maximumTokens: 5)
        let expected = try request.alone(model)
        request.whenBegun = { kept.append($0) }
        let answers = try GenerationScheduler(model, prefixes: store).answers(to: [request, request, request])
        #expect(answers == [expected, expected, expected] && kept == [0, 99, 99])
    }

    /// A longer prompt takes the place of its own beginnings.
    @Test func aConversationIsKeptOnce() throws {
        let model = try tinyModel(), store = PrefixStore(limit: 64 << 20)
        let scheduler = GenerationScheduler(model, prefixes: store)
        let whole = prompt(300, 1)
        for count in stride(from: 50, through: 300, by: 50) {
            _ = try scheduler.answers(to: [GenerationRequest(prompt: Array(whole[..<count]), maximumTokens: 1)])
            #expect(store.count == 1)
        }
        #expect(store.savedTokens == 49 + 99 + 149 + 199 + 249)
    }
}
