// llama.cpp's own completions: `/completion`.

internal import JSON
internal import Serving
internal import Tokenizers

/// One request for what follows a prompt, read.
struct LlamaCompletion: Sendable {
    private static let mixed = Shape.list(.either([.text(), .integer(0...Int(Int32.max))]), 1...1_000_000)
    private static let wrapped = Shape.object([Field("prompt_string", .text(), "The text", required: true)])
    private static let prompt = Shape.either([
        .text(), wrapped, .list(.either([.text(), .integer(0...Int(Int32.max)), wrapped, mixed]), 1...1_000_000),
    ])

    /// How answers are drawn where a request does not say.
    private static let usual = ServedSampling(temperature: 0.8, topK: 40, topP: 0.95, minP: 0.05)

    private static let fields =
        [
            Field("prompt", prompt, "A text, tokens, or both in turn; or a list of such", required: true),
            Field("model", .text(), "The base or an adapter, by name; the base where it is missing"),
            Field(
                "n_predict", .integer(-1...Int.max), "The most tokens of the answer; -1: as many as there is room for"),
            Field("stream", .boolean, "Whether the answer comes in pieces"),
            Field("temperature", .number(0...100), "0 takes the likeliest token each time"),
            Field("repeat_penalty", .number(0.01...10), "Divides the logits of tokens that prompt or answer hold"),
            Field("ignore_eos", .boolean, "Whether the answer goes on where the model would end it"),
            Field("n_probs", .integer(0...100), "How many of the likeliest tokens are told in each place"),
            Field("return_tokens", .boolean, "Whether the answer's tokens are told"),
            Field(
                "response_fields", Shape.strings,
                "Which members are told, by their paths: generation_settings/n_predict; those that there are"),
            AnswerForm.jsonSchema, AnswerForm.grammar, LlamaBias.field,
        ] + LlamaTimings.fields + IdleFields.llama + [
            SamplingFields.topK, SamplingFields.topP, SamplingFields.minP, SamplingFields.seed, SamplingFields.presence,
            SamplingFields.frequency, SamplingFields.stop, SamplingFields.lora, SamplingFields.timeLimit,
        ]

    static func routes(_ context: ServiceContext) -> [Route] {
        [
            .post(
                "/completion", "Goes on from a prompt, in llama.cpp's form", fields,
                .objectsOrEvents(["content", "stop", "tokens_predicted", "tokens_evaluated"])
            ) { call async throws(RequestError) in
                try await LlamaCompletion(call, context).response()
            }
        ]
    }

    private let context: ServiceContext
    /// One a prompt.
    private let requests: [ServedRequest]
    private let streams: Bool
    private let tellsTokens: Bool
    private let tellsProbabilities: Bool
    private let tellsTimings: Bool
    private let tellsProgress: Bool
    /// Paths of the members that are told; empty: all.
    private let told: [String]
    private let model: String

    private init(_ call: Call, _ context: ServiceContext) async throws(RequestError) {
        self.context = context
        let asked = call.integer("n_predict") ?? -1, count = call.integer("n_probs") ?? 0
        var sampling = call.sampling(
            temperature: Self.usual.temperature, topP: Self.usual.topP, topK: Self.usual.topK, minP: Self.usual.minP)
        sampling.repetitionPenalty = call.number("repeat_penalty") ?? 1
        sampling.logitBias = try LlamaBias.read(call, context)
        var requests: [ServedRequest] = []
        let prompts = Self.prompts(call.member("prompt") ?? .null)
        guard prompts.count <= 64 else {
            throw RequestError(
                "prompt: \(prompts.count) prompts, and 64 are the most", field: "prompt", code: "invalid_value")
        }
        for prompt in prompts {
            let tokens = try Self.tokens(prompt, context)
            try context.requireRoom(tokens, field: "prompt")
            var request = try call.request(
                tokens, context, maximumTokens: context.room(after: tokens, asked: asked < 0 ? nil : asked),
                sampling: sampling)
            request.ignoresEnd = call.flag("ignore_eos")
            if count > 0 { request.topLogProbs = count }
            try await AnswerForm.apply(call, nil, to: &request, context)
            requests.append(request)
        }
        self.requests = requests
        streams = call.flag("stream")
        tellsTokens = call.flag("return_tokens")
        tellsProbabilities = count > 0
        tellsTimings = call.flag("timings_per_token")
        tellsProgress = call.flag("return_progress")
        told = (call.member("response_fields")?.array ?? []).compactMap(\.string)
        model = context.name(of: call.text("model"))
    }

    /// A list is one prompt where a token stands in it; else each of its entries is one.
    private static func prompts(_ value: JSONValue) -> [JSONValue] {
        guard let list = value.array, !list.contains(where: { $0.integer != nil }) else { return [value] }
        return list
    }

    /// A text, tokens, or a list in which they take turns; the first text begins as the tokenizer begins a prompt.
    private static func tokens(_ value: JSONValue, _ context: ServiceContext) throws(RequestError) -> [Int32] {
        guard let list = value.array else {
            return try context.prompt(value["prompt_string"] ?? value, field: "prompt")
        }
        var ids: [Int32] = []
        for (index, entry) in list.enumerated() {
            if let text = entry.string {
                ids += context.model.facts.tokenizer.encode(text, addSpecialTokens: index == 0).ids
            } else {
                ids += try context.prompt([entry], field: "prompt")
            }
        }
        return ids
    }

    private func response() async throws(RequestError) -> ServerResponse {
        var streams: [AsyncStream<ServedEvent>] = []
        for request in requests { streams.append(try context.submit(request, stream: 0)) }
        let events = ServingEngine.merged(streams)
        guard self.streams else {
            let answers = try await Answer.whole(events, count: streams.count).enumerated().map(whole)
            return .json(answers.count == 1 ? answers[0] : .array(answers))
        }
        return .events { sink in await stream(events, to: sink) }
    }

