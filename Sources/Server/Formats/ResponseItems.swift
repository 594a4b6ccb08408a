// Items of OpenAI's responses: messages, calls and their results, and what the model's template gets of them.

internal import JSON

enum ResponseItems {
    private static let state = [
        Field("id", .text(), "The item's name"), Field("status", .text(), "How far it has come"),
    ]

    private static let part = Shape.tagged(
        key: "type",
        [
            .init(tag: "input_text", fields: [Field("text", .text(), "The text", required: true)]),
            .init(
                tag: "output_text",
                fields: [
                    Field("text", .text(), "The text", required: true),
                    Field("annotations", .list(.any, 0...1_024), "None are read"),
                    Field("logprobs", .list(.any, 0...100_000), "None are read"),
                ]),
        ])

    private static let content = Shape.either([.text(), .list(part, 0...1_024)])

    private static let messageFields = [
        Field("role", .word(["user", "assistant", "system", "developer"]), "Who speaks", required: true),
        Field("content", content, "What is said", required: true),
    ]

    private static let item = Shape.either([
        .tagged(
            key: "type",
            [
                .init(tag: "message", fields: messageFields + state),
                .init(
                    tag: "function_call",
                    fields: [
                        Field("call_id", .text(), "The call's name", required: true),
                        Field("name", .text(atLeast: 1), "The function", required: true),
                        Field("arguments", .text(), "A JSON object, as text", required: true),
                    ] + state),
                .init(
                    tag: "function_call_output",
                    fields: [
                        Field("call_id", .text(), "The call's name", required: true),
                        Field("output", content, "What the function gave", required: true),
                    ] + state),
            ]),
        .object(messageFields),
    ])

    static let input = Shape.either([.text(), .list(item, 1...4_096)])

    static let tool = Shape.object([
        Field("type", .word(["function"]), "What it is", required: true),
        Field("name", .functionName, "What it is called by", required: true),
        Field("description", .text(), "What it does"),
        Field("parameters", .anyObject, "A JSON schema of its arguments"),
        Field("strict", .boolean, "Whether arguments keep to the schema"),
    ])

    static let toolChoice = Shape.either([
        .word(["auto", "none", "required"]),
        .object([
            Field("type", .word(["function"]), "What is called", required: true),
            Field("name", .text(atLeast: 1), "Which", required: true),
        ]),
    ])

    static let format = Field(
        "format",
        .tagged(
            key: "type",
            [
                .init(tag: "text", fields: []), .init(tag: "json_object", fields: []),
                .init(
                    tag: "json_schema",
                    fields: [
                        Field("name", .text(), "What it is called"), Field("description", .text(), "What it is for"),
                        Field("schema", .anyObject, "The JSON schema", required: true),
                        Field("strict", .boolean, "Answers always keep to it"),
                    ]),
            ]), "What the answer must be")

    /// The tools of a request, as templates read them.
    static func tools(_ call: Call, _ context: ServiceContext) throws(RequestError) -> ToolUse {
        let tools = (call.member("tools")?.array ?? []).map { tool -> JSONValue in
            var function = tool.object ?? JSONObject()
            function["type"] = nil
            function["strict"] = nil
            return ["type": "function", "function": .object(function)]
        }
        let choice: ToolUse.Choice
        switch call.member("tool_choice")?.string {
        case "none": choice = .none
        case "required": choice = .required
        case nil where call.member("tool_choice") != nil:
            choice = .named(call.member("tool_choice")?["name"]?.string ?? "")
        default: choice = .auto
        }
        return try ToolUse(tools, choice, isSingle: call.member("parallel_tool_calls")?.bool == false, context)
    }

    /// The tools of a request as its response tells them: with each member that they may have.
    static func told(_ tools: JSONValue) -> JSONValue {
        .array(
            (tools.array ?? []).map { tool in
                var members = tool.object ?? JSONObject()
                for name in ["description", "parameters", "strict"] where members[name] == nil { members[name] = .null }
                return .object(members)
            })
    }

    /// The conversation as templates read it.
    static func forTemplate(_ call: Call) -> [JSONValue] {
        var messages: [JSONValue] = []
        if let text = call.text("instructions") { messages.append(["role": "system", "content": .string(text)]) }
        guard let items = call.member("input")?.array else {
            return messages + [["role": "user", "content": .string(call.text("input") ?? "")]]
        }
        for item in items {
            switch item["type"]?.string {
            case "function_call": add(item, to: &messages)
            case "function_call_output":
                messages.append([
                    "role": "tool", "tool_call_id": item["call_id"] ?? "",
                    "content": .string(ChatMessages.text(item["output"] ?? "")),
                ])
            default:
                let role = item["role"]?.string ?? "user"
                messages.append([
                    "role": .string(role == "developer" ? "system" : role),
                    "content": .string(ChatMessages.text(item["content"] ?? "")),
                ])
            }
        }
        return messages
    }

    /// A call belongs to the assistant's message before it.
    private static func add(_ item: JSONValue, to messages: inout [JSONValue]) {
        let text = item["arguments"]?.string ?? ""
        let read = try? JSONValue(parsing: text)
        let arguments: JSONValue = read?.object.map { .object($0) } ?? .string(text)
        let call: JSONValue = [
            "id": item["call_id"] ?? "", "type": "function",
            "function": ["name": item["name"] ?? "", "arguments": arguments],
        ]
        if let last = messages.last, last["role"]?.string == "assistant", var members = last.object {
            members["tool_calls"] = .array((members["tool_calls"]?.array ?? []) + [call])
            messages[messages.count - 1] = .object(members)
        } else {
            messages.append(["role": "assistant", "content": "", "tool_calls": [call]])
        }
    }

    /// An answer's call as an item.
    ///
    /// - Parameter status: nil where it has ended.
    static func call(_ call: FunctionCall, _ id: String, _ status: String? = nil) -> JSONValue {
        [
            "type": "function_call", "id": .string(itemID(of: call, id)), "call_id": .string(call.id),
            "name": .string(call.name), "arguments": .string(call.arguments),
            "status": .string(status ?? (call.isWhole ? "completed" : "incomplete")),
        ]
    }

    /// - Parameter id: of the response.
    static func itemID(of call: FunctionCall, _ id: String) -> String {
        id.replacing("resp_", with: "fc_") + "_\(call.index)"
    }
}
