// Requests that are all there at the beginning, answered to the last.

public import Models

extension GenerationScheduler {
    /// Answers `requests`.
    ///
    /// - Parameter hear: gets the events as they come, each with the place of its request.
    /// - Returns: the answers in the order of `requests`.
    /// - Throws: the `GenerationError` of the first that fails; the others are cancelled.
    /// - Precondition: nobody else has added requests.
    public func answers(
        to requests: [GenerationRequest], hear: (Int, GenerationEvent) -> Void = { _, _ in }
    ) throws(GenerationError) -> [Answer] {
        precondition(isIdle, "events of others would be lost")
        let ids = requests.map { add($0) }
        let places = Dictionary(uniqueKeysWithValues: ids.enumerated().map { ($1, $0) })
        var tokens = [[Int32]](repeating: [], count: requests.count)
        var reasons = [FinishReason?](repeating: nil, count: requests.count)
        while !isIdle {
            for event in step() {
                guard let place = places[event.id] else { continue }
                switch event {
                case .token(_, let token): tokens[place].append(token)
                case .finished(_, .failed(let error)):
                    ids.forEach { cancel($0) }
                    throw error
                case .finished(_, let reason): reasons[place] = reason
                }
                hear(place, event)
            }
        }
        return zip(tokens, reasons).compactMap { tokens, reason in reason.map { Answer(tokens: tokens, reason: $0) } }
    }

    /// Bytes that `answers` takes beside the model for prompts and answers of so many tokens each, of which as many run
    /// together as have room: caches, and what the passes take of a workspace that only counts. What the model's adapter
    /// has before each prompt comes on top.
    public static func predictedBytes(
        _ requests: [(prompt: Int, answer: Int)], of model: LanguageModel, arithmetic: GenerationArithmetic,
        limits: CacheLimits = CacheLimits()
    ) -> Int {
        let reader = SequenceReader(model, arithmetic: arithmetic)
        let ahead = model.rowsAhead
        let caches = requests.map { prompt, answer in
            let prompt = prompt + ahead, limit = min(answer, model.configuration.contextLength - prompt)
            return (prompt + max(limit - 1, 0)) * reader.bytesPerToken
        }
        // Neighbours run together; who ends early makes room for the next.
        let together = caches.indices.map { limits.together(caches[$0...]) }
        return (together.map { $0.reduce(0, +) }.max() ?? 0)
            + reader.predictedBytes(
                promptTokens: requests.map { $0.prompt + ahead }.max() ?? 0,
                sequences: together.map(\.count).max() ?? 0, adapters: model.adapters)
    }
}

extension GenerationEvent {
    /// Whose it is.
    public var id: RequestID {
        switch self {
        case .token(let id, _), .finished(let id, _): id
        }
    }
}
