// Messages as Anthropic writes them: lists of blocks, calls and their results among them.

internal import JSON

enum AnthropicContent {
    private static let cacheControl = Field(
        "cache_control", .anyObject, "Prompts that begin alike are found without it")

    private static let textFields = [Field("text", .text(), "The text", required: true), cacheControl]
    private static let text = Shape.Variant(tag: "text", fields: textFields)
    static let textBlock = Shape.tagged(key: "type", [text])

    private static let call = Shape.Variant(
        tag: "tool_use",
        fields: [
            Field("id", .text(), "The call's name", required: true),
            Field("name", .text(atLeast: 1), "The function", required: true),
            Field("input", .anyObject, "Its arguments", required: true), cacheControl,
        ])

    private static let result = Shape.Variant(
        tag: "tool_result",
        fields: [
            Field("tool_use_id", .text(), "The call's name", required: true),
            Field("content", .either([.text(), .list(textBlock, 0...1_024)]), "What the function gave"),
            Field("is_error", .boolean, "Whether it failed"), cacheControl,
        ])

    private static func content(_ variants: [Shape.Variant]) -> Field {
        Field(
            "content", .either([.text(), .list(.tagged(key: "type", variants), 0...1_024)]), "What is said",
            required: true)
    }

    static let message = Shape.tagged(
        key: "role",
        [
            .init(tag: "user", fields: [content([text, result])]),
            .init(tag: "assistant", fields: [content([text, call])]),
        ])

    static let tool = Shape.object([
        Field("name", .functionName, "What it is called by", required: true),
        Field("description", .text(), "What it does"),
        Field("input_schema", .anyObject, "A JSON schema of its arguments", required: true),
        Field("type", .word(["custom"]), "Who carries it out"), cacheControl,
    ])

    private static let parallel = Field("disable_parallel_tool_use", .boolean, "Whether it calls one at most")
    static let toolChoice = Shape.tagged(
        key: "type",
        [
            .init(tag: "auto", fields: [parallel]), .init(tag: "any", fields: [parallel]),
            .init(tag: "none", fields: []),
            .init(tag: "tool", fields: [Field("name", .text(atLeast: 1), "Which", required: true), parallel]),
        ])

    /// The tools of a request, as OpenAI writes them, which is what templates read.
    static func tools(_ call: Call, _ context: ServiceContext) throws(RequestError) -> ToolUse {
        let tools = (call.member("tools")?.array ?? []).map { tool -> JSONValue in
            var function = JSONObject([("name", tool["name"] ?? "")])
            if let note = tool.present("description") { function["description"] = note }
            function["parameters"] = tool["input_schema"] ?? [:]
            return ["type": "function", "function": .object(function)]
        }
        let choice: ToolUse.Choice
        switch call.member("tool_choice")?["type"]?.string {
        case "any": choice = .required
        case "none": choice = .none
        case "tool": choice = .named(call.member("tool_choice")?["name"]?.string ?? "")
        default: choice = .auto
        }
        let isSingle = call.member("tool_choice")?.present("disable_parallel_tool_use")?.bool ?? false
        return try ToolUse(tools, choice, isSingle: isSingle, context)
    }

    /// The conversation as templates read it.
    static func forTemplate(_ call: Call) -> [JSONValue] {
        var messages: [JSONValue] = []
        if let system = call.member("system") {
            messages.append(["role": "system", "content": .string(ChatMessages.text(system))])
        }
        for message in call.member("messages")?.array ?? [] {
            messages += message["role"]?.string == "user" ? user(message) : [assistant(message)]
        }
        return messages
    }

    private static func blocks(_ message: JSONValue, _ type: String) -> [JSONValue] {
        (message["content"]?.array ?? []).filter { $0["type"]?.string == type }
    }

    private static func said(_ message: JSONValue) -> String {
        message["content"]?.string ?? blocks(message, "text").compactMap { $0["text"]?.string }.joined()
    }

    /// Results of functions are messages of their own, before what the person says.
    private static func user(_ message: JSONValue) -> [JSONValue] {
        let results = blocks(message, "tool_result").map { block -> JSONValue in
            [
                "role": "tool", "tool_call_id": block["tool_use_id"] ?? "",
                "content": .string(block.present("content").map(ChatMessages.text) ?? ""),
            ]
        }
        let text = said(message)
        return text.isEmpty && !results.isEmpty ? results : results + [["role": "user", "content": .string(text)]]
    }

    private static func assistant(_ message: JSONValue) -> JSONValue {
        var members = JSONObject([("role", "assistant"), ("content", .string(said(message)))])
        let calls = blocks(message, "tool_use").map { block -> JSONValue in
            [
                "id": block["id"] ?? "", "type": "function",
                "function": ["name": block["name"] ?? "", "arguments": block["input"] ?? [:]],
            ]
        }
        if !calls.isEmpty { members["tool_calls"] = .array(calls) }
        return .object(members)
    }
}
