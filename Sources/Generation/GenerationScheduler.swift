// The one loop of generation: whoever wants answers adds requests and asks for steps.

public import Models
public import Tensors

/// Answers many requests side by side, step by step: one answer, a batch, a chat and a server are its users.
///
///     let scheduler = GenerationScheduler(model)
///     let id = scheduler.add(GenerationRequest(prompt: prompt, maximumTokens: 64, stopTokens: ends))
///     while !scheduler.isIdle {
///         for event in scheduler.step() { … }      // .token(id, token), then .finished(id, reason)
///     }
///
/// A sequence gets the same tokens alone and in any company, whatever order others come, end or are cancelled in: its
/// numbers do not depend on the rows beside it, and its sampler counts its own steps. It is for one thread at a time.
public final class GenerationScheduler {
    public let limits: CacheLimits
    /// The most tokens of prompts that a step reads before it goes on with answers; a chunk is read whatever it takes.
    /// The fewer, the less an answer waits for the prompts of others; all at once is the fastest for a batch.
    public let promptTokensPerStep: Int
    /// What is kept of prompts; nil where nothing is.
    public let prefixes: PrefixStore?
    /// Whether caches grow with answers.
    private let growsCaches: Bool
    private let reader: SequenceReader
    private var requests = 0
    /// Ends of requests that need no computing, to be told by the next step.
    private var decided: [GenerationEvent] = []
    /// In order of arrival, both.
    private var waiting: [RunningSequence] = []
    private var running: [RunningSequence] = []
    /// Those of which the prompt is not read, in the order in which a chunk of each is.
    private var reading: [RunningSequence] = []

    /// - Parameters:
    ///   - arithmetic: nil for what goes with the model's precision: exact in fp32, rounded in bf16.
    ///   - promptTokensPerStep: one chunk, unless told otherwise.
    ///   - growsCaches: whether a cache has room for what is known of a sequence and grows with its answer, instead of having room for
    ///     all that may come. More run together where few answers become as long as they may; where memory is then short, who came
    ///     last begins again when there is room, with the same answer.
    ///   - prefixes: keeps prompts, for others that begin alike; nil: each is read by itself.
    public init(
        _ model: LanguageModel, arithmetic: GenerationArithmetic? = nil, limits: CacheLimits = CacheLimits(),
        promptTokensPerStep: Int = PromptChunk.mostTokens, prefixes: PrefixStore? = nil,
        growsCaches: Bool = false, workspace: Workspace = Workspace()
    ) {
        self.prefixes = prefixes
        self.growsCaches = growsCaches
        self.limits = limits
        self.promptTokensPerStep = promptTokensPerStep
        reader = SequenceReader(model, arithmetic: arithmetic, workspace: workspace)
        // In one piece; what is not used takes no memory.
        workspace.reserve(
            bytes: reader.predictedBytes(
                promptTokens: PromptChunk.mostTokens, sequences: limits.width, adapters: model.adapters))
    }

    /// What it has done so far.
    public private(set) var work = SchedulerWork()

    /// Whether there is nothing to do or to tell.
    public var isIdle: Bool { decided.isEmpty && waiting.isEmpty && running.isEmpty }

    /// Bytes of the caches of running sequences.
    public var cacheBytes: Int { running.reduce(0) { $0 + bytes($1.room) } }

    /// Takes a request, which begins when those before it have and there is room. What is wrong with it is told by the
    /// next step.
    @discardableResult
    public func add(_ request: GenerationRequest) -> RequestID {
        let id = RequestID(number: requests)
        requests += 1
        if let reason = request.verdict(of: reader.model) {
            decided.append(.finished(id, reason))
        } else {
            let sequence = RunningSequence(id, request, of: reader.model)
            sequence.reserve(grows: growsCaches)
            waiting.append(sequence)
        }
        return id
    }

    /// Ends a request wherever it stands: its place and its memory are free at once, and nothing more is told of it.
    ///
    /// - Returns: whether it was still on its way.
    @discardableResult
    public func cancel(_ id: RequestID) -> Bool {
        if let index = waiting.firstIndex(where: { $0.id == id }) {
            waiting.remove(at: index)
        } else if let index = running.firstIndex(where: { $0.id == id }) {
            leave(running[index])
        } else if let index = decided.firstIndex(where: { if case .finished(id, _) = $0 { true } else { false } }) {
            decided.remove(at: index)
        } else {
            return false
        }
        return true
    }

