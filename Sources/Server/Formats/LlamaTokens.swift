// llama.cpp's addresses for tokens: `/tokenize`, `/detokenize`, `/apply-template`.

internal import JSON
internal import Serving
internal import Tokenizers

enum LlamaTokens {
    private static let tokenizeFields = [
        Field("content", .text(), "The text", required: true),
        Field("add_special", .boolean, "Whether it begins as the tokenizer begins a prompt"),
        Field("parse_special", .boolean, "Whether names of special tokens stand for these; true where it is missing"),
        Field("with_pieces", .boolean, "Whether each token comes with its text"),
    ]

    private static let detokenizeFields = [
        Field("tokens", .list(.integer(0...Int(Int32.max)), 0...1_000_000), "The tokens", required: true)
    ]

    static func routes(_ context: ServiceContext) -> [Route] {
        [
            .post("/tokenize", "The tokens of a text", tokenizeFields, .object(["tokens"])) {
                call async throws(RequestError) in .json(tokenize(call, context))
            },
            .post("/detokenize", "The text of tokens", detokenizeFields, .object(["content"])) {
                call async throws(RequestError) in .json(try detokenize(call, context))
            },
            .post(
                "/apply-template", "The text that the model reads of a conversation", ChatMessages.fields,
                .object(["prompt"])
            ) { call async throws(RequestError) in
                let text = try context.rendered(
                    ChatMessages.forTemplate(call.member("messages")?.array ?? []),
                    tools: call.member("tools")?.array ?? [],
                    extra: call.member("chat_template_kwargs")?.object ?? JSONObject(), start: try AnswerStart(call))
                return .json(["prompt": .string(text)])
            },
        ]
    }

    private static func tokenize(_ call: Call, _ context: ServiceContext) -> JSONValue {
        let tokenizer = context.model.facts.tokenizer
        let ids = tokenizer.encode(
            call.text("content") ?? "", addSpecialTokens: call.flag("add_special"),
            parseSpecial: call.member("parse_special")?.bool ?? true
        ).ids
        guard call.flag("with_pieces") else { return ["tokens": .array(ids.map { .integer(Int($0)) })] }
        return [
            "tokens": .array(
                ids.map { id in
                    let bytes = tokenizer.tokenBytes(id)
                    // A piece that is part of a character is told as its bytes.
                    let piece =
                        String(validating: bytes, as: UTF8.self).map { JSONValue.string($0) }
                        ?? .array(bytes.map { .integer(Int($0)) })
                    return ["id": .integer(Int(id)), "piece": piece]
                })
        ]
    }

    private static func detokenize(_ call: Call, _ context: ServiceContext) throws(RequestError) -> JSONValue {
        let ids = try context.tokens(in: call.member("tokens")?.array ?? [], field: "tokens")
        return ["content": .string(context.model.facts.tokenizer.decode(ids))]
    }
}
