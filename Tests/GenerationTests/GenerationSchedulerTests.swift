// The scheduler: who runs when, and that nobody's answer hangs on it.

import Foundation
import Generation
import JSON
import Models
import Tensors
import TestSupport
import Testing
import WeightFiles

@Suite struct GenerationSchedulerTests {
    private func requests(_ count: Int) -> [GenerationRequest] {
        (0..<count).map { number in
            GenerationRequest(
                prompt: prompt(1 + number * 3 % 7, number), maximumTokens: 3 + number * 5 % 11,
                sampler: number % 2 == 0
                    ? .greedy : Sampler(temperature: 0.8, topK: 40, topP: 0.9, seed: 5, stream: UInt32(number)),
                stopTokens: Set(stride(from: 3, to: 512, by: 9)))
        }
    }

    @Test(arguments: [TinyModel.base, TinyModel.gguf, TinyModel.chatGGUF])
    func greedyTextIsTheGoldenOne(_ url: URL) throws {
        let golden = try JSONValue(parsing: String(contentsOf: TinyModel.golden, encoding: .utf8))
        func ids(_ name: String) -> [Int32] { (golden[name]?.array ?? []).compactMap(\.integer).map { Int32($0) } }
        let (expected, prompt) = (ids("greedy_ids"), ids("prompt_ids"))
        let request = GenerationRequest(prompt: prompt, maximumTokens: expected.count - prompt.count)
        #expect(expected.count > 200)
        let answer = try request.alone(tinyModel(url))
        #expect(prompt + answer.tokens == expected)
    }

    // MARK: Company

    /// Whatever runs beside a sequence, it gets the tokens that it gets alone; ragged prompts and ends, in the order
    /// asked.
    @Test(arguments: [ElementType.f32, .bf16], [1, 3, 16]) func companyChangesNoToken(
        precision: ElementType, width: Int
    ) throws {
        let model = try tinyModel(precision: precision)
        try randomAdapter(model, seed: 5).attach(to: model)
        let requests = requests(19)
        var finished: [Int: FinishReason] = [:]
        let together = try GenerationScheduler(model, limits: CacheLimits(width: width)).answers(to: requests) {
            if case .finished(_, let reason) = $1 { finished[$0] = reason }
        }
        for (number, request) in requests.enumerated() {
            let alone = try request.alone(model)
            #expect(together[number] == alone && finished[number] == alone.reason)
        }
        #expect(Set(together.map { "\($0.reason)" }).count > 1)
    }

    /// Requests come and are cancelled at any moment, with adapters of their own, short prompts and long: what a
    /// sequence is told is what it would be told alone, up to where it was cancelled.
    @Test(arguments: [ElementType.f32, .bf16], [UInt64(1), 2, 3]) func theMomentChangesNoToken(
        precision: ElementType, seed: UInt64
    ) throws {
        let model = try tinyModel(precision: precision)
        let bindings = try [.none] + [7, 8].map { try randomAdapter(model, seed: $0).binding(to: model) }
        let random = RandomStream(seed: seed, purpose: .probe)
        func draw(_ below: Int, _ index: Int, _ stream: UInt32) -> Int {
            random.integer(below: below, stream: stream, index: UInt64(index))
        }
        let requests = (0..<14).map { number in
            GenerationRequest(
                prompt: prompt(draw(8, number, 1) == 0 ? 700 : 1 + draw(40, number, 2), number),
                maximumTokens: 1 + draw(20, number, 3),
                sampler: Sampler(temperature: 0.9, seed: 3, stream: UInt32(number)),
                stopTokens: Set(stride(from: 3, to: 512, by: 40)), adapters: bindings[draw(3, number, 4)])
        }
        let scheduler = GenerationScheduler(model, limits: CacheLimits(width: 4))
        var places: [RequestID: Int] = [:], told = [[Int32]](repeating: [], count: requests.count)
        var reasons: [Int: FinishReason] = [:], cancelled: Set<Int> = [], next = 0, steps = 0
        while next < requests.count || !scheduler.isIdle {
            for _ in 0..<draw(3, steps, 5) where next < requests.count {
                places[scheduler.add(requests[next])] = next
                next += 1
            }
            for event in scheduler.step() {
                let place = try #require(places[event.id])
                #expect(reasons[place] == nil && !cancelled.contains(place))
                switch event {
                case .token(_, let token): told[place].append(token)
                case .finished(_, let reason): reasons[place] = reason
                }
            }
            let victim = draw(requests.count, steps, 6)
            if steps % 4 == 3, let id = places.first(where: { $1 == victim })?.key, scheduler.cancel(id) {
                cancelled.insert(victim)
            }
            steps += 1
        }
        #expect(!cancelled.isEmpty && reasons.count + cancelled.count == requests.count)
        for (place, request) in requests.enumerated() {
            let alone = try request.alone(model)
            if let reason = reasons[place] {
                #expect(Answer(tokens: told[place], reason: reason) == alone)
            } else {
                #expect(alone.tokens.starts(with: told[place]))
            }
        }
    }

