// A request on its way: waiting, reading its prompt, writing its answer.

import Grammars
import Kernels
import Models

/// A request with what has become of it.
final class RunningSequence {
    let id: RequestID
    let request: GenerationRequest
    let adapters: AdapterBinding
    /// What is read: the request's prompt, after the adapter's virtual tokens where it has some.
    let prompt: [Int32]
    /// The most tokens of the answer, context included.
    private let limit: Int
    /// Nil until its turn to be read has come.
    private(set) var cache: KeyValueCache?
    /// Tokens that its cache has room for, or will have when it begins.
    private(set) var room = 0
    /// The answer so far.
    private var written: [Int32] = []
    /// How many of them the logits were seen before which they stand: all, but for a sequence that began again.
    private var seen = 0
    private var hasBegun = false
    /// Nil where nothing hangs on it.
    private var said: SaidTokens?
    /// How far the answer has come in its grammar; nil without one.
    private var grammar: (any TokenGrammarState)?
    private var mask: TokenMask

    init(_ id: RequestID, _ request: GenerationRequest, of model: LanguageModel) {
        self.id = id
        self.request = request
        adapters = request.adapters ?? model.adapters
        prompt = adapters.virtualTokens + request.prompt
        limit = request.limit(in: model.configuration.contextLength - adapters.virtualTokens.count)
        grammar = request.grammar?.makeState()
        mask = TokenMask(count: grammar == nil ? 0 : model.configuration.vocabularySize)
        said = request.rules.isIdle ? nil : SaidTokens(prompt: request.prompt)
    }

    /// Tokens that may have to be remembered: the last of an answer is not read.
    var capacity: Int { prompt.count + max(limit - 1, 0) }

    /// Whether its prompt is read and an answer begun.
    var isWriting: Bool { seen > 0 }

    /// What is to be read next, of one that writes.
    var last: Int32? { seen > 0 ? written[seen - 1] : nil }

    // MARK: Its cache

    /// Tokens that have room beside those that are known, in a cache that grows.
    private static let headroom = 128

    /// Says how much room it is to begin with.
    /// - Parameter grows: whether the cache grows with the answer; else it has room for all that may come.
    func reserve(grows: Bool) {
        room = grows ? min(capacity, prompt.count + written.count + Self.headroom) : capacity
    }

    /// Takes a cache, with as much of the prompt as its memory holds.
    func begin(_ reader: SequenceReader, _ prefixes: PrefixStore?) -> KeyValueCache {
        let cache =
            request.memory?.take(prompt, capacity: room, reader, adapters)
            ?? prefixes?.take(prompt, capacity: room, CacheOrigin(reader, adapters))
            ?? reader.cache(capacity: room)
        self.cache = cache
        if !hasBegun { request.whenBegun?(max(0, cache.length - adapters.virtualTokens.count)) }
        hasBegun = true
        return cache
    }

    /// Whether the next token has no room.
    var isFull: Bool { cache.map { $0.length == $0.capacity } ?? false }

    /// Tokens that have room when it has grown once more.
    var grownRoom: Int { min(capacity, room + max(Self.headroom, room / 2)) }

    func grow() {
        guard let cache else { return }
        room = grownRoom
        self.cache = cache.copy(of: cache.length, capacity: room)
    }

    /// Keeps its prompt, which is read, for others that begin alike.
    func share(_ reader: SequenceReader, _ prefixes: PrefixStore?) {
        guard request.memory == nil, let cache else { return }
        prefixes?.keep(prompt, in: cache, CacheOrigin(reader, adapters))
    }

    /// Gives the cache to its memory, or back to the system. What was written stays: beginning again it is read as it was then, token
    /// by token, so that the answer goes on with the same numbers.
    func end(_ reader: SequenceReader) {
        if let cache { request.memory?.keep(cache, reader, adapters) }
        cache = nil
        seen = 0
    }

    // MARK: Its answer

