// How answers end: texts, tokens, time, listeners who leave, and an engine that is about to end.

import Dispatch
import Grammars
import Serving
import TestSupport
import Testing

@Suite struct AnswerEndTests {
    private let base = ServedRequest(prompt: prompt(7, 3), maximumTokens: 60)

    /// A text that ends an answer is found wherever tokens part it, and nothing of it is told.
    @Test func textsEndAnswersAcrossTokens() async throws {
        let engine = ServingEngine(try tinyServed())
        let whole = try await engine.told(base)
        let text = Array(whole.text.unicodeScalars)
        #expect(text.count > 60 && whole.tokens.count == 60)
        func string(_ range: Range<Int>) -> String { String(String.UnicodeScalarView(text[range])) }
        for start in stride(from: 3, to: 40, by: 7) {
            var request = base
            let stop = string(start..<start + 5)
            request.stop = ["\u{1}never", stop]
            let told = try await engine.told(request)
            let expected = try #require(whole.text.range(of: stop)).lowerBound
            #expect(told.end == .text(stop) && told.text == whole.text[..<expected])
            #expect(told.tokens.count < 60 && told.tokens == Array(whole.tokens[..<told.tokens.count]))
        }
        // What only begins like one is told at the end.
        var request = base
        request.stop = [string(text.count - 3..<text.count) + "\u{1}"]
        #expect(try await engine.told(request) == whole)
    }

    @Test func tokensEndAnswersUnlessToldNot() async throws {
        let engine = ServingEngine(try tinyServed())
        let whole = try await engine.told(base), end = whole.tokens[10].id
        let place = try #require(whole.tokens.firstIndex { $0.id == end })
        var request = base
        request.stopTokens = [end]
        let told = try await engine.told(request)
        #expect(told.end == .token(end) && told.tokens == Array(whole.tokens[..<place]))
        #expect(told.usage.answerTokens == place + 1 && told.usage.promptTokens == 7)
    }

    @Test func timeEndsAnswers() async throws {
        let engine = ServingEngine(try tinyServed()), gate = Gate()
        var request = gate.request
        request.deadline = .milliseconds(1)
        let stream = try engine.submit(request)
        try await Task.sleep(for: .milliseconds(5))
        gate.open()
        let told = await Told(stream)
        #expect(told.end == .deadline && told.tokens.count <= 1)
        #expect(engine.status.deadlines == 1 && engine.status.cacheBytes == 0)
    }

    /// Who stops listening frees the place; the others go on.
    @Test func leavingCancels() async throws {
        let engine = ServingEngine(try tinyServed(), limits: ServingLimits(sequences: 1, queue: 1)), gate = Gate()
        var stream: AsyncStream<ServedEvent>? = try engine.submit(gate.request)
        #expect(stream != nil)
        stream = nil
        gate.open()
        let told = try await engine.told(base)
        #expect(told.end == .maximumTokens && told.tokens.count == 60)
        #expect(engine.status.cancelled == 1 && engine.status.finished == 1)
    }

    /// Texts of one who has left are not read.
    @Test func leavingEndsTexts() async throws {
        let engine = ServingEngine(try tinyServed())
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await engine.embed([[1, 5], [1, 7]])
        }
        task.cancel()
        await #expect(throws: ServingError.stopping) { try await task.value }
        await engine.drain()
    }

    @Test func tooManyAreTurnedAway() async throws {
        let engine = ServingEngine(try tinyServed(), limits: ServingLimits(sequences: 1, queue: 2)), gate = Gate()
        let streams = try (0..<3).map { _ in try engine.submit(gate.request) }
        do {
            _ = try engine.submit(base)
            Issue.record("a fourth was taken")
        } catch {
            guard case .busy(let time) = error else { throw error }
            #expect(time >= .seconds(1))
        }
        await #expect(throws: ServingError.self) { try await engine.embed([[1, 5]]) }
        #expect(engine.status.turnedAway == 2)
        gate.open()
        for stream in streams { #expect(await Told(stream).end == .maximumTokens) }
        #expect(try await engine.told(base).tokens.count == 60)
    }

    @Test func drainingFinishesWhatIsThere() async throws {
        let engine = ServingEngine(try tinyServed())
        let streams = try (0..<3).map { _ in try engine.submit(base) }
        async let told = streams.asyncMap { await Told($0) }
        await engine.drain()
        #expect(throws: ServingError.stopping) { try engine.submit(base) }
        #expect(await told.allSatisfy { $0.end == .maximumTokens && $0.tokens.count == 60 })
    }

    // MARK: Forms

    /// Only even tokens, five of them.
    private struct Evens: TokenGrammar, TokenGrammarState {
        var count = 0
        func makeState() -> any TokenGrammarState { self }
        func allowed(_ mask: inout TokenMask) {
            mask.removeAll()
            for id in stride(from: 4, to: Int32(mask.count), by: 2) { mask.insert(id) }
        }
        mutating func advance(_ token: Int32) -> Bool {
            guard token >= 4, token % 2 == 0, count < 5 else { return false }
            count += 1
            return true
        }
        var isComplete: Bool { count == 5 }
        var isFinished: Bool { count == 5 }
        func shortestCompletion() -> [Int32] { [Int32](repeating: 4, count: 5 - count) }
    }

    @Test func answersKeepToTheirGrammar() async throws {
        let engine = ServingEngine(try tinyServed())
        for temperature in [0, 1.5] {
            var request = base
            request.sampling = ServedSampling(temperature: temperature, seed: 3)
            request.grammar = Evens()
            let told = try await engine.told(request)
            #expect(told.end == .grammar && told.tokens.count == 5)
            #expect(told.tokens.allSatisfy { $0.id >= 4 && $0.id % 2 == 0 })
        }
    }
}

/// Holds the engine where it would choose a token, until it is opened: nothing is computed meanwhile.
private final class Gate: TokenGrammar, TokenGrammarState {
    private let semaphore = DispatchSemaphore(value: 0)

    /// Twenty tokens that wait for the gate.
    var request: ServedRequest {
        var request = ServedRequest(prompt: [1, 5], maximumTokens: 20)
        request.grammar = self
        return request
    }

    func open() { semaphore.signal() }

    func makeState() -> any TokenGrammarState { self }
    func allowed(_ mask: inout TokenMask) {
        semaphore.wait()
        semaphore.signal()
        for id in 0..<Int32(mask.count) { mask.insert(id) }
    }
    func advance(_ token: Int32) -> Bool { true }
    var isComplete: Bool { true }
    var isFinished: Bool { false }
    func shortestCompletion() -> [Int32] { [] }
}

extension Array where Element: Sendable {
    fileprivate func asyncMap<Value: Sendable>(_ body: @Sendable (Element) async -> Value) async -> [Value] {
        var values: [Value] = []
        for element in self { values.append(await body(element)) }
        return values
    }
}
