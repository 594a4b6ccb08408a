// OpenAI's responses: `/v1/responses`, of which nothing is kept.

internal import Foundation
internal import JSON
internal import Serving

/// One request for a response, read.
struct OpenAIResponses: Sendable {
    private static let fields =
        [
            Field("input", ResponseItems.input, "A text, or the conversation", required: true),
            Field("model", .text(), "The base or an adapter, by name; the base where it is missing"),
            Field("instructions", .text(), "What the model is told before it"),
            Field("max_output_tokens", .integer(1...Int.max), "The most tokens of the answer"),
            Field("stream", .boolean, "Whether the answer comes in pieces"),
            Field("tools", .list(ResponseItems.tool, 0...128), "Functions that the model may call"),
            Field("tool_choice", ResponseItems.toolChoice, "Whether it calls one"),
            Field("parallel_tool_calls", .boolean, "Whether it may call several at once"),
            Field("text", .object([ResponseItems.format]), "The form of the answer"),
            Field("truncation", .word(["disabled"]), "Nothing of the input is left out"),
            Field("background", .fixed(false), "Answers are waited for"),
            Field("include", .list(.any, 0...0), "There is nothing more to tell"),
        ] + SamplingFields.all + IdleFields.openAI

    static func routes(_ context: ServiceContext) -> [Route] {
        [
            .post(
                "/v1/responses", "Answers a conversation, as OpenAI's responses", fields,
                .objectOrEvents(["id", "object", "created_at", "status", "model", "output", "usage"])
            ) { call async throws(RequestError) in
                try await OpenAIResponses(call, context).response()
            },
            .post(
                "/v1/responses/input_tokens", "How many tokens a conversation has", fields,
                .object(["object", "input_tokens"])
            ) { call async throws(RequestError) in
                _ = try context.adapters(named: call.text("model"))
                return context.counted(try prompt(call, try ResponseItems.tools(call, context), context))
            },
        ]
    }

    private let context: ServiceContext
    private let call: Call
    private let request: ServedRequest
    private let tools: ToolUse
    private let streams: Bool
    private let model: String
    private let id: String
    private let created: Int

    private init(_ call: Call, _ context: ServiceContext) async throws(RequestError) {
        self.context = context
        self.call = call
        tools = try ResponseItems.tools(call, context)
        let prompt = try Self.prompt(call, tools, context)
        var request = try call.request(
            prompt, context, maximumTokens: context.room(after: prompt, asked: call.integer("max_output_tokens")),
            sampling: call.sampling())
        try await AnswerForm.apply(call, tools, to: &request, context)
        if let format = call.member("text")?.present("format") {
            try await AnswerForm.hold(&request, to: format, at: "text.format", context)
        }
        self.request = request
        streams = call.flag("stream")
        model = context.name(of: call.text("model"))
        id = context.numbers.next("resp_")
        created = Int(Date().timeIntervalSince1970)
    }

    private static func prompt(
        _ call: Call, _ tools: ToolUse, _ context: ServiceContext
    ) throws(RequestError) -> [Int32] {
        try context.tokens(of: ResponseItems.forTemplate(call), tools: tools.shown)
    }

    private func response() async throws(RequestError) -> ServerResponse {
        guard streams else {
            let answer = try await context.engine.wholeAnswers(to: request)[0]
            let (text, calls) = tools.read(answer.text, id, 0)
            let status = Self.status(answer.end)
            var output: [JSONValue] = []
            if !text.isEmpty || calls.isEmpty { output.append(message(text, status)) }
            output += calls.map { ResponseItems.call($0, id) }
            return .json(body(status, output, answer.end, answer.usage))
        }
        let events = try context.engine.answers(to: request, count: 1)
        return .events { sink in await stream(events, to: sink) }
    }

    private static func status(_ end: ServedEnd) -> String {
        switch end {
        case .token, .text, .grammar: "completed"
        case .maximumTokens, .contextFull, .deadline: "incomplete"
        }
    }

    private var messageID: String { id.replacing("resp_", with: "msg_") }

    private func message(_ text: String, _ status: String) -> JSONValue {
        [
            "type": "message", "id": .string(messageID), "status": .string(status), "role": "assistant",
            "content": [Self.part(text)],
        ]
    }

    private static func part(_ text: String) -> JSONValue {
        ["type": "output_text", "text": .string(text), "annotations": [], "logprobs": []]
    }

    private func body(
        _ status: String, _ output: [JSONValue], _ end: ServedEnd?, _ usage: ServedUsage?
    ) -> JSONValue {
        let isCut = status == "incomplete"
        func asked(_ name: String, _ other: JSONValue) -> JSONValue { call.member(name) ?? other }
        return [
            "id": .string(id), "object": "response", "created_at": .integer(created), "status": .string(status),
            "completed_at": status == "completed" ? .integer(Int(Date().timeIntervalSince1970)) : .null,
            "error": .null, "incomplete_details": isCut ? ["reason": "max_output_tokens"] : .null,
            "instructions": asked("instructions", .null), "max_output_tokens": asked("max_output_tokens", .null),
            "model": .string(model), "output": .array(output),
            "parallel_tool_calls": asked("parallel_tool_calls", true), "previous_response_id": .null,
            "reasoning": ["effort": .null, "summary": .null], "store": false,
            "temperature": .double(request.sampling.temperature), "top_p": .double(request.sampling.topP),
            "presence_penalty": .double(request.sampling.presencePenalty),
            "frequency_penalty": .double(request.sampling.frequencyPenalty),
            "text": ["format": call.member("text")?.present("format") ?? ["type": "text"]],
            "tool_choice": asked("tool_choice", "auto"), "tools": ResponseItems.told(asked("tools", [])),
            "truncation": "disabled", "usage": usage.map(Self.usage) ?? .null, "user": asked("user", .null),
            "metadata": asked("metadata", [:]), "top_logprobs": 0, "max_tool_calls": .null, "background": false,
            "service_tier": "default", "safety_identifier": asked("safety_identifier", .null),
            "prompt_cache_key": asked("prompt_cache_key", .null),
        ]
    }

