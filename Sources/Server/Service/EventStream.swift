// Server-sent events: one JSON object each, as they are made.

internal import JSON

/// Where the events of a response go.
struct EventSink: Sendable {
    fileprivate let continuation: AsyncStream<[UInt8]>.Continuation

    /// - Parameter name: the event's kind, in forms that have such.
    func send(_ value: JSONValue, name: String? = nil) {
        var text = ""
        if let name { text += "event: \(name)\n" }
        text += "data: \(value.text())\n\n"
        continuation.yield(Array(text.utf8))
    }

    /// What OpenAI's clients wait for.
    func sendDone() { continuation.yield(Array("data: [DONE]\n\n".utf8)) }
}

extension ServerResponse {
    /// A response whose events `produce` sends, in a task that is cancelled where nobody listens any more.
    static func events(_ produce: @escaping @Sendable (EventSink) async -> Void) -> ServerResponse {
        let (stream, continuation) = AsyncStream<[UInt8]>.makeStream()
        let task = Task {
            await produce(EventSink(continuation: continuation))
            continuation.finish()
        }
        return ServerResponse(
            status: 200,
            headers: [("content-type", "text/event-stream"), ("x-accel-buffering", "no")],
            body: .stream(stream, cancel: { task.cancel() }))
    }
}
