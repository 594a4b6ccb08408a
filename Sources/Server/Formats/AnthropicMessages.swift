// Anthropic's messages: `/v1/messages`, `/v1/messages/count_tokens`.

internal import JSON
internal import Serving

/// One request for an answer to a conversation, read.
struct AnthropicMessages: Sendable {
    private static let conversation = [
        Field("model", .text(), "The base or an adapter, by name", required: true),
        Field("messages", .list(AnthropicContent.message, 1...4_096), "The conversation", required: true),
        Field(
            "system", .either([.text(), .list(AnthropicContent.textBlock, 0...1_024)]),
            "What the model is told before it"),
        Field("tools", .list(AnthropicContent.tool, 0...128), "Functions that the model may call"),
        Field("tool_choice", AnthropicContent.toolChoice, "Whether it calls one"),
        Field("thinking", .tagged(key: "type", [.init(tag: "disabled", fields: [])]), "There is none"),
    ]

    private static let fields =
        conversation + [
            Field("max_tokens", .integer(1...Int.max), "The most tokens of the answer", required: true),
            Field("stop_sequences", .list(.text(atLeast: 1), 0...16), "Texts that end the answer"),
            Field("stream", .boolean, "Whether the answer comes in pieces"),
            Field("temperature", .number(0...1), "0 takes the likeliest token each time"),
            SamplingFields.topP, SamplingFields.topK, SamplingFields.lora,
            Field("metadata", .object([Field("user_id", .text(), "Who asks; told to nobody")]), "Kept nowhere"),
            Field("service_tier", .word(["auto", "standard_only"]), "There is one"),
        ]

    static func routes(_ context: ServiceContext) -> [Route] {
        [
            .post(
                "/v1/messages", "Answers a conversation, in Anthropic's form", fields,
                .objectOrEvents(["id", "type", "role", "content", "model", "stop_reason", "usage"])
            ) { call async throws(RequestError) in
                try await AnthropicMessages(call, context).response()
            },
            .post(
                "/v1/messages/count_tokens", "How many tokens a conversation has", conversation,
                .object(["input_tokens"])
            ) { call async throws(RequestError) in
                _ = try context.adapters(named: call.text("model"))
                let tools = try AnthropicContent.tools(call, context)
                return .json(["input_tokens": .integer(try prompt(call, tools, context).count)])
            },
        ]
    }

    private static func prompt(
        _ call: Call, _ tools: ToolUse, _ context: ServiceContext
    ) throws(RequestError) -> [Int32] {
        try context.tokens(of: AnthropicContent.forTemplate(call), tools: tools.shown)
    }

    private let context: ServiceContext
    private let request: ServedRequest
    private let tools: ToolUse
    private let streams: Bool
    private let model: String
    private let id: String

    private init(_ call: Call, _ context: ServiceContext) async throws(RequestError) {
        self.context = context
        tools = try AnthropicContent.tools(call, context)
        let prompt = try Self.prompt(call, tools, context)
        var request = try call.request(
            prompt, context, maximumTokens: context.room(after: prompt, asked: call.integer("max_tokens")),
            sampling: call.sampling())
        request.stop = call.stops("stop_sequences")
        try await AnswerForm.apply(call, tools, to: &request, context)
        self.request = request
        streams = call.flag("stream")
        model = context.name(of: call.text("model"))
        id = context.numbers.next("msg_")
    }

    private func response() async throws(RequestError) -> ServerResponse {
        guard streams else { return .json(whole(try await context.engine.wholeAnswers(to: request)[0])) }
        let events = try context.engine.answers(to: request, count: 1)
        return .events { sink in await stream(events, to: sink) }
    }

    private func whole(_ answer: Answer) -> JSONValue {
        let (text, calls) = tools.read(answer.text, id, 0)
        var content: [JSONValue] = []
        if !text.isEmpty || calls.isEmpty { content.append(["type": "text", "text": .string(text)]) }
        for call in calls {
            content.append([
                "type": "tool_use", "id": .string(call.id), "name": .string(call.name),
                // One that the limit cut has no arguments that could be told; the reason says that it was.
                "input": (try? JSONValue(parsing: call.arguments)) ?? [:],
            ])
        }
        let reason = Self.reason(answer.end, calls: !calls.isEmpty)
        let usage = answer.usage
        return message(
            content, reason, Self.stopText(answer.end),
            Self.usage(usage.promptTokens, usage.cachedTokens, usage.answerTokens))
    }