    private static func usage(_ usage: ServedUsage) -> JSONValue {
        [
            "input_tokens": .integer(usage.promptTokens),
            "input_tokens_details": ["cached_tokens": .integer(usage.cachedTokens), "cache_write_tokens": 0],
            "output_tokens": .integer(usage.answerTokens), "output_tokens_details": ["reasoning_tokens": 0],
            "total_tokens": .integer(usage.promptTokens + usage.answerTokens),
        ]
    }

    // MARK: In pieces

    private func stream(_ events: AsyncStream<AnswerEvent>, to sink: EventSink) async {
        var items = ResponseEvents(sink: sink, id: id, messageID: messageID)
        var reader = tools.reader(id, 0)
        items.send("response.created", ["response": body("in_progress", [], nil, nil)])
        items.send("response.in_progress", ["response": body("in_progress", [], nil, nil)])
        for await event in events {
            switch event.event {
            case .began, .prompt: break
            case .text(let text, _):
                for piece in reader.take(text) { items.add(piece) }
            case .finished(let end, let usage):
                for piece in reader.finish() { items.add(piece) }
                let status = Self.status(end)
                items.close(status)
                items.send("response.\(status)", ["response": body(status, items.output, end, usage)])
            case .failed(let error):
                var failed = body("failed", items.output, nil, nil).object ?? JSONObject()
                failed["error"] = ["code": "server_error", "message": .string(RequestError(error).message)]
                items.send("response.failed", ["response": .object(failed)])
            }
        }
    }
}

/// The items of a response, opened and closed as its pieces come.
private struct ResponseEvents {
    let sink: EventSink
    let id: String
    let messageID: String
    private(set) var output: [JSONValue] = []
    private var number = 0
    /// Of the message that is open.
    private var text: String?
    private var messages = 0

    init(sink: EventSink, id: String, messageID: String) {
        (self.sink, self.id, self.messageID) = (sink, id, messageID)
    }

    /// - Parameters:
    ///   - place: members before the others.
    ///   - members: an object.
    mutating func send(_ name: String, at place: JSONValue = [:], _ members: JSONValue) {
        let own: JSONValue = ["type": .string(name), "sequence_number": .integer(number)]
        let all = [own, place, members].flatMap { $0.object?.members ?? [] }
        sink.send(.object(JSONObject(all)), name: name)
        number += 1
    }

    mutating func add(_ piece: AnswerPiece) {
        switch piece {
        case .text(let more):
            guard !more.isEmpty else { return }
            if text == nil { openMessage() }
            text = (text ?? "") + more
            send("response.output_text.delta", at: place, ["delta": .string(more), "logprobs": []])
        case .began(let call):
            closeMessage("completed")
            send(
                "response.output_item.added",
                ["output_index": .integer(output.count), "item": ResponseItems.call(call, id, "in_progress")])
        case .arguments(let call, let text):
            send("response.function_call_arguments.delta", at: place(of: call), ["delta": .string(text)])
        case .ended(let call):
            send(
                "response.function_call_arguments.done", at: place(of: call),
                ["name": .string(call.name), "arguments": .string(call.arguments)])
            let item = ResponseItems.call(call, id)
            send("response.output_item.done", ["output_index": .integer(output.count), "item": item])
            output.append(item)
        }
    }

    private func place(of call: FunctionCall) -> JSONValue {
        ["item_id": .string(ResponseItems.itemID(of: call, id)), "output_index": .integer(output.count)]
    }

    /// A response without a call has a message, if an empty one.
    mutating func close(_ status: String) {
        if output.isEmpty, text == nil { openMessage() }
        closeMessage(status)
    }

    /// Of the message that is open, or comes next: what stands behind a call is one of its own.
    private var itemID: String { messages == 0 ? messageID : "\(messageID)_\(messages)" }

    private var place: JSONValue {
        ["item_id": .string(itemID), "output_index": .integer(output.count), "content_index": 0]
    }

    private func part(_ text: String) -> JSONValue {
        ["type": "output_text", "text": .string(text), "annotations": [], "logprobs": []]
    }

    private func message(_ status: String, _ content: [JSONValue]) -> JSONValue {
        [
            "type": "message", "id": .string(itemID), "status": .string(status), "role": "assistant",
            "content": .array(content),
        ]
    }

    private mutating func openMessage() {
        text = ""
        send(
            "response.output_item.added",
            ["output_index": .integer(output.count), "item": message("in_progress", [])])
        send("response.content_part.added", at: place, ["part": part("")])
    }

    private mutating func closeMessage(_ status: String) {
        guard let text else { return }
        send("response.output_text.done", at: place, ["text": .string(text), "logprobs": []])
        send("response.content_part.done", at: place, ["part": part(text)])
        let item = message(status, [part(text)])
        send("response.output_item.done", ["output_index": .integer(output.count), "item": item])
        output.append(item)
        self.text = nil
        messages += 1
    }
}
