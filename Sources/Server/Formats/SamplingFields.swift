// How an answer is drawn: the members that most forms share, and what they come to.

internal import JSON
internal import Serving

enum SamplingFields {
    static let temperature = Field("temperature", .number(0...2), "0 takes the likeliest token each time")
    static let topP = Field(
        "top_p", .number(0...1), "Draw among the likeliest tokens that hold this probability together")
    static let topK = Field("top_k", .integer(-1...1_000_000), "Draw among the k likeliest tokens; 0 or -1: among all")
    static let minP = Field("min_p", .number(0...1), "Leave out tokens less likely than this share of the likeliest")
    static let seed = Field("seed", .integer(-1...Int.max), "The same seed and request give the same answer; -1: any")
    static let presence = Field("presence_penalty", .number(-2...2), "Taken off tokens that the answer holds")
    static let frequency = Field(
        "frequency_penalty", .number(-2...2), "Taken off tokens each time the answer holds them")
    static let repetition = Field(
        "repetition_penalty", .number(0.01...10), "Divides the logits of tokens that prompt or answer hold")
    static let stop = Field("stop", .either([.text(), .list(.text(atLeast: 1), 0...16)]), "Texts that end the answer")
    static let bias = Field(
        "logit_bias", .numbered(.number(-100...100)), "Added to the logits of tokens, by their numbers")
    static let lora = Field(
        "lora",
        .list(
            .object([
                Field("id", .integer(0...Int.max), "The adapter's number", required: true),
                Field("scale", .number(-100...100), "How much it counts", required: true),
            ]), 0...64), "Adapters and how much each counts, instead of the model's own")
    static let timeLimit = Field(
        "t_max_predict_ms", .integer(0...86_400_000), "The longest that the answer may take, in milliseconds")

    /// What OpenAI's forms, llama.cpp's and vLLM's have together.
    static let all = [
        temperature, topP, topK, minP, seed, presence, frequency, repetition, stop, bias, lora, timeLimit,
    ]
}

extension Call {
    /// How tokens are drawn.
    /// - Parameter temperature: where the request says none.
    func sampling(
        temperature: Double = 1, topP: Double = 1, topK: Int? = nil, minP: Double = 0
    ) -> ServedSampling {
        var sampling = ServedSampling(
            temperature: number("temperature") ?? temperature, topK: integer("top_k") ?? topK,
            topP: number("top_p") ?? topP, minP: number("min_p") ?? minP)
        if let k = sampling.topK, k <= 0 { sampling.topK = nil }
        if let seed = integer("seed"), seed >= 0 {
            sampling.seed = UInt64(seed)
        } else {
            sampling.seed = UInt64.random(in: 0...UInt64(UInt32.max))
        }
        sampling.presencePenalty = number("presence_penalty") ?? 0
        sampling.frequencyPenalty = number("frequency_penalty") ?? 0
        sampling.repetitionPenalty = number("repetition_penalty") ?? 1
        sampling.logitBias = logitBias()
        // The likeliest token alone, which is what no probability at all comes to.
        if sampling.topP == 0 { sampling.topP = .leastNormalMagnitude }
        return sampling
    }

    private func logitBias() -> [Int32: Float] {
        var bias: [Int32: Float] = [:]
        for (name, value) in member("logit_bias")?.object?.members ?? [] {
            if let id = Int32(name) { bias[id] = Float(value.double ?? 0) }
        }
        return bias
    }

    /// Texts that end the answer.
    func stops(_ name: String = "stop") -> [String] {
        guard let value = member(name) else { return [] }
        if let text = value.string { return text.isEmpty ? [] : [text] }
        return (value.array ?? []).compactMap(\.string).filter { !$0.isEmpty }
    }

    /// The adapters that act: those of `lora`, else those of `model`.
    func adapters(_ context: ServiceContext) throws(RequestError) -> [AdapterChoice] {
        let named = try context.adapters(named: text("model"))
        guard let list = member("lora")?.array else { return named }
        var choices: [AdapterChoice] = []
        for (index, entry) in list.enumerated() {
            let id = entry["id"]?.integer ?? -1
            guard let adapter = context.model.adapters.first(where: { $0.id == id }) else {
                throw RequestError(
                    "lora[\(index)].id: no adapter has the number \(id)", field: "lora[\(index)].id",
                    code: "invalid_value")
            }
            choices.append(AdapterChoice(adapter.name, scale: Float(entry["scale"]?.double ?? 1)))
        }
        return choices
    }

    /// A request for tokens after `prompt`, with what most forms share.
    func request(
        _ prompt: [Int32], _ context: ServiceContext, maximumTokens: Int, sampling: ServedSampling
    ) throws(RequestError) -> ServedRequest {
        var request = ServedRequest(
            prompt: prompt, adapters: try adapters(context), maximumTokens: maximumTokens, sampling: sampling,
            stop: stops())
        if let limit = integer("t_max_predict_ms"), limit > 0 { request.deadline = .milliseconds(limit) }
        return request
    }
}
