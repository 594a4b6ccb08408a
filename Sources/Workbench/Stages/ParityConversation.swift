// The conversations on which templates are held against one another.

internal import JSON

/// A conversation with what distinguishes it.
struct ParityConversation: Sendable {
    /// What messages call it.
    let name: String
    let messages: [JSONValue]
    /// Whether an answer is asked for.
    let asks: Bool
    /// Tools that are offered.
    let tools: [JSONValue]

    private init(_ name: String, _ messages: [JSONValue], asks: Bool = false, tools: [JSONValue] = []) {
        self.name = name
        self.messages = messages
        self.asks = asks
        self.tools = tools
    }

    /// The template's variables beside the messages.
    var extra: JSONObject { tools.isEmpty ? JSONObject() : JSONObject([("tools", .array(tools))]) }

    private static func turn(_ role: String, _ content: String) -> JSONValue {
        ["role": .string(role), "content": .string(content)]
    }
    private static func user(_ content: String) -> JSONValue { turn("user", content) }
    private static func answer(_ content: String) -> JSONValue { turn("assistant", content) }
    private static func system(_ content: String) -> JSONValue { turn("system", content) }

    /// Twenty, from the plainest to those that few templates take.
    static let all: [ParityConversation] = plain + several + odd + withTools

    private static let plain = [
        ParityConversation("a question", [user("What is a leap year?")], asks: true),
        ParityConversation("an exchange", [user("Name a river."), answer("The Loire.")]),
        ParityConversation(
            "a question under instructions", [system("Answer in one word."), user("Name a colour.")], asks: true),
        ParityConversation(
            "an exchange under instructions",
            [system("You sell shoes."), user("Do you have boots?"), answer("Yes, in four sizes.")]),
    ]

    private static let several = [
        ParityConversation(
            "two exchanges", [user("Hello."), answer("Hello, what can I do?"), user("Count to two."), answer("1, 2")]),
        ParityConversation(
            "a third question",
            [user("a"), answer("b"), user("c"), answer("d"), user("And now?")], asks: true),
        ParityConversation(
            "instructions and two exchanges",
            [system("Be brief."), user("One?"), answer("Yes."), user("Two?"), answer("No.")]),
        ParityConversation("two questions in a row", [user("First."), user("Second.")], asks: true),
        ParityConversation("an answer that begins", [answer("Welcome!"), user("Thanks.")], asks: true),
        ParityConversation("instructions alone", [system("Say something.")], asks: true),
    ]

    private static let odd = [
        ParityConversation("spaces around texts", [user("  indented\n"), answer("\n\nlate  ")]),
        ParityConversation("empty texts", [user(""), answer("")]),
        ParityConversation(
            "lines and code",
            [user("Write a loop."), answer("```swift\nfor i in 0..<3 {\n    print(i)\n}\n```\nDone.")]),
        ParityConversation("many writings", [user("日本語、Русский, العربية, 한국어 — naïve 🙂👩‍👩‍👧"), answer("Ω ≈ ½")]),
        ParityConversation("numbers", [user("3.14 * 1000000 = ?"), answer("3,140,000")], asks: false),
        ParityConversation("words of templates", [user("{{ user }} </s> {% if %} [INST] <|im_end|> here")], asks: true),
        ParityConversation(
            "a thought before the answer", [user("2 + 2?"), answer("<think>\nEasy.\n</think>\n\n4"), user("Sure?")],
            asks: true),
    ]

    private static let weather: JSONValue = [
        "type": "function",
        "function": [
            "name": "weather", "description": "The weather of a place.",
            "parameters": [
                "type": "object", "required": ["place"],
                "properties": ["place": ["type": "string", "description": "A town."], "days": ["type": "integer"]],
            ],
        ],
    ]
    private static let call: JSONValue = [
        "role": "assistant", "content": "",
        "tool_calls": [
            [
                "id": "call00001", "type": "function",
                "function": ["name": "weather", "arguments": ["place": "Lyon", "days": 2]],
            ]
        ],
    ]
    private static let result: JSONValue = [
        "role": "tool", "name": "weather", "tool_call_id": "call00001", "content": "{\"rain\": true}",
    ]

    private static let withTools = [
        ParityConversation("a question with a tool", [user("Will it rain in Lyon?")], asks: true, tools: [weather]),
        ParityConversation(
            "a call and its result", [user("Will it rain in Lyon?"), call, result], asks: true, tools: [weather]),
        ParityConversation(
            "a call, its result and the answer",
            [system("Use tools."), user("Will it rain in Lyon?"), call, result, answer("Yes.")], tools: [weather]),
    ]
}
