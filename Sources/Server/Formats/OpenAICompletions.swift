// OpenAI's completions of plain prompts: `/v1/completions`.

internal import Foundation
internal import JSON
internal import Serving
internal import Tokenizers

/// One request for what follows prompts, read.
struct OpenAICompletions: Sendable {
    static let prompt = Shape.either([
        .text(),
        .list(
            .either([.text(), .integer(0...Int(Int32.max)), .list(.integer(0...Int(Int32.max)), 1...1_000_000)]),
            1...1_000_000),
    ])

    private static let fields =
        [
            Field("prompt", prompt, "Texts or tokens to go on from", required: true),
            Field("model", .text(), "The base or an adapter, by name; the base where it is missing"),
            Field("stream", .boolean, "Whether the answer comes in pieces"),
            Field(
                "stream_options", .object([Field("include_usage", .boolean, "Whether a last piece tells the usage")]),
                "What pieces tell"),
            Field("n", .integer(1...16), "How many answers to each prompt"),
            Field("max_tokens", .integer(0...Int.max), "The most tokens of an answer; 16 where it is missing"),
            Field("logprobs", .integer(0...20), "How many of the likeliest tokens are told in each place"),
            Field("echo", .boolean, "Whether the prompt is part of the text"),
            Field("ignore_eos", .boolean, "Whether the answer goes on where the model would end it"),
            AnswerForm.responseFormat,
        ] + SamplingFields.all + IdleFields.openAI

    static func routes(_ context: ServiceContext) -> [Route] {
        [
            .post(
                "/v1/completions", "Goes on from prompts", fields,
                .objectOrEvents(["id", "object", "created", "model", "choices", "usage"])
            ) { call async throws(RequestError) in
                try await OpenAICompletions(call, context).response()
            }
        ]
    }

    private let context: ServiceContext
    private let requests: [ServedRequest]
    private let count: Int
    private let echoes: Bool
    private let streams: Bool
    private let tellsUsage: Bool
    private let model: String
    private let id: String
    private let created: Int

    private var tellsLogProbs: Bool { requests.contains { $0.topLogProbs != nil } }

    private init(_ call: Call, _ context: ServiceContext) async throws(RequestError) {
        self.context = context
        echoes = call.flag("echo")
        streams = call.flag("stream")
        count = call.integer("n") ?? 1
        let sampling = call.sampling()
        var requests: [ServedRequest] = []
        // What stands in the prompt's places instead is not known.
        guard !echoes || call.integer("logprobs") ?? 0 == 0 else {
            throw RequestError(
                "logprobs: with echo 0 is told, the probabilities of the prompt's own tokens", field: "logprobs",
                code: "unsupported")
        }
        for prompt in try context.prompts(call.member("prompt") ?? .null, most: 64 / count) {
            let room = context.room(after: prompt, asked: call.integer("max_tokens") ?? 16)
            var request = try call.request(prompt, context, maximumTokens: room, sampling: sampling)
            request.topLogProbs = call.integer("logprobs")
            request.promptLogProbs = echoes && request.topLogProbs != nil
            request.ignoresEnd = call.flag("ignore_eos")
            try await AnswerForm.apply(call, nil, to: &request, context)
            requests.append(request)
        }
        self.requests = requests
        tellsUsage = try call.tellsUsage()
        model = context.name(of: call.text("model"))
        id = context.numbers.next("cmpl-")
        created = Int(Date().timeIntervalSince1970)
    }

    private func response() async throws(RequestError) -> ServerResponse {
        var streams: [AsyncStream<ServedEvent>] = []
        for request in requests {
            for index in 0..<count { streams.append(try context.submit(request, stream: index)) }
        }
        let events = ServingEngine.merged(streams)
        guard self.streams else {
            let answers = try await Answer.whole(events, count: streams.count)
            return .json(whole(answers))
        }
        return .events { sink in await stream(events, to: sink) }
    }

    private func envelope(_ choices: [JSONValue]) -> JSONObject {
        JSONObject([
            ("id", .string(id)), ("object", "text_completion"), ("created", .integer(created)),
            ("model", .string(model)), ("system_fingerprint", .string(context.fingerprint)),
            ("choices", .array(choices)),
        ])
    }

