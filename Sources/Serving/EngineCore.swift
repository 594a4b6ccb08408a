// What the engine's thread works on: the scheduler with its requests, and the adapters.

internal import Generation
internal import Models
internal import Tokenizers

/// Requests that are answered with a model, step by step. It lives on the engine's thread.
final class EngineCore {
    let base: ServedBase
    let facts: ServedFacts
    let adapters: LoadedAdapters
    private var limits = ServingLimits()
    /// Nil before the engine begins, and for a model that only reads.
    private var scheduler: GenerationScheduler?
    private var prefixes: PrefixStore? { scheduler?.prefixes }
    private var answers: [RequestID: RunningAnswer] = [:]
    private var ids: [Int: RequestID] = [:]
    /// Takes the state after each piece of work.
    private var publish: @Sendable (EngineStatus) -> Void = { _ in }
    private var status = EngineStatus()
    private var isStopping = false
    /// Who waits until all is done.
    private var drained: [@Sendable () -> Void] = []

    init(_ base: ServedBase, _ facts: ServedFacts) {
        self.base = base
        self.facts = facts
        adapters = LoadedAdapters(base)
    }

    /// Makes the scheduler.
    func begin(_ limits: ServingLimits, publish: @escaping @Sendable (EngineStatus) -> Void) {
        precondition(scheduler == nil, "a model has one engine")
        self.limits = limits
        self.publish = publish
        if facts.writesText {
            scheduler = GenerationScheduler(
                base.model, arithmetic: base.arithmetic,
                limits: CacheLimits(width: limits.sequences, cacheBytes: limits.cacheBytes),
                promptTokensPerStep: limits.promptTokensPerStep,
                prefixes: limits.prefixBytes > 0 ? PrefixStore(limit: limits.prefixBytes) : nil,
                growsCaches: true)
        }
        // What was read with an adapter that is gone keeps it in memory.
        adapters.whenDropped = { [weak self] in self?.prefixes?.forget($0) }
        tellStatus()
    }

    // MARK: Requests

    func add(_ answer: RunningAnswer) {
        guard let scheduler else { preconditionFailure("the engine has not begun") }
        status.submitted += 1
        guard !isStopping else { return fail(answer, .stopping) }
        do throws(ServingError) {
            let binding = try adapters.binding(answer.request.adapters)
            if answer.request.promptLogProbs { answer.tell(prompt: try promptLogProbs(answer.request)) }
            let request = try answer.generation(with: binding, ends: facts.endTokens)
            let id = scheduler.add(request)
            answers[id] = answer
            ids[answer.number] = id
        } catch {
            fail(answer, error)
        }
    }

    /// Ends a request wherever it stands, without a word.
    func cancel(_ number: Int) {
        guard let id = ids[number], let answer = answers[id] else { return }
        scheduler?.cancel(id)
        forget(id, answer)
        answer.close()
        status.cancelled += 1
        settle()
    }

    /// Takes no more requests.
    /// - Parameter done: called when those that are there have ended.
    func drain(_ done: @escaping @Sendable () -> Void) {
        isStopping = true
        drained.append(done)
        settle()
    }

    // MARK: Work

    /// Does a piece of work.
    /// - Returns: whether there was something to do.
    func step() -> Bool {
        guard let scheduler, !scheduler.isIdle else { return false }
        endLate()
        for event in scheduler.step() { tell(event) }
        settle()
        return true
    }

    private func tell(_ event: GenerationEvent) {
        guard let answer = answers[event.id] else { return }
        switch event {
        case .token(let id, let token):
            status.answerTokens += 1
            guard let end = answer.take(token) else { return }
            scheduler?.cancel(id)
            finish(id, answer, end)
        case .finished(let id, .failed(let error)):
            forget(id, answer)
            fail(answer, ServingError(error))
        case .finished(let id, let reason): finish(id, answer, ServedEnd(reason))
        }
    }

    private func finish(_ id: RequestID, _ answer: RunningAnswer, _ end: ServedEnd) {
        forget(id, answer)
        answer.finish(end)
        status.finished += 1
        if end == .deadline { status.deadlines += 1 }
    }

    private func forget(_ id: RequestID, _ answer: RunningAnswer) {
        answers[id] = nil
        ids[answer.number] = nil
        // What acted for it may have been dropped before its prompt was read and kept.
        if let binding = answer.binding, !adapters.holds(binding) { prefixes?.forget(binding) }
    }

    private func fail(_ answer: RunningAnswer, _ error: ServingError) {
        answer.fail(error)
        status.failed += 1
        settle()
    }

    /// Ends those whose time is over.
    private func endLate() {
        let now = ContinuousClock.now
        for (id, answer) in answers {
            guard let limit = answer.request.deadline ?? limits.time, now - answer.submitted >= limit else { continue }
            scheduler?.cancel(id)
            finish(id, answer, .deadline)
        }
    }

    private func promptLogProbs(_ request: ServedRequest) throws(ServingError) -> [Float?] {
        guard request.prompt.count > 1 else { return [nil] }
        try facts.require(request.prompt, "it", of: "prompt")
        return [nil] + (try losses([request.prompt], from: 1, request.adapters)[0].map { -$0 })
    }

    /// Tells how it stands, and those who wait for the end where it is there.
    private func settle() {
        tellStatus()
        guard isStopping, answers.isEmpty else { return }
        let waiting = drained
        drained = []
        for done in waiting { done() }
    }

    private func tellStatus() {
        var status = status
        let running = answers.values.filter { $0.began != nil }.sorted { $0.number < $1.number }
        status.slots = running.prefix(limits.sequences).map { answer in
            SlotStatus(
                request: answer.number, adapters: answer.request.adapters, promptTokens: answer.usage.promptTokens,
                cachedTokens: answer.usage.cachedTokens, answerTokens: answer.usage.answerTokens,
                isWriting: answer.isWriting)
        }
        status.slots += [SlotStatus?](repeating: nil, count: max(0, limits.sequences - status.slots.count))
        status.queued = answers.count - running.count
        status.isStopping = isStopping
        status.cacheBytes = scheduler?.cacheBytes ?? 0
        if let work = scheduler?.work {
            status.promptTokens = work.readTokens
            (status.steps, status.stepRows, status.pauses) = (work.steps, work.stepRows, work.pauses)
            (status.readingSeconds, status.writingSeconds) = (work.readingTime.seconds, work.writingTime.seconds)
        }
        status.cachedTokens = prefixes?.savedTokens ?? 0
        status.prefixBytes = prefixes?.byteCount ?? 0
        status.prefixEntries = prefixes?.count ?? 0
        status.adapterBytes = adapters.byteCount
        publish(status)
    }
}

extension ServedEnd {
    /// Of an answer that did not fail.
    fileprivate init(_ reason: FinishReason) {
        switch reason {
        case .stopToken(let id): self = .token(id)
        case .whole: self = .grammar
        case .maximumTokens: self = .maximumTokens
        case .contextFull: self = .contextFull
        case .failed(let error): preconditionFailure("\(error)")
        }
    }
}

extension ServingError {
    /// What was wrong with a request that the scheduler refused or gave up.
    fileprivate init(_ error: GenerationError) {
        switch error {
        case .nonFiniteLogits: self = .failed("\(error)")
        case .biasOutOfRange, .nothingAllowed: self = .invalid(field: "logit_bias", "\(error)")
        case .emptyPrompt, .promptFillsContext, .tokenOutOfRange, .nothingToRead:
            self = .invalid(field: "prompt", "\(error)")
        }
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
