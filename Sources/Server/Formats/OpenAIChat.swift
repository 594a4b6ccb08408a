// OpenAI's chat completions: `/v1/chat/completions`.

internal import Foundation
internal import JSON
internal import Serving

/// One request for answers to a conversation, read.
struct OpenAIChat: Sendable {
    private static let fields =
        ChatMessages.fields + SamplingFields.all + [
            Field("model", .text(), "The base or an adapter, by name; the base where it is missing"),
            Field("stream", .boolean, "Whether the answer comes in pieces"),
            Field(
                "stream_options", .object([Field("include_usage", .boolean, "Whether a last piece tells the usage")]),
                "What pieces tell"),
            Field("n", .integer(1...16), "How many answers"),
            Field("max_tokens", .integer(1...Int.max), "The most tokens of an answer"),
            Field("max_completion_tokens", .integer(1...Int.max), "The same, by its newer name"),
            Field("logprobs", .boolean, "Whether probabilities of the answer's tokens are told"),
            Field("top_logprobs", .integer(0...20), "How many of the likeliest tokens are told in each place"),
            AnswerForm.responseFormat, AnswerForm.jsonSchema, AnswerForm.grammar,
        ] + ToolUse.fields + LlamaTimings.fields + IdleFields.llama + IdleFields.openAI

    static func routes(_ context: ServiceContext) -> [Route] {
        [
            .post(
                "/v1/chat/completions", "Answers a conversation", fields,
                .objectOrEvents(["id", "object", "created", "model", "choices", "usage"])
            ) { call async throws(RequestError) in
                try await OpenAIChat(call, context).response()
            },
            .post(
                "/v1/chat/completions/input_tokens", "How many tokens a conversation has", fields,
                .object(["object", "input_tokens"])
            ) { call async throws(RequestError) in
                _ = try context.adapters(named: call.text("model"))
                return context.counted(try prompt(call, try ToolUse(call, context), context))
            },
        ]
    }

    private let context: ServiceContext
    private let request: ServedRequest
    private let count: Int
    private let tools: ToolUse
    private let tellsLogProbs: Bool
    private let streams: Bool
    private let tellsUsage: Bool
    private let tellsTimings: Bool
    private let tellsProgress: Bool
    private let model: String
    private let id: String
    private let created: Int

    private init(_ call: Call, _ context: ServiceContext) async throws(RequestError) {
        self.context = context
        tools = try ToolUse(call, context)
        let prompt = try Self.prompt(call, tools, context)
        let asked = try call.sameOf("max_completion_tokens", "max_tokens")
        var request = try call.request(
            prompt, context, maximumTokens: context.room(after: prompt, asked: asked), sampling: call.sampling())
        tellsLogProbs = call.flag("logprobs")
        if tellsLogProbs { request.topLogProbs = call.integer("top_logprobs") ?? 0 }
        guard tellsLogProbs || call.member("top_logprobs") == nil else {
            throw RequestError(
                "top_logprobs: it has no effect without logprobs", field: "top_logprobs", code: "invalid_value")
        }
        try await AnswerForm.apply(call, tools, to: &request, context)
        self.request = request
        count = call.integer("n") ?? 1
        streams = call.flag("stream")
        tellsUsage = try call.tellsUsage()
        tellsTimings = call.flag("timings_per_token")
        tellsProgress = call.flag("return_progress")
        model = context.name(of: call.text("model"))
        id = context.numbers.next("chatcmpl-")
        created = Int(Date().timeIntervalSince1970)
    }

    private static func prompt(
        _ call: Call, _ tools: ToolUse, _ context: ServiceContext
    ) throws(RequestError) -> [Int32] {
        try context.tokens(
            of: ChatMessages.forTemplate(call.member("messages")?.array ?? []), tools: tools.shown,
            extra: call.member("chat_template_kwargs")?.object ?? JSONObject(), start: try AnswerStart(call))
    }

    private func response() async throws(RequestError) -> ServerResponse {
        guard streams else { return .json(whole(try await context.engine.wholeAnswers(to: request, count: count))) }
        let events = try context.engine.answers(to: request, count: count)
        return .events { sink in await stream(events, to: sink) }
    }

    private func envelope(_ object: String, _ choices: [JSONValue]) -> JSONObject {
        JSONObject([
            ("id", .string(id)), ("object", .string(object)), ("created", .integer(created)),
            ("model", .string(model)), ("system_fingerprint", .string(context.fingerprint)),
            ("choices", .array(choices)),
        ])
    }

    // MARK: Whole