    @Test func everyRequestHasItsAdapters() throws {
        let model = try tinyModel()
        let sets = try [7, 8].map { try randomAdapter(model, seed: $0) }
        let base = GenerationRequest(prompt: prompt(12, 1), maximumTokens: 12)
        let expected =
            try [base.alone(model)]
            + sets.map { set in
                set.attach(to: model)
                defer { model.adapters = .none }
                return try base.alone(model)
            }
        let requests = ([.none] + sets.map { $0.binding(to: model) }).map { binding in
            var request = base
            request.adapters = binding
            return request
        }
        #expect(Set(expected.map(\.tokens)).count == 3)
        #expect(try GenerationScheduler(model).answers(to: requests) == expected)
    }

    // MARK: Order

    @Test func placesGoToThoseWhoCameFirst() throws {
        let model = try tinyModel()
        let scheduler = GenerationScheduler(model, limits: CacheLimits(width: 2))
        // The first two run; the third follows who ends first, the fourth the other.
        let ids = [2, 6, 3, 1].map {
            scheduler.add(GenerationRequest(prompt: prompt(5, $0), maximumTokens: $0))
        }
        var lines: [[Int]] = []
        while !scheduler.isIdle {
            lines.append(
                scheduler.step().compactMap { event in
                    if case .token(let id, _) = event { ids.firstIndex(of: id) } else { nil }
                })
        }
        #expect(lines == [[0, 1], [0, 1], [2, 1], [1, 2], [1, 2], [3, 1]])
    }

