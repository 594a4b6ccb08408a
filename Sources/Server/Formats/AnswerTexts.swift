// What the forms say of an answer beside its text.

internal import JSON
internal import Serving

extension ServedEnd {
    /// As OpenAI's clients know it.
    var openAI: String {
        switch self {
        case .token, .text, .grammar: "stop"
        case .maximumTokens, .contextFull, .deadline: "length"
        }
    }
}

extension ServedEnd {
    /// Of an answer that calls functions, or does not. One that its limit cut may have begun another call.
    func openAI(calls: Bool) -> String { calls && openAI == "stop" ? "tool_calls" : openAI }
}

extension ServiceContext {
    /// What says how many tokens a prompt has.
    func counted(_ prompt: [Int32]) -> ServerResponse {
        .json(["object": "response.input_tokens", "input_tokens": .integer(prompt.count)])
    }
}

extension ServedUsage {
    var openAI: JSONValue {
        [
            "prompt_tokens": .integer(promptTokens), "completion_tokens": .integer(answerTokens),
            "total_tokens": .integer(promptTokens + answerTokens),
            "prompt_tokens_details": ["cached_tokens": .integer(cachedTokens)],
        ]
    }

    /// Of several answers to one prompt: it is counted once.
    static func openAI(_ usages: [ServedUsage]) -> JSONValue {
        let prompt = usages.first?.promptTokens ?? 0
        let written = usages.reduce(0) { $0 + $1.answerTokens }
        return [
            "prompt_tokens": .integer(prompt), "completion_tokens": .integer(written),
            "total_tokens": .integer(prompt + written),
            "prompt_tokens_details": ["cached_tokens": .integer(usages.first?.cachedTokens ?? 0)],
        ]
    }
}