    private func whole(_ answers: [Answer]) -> JSONValue {
        let choices = answers.enumerated().map { index, answer -> JSONValue in
            let (text, calls) = tools.read(answer.text, id, index)
            var message = JSONObject([
                ("role", "assistant"), ("content", text.isEmpty && !calls.isEmpty ? .null : .string(text)),
                ("refusal", .null),
            ])
            if !calls.isEmpty { message["tool_calls"] = .array(calls.map(\.openAI)) }
            let logProbs: JSONValue = tellsLogProbs ? self.logProbs(answer.tokens) : .null
            return [
                "index": .integer(index), "message": .object(message), "logprobs": logProbs,
                "finish_reason": .string(answer.end.openAI(calls: !calls.isEmpty)),
            ]
        }
        var body = envelope("chat.completion", choices)
        body["usage"] = ServedUsage.openAI(answers.map(\.usage))
        // Of the first, where there are several.
        body["timings"] = answers.first.map { LlamaTimings($0.usage).json }
        return .object(body)
    }

    private func logProbs(_ tokens: [ServedToken]) -> JSONValue {
        ["content": .array(tokens.map(context.model.facts.tokenizer.chatLogProb)), "refusal": .null]
    }

    // MARK: In pieces

    private func stream(_ events: AsyncStream<AnswerEvent>, to sink: EventSink) async {
        var readers = (0..<count).map { tools.reader(id, $0) }
        var usages = [ServedUsage](repeating: ServedUsage(), count: count)
        var timings = [LlamaTimings](repeating: LlamaTimings(promptTokens: request.prompt.count), count: count)
        for index in 0..<count {
            send(piece(index, ["role": "assistant", "content": .null], nil, nil), nil, sink)
        }
        for await event in events {
            let index = event.index
            if timings[index].take(event.event), tellsProgress {
                send(piece(index, [:], nil, nil), ["prompt_progress": timings[index].progress], sink)
            }
            let time: JSONValue? = tellsTimings ? .some(["timings": timings[index].json]) : .none
            switch event.event {
            case .began, .prompt: break
            case .text(let text, let tokens):
                var told: JSONValue? = tellsLogProbs && !tokens.isEmpty ? .some(logProbs(tokens)) : .none
                for delta in readers[index].take(text).compactMap(\.delta) {
                    send(piece(index, delta, told, nil), time, sink)
                    told = nil
                }
                if let told { send(piece(index, [:], told, nil), time, sink) }
            case .finished(let end, let usage):
                usages[index] = usage
                for delta in readers[index].finish().compactMap(\.delta) {
                    send(piece(index, delta, nil, nil), time, sink)
                }
                let reason = end.openAI(calls: readers[index].hasCalls)
                // At the end it is told in any case: here, or beside the usage.
                send(piece(index, [:], nil, reason), tellsUsage ? time : ["timings": timings[index].json], sink)
            case .failed(let error):
                // The status has gone out: what went wrong comes as an event, and the stream ends.
                return sink.send(RequestError(error).openAIBody)
            }
        }
        guard !Task.isCancelled else { return }
        if tellsUsage {
            var body = envelope("chat.completion.chunk", [])
            body["usage"] = ServedUsage.openAI(usages)
            body["timings"] = timings.first?.json
            sink.send(.object(body))
        }
        sink.sendDone()
    }

    private func piece(_ index: Int, _ delta: JSONValue, _ logProbs: JSONValue?, _ end: String?) -> JSONValue {
        [
            "index": .integer(index), "delta": delta, "logprobs": logProbs ?? .null,
            "finish_reason": end.map { .string($0) } ?? .null,
        ]
    }

    /// - Parameter more: members beside the piece.
    private func send(_ choice: JSONValue, _ more: JSONValue?, _ sink: EventSink) {
        var body = envelope("chat.completion.chunk", [choice])
        for member in more?.object?.members ?? [] { body[member.key] = member.value }
        if tellsUsage { body["usage"] = .null }
        sink.send(.object(body))
    }
}

extension Call {
    /// Whether the last piece of a stream tells the usage.
    func tellsUsage() throws(RequestError) -> Bool {
        guard let options = member("stream_options") else { return false }
        guard flag("stream") else {
            throw RequestError(
                "stream_options: it has no effect without stream", field: "stream_options", code: "invalid_value")
        }
        return options.present("include_usage")?.bool ?? false
    }

    /// The number that two members name alike.
    func sameOf(_ first: String, _ second: String) throws(RequestError) -> Int? {
        guard let one = integer(first), let other = integer(second), one != other else {
            return integer(first) ?? integer(second)
        }
        throw RequestError("\(second): \(first) says another number", field: second, code: "invalid_value")
    }
}