    @Test func littleMemoryOnlyTakesLonger() throws {
        let model = try tinyModel(), requests = requests(9)
        let roomy = try GenerationScheduler(model).answers(to: requests)
        var steps = [0, 0]
        for (index, bytes) in [1 << 28, 1].enumerated() {
            let scheduler = GenerationScheduler(model, limits: CacheLimits(cacheBytes: bytes))
            var told: [GenerationEvent] = []
            requests.forEach { scheduler.add($0) }
            while !scheduler.isIdle {
                told += scheduler.step()
                steps[index] += 1
            }
            #expect(told.count == roomy.reduce(0) { $0 + $1.tokens.count } + requests.count)
        }
        #expect(steps[1] > 3 * steps[0])
        #expect(
            try GenerationScheduler(model, limits: CacheLimits(cacheBytes: 1)).answers(to: requests) == roomy)
        #expect(try GenerationScheduler(model).answers(to: []) == [])
    }

    /// While a long prompt is read, chunk by chunk, a running answer gets its token with every step, and who comes later waits for one
    /// chunk of it.
    @Test func nobodyWaitsForALongPrompt() throws {
        let model = try tinyModel()
        let scheduler = GenerationScheduler(model)
        let short = scheduler.add(GenerationRequest(prompt: prompt(5, 1), maximumTokens: 30))
        _ = scheduler.step()
        let long = scheduler.add(GenerationRequest(prompt: prompt(1300, 2), maximumTokens: 2))
        let late = scheduler.add(GenerationRequest(prompt: prompt(20, 3), maximumTokens: 1))
        let tokens = (0..<5).map { _ in
            scheduler.step().compactMap { if case .token(let id, _) = $0 { id } else { nil } }
        }
        // 512, the 20 of who came later, 512, and the last 276.
        #expect(tokens == [[short], [late, short], [short], [long, short], [short, long]])
        let greedy = GenerationScheduler(model, promptTokensPerStep: .max)
        let ids = [1300, 700].map { greedy.add(GenerationRequest(prompt: prompt($0, 2), maximumTokens: 1)) }
        // A chunk of each in turn: two of the second, three of the first.
        #expect(greedy.step().map(\.id) == [ids[1], ids[1], ids[0], ids[0]])
    }

    /// Caches that grow keep to the limit: who came last begins again later, and is answered as alone.
    @Test(arguments: [ElementType.f32, .bf16]) func cachesGrowWithinTheLimit(precision: ElementType) throws {
        let model = try tinyModel(precision: precision)
        let bytes = SequenceReader(model).bytesPerToken * 800
        let scheduler = GenerationScheduler(
            model, limits: CacheLimits(cacheBytes: bytes), prefixes: PrefixStore(limit: 1 << 20), growsCaches: true)
        var begun = 0
        let requests = (0..<5).map { number in
            var request = GenerationRequest(
                prompt: prompt(20 + number * 30, number), maximumTokens: number == 2 ? 30 : 330,
                sampler: number % 2 == 0 ? .greedy : Sampler(temperature: 0.9, seed: 5, stream: UInt32(number)))
            if number == 3 { request.rules = LogitRules(repetitionPenalty: 1.2, frequencyPenalty: 0.2) }
            request.whenBegun = { _ in begun += 1 }
            return request
        }
        let ids = requests.map { scheduler.add($0) }
        var told: [RequestID: [Int32]] = [:], most = 0
        while !scheduler.isIdle {
            for case .token(let id, let token) in scheduler.step() { told[id, default: []].append(token) }
            most = max(most, scheduler.cacheBytes)
        }
        #expect(scheduler.work.pauses > 0 && begun == 5 && most <= bytes && most > bytes / 2)
        for (id, request) in zip(ids, requests) { #expect(try told[id] == request.alone(model).tokens) }
        // All of them at their longest would not have had room, nor would two.
        let whole = GenerationScheduler(model, limits: CacheLimits(cacheBytes: bytes))
        requests.forEach { whole.add($0) }
        _ = whole.step()
        #expect(whole.cacheBytes <= bytes)
    }

    /// Who gave its cache up goes on before those that came after it.
    @Test func whoCameFirstEndsFirstWhereCachesGrow() throws {
        let model = try tinyModel()
        let scheduler = GenerationScheduler(
            model, limits: CacheLimits(cacheBytes: SequenceReader(model).bytesPerToken * 800), growsCaches: true)
        let ids = (0..<8).map { scheduler.add(GenerationRequest(prompt: prompt(100, $0), maximumTokens: 330)) }
        var ended: [RequestID] = []
        while !scheduler.isIdle {
            for case .finished(let id, _) in scheduler.step() { ended.append(id) }
        }
        #expect(ended == ids && scheduler.work.pauses > 0)
    }

    // MARK: Cancelling

    @Test func whoIsCancelledLeavesAtOnce() throws {
        let model = try tinyModel(), width = CacheLimits(width: 2)
        let scheduler = GenerationScheduler(model, limits: width)
        let requests = (1...5).map { GenerationRequest(prompt: prompt(700, $0), maximumTokens: 8) }
        let ids = requests.map { scheduler.add($0) } + [scheduler.add(GenerationRequest(prompt: [], maximumTokens: 1))]
        #expect(scheduler.cancel(ids[5]) && !scheduler.cancel(ids[5]))
        #expect(scheduler.step().isEmpty)
        let both = scheduler.cacheBytes
        // One that is being read, and one that waits.
        #expect(scheduler.cancel(ids[0]) && scheduler.cancel(ids[3]))
        #expect(scheduler.cacheBytes * 2 == both)
        var told: [RequestID: [Int32]] = [:], finished: [RequestID] = []
        while !scheduler.isIdle {
            for event in scheduler.step() {
                switch event {
                case .token(let id, let token): told[id, default: []].append(token)
                case .finished(let id, _): finished.append(id)
                }
            }
            #expect(scheduler.cacheBytes <= both)
        }
        #expect(finished == [ids[1], ids[2], ids[4]] && Set(told.keys) == Set(finished))
        for number in [1, 2, 4] { #expect(try told[ids[number]] == requests[number].alone(model).tokens) }
        #expect(scheduler.cacheBytes == 0 && !scheduler.cancel(ids[1]))
    }

    // MARK: Ends

    @Test func anAnswerEndsWhereTheContextDoes() throws {
        let model = try tinyModel(contextLength: 64)
        let cases: [(prompt: Int, maximum: Int, tokens: Int, reason: FinishReason)] = [
            (60, 10, 4, .contextFull), (60, 4, 4, .maximumTokens), (63, 10, 1, .contextFull), (3, 0, 0, .maximumTokens),
        ]
        for (length, maximum, tokens, reason) in cases {
            let answer = try GenerationRequest(prompt: prompt(length, 1), maximumTokens: maximum).alone(model)
            #expect(answer.tokens.count == tokens && answer.reason == reason)
        }
    }

    @Test func whatIsWrongWithARequestEndsItAlone() throws {
        let model = try tinyModel(contextLength: 64)
        let good = GenerationRequest(prompt: prompt(5, 1), maximumTokens: 6), expected = try good.alone(model)
        let wrong: [([Int32], GenerationError)] = [
            ([], .emptyPrompt), (prompt(64, 1), .promptFillsContext(tokens: 64, contextLength: 64)),
            ([1, 512], .tokenOutOfRange(id: 512, position: 1, vocabularySize: 512)),
            ([-1], .tokenOutOfRange(id: -1, position: 0, vocabularySize: 512)),
        ]
        for (prompt, error) in wrong {
            let scheduler = GenerationScheduler(model)
            let bad = GenerationRequest(prompt: prompt, maximumTokens: 6)
            let ids = [good, bad, good].map { scheduler.add($0) }
            var told: [RequestID: [Int32]] = [:], ends: [RequestID: FinishReason] = [:]
            while !scheduler.isIdle {
                for event in scheduler.step() {
                    switch event {
                    case .token(let id, let token): told[id, default: []].append(token)
                    case .finished(let id, let reason): ends[id] = reason
                    }
                }
            }
            #expect(ends == [ids[0]: expected.reason, ids[1]: .failed(error), ids[2]: expected.reason])
            #expect(told == [ids[0]: expected.tokens, ids[2]: expected.tokens])
            #expect(throws: error) { try GenerationScheduler(model).answers(to: [good, bad, good]) }
            #expect(error.kind == .badInput)
        }
    }
    /// Numbers that run away in one sequence, in its prompt or later, do not reach those beside it.
    @Test(arguments: [ElementType.f32, .bf16]) func numbersThatRunAwayEndOneSequence(precision: ElementType) throws {
        let url = packageRoot.appendingPathComponent("Tests/ModelsTests/Fixtures/mistral")
        let source = try openWeights(url), clean = try tinyModel(url, precision: precision)
        func request(_ prompt: [Int32]) -> GenerationRequest { GenerationRequest(prompt: prompt, maximumTokens: 8) }
        let requests = [[1, 5, 9], [1, 6, 11, 12], [1, 7]].map { request($0) }
        let answers = try GenerationScheduler(clean).answers(to: requests)
        // A token that the first writes and reads again, and that the others never see.
        let others = Set(requests[1...].flatMap(\.prompt) + answers[1...].flatMap(\.tokens) + requests[0].prompt)
        let written = try #require(answers[0].tokens.dropLast().firstIndex { !others.contains($0) })
        let poison = answers[0].tokens[written]
        let weights = WeightsInMemory(
            try source.paths.map { path in
                let tensor = try source.tensor(at: path)
                return path == "model.embed_tokens.weight" ? tensor.withInfinity(inRow: Int(poison)) : tensor
            })
        let model = try tinyModel(url, precision: precision, changing: weights)
        let scheduler = GenerationScheduler(model)
        let ids = (requests + [request([1, poison, 5])]).map { scheduler.add($0) }
        var told = [[Int32]](repeating: [], count: ids.count), ends: [RequestID: FinishReason] = [:]
        while !scheduler.isIdle {
            for event in scheduler.step() {
                switch event {
                case .token(let id, let token): told[try #require(ids.firstIndex(of: id))].append(token)
                case .finished(let id, let reason): ends[id] = reason
                }
            }
        }
        #expect(told == [Array(answers[0].tokens[...written]), answers[1].tokens, answers[2].tokens, []])
        #expect(ends[ids[0]] == .failed(.nonFiniteLogits(position: 3 + written + 1)))
        #expect(ends[ids[1]] == .maximumTokens && ends[ids[2]] == .maximumTokens)
        #expect(ends[ids[3]] == .failed(.nonFiniteLogits(position: 3)))
    }
}

extension FrozenTensor {
    /// The same in fp32, but for a number in row `row`.
    fileprivate func withInfinity(inRow row: Int) -> FrozenTensor {
        precondition(dtype == .f32)
        let storage = Storage(byteCount: elementCount * 4) { to in
            to.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<(elementCount * 4)]))
            to.storeBytes(of: Float.infinity, toByteOffset: row * shape[1] * 4, as: Float.self)
        }
        return FrozenTensor(name: name, dtype: .f32, shape: shape, storage: storage, byteOffset: 0)
    }
}
