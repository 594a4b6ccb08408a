// Where an answer begins: anew, or behind words of the assistant that it goes on from.

internal import JSON

/// What stands behind a conversation.
enum AnswerStart: Sendable {
    /// The words that begin an answer. Where the assistant speaks last, the answer goes on from what it says.
    case usual
    /// The words that begin an answer, whoever speaks last.
    case anew
    /// What the assistant says last, which it must.
    case goingOn
    /// Nothing.
    case nothing

    static let fields = [
        Field(
            "add_generation_prompt", .boolean, "Whether the words that begin an answer stand behind the conversation"),
        Field(
            "continue_final_message", .boolean,
            "Whether the answer goes on from the last message; where it is missing, from one of the assistant's"),
    ]

    init(_ call: Call) throws(RequestError) {
        switch (call.member("continue_final_message")?.bool, call.member("add_generation_prompt")?.bool) {
        case (true?, true?):
            throw RequestError(
                "continue_final_message: with add_generation_prompt an answer would begin, and not go on",
                field: "continue_final_message", code: "invalid_value")
        case (true?, _): self = .goingOn
        case (_, false?): self = .nothing
        case (false?, _): self = .anew
        case (nil, _): self = .usual
        }
    }

    /// Whether the words that begin an answer are written.
    var addsPrompt: Bool { self != .nothing }

    /// Takes from `messages`, as templates read them, the last, where the answer goes on from it.
    ///
    /// - Returns: its text; empty where the answer begins anew.
    func begun(_ messages: inout [JSONValue]) throws(RequestError) -> String {
        guard self == .usual || self == .goingOn else { return "" }
        guard let last = messages.last, last["role"]?.string == "assistant", last["tool_calls"] == nil else {
            guard self == .usual else {
                throw RequestError(
                    "continue_final_message: the last message is none of the assistant's words",
                    field: "continue_final_message", code: "invalid_value")
            }
            return ""
        }
        guard messages.dropLast().last?["role"]?.string != "assistant" else {
            let field = "messages[\(messages.count - 1)]"
            throw RequestError(
                "\(field): the assistant speaks twice at the end, and an answer goes on from one message", field: field,
                code: "invalid_value")
        }
        messages.removeLast()
        return last["content"]?.string ?? ""
    }
}
