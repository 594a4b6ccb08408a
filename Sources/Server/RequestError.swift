// A request that is refused: in the words and the form that its sender's library reads.

internal import JSON
public import Vocabulary

/// Why a request is not answered, and by which status.
public struct RequestError: ClassifiedError {
    public var status: Int
    /// For a person; names the field.
    public var message: String
    /// The field, as a path from the body's top: `messages[0].role`.
    public var field: String?
    /// For programs.
    public var code: String?
    /// Seconds after which another try is worth it.
    public var retryAfter: Int?
    /// Where a prompt is too long, its tokens and those that the model's context holds.
    var overflow: (promptTokens: Int, contextLength: Int)?
    /// Headers beside it.
    var headers: [(name: String, value: String)] = []

    init(status: Int = 400, _ message: String, field: String? = nil, code: String? = nil, retryAfter: Int? = nil) {
        self.status = status
        self.message = message
        self.field = field
        self.code = code
        self.retryAfter = retryAfter
    }

    /// The response in the form that clients of `path` know.
    func response(for path: String) -> ServerResponse {
        var headers = self.headers
        if let retryAfter { headers.append(("retry-after", String(retryAfter))) }
        return ServerResponse(
            status: status, text: Self.isAnthropic(path) ? anthropicBody.text() : openAIBody.text(),
            type: "application/json", headers: headers)
    }

    public var kind: FailureKind { status < 500 ? .badInput : .internal }
    public var description: String { message }

    static func isAnthropic(_ path: String) -> Bool { path == "/v1/messages" || path.hasPrefix("/v1/messages/") }

    /// The kind of failure, as OpenAI's clients know it.
    private var openAIKind: String {
        if overflow != nil { return "exceed_context_size_error" }
        return switch status {
        case 401: "authentication_error"
        case 403: "permission_error"
        case 404: "not_found_error"
        case 429: "rate_limit_error"
        case 500...: "server_error"
        default: "invalid_request_error"
        }
    }

    private var anthropicKind: String {
        switch status {
        case 400: "invalid_request_error"
        case 413: "request_too_large"
        case 500...: status == 503 ? "overloaded_error" : "api_error"
        default: openAIKind
        }
    }

    var openAIBody: JSONValue {
        var error = JSONObject([
            ("message", .string(message)), ("type", .string(openAIKind)),
            ("param", field.map { .string($0) } ?? .null), ("code", code.map { .string($0) } ?? .null),
        ])
        if let overflow {
            error["n_prompt_tokens"] = .integer(overflow.promptTokens)
            error["n_ctx"] = .integer(overflow.contextLength)
        }
        return ["error": .object(error)]
    }

    var anthropicBody: JSONValue {
        ["type": "error", "error": ["type": .string(anthropicKind), "message": .string(message)]]
    }
}