    private func whole(_ index: Int, _ answer: Answer) -> JSONValue {
        var body = last(index, answer.end, answer.usage)
        body["content"] = .string(answer.text)
        body["tokens"] = .array(tellsTokens ? answer.tokens.map { .integer(Int($0.id)) } : [])
        body["has_new_line"] = .bool(answer.text.utf8.contains(10))
        if tellsProbabilities { body["completion_probabilities"] = probabilities(answer.tokens) }
        return .object(chosen(body))
    }

    /// The members that the request asks for, called by their paths.
    private func chosen(_ body: JSONObject) -> JSONObject {
        guard !told.isEmpty else { return body }
        var members = JSONObject()
        for path in told {
            let value = path.split(separator: "/").reduce(JSONValue.object(body) as JSONValue?) { $0?[String($1)] }
            if let value { members[path] = value }
        }
        return members
    }

    private func stream(_ events: AsyncStream<AnswerEvent>, to sink: EventSink) async {
        var hasNewLine = [Bool](repeating: false, count: requests.count)
        var timings = requests.map { LlamaTimings(promptTokens: $0.prompt.count) }
        for await event in events {
            let index = event.index
            if timings[index].take(event.event), tellsProgress {
                var body = piece(index, "", [], timings[index])
                body["prompt_progress"] = timings[index].progress
                sink.send(.object(body))
            }
            switch event.event {
            case .began, .prompt: break
            case .text(let text, let tokens):
                guard !text.isEmpty || !tokens.isEmpty else { continue }
                hasNewLine[index] = hasNewLine[index] || text.utf8.contains(10)
                var body = piece(index, text, tokens, timings[index])
                if tellsProbabilities { body["completion_probabilities"] = probabilities(tokens) }
                sink.send(.object(body))
            case .finished(let end, let usage):
                var body = last(index, end, usage)
                body["has_new_line"] = .bool(hasNewLine[index])
                sink.send(.object(chosen(body)))
            case .failed(let error): return sink.send(RequestError(error).openAIBody)
            }
        }
    }

    private func piece(_ index: Int, _ text: String, _ tokens: [ServedToken], _ timings: LlamaTimings) -> JSONObject {
        var body = JSONObject([
            ("index", .integer(index)), ("content", .string(text)),
            ("tokens", .array(tokens.map { .integer(Int($0.id)) })), ("stop", false), ("id_slot", -1),
            ("tokens_evaluated", .integer(requests[index].prompt.count)),
        ])
        if tellsTimings { body["timings"] = timings.json }
        return body
    }

    /// What is told at the end.
    private func last(_ index: Int, _ end: ServedEnd, _ usage: ServedUsage) -> JSONObject {
        let (type, word): (String, String) =
            switch end {
            case .token, .grammar: ("eos", "")
            case .text(let text): ("word", text)
            case .maximumTokens, .contextFull, .deadline: ("limit", "")
            }
        return JSONObject([
            ("index", .integer(index)), ("content", ""), ("tokens", []), ("id_slot", -1), ("stop", true),
            ("model", .string(model)),
            ("tokens_predicted", .integer(usage.answerTokens)), ("tokens_evaluated", .integer(usage.promptTokens)),
            ("generation_settings", Self.settings(requests[index], context)),
            ("prompt", .string(context.model.facts.tokenizer.decode(requests[index].prompt))),
            ("truncated", .bool(end == .contextFull)),
            ("stop_type", .string(type)), ("stopping_word", .string(word)),
            ("tokens_cached", .integer(usage.cachedTokens)), ("timings", LlamaTimings(usage).json),
        ])
    }

    /// Those of a request that says nothing, whose seed is drawn.
    static func usualSettings(_ context: ServiceContext) -> JSONValue {
        let request = ServedRequest(prompt: [], maximumTokens: -1, sampling: usual)
        var members = settings(request, context).object ?? JSONObject()
        members["seed"] = -1
        return .object(members)
    }

    private static func settings(_ request: ServedRequest, _ context: ServiceContext) -> JSONValue {
        let sampling = request.sampling
        return [
            "seed": .integer(Int(clamping: sampling.seed)), "temperature": .double(sampling.temperature),
            "top_k": .integer(sampling.topK ?? 0), "top_p": .double(sampling.topP), "min_p": .double(sampling.minP),
            "repeat_penalty": .double(sampling.repetitionPenalty),
            "presence_penalty": .double(sampling.presencePenalty),
            "frequency_penalty": .double(sampling.frequencyPenalty), "n_predict": .integer(request.maximumTokens),
            "n_probs": .integer(request.topLogProbs ?? 0), "logit_bias": LlamaBias.json(request, context),
            "ignore_eos": .bool(request.ignoresEnd), "stop": .array(request.stop.map { .string($0) }),
            "lora": .array(
                request.adapters.map { ["name": .string($0.name), "scale": .double(Double($0.scale))] }),
        ]
    }

    private func probabilities(_ tokens: [ServedToken]) -> JSONValue {
        let tokenizer = context.model.facts.tokenizer
        return .array(
            tokens.map { token in
                var members = tokenizer.chatLogProb(token).object ?? JSONObject()
                members["id"] = .integer(Int(token.id))
                let tops = zip(token.top, members["top_logprobs"]?.array ?? []).map { top, told -> JSONValue in
                    .object(JSONObject([("id", .integer(Int(top.id)))] + (told.object?.members ?? [])))
                }
                members["top_logprobs"] = .array(tops)
                return .object(members)
            })
    }
}
