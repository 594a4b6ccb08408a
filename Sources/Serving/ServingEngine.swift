// Requests from anywhere, answered by one thread, side by side.

/// Answers requests with a served model: for different adapters and scales in the same passes over the base's weights, each with
/// exactly the tokens that it would get alone.
///
///     let engine = ServingEngine(model, limits: ServingLimits())
///     for await event in try engine.submit(ServedRequest(prompt: ids, maximumTokens: 64)) { … }
///
/// Who stops listening cancels.
public final class ServingEngine: Sendable {
    public let model: ServedModel
    public let limits: ServingLimits
    let door: EngineDoor

    /// - Precondition: the model has no other engine.
    public init(_ model: ServedModel, limits: ServingLimits = ServingLimits()) {
        self.model = model
        self.limits = limits
        let door = EngineDoor(limits)
        self.door = door
        model.thread.post { $0.begin(limits) { door.take($0) } }
    }

    /// How it stands, as of the last step.
    public var status: EngineStatus { door.status }

    /// Takes a request. Its answer comes as events; ending the stream cancels it.
    ///
    /// - Throws: `.busy` where too many wait, `.stopping`, `.unknownAdapter`, `.invalid` for values that mean nothing,
    ///   `.unsupported` of a model that writes no text.
    public func submit(_ request: ServedRequest) throws(ServingError) -> AsyncStream<ServedEvent> {
        guard model.facts.writesText else {
            throw .unsupported("the model reads texts and writes none: ask for vectors or classes")
        }
        try request.validate()
        let known = model.adapters.map(\.name)
        if let missing = request.adapters.first(where: { !known.contains($0.name) }) {
            throw .unknownAdapter(missing.name, known: known)
        }
        let number = try door.admit()
        let submitted = ContinuousClock.now
        let (stream, sink) = AsyncStream<ServedEvent>.makeStream()
        let thread = model.thread, door = door, tokenizer = model.facts.tokenizer
        sink.onTermination = { reason in
            door.leave(since: submitted)
            if case .cancelled = reason { thread.post { $0.cancel(number) } }
        }
        thread.post { $0.add(RunningAnswer(number, request, submitted: submitted, tokenizer, sink)) }
        return stream
    }

    /// Takes nothing new, and returns when all that was submitted has ended.
    public func drain() async {
        door.close()
        await withCheckedContinuation { continuation in
            model.thread.post { $0.drain { continuation.resume() } }
        }
        // Texts that are read a few at a time may have some to come.
        await door.whenEmpty()
    }
}