    /// Lets requests in, reads prompts as far as a step may, and writes one token more of every answer that was begun
    /// before.
    public func step() -> [GenerationEvent] {
        var events = decided
        decided = []
        admit()
        let writing = running.filter(\.isWriting), start = ContinuousClock.now
        read(&events)
        let middle = ContinuousClock.now
        write(writing, &events)
        work.readingTime += middle - start
        if !writing.isEmpty {
            work.steps += 1
            work.stepRows += writing.count
            work.writingTime += ContinuousClock.now - middle
        }
        return events
    }

    private func admit() {
        while let next = waiting.first {
            guard limits.haveRoom(for: bytes(next.room), beside: running.map { bytes($0.room) }) else { return }
            waiting.removeFirst()
            running.append(next)
            reading.append(next)
        }
    }

    /// A chunk of each prompt in turn: a long one keeps a short one waiting for no more than that.
    private func read(_ events: inout [GenerationEvent]) {
        var tokens = 0
        while let sequence = reading.first {
            // Not before its turn: who was read just now may have left it a beginning.
            let cache = sequence.cache ?? sequence.begin(reader, prefixes)
            guard let chunk = reader.nextChunk(of: sequence.prompt, in: cache) else { return }
            guard tokens == 0 || tokens + chunk.range.count <= promptTokensPerStep else { return }
            tokens += chunk.range.count
            work.readTokens += chunk.range.count
            reading.removeFirst()
            let next = reader.read(chunk, of: sequence.prompt, into: cache, adapters: sequence.adapters) {
                sequence.advance($0)
            }
            guard let next else {
                reading.append(sequence)
                continue
            }
            sequence.share(reader, prefixes)
            tell(sequence, next, &events)
        }
    }

    private func bytes(_ tokens: Int) -> Int { tokens * reader.bytesPerToken }

    /// Those of `sequences` that have room for a token more. Where there is too little memory, who came last gives its own.
    private func withRoom(_ sequences: [RunningSequence]) -> [RunningSequence] {
        for sequence in sequences where sequence.isFull {
            // While it grows, the old cache is there beside the new one.
            let needed = bytes(sequence.room + sequence.grownRoom)
            func hasRoom() -> Bool {
                limits.haveRoom(for: needed, beside: running.filter { $0 !== sequence }.map { bytes($0.room) })
            }
            while sequence.cache != nil, !hasRoom() {
                guard let last = running.max(by: { $0.id.number < $1.id.number }) else { break }
                pause(last)
            }
            sequence.grow()
        }
        return sequences.filter { $0.cache != nil }
    }

    /// Lets a sequence wait until there is room, before those that came after it.
    private func pause(_ sequence: RunningSequence) {
        leave(sequence)
        sequence.reserve(grows: growsCaches)
        waiting.insert(
            sequence, at: waiting.firstIndex { $0.id.number > sequence.id.number } ?? waiting.endIndex)
        work.pauses += 1
    }

    /// One pass for all, whatever adapters they have: it reads each weight of the base once.
    private func write(_ writing: [RunningSequence], _ events: inout [GenerationEvent]) {
        let sequences = withRoom(writing)
        guard !sequences.isEmpty else { return }
        let next = reader.step(
            sequences.compactMap(\.last), into: sequences.compactMap(\.cache), adapters: sequences.map(\.adapters)
        ) { sequences[$0].advance($1) }
        for (sequence, next) in zip(sequences, next) { tell(sequence, next, &events) }
    }

    private func tell(
        _ sequence: RunningSequence, _ next: (token: Int32?, end: FinishReason?), _ events: inout [GenerationEvent]
    ) {
        if let token = next.token { events.append(.token(sequence.id, token)) }
        guard let reason = next.end else { return }
        events.append(.finished(sequence.id, reason))
        leave(sequence)
    }

    /// Frees the sequence's place and its memory.
    private func leave(_ sequence: RunningSequence) {
        running.removeAll { $0 === sequence }
        reading.removeAll { $0 === sequence }
        sequence.end(reader)
    }
}
