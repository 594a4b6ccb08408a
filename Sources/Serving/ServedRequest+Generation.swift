// What a request asks of the scheduler.

internal import Generation
internal import Models

extension ServedRequest {
    /// Throws where a value means nothing.
    func validate() throws(ServingError) {
        func check(_ isGood: Bool, _ field: String, _ text: String) throws(ServingError) {
            guard isGood else { throw .invalid(field: field, text) }
        }
        try check(!prompt.isEmpty, "prompt", "it holds no token")
        try check(maximumTokens >= 0, "max_tokens", "it must be 0 or more")
        try check(topLogProbs.map { $0 >= 0 } ?? true, "top_logprobs", "it must be 0 or more")
        try sampling.validate()
    }
}

extension ServedSampling {
    fileprivate func validate() throws(ServingError) {
        func check(_ isGood: Bool, _ field: String, _ text: String) throws(ServingError) {
            guard isGood else { throw .invalid(field: field, text) }
        }
        try check(temperature >= 0 && temperature.isFinite, "temperature", "it must be 0 or more")
        try check(topK.map { $0 > 0 } ?? true, "top_k", "it must be above 0")
        try check(topP > 0 && topP <= 1, "top_p", "it must be above 0 and at most 1")
        try check(minP >= 0 && minP <= 1, "min_p", "it must be from 0 to 1")
        try check((1e-3...1e3).contains(repetitionPenalty), "repetition_penalty", "it must be from 0.001 to 1000")
        try check((-1e3...1e3).contains(presencePenalty), "presence_penalty", "it must be from -1000 to 1000")
        try check((-1e3...1e3).contains(frequencyPenalty), "frequency_penalty", "it must be from -1000 to 1000")
        try check(
            logitBias.values.allSatisfy { $0 <= 1e6 }, "logit_bias", "it must hold numbers of at most a million")
    }
}

extension RunningAnswer {
    /// The request as the scheduler takes it.
    func generation(with binding: AdapterBinding, ends: Set<Int32>) throws(ServingError) -> GenerationRequest {
        self.binding = binding
        let sampling = request.sampling
        var generation = GenerationRequest(
            prompt: request.prompt, maximumTokens: request.maximumTokens,
            // Below that only the likeliest token has a chance that a float can tell from 0.
            sampler: Sampler(
                temperature: sampling.temperature < 1e-4 ? 0 : sampling.temperature, topK: sampling.topK,
                topP: sampling.topP, minP: sampling.minP,
                seed: sampling.seed, stream: sampling.stream),
            stopTokens: request.ignoresEnd ? request.stopTokens : ends.union(request.stopTokens), adapters: binding)
        generation.rules = LogitRules(
            repetitionPenalty: sampling.repetitionPenalty, presencePenalty: sampling.presencePenalty,
            frequencyPenalty: sampling.frequencyPenalty, bias: sampling.logitBias)
        generation.grammar = request.grammar
        generation.scoredTokens = request.topLogProbs
        generation.whenBegun = { [weak self] in self?.begin(kept: $0) }
        generation.whenChosen = { [weak self] in self?.note($0) }
        return generation
    }
}
