// What no other form has: how likely a text is (`/v1/score`), and what the head of a task says of it (`/v1/classify`).

internal import JSON
internal import Serving
internal import Tokenizers

enum Scoring {
    private static let model = Field("model", .text(), "The base or an adapter, by name; the base where it is missing")

    private static let scoreFields = [
        Field("prompt", OpenAICompletions.prompt, "The text before; the tokenizer's beginning where it is missing"),
        Field(
            "continuations",
            .list(.either([.text(atLeast: 1), .list(.integer(0...Int(Int32.max)), 1...1_000_000)]), 1...256),
            "What follows it, each by itself", required: true),
        Field("tokens", .boolean, "Whether each token is told"), model, SamplingFields.lora,
    ]

    private static let classifyFields = [
        Field("input", OpenAICompletions.prompt, "Texts or tokens", required: true), model,
    ]

    static func routes(_ context: ServiceContext) -> [Route] {
        [
            .post(
                "/v1/score", "How likely texts are after a prompt", scoreFields, .object(["object", "data", "model"])
            ) {
                call async throws(RequestError) in try await score(call, context)
            },
            .post(
                "/v1/classify", "What the head of a task says of texts", classifyFields,
                .object(["object", "data", "model"])
            ) {
                call async throws(RequestError) in try await classify(call, context)
            },
        ]
    }

    private static func score(_ call: Call, _ context: ServiceContext) async throws(RequestError) -> ServerResponse {
        let tokenizer = context.model.facts.tokenizer
        let prompt = try prompt(call, context)
        var continuations: [[Int32]] = []
        for (index, value) in (call.member("continuations")?.array ?? []).enumerated() {
            let field = "continuations[\(index)]"
            let ids =
                if let text = value.string { tokenizer.encode(text, addSpecialTokens: false).ids } else {
                    try context.tokens(in: value.array ?? [], field: field)
                }
            guard !ids.isEmpty else {
                throw RequestError("\(field): it has no token", field: field, code: "invalid_value")
            }
            continuations.append(ids)
        }
        let adapters = try call.adapters(context)
        let found: [[Float]]
        do throws(ServingError) {
            found = try await context.engine.score(prompt: prompt, continuations: continuations, adapters: adapters)
        } catch { throw RequestError(error) }
        let data = zip(continuations, found).enumerated().map { index, pair -> JSONValue in
            let (ids, values) = pair
            var members = JSONObject([
                ("index", .integer(index)), ("logprob", .double(values.reduce(0) { $0 + Double($1) })),
                ("tokens", .integer(ids.count)),
            ])
            if call.flag("tokens") {
                members["token_logprobs"] = .array(
                    zip(ids, values).map { id, value in
                        [
                            "id": .integer(Int(id)), "token": .string(tokenizer.shownText(id)),
                            "logprob": .double(Tokenizer.finite(value)),
                        ]
                    })
            }
            return .object(members)
        }
        return .json([
            "object": "list", "data": .array(data), "model": .string(context.name(of: call.text("model"))),
            "prompt_tokens": .integer(prompt.count),
        ])
    }

    /// The tokens before; at least the one that begins every text.
    private static func prompt(_ call: Call, _ context: ServiceContext) throws(RequestError) -> [Int32] {
        if let value = call.member("prompt"), value.string != "" {
            return try context.prompts(value, most: 1)[0]
        }
        guard let begin = context.model.facts.tokenizer.bosID else {
            throw RequestError(
                "prompt: the member is missing, and the tokenizer has no token that begins a text", field: "prompt",
                code: "invalid_value")
        }
        return [begin]
    }

    private static func classify(_ call: Call, _ context: ServiceContext) async throws(RequestError) -> ServerResponse {
        let texts = try context.texts(call.member("input") ?? .null, field: "input")
        let adapters = try context.adapters(named: call.text("model"))
        let found: [ServedClass]
        do throws(ServingError) {
            found = try await context.engine.classify(texts, adapters: adapters)
        } catch { throw RequestError(error) }
        let data = found.enumerated().map { index, answer -> JSONValue in
            var members = JSONObject([("index", .integer(index))])
            if let number = answer.number {
                members["value"] = .double(number)
            } else {
                members["label"] = answer.labels.first.map { .string($0) } ?? .null
                members["labels"] = .array(answer.labels.map { .string($0) })
                members["probs"] = .array(
                    answer.probabilities.map { ["label": .string($0.label), "probability": .double($0.probability)] })
            }
            return .object(members)
        }
        let count = texts.reduce(0) { $0 + $1.count }
        return .json([
            "object": "list", "data": .array(data), "model": .string(context.name(of: call.text("model"))),
            "usage": ["prompt_tokens": .integer(count), "total_tokens": .integer(count)],
        ])
    }
}
