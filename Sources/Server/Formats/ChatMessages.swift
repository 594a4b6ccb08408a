// Messages of a chat as OpenAI writes them, and what the model's template gets of them.

internal import JSON
internal import Serving

enum ChatMessages {
    private static let part = Shape.tagged(
        key: "type", [.init(tag: "text", fields: [Field("text", .text(), "The text", required: true)])])
    private static let content = Shape.either([.text(), .list(part, 0...1_024)])
    private static let name = Field("name", .text(), "Who says it")

    private static let toolCall = Shape.object([
        Field("id", .text(), "The call's name", required: true),
        Field("type", .word(["function"]), "What is called"),
        Field("index", .integer(0...1_024), "Its place"),
        Field(
            "function",
            .object([
                Field("name", .text(atLeast: 1), "The function", required: true),
                Field("arguments", .text(), "A JSON object, as text", required: true),
            ]), "The call", required: true),
    ])

    /// Of one message.
    static let message = Shape.tagged(
        key: "role",
        ["system", "developer", "user"].map { role in
            .init(tag: role, fields: [Field("content", content, "What is said", required: true), name])
        } + [
            .init(
                tag: "assistant",
                fields: [
                    Field("content", content, "What is said"), name,
                    Field("tool_calls", .list(toolCall, 0...128), "Functions that it calls"),
                    Field("refusal", .text(), "What it said instead of an answer"),
                    Field("reasoning_content", .text(), "What it thought before"),
                ]),
            .init(
                tag: "tool",
                fields: [
                    Field("content", content, "What the function gave", required: true),
                    Field("tool_call_id", .text(), "The call's name", required: true), name,
                ]),
        ])

    static let tool = Shape.object([
        Field("type", .word(["function"]), "What it is", required: true),
        Field(
            "function",
            .object([
                Field("name", .functionName, "What it is called by", required: true),
                Field("description", .text(), "What it does"),
                Field("parameters", .anyObject, "A JSON schema of its arguments"),
                Field("strict", .boolean, "Whether arguments keep to the schema"),
            ]), "The function", required: true),
    ])

    static let fields =
        [
            Field("messages", .list(message, 1...4_096), "The conversation", required: true),
            Field("tools", .list(tool, 0...128), "Functions that the model may call"),
            Field("chat_template_kwargs", .anyObject, "What else the template reads"),
        ] + AnswerStart.fields

    /// What a template gets of messages: texts joined, `developer` as `system`, arguments of calls as objects.
    static func forTemplate(_ messages: [JSONValue]) -> [JSONValue] { messages.map(forTemplate) }

    private static func forTemplate(_ message: JSONValue) -> JSONValue {
        var members = JSONObject()
        let role = message["role"]?.string ?? ""
        members["role"] = .string(role == "developer" ? "system" : role)
        let text = message.present("content").map(text) ?? message.present("refusal")?.string ?? ""
        members["content"] = .string(text)
        for name in ["name", "tool_call_id", "reasoning_content"] {
            if let value = message.present(name) { members[name] = value }
        }
        if let calls = message.present("tool_calls")?.array, !calls.isEmpty {
            members["tool_calls"] = .array(calls.map(call))
        }
        return .object(members)
    }

    /// The text of a content that is one, or a list of them.
    static func text(_ content: JSONValue) -> String {
        content.string ?? (content.array ?? []).compactMap { $0["text"]?.string }.joined()
    }

    /// Templates write arguments as JSON themselves: a text would be quoted twice.
    private static func call(_ call: JSONValue) -> JSONValue {
        var call = call.object ?? JSONObject()
        var function = call["function"]?.object ?? JSONObject()
        if let text = function["arguments"]?.string, let value = try? JSONValue(parsing: text), value.object != nil {
            function["arguments"] = value
        }
        call["function"] = .object(function)
        return .object(call)
    }
}

extension ServiceContext {
    /// Tokens of a conversation, with the beginning of the answer.
    ///
    /// - Parameter tools: as the template reads them; empty: none.
    func tokens(
        of messages: [JSONValue], tools: [JSONValue], extra: JSONObject = JSONObject(), start: AnswerStart = .usual
    ) throws(RequestError) -> [Int32] {
        try tokens(ofRendered: try rendered(messages, tools: tools, extra: extra, start: start))
    }

    func rendered(
        _ messages: [JSONValue], tools: [JSONValue], extra: JSONObject = JSONObject(), start: AnswerStart = .usual
    ) throws(RequestError) -> String {
        var (messages, extra) = (messages, extra)
        let begun = try start.begun(&messages)
        if !tools.isEmpty {
            guard model.facts.renderer?.reads("tools") ?? true else {
                throw RequestError("tools: the model's chat template knows none", field: "tools", code: "unsupported")
            }
            extra["tools"] = .array(tools)
        }
        do throws(ServingError) {
            return try model.render(messages, extra: extra, addGenerationPrompt: start.addsPrompt) + begun
        } catch { throw RequestError(error) }
    }

    private func tokens(ofRendered text: String) throws(RequestError) -> [Int32] {
        let ids = model.tokens(ofRendered: text)
        try requireRoom(ids, field: "messages")
        return ids
    }

    /// Throws where nothing can follow a prompt.
    func requireRoom(_ prompt: [Int32], field: String) throws(RequestError) {
        let length = model.facts.contextLength
        guard !prompt.isEmpty else {
            throw RequestError("\(field): it has no token", field: field, code: "invalid_value")
        }
        guard prompt.count < length else {
            var error = RequestError(
                "\(field): \(prompt.count) tokens, which exceeds the available context size of \(length)", field: field,
                code: "context_length_exceeded")
            error.overflow = (prompt.count, length)
            throw error
        }
    }

    /// The most tokens that can follow `prompt`, or those that were asked for.
    func room(after prompt: [Int32], asked: Int?) -> Int {
        let room = model.facts.contextLength - prompt.count
        return min(asked ?? room, room)
    }
}