    /// The prompt's text, where it is part of the answer's.
    private func echo(_ index: Int) -> String {
        echoes ? context.model.facts.tokenizer.decode(requests[index / count].prompt, skipSpecialTokens: true) : ""
    }

    // MARK: Whole

    private func whole(_ answers: [Answer]) -> JSONValue {
        let choices = answers.enumerated().map { index, answer -> JSONValue in
            choice(index, echo(index) + answer.text, logProbs(answer, index), answer.end.openAI)
        }
        var body = envelope(choices)
        let usages = answers.map(\.usage)
        // Each prompt is counted once, however many answers it has.
        let prompts = stride(from: 0, to: usages.count, by: count).reduce(0) { $0 + usages[$1].promptTokens }
        let written = usages.reduce(0) { $0 + $1.answerTokens }
        body["usage"] = usage(prompts, written)
        return .object(body)
    }

    private func usage(_ prompts: Int, _ written: Int) -> JSONValue {
        [
            "prompt_tokens": .integer(prompts), "completion_tokens": .integer(written),
            "total_tokens": .integer(prompts + written),
        ]
    }

    private func choice(_ index: Int, _ text: String, _ logProbs: JSONValue, _ end: String?) -> JSONValue {
        [
            "index": .integer(index), "text": .string(text), "logprobs": logProbs,
            "finish_reason": end.map { .string($0) } ?? .null,
        ]
    }

    /// Texts, probabilities and places of tokens, each a list of its own.
    private func logProbs(_ answer: Answer, _ index: Int) -> JSONValue {
        guard tellsLogProbs else { return .null }
        var table = echoes ? promptTable(index, answer.promptLogProbs) : LogProbTable(context.model.facts.tokenizer)
        table.begin(after: echo(index))
        for token in answer.tokens { table.add(token) }
        return table.taken()
    }

    private func promptTable(_ index: Int, _ values: [Float?]) -> LogProbTable {
        var table = LogProbTable(context.model.facts.tokenizer)
        for (place, id) in requests[index / count].prompt.enumerated() {
            table.add(id, place < values.count ? values[place] : nil)
        }
        return table
    }

    // MARK: In pieces

    private func stream(_ events: AsyncStream<AnswerEvent>, to sink: EventSink) async {
        let total = requests.count * count
        var usages = [ServedUsage](repeating: ServedUsage(), count: total)
        var tables = [LogProbTable](repeating: LogProbTable(context.model.facts.tokenizer), count: total)
        for index in 0..<total where echoes {
            tables[index].begin(after: echo(index))
            // With its probabilities where these are asked for, which come first of all.
            if !tellsLogProbs { sink.send(.object(envelope([choice(index, echo(index), .null, nil)]))) }
        }
        for await event in events {
            let index = event.index
            switch event.event {
            case .began: break
            case .prompt(let values):
                var table = promptTable(index, values)
                sink.send(.object(envelope([choice(index, echo(index), table.taken(), nil)])))
            case .text(let text, let tokens):
                guard !text.isEmpty || (tellsLogProbs && !tokens.isEmpty) else { continue }
                for token in tokens where tellsLogProbs { tables[index].add(token) }
                let told: JSONValue = tellsLogProbs && !tokens.isEmpty ? tables[index].taken() : .null
                sink.send(.object(envelope([choice(index, text, told, nil)])))
            case .finished(let end, let usage):
                usages[index] = usage
                sink.send(.object(envelope([choice(index, "", .null, end.openAI)])))
            case .failed(let error): return sink.send(RequestError(error).openAIBody)
            }
        }
        guard !Task.isCancelled else { return }
        if tellsUsage {
            var body = envelope([])
            let prompts = stride(from: 0, to: total, by: count).reduce(0) { $0 + usages[$1].promptTokens }
            body["usage"] = usage(prompts, usages.reduce(0) { $0 + $1.answerTokens })
            sink.send(.object(body))
        }
        sink.sendDone()
    }
}

