// The answers to a request: one or several, as events or whole.

internal import Foundation
internal import Serving
internal import Vocabulary

/// An answer, whole.
struct Answer: Sendable {
    var text = ""
    var tokens: [ServedToken] = []
    var end = ServedEnd.maximumTokens
    var usage = ServedUsage()
    /// Of the prompt's tokens; empty where nobody asked.
    var promptLogProbs: [Float?] = []
}

/// An event of the answer with the number `index`.
struct AnswerEvent: Sendable {
    let index: Int
    let event: ServedEvent
}

extension RequestError {
    init(_ error: ServingError) {
        switch error {
        case .busy(let time):
            let seconds = Int((Double(time.components.seconds)).rounded(.up))
            self.init(status: 429, error.description, code: "rate_limit_exceeded", retryAfter: max(1, seconds))
        case .stopping: self.init(status: 503, error.description, code: "stopping", retryAfter: 5)
        case .unknownAdapter: self.init(status: 404, error.description, field: "model", code: "model_not_found")
        case .invalid(let field, _): self.init(error.description, field: field, code: "invalid_value")
        case .unsupported: self.init(error.description, code: "unsupported")
        case .adapter: self.init(error.description, code: "adapter_refused")
        case .failed: self.init(status: 500, error.description, code: "failed")
        }
    }
}

extension ServingEngine {
    /// Has `count` answers written, each with a stream of random numbers of its own.
    ///
    /// - Throws: where the request is refused; then none is written.
    func answers(to request: ServedRequest, count: Int) throws(RequestError) -> AsyncStream<AnswerEvent> {
        var streams: [AsyncStream<ServedEvent>] = []
        for index in 0..<count {
            var request = request
            request.sampling.stream = UInt32(index)
            do throws(ServingError) {
                streams.append(try submit(request))
            } catch { throw RequestError(error) }
        }
        return Self.merged(streams)
    }

    /// The events of several streams, in the order in which they come.
    static func merged(_ streams: [AsyncStream<ServedEvent>]) -> AsyncStream<AnswerEvent> {
        let (merged, sink) = AsyncStream<AnswerEvent>.makeStream()
        let task = Task {
            await withTaskGroup(of: Void.self) { group in
                for (index, stream) in streams.enumerated() {
                    group.addTask {
                        for await event in stream { sink.yield(AnswerEvent(index: index, event: event)) }
                    }
                }
            }
            sink.finish()
        }
        sink.onTermination = { _ in task.cancel() }
        return merged
    }

    /// `count` answers, whole.
    func wholeAnswers(to request: ServedRequest, count: Int = 1) async throws(RequestError) -> [Answer] {
        try await Answer.whole(try answers(to: request, count: count), count: count)
    }
}

extension Answer {
    /// The answers of which `events` tell, whole.
    static func whole(_ events: AsyncStream<AnswerEvent>, count: Int) async throws(RequestError) -> [Answer] {
        var answers = [Answer](repeating: Answer(), count: count)
        var ended = 0
        for await event in events {
            try answers[event.index].take(event.event)
            if case .finished = event.event { ended += 1 }
        }
        guard ended == count else { throw RequestError(status: 499, "the client went away", code: "cancelled") }
        return answers
    }

    mutating func take(_ event: ServedEvent) throws(RequestError) {
        switch event {
        case .began: break
        case .prompt(let values): promptLogProbs = values
        case .text(let piece, let tokens):
            text += piece
            self.tokens += tokens
        case .finished(let end, let usage): (self.end, self.usage) = (end, usage)
        case .failed(let error): throw RequestError(error)
        }
    }
}
