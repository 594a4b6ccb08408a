// What an answer must be: any text, a JSON object, or what a schema describes.

internal import JSON
internal import Serving

enum AnswerForm {
    /// As OpenAI's completions say it; `schema` beside `json_object` is llama.cpp's.
    static let responseFormat = Field(
        "response_format",
        .tagged(
            key: "type",
            [
                .init(tag: "text", fields: []),
                .init(tag: "json_object", fields: [Field("schema", .anyObject, "A JSON schema")]),
                .init(
                    tag: "json_schema",
                    fields: [
                        Field(
                            "json_schema",
                            .object([
                                Field("name", .text(), "What it is called"),
                                Field("description", .text(), "What it is for"),
                                Field("schema", .anyObject, "The JSON schema", required: true),
                                Field("strict", .boolean, "Answers always keep to it"),
                            ]), "What the answer must be", required: true)
                    ]),
            ]), "The form of the answer")

    /// As llama.cpp says it.
    static let jsonSchema = Field("json_schema", .anyObject, "A JSON schema of the answer")

    /// As llama.cpp says it, in words of its own.
    static let grammar = Field("grammar", .text(), "A grammar of the answer, as llama.cpp writes them (GBNF)")

    /// Sets what the answers to `request` keep to: the form that `call` says, else the calls that it must hold.
    static func apply(
        _ call: Call, _ tools: ToolUse?, to request: inout ServedRequest, _ context: ServiceContext
    ) async throws(RequestError) {
        request.grammar = try await tools?.grammar(context)
        // Calls may be marked by tokens that stand for no text.
        request.showsSpecialTokens = tools?.looksForCalls ?? false
        if let schema = call.member("json_schema") {
            try requireOnly("json_schema", call, request)
            request.grammar = try await context.grammars.grammar(schema: schema, field: "json_schema")
        }
        // An empty one says nothing, there as here.
        if let text = call.text("grammar"), !text.isEmpty {
            try requireOnly("grammar", call, request)
            request.grammar = try await context.grammars.grammar(gbnf: text, field: "grammar")
        }
        if let format = call.member("response_format") {
            try await hold(&request, to: format, at: "response_format", context)
        }
    }

    private static func requireOnly(
        _ field: String, _ call: Call, _ request: ServedRequest
    ) throws(RequestError) {
        guard request.grammar == nil, call.member("response_format") == nil else {
            throw RequestError("\(field): the answer's form is said twice", field: field, code: "invalid_value")
        }
    }

    /// Sets the form that `format`, the request's member `field`, says.
    static func hold(
        _ request: inout ServedRequest, to format: JSONValue, at field: String, _ context: ServiceContext
    ) async throws(RequestError) {
        guard let type = format["type"]?.string, type != "text" else { return }
        guard request.grammar == nil else {
            throw RequestError(
                "\(field): it has no effect where a function must be called", field: field, code: "invalid_value")
        }
        if let schema = format.present("schema") {
            request.grammar = try await context.grammars.grammar(schema: schema, field: field + ".schema")
        } else if let schema = format.present("json_schema")?["schema"] {
            request.grammar = try await context.grammars.grammar(schema: schema, field: field + ".json_schema.schema")
        } else {
            request.grammar = try await context.grammars.object(field: field)
        }
    }
}