    /// Chooses the next token, unless it was before.
    /// - Returns: the token where it is part of the answer, and the reason where it ends.
    func advance(_ logits: UnsafeBufferPointer<Float>) -> (token: Int32?, end: FinishReason?) {
        guard seen == written.count else {
            seen += 1
            return (nil, nil)
        }
        let count = written.count
        guard let next = choose(logits) else {
            return (nil, .failed(failure(logits, position: request.prompt.count + count)))
        }
        if request.stopTokens.contains(next) { return (nil, .stopToken(next)) }
        if let top = request.scoredTokens {
            request.whenChosen?(TokenScores(of: next, in: logits, top: top))
        }
        written.append(next)
        seen += 1
        said?.add(next)
        if let grammar, grammar.isFinished { return (next, .whole) }
        guard written.count == limit else { return (next, nil) }
        return (next, limit < request.maximumTokens ? .contextFull : .maximumTokens)
    }

    /// Why no token could be chosen of `logits`.
    private func failure(_ logits: UnsafeBufferPointer<Float>, position: Int) -> GenerationError {
        let isChanged = said != nil || grammar != nil
        return isChanged && Elements.firstLargest(logits) != nil
            ? .nothingAllowed(position: position) : .nonFiniteLogits(position: position)
    }

    private func choose(_ logits: UnsafeBufferPointer<Float>) -> Int32? {
        let count = written.count
        guard said != nil || grammar != nil else { return request.sampler.token(logits: logits, step: count) }
        let chosen: Int32? = withUnsafeTemporaryAllocation(of: Float.self, capacity: logits.count) { changed in
            _ = changed.initialize(from: logits)
            if let said { request.rules.apply(to: changed, after: said) }
            if let grammar {
                grammar.allowed(&mask)
                mask.forbidOthers(in: changed)
            }
            return request.sampler.token(logits: UnsafeBufferPointer(changed), step: count)
        }
        guard let chosen, let grammar else { return chosen }
        let next = request.stopTokens.contains(chosen) ? chosen : grammar.affordable(chosen, left: limit - count)
        // Where a token ends the answer, nothing goes on in the grammar.
        if !request.stopTokens.contains(next), self.grammar?.advance(next) == false { return nil }
        return next
    }
}

extension TokenMask {
    /// Makes every token that is not in the set impossible.
    fileprivate func forbidOthers(in logits: UnsafeMutableBufferPointer<Float>) {
        for (place, word) in words.enumerated() where word != .max {
            for bit in 0..<64 where place * 64 + bit < logits.count && word >> UInt64(bit) & 1 == 0 {
                logits[place * 64 + bit] = -.infinity
            }
        }
        for id in min(words.count * 64, logits.count)..<logits.count { logits[id] = -.infinity }
    }
}

extension GenerationRequest {
    /// The most tokens of its answer in a context of `length` tokens.
    func limit(in length: Int) -> Int { min(maximumTokens, length - prompt.count) }

    /// How it ends before anything is computed; nil where it can be answered.
    func verdict(of model: LanguageModel) -> FinishReason? {
        let size = model.configuration.vocabularySize
        let length = model.configuration.contextLength - (adapters ?? model.adapters).virtualTokens.count
        guard !prompt.isEmpty else { return .failed(.emptyPrompt) }
        if let position = prompt.firstIndex(where: { !(0..<size).contains(Int($0)) }) {
            return .failed(
                .tokenOutOfRange(id: Int(prompt[position]), position: position, vocabularySize: size))
        }
        if let id = rules.bias.keys.filter({ !(0..<size).contains(Int($0)) }).min() {
            return .failed(.biasOutOfRange(id: Int(id), vocabularySize: size))
        }
        if let start = model.configuration.encoder?.startToken, prompt.firstIndex(of: Int32(start)) ?? 0 == 0 {
            return .failed(.nothingToRead(startToken: start))
        }
        guard prompt.count < length else {
            return .failed(.promptFillsContext(tokens: prompt.count, contextLength: length))
        }
        return maximumTokens > 0 ? nil : .maximumTokens
    }
}