/// Probabilities of tokens as lists beside each other, which is how completions tell them.
private struct LogProbTable {
    private let tokenizer: Tokenizer
    private var tokens: [JSONValue] = []
    private var logProbs: [JSONValue] = []
    private var tops: [JSONValue] = []
    private var offsets: [JSONValue] = []
    /// Characters of the text before the next token, and what makes text of it.
    private var offset = 0
    private var decoder: StreamingDecoder

    init(_ tokenizer: Tokenizer) {
        self.tokenizer = tokenizer
        decoder = StreamingDecoder(tokenizer, skipSpecialTokens: true)
    }

    /// The next token begins an answer, behind `text`.
    mutating func begin(after text: String) {
        offset = text.unicodeScalars.count
        decoder = StreamingDecoder(tokenizer, skipSpecialTokens: true)
    }

    mutating func add(_ token: ServedToken) {
        add(token.id, token.logProb, token.top.map { (tokenizer.shownText($0.id), $0.logProb) })
    }

    mutating func add(_ id: Int32, _ logProb: Float?, _ top: [(String, Float)] = []) {
        tokens.append(.string(tokenizer.shownText(id)))
        logProbs.append(logProb.map { .double(Tokenizer.finite($0)) } ?? .null)
        var members = JSONObject()
        for (text, logProb) in top where members[text] == nil { members[text] = .double(Tokenizer.finite(logProb)) }
        tops.append(logProb == nil ? .null : .object(members))
        offsets.append(.integer(offset))
        offset += decoder.feed(id).unicodeScalars.count
    }

    /// What was added since it was taken last.
    mutating func taken() -> JSONValue {
        defer { (tokens, logProbs, tops, offsets) = ([], [], [], []) }
        return [
            "tokens": .array(tokens), "token_logprobs": .array(logProbs), "top_logprobs": .array(tops),
            "text_offset": .array(offsets),
        ]
    }
}

extension ServiceContext {
    /// Has one answer written.
    ///
    /// - Parameter stream: tells it apart from others of the same seed.
    func submit(_ request: ServedRequest, stream: Int) throws(RequestError) -> AsyncStream<ServedEvent> {
        var request = request
        request.sampling.stream = UInt32(stream)
        do throws(ServingError) { return try engine.submit(request) } catch { throw RequestError(error) }
    }

    /// Tokens of prompts: a text, tokens, or a list of at most `most` of either.
    func prompts(_ value: JSONValue, most: Int) throws(RequestError) -> [[Int32]] {
        guard let list = value.array else { return [try prompt(value, field: "prompt")] }
        if list.allSatisfy({ $0.integer != nil }) { return [try prompt(value, field: "prompt")] }
        guard list.count <= most else {
            throw RequestError(
                "prompt: \(list.count) prompts, and \(most) are the most", field: "prompt", code: "invalid_value")
        }
        var prompts: [[Int32]] = []
        for (index, entry) in list.enumerated() { prompts.append(try prompt(entry, field: "prompt[\(index)]")) }
        return prompts
    }

    /// Tokens of a text, or those that a list says.
    func prompt(_ value: JSONValue, field: String) throws(RequestError) -> [Int32] {
        let ids: [Int32]
        if let text = value.string {
            do throws(ServingError) { ids = try model.tokens(ofPrompt: text) } catch { throw RequestError(error) }
        } else {
            ids = try tokens(in: value.array ?? [], field: field)
        }
        try requireRoom(ids, field: field)
        return ids
    }

    /// The tokens that a list says.
    func tokens(in list: [JSONValue], field: String) throws(RequestError) -> [Int32] {
        var ids: [Int32] = []
        for (index, entry) in list.enumerated() {
            guard let id = entry.integer, id >= 0, id < model.facts.vocabularySize else {
                throw RequestError(
                    "\(field)[\(index)]: expected a token below \(model.facts.vocabularySize)",
                    field: "\(field)[\(index)]", code: "invalid_value")
            }
            ids.append(Int32(id))
        }
        return ids
    }
}
