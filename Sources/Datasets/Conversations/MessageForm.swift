// Ways of handing one conversation to a template: as transformers does first, then as older templates need it.

internal import ChatTemplates
internal import JSON

/// What is changed of messages for a template that does not take them as they are.
struct MessageForm: OptionSet, Sendable {
    let rawValue: Int

    /// A message without content has an empty one.
    static let emptyContent = MessageForm(rawValue: 1)
    /// Content in parts becomes one text.
    static let joinedParts = MessageForm(rawValue: 2)
    /// The arguments of a call are its JSON text.
    static let argumentText = MessageForm(rawValue: 4)
    /// A tool that is a bare function stands in an object of its own.
    static let wrappedTools = MessageForm(rawValue: 8)

    /// What a tool gave is said by `tool`, where the row has another name for that role.
    static let toolRole = MessageForm(rawValue: 16)

    private static let all: [MessageForm] = [.emptyContent, .joinedParts, .argumentText, .wrappedTools, .toolRole]
    /// Other names of the role `tool` that some templates know.
    private static let toolRoles: Set<String> = ["function", "ipython"]

    /// What a template sees.
    struct Input {
        var messages: [JSONValue]
        var extra: JSONObject
    }

    /// All forms that differ for this input, those that change less first.
    static func candidates(_ input: Input) -> [MessageForm] {
        var forms: [MessageForm] = [[]]
        for option in all where option.changes(input) { forms += forms.map { $0.union(option) } }
        return forms.enumerated().sorted {
            ($0.element.rawValue.nonzeroBitCount, $0.offset) < ($1.element.rawValue.nonzeroBitCount, $1.offset)
        }.map(\.element)
    }

    private func changes(_ input: Input) -> Bool {
        switch self {
        case .emptyContent: input.messages.contains { $0["content"] == nil }
        case .joinedParts: input.messages.contains { $0["content"]?.array != nil }
        case .argumentText: input.messages.contains { !(($0["tool_calls"]?.array ?? []).isEmpty) }
        case .toolRole: input.messages.contains { Self.toolRoles.contains($0["role"]?.string ?? "") }
        default: (input.extra["tools"]?.array ?? []).contains { $0["function"] == nil }
        }
    }

    func apply(to input: Input) -> Input {
        var output = input
        if !isEmpty { output.messages = input.messages.map(changed) }
        if contains(.wrappedTools), let tools = input.extra["tools"]?.array {
            output.extra["tools"] = .array(
                tools.map { $0["function"] == nil ? ["type": "function", "function": $0] : $0 })
        }
        return output
    }

    private func changed(_ message: JSONValue) -> JSONValue {
        guard var object = message.object else { return message }
        if contains(.joinedParts), object["content"]?.array != nil {
            let reasoning = MessageText.reasoning(of: message)
            object["content"] = .string(MessageText.of(message))
            if !reasoning.isEmpty { object["reasoning_content"] = .string(reasoning) }
        }
        if contains(.emptyContent), object["content"] == nil { object["content"] = "" }
        if contains(.toolRole), Self.toolRoles.contains(object["role"]?.string ?? "") { object["role"] = "tool" }
        if contains(.argumentText), let calls = object["tool_calls"]?.array {
            object["tool_calls"] = .array(calls.map(Self.withArgumentText))
        }
        return .object(object)
    }

    private static func withArgumentText(_ call: JSONValue) -> JSONValue {
        guard var object = call.object else { return call }
        if let function = object["function"] {
            object["function"] = withArgumentText(function)
        } else if let arguments = object["arguments"] {
            object["arguments"] = .string(ChatTemplate.json(arguments))
        }
        return .object(object)
    }
}