    private func message(
        _ content: [JSONValue], _ reason: String?, _ stopText: String?, _ usage: JSONValue
    ) -> JSONValue {
        [
            "id": .string(id), "type": "message", "role": "assistant", "model": .string(model),
            "content": .array(content), "stop_reason": reason.map { .string($0) } ?? .null,
            "stop_sequence": stopText.map { .string($0) } ?? .null,
            "usage": usage,
        ]
    }

    /// Tokens that had been read before are counted apart.
    private static func usage(_ prompt: Int, _ cached: Int, _ written: Int) -> JSONValue {
        [
            "input_tokens": .integer(prompt - cached), "cache_read_input_tokens": .integer(cached),
            "cache_creation_input_tokens": 0, "output_tokens": .integer(written),
        ]
    }

    private static func reason(_ end: ServedEnd, calls: Bool) -> String {
        switch end {
        case .token, .grammar: calls ? "tool_use" : "end_turn"
        case .text: calls ? "tool_use" : "stop_sequence"
        case .maximumTokens, .contextFull, .deadline: "max_tokens"
        }
    }

    private static func stopText(_ end: ServedEnd) -> String? {
        if case .text(let text) = end { text } else { nil }
    }

    // MARK: In pieces

    private func stream(_ events: AsyncStream<AnswerEvent>, to sink: EventSink) async {
        var blocks = BlockEvents(sink: sink), reader = tools.reader(id, 0)
        for await event in events {
            switch event.event {
            case .began(let cached):
                let usage = Self.usage(request.prompt.count, cached, 0)
                sink.send(["type": "message_start", "message": message([], nil, nil, usage)], name: "message_start")
            case .prompt: break
            case .text(let text, _):
                for piece in reader.take(text) { blocks.add(piece) }
            case .finished(let end, let usage):
                for piece in reader.finish() { blocks.add(piece) }
                blocks.close()
                sink.send(
                    [
                        "type": "message_delta",
                        "delta": [
                            "stop_reason": .string(Self.reason(end, calls: reader.hasCalls)),
                            "stop_sequence": Self.stopText(end).map { .string($0) } ?? .null,
                        ],
                        "usage": Self.usage(usage.promptTokens, usage.cachedTokens, usage.answerTokens),
                    ], name: "message_delta")
                sink.send(["type": "message_stop"], name: "message_stop")
            case .failed(let error):
                return sink.send(RequestError(error).anthropicBody, name: "error")
            }
        }
    }
}

/// The blocks of an answer, opened and closed as its pieces come.
private struct BlockEvents {
    let sink: EventSink
    private var index = -1
    private var isText = false

    init(sink: EventSink) { self.sink = sink }

    mutating func add(_ piece: AnswerPiece) {
        switch piece {
        case .text(let text):
            guard !text.isEmpty else { return }
            if !isText { open(["type": "text", "text": ""], isText: true) }
            send(["type": "text_delta", "text": .string(text)])
        case .began(let call):
            open(["type": "tool_use", "id": .string(call.id), "name": .string(call.name), "input": [:]], isText: false)
        case .arguments(_, let text): send(["type": "input_json_delta", "partial_json": .string(text)])
        case .ended: break
        }
    }

    mutating func close() {
        guard index >= 0 else { return }
        sink.send(["type": "content_block_stop", "index": .integer(index)], name: "content_block_stop")
        isText = false
    }

    private mutating func open(_ block: JSONValue, isText: Bool) {
        close()
        index += 1
        self.isText = isText
        sink.send(
            ["type": "content_block_start", "index": .integer(index), "content_block": block],
            name: "content_block_start")
    }

    private func send(_ delta: JSONValue) {
        sink.send(
            ["type": "content_block_delta", "index": .integer(index), "delta": delta], name: "content_block_delta")
    }
}
