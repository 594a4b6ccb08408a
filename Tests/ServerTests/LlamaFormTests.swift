// What llama.cpp's clients send beside the usual, and what they read.

import JSON
import TestSupport
import Testing

@Suite struct LlamaFormTests {
    private static let greedy: JSONValue = ["prompt": "Once", "temperature": 0, "n_predict": 12]

    private func completion(_ tiny: TinyService, _ more: [JSONObject.Member]) async throws -> JSONValue {
        let told = await tiny.post("/completion", .object(JSONObject((Self.greedy.object?.members ?? []) + more)))
        #expect(told.status == 200, "\(told.text)")
        return try told.json
    }

    @Test func aPromptMayBeWrapped() async throws {
        let tiny = try TinyService()
        let plain = try await completion(tiny, [])
        let wrapped: JSONValue = ["prompt_string": "Once"]
        for prompt in [wrapped, [wrapped, [1, 418]]] {
            var body = Self.greedy.object!
            body["prompt"] = prompt
            let told = try await tiny.post("/completion", .object(body)).json
            for answer in told.array ?? [told] { #expect(answer["content"] == plain["content"]) }
            #expect(told.array?.count ?? 1 == prompt.array?.count ?? 1)
        }
        let picture: JSONValue = ["prompt_string": "Once", "multimodal_data": []]
        try await tiny.post("/completion", ["prompt": picture]).expectRefusal(400, "prompt.multimodal_data")
    }

    /// By a number or a text, as an object or in pairs: a token that may not come does not.
    @Test func tokensAreKeptAwayByNumberAndByText() async throws {
        let tiny = try TinyService()
        let plain = try await completion(tiny, [("return_tokens", true)])
        let first = try #require(plain.at("tokens.0")?.integer)
        let word = try await tiny.post("/tokenize", ["content": "child"]).json["tokens"]?.array ?? []
        let (number, never) = (JSONValue.integer(first), JSONValue.bool(false))
        let ways: [(bias: JSONValue, tokens: [JSONValue])] = [
            (.object(JSONObject([(String(first), never)])), [number]), ([[number, never]], [number]),
            ([[number, -100]], [number]), (["child": -100], word), ([["child", never]], word),
        ]
        for (bias, tokens) in ways {
            let told = try await completion(tiny, [("return_tokens", true), ("logit_bias", bias)])
            let banned = (told.at("generation_settings.logit_bias")?.array ?? []).compactMap { $0["token"]?.integer }
            #expect(Set(banned) == Set(tokens.compactMap(\.integer)) && !banned.isEmpty, "\(bias.text())")
            #expect(Set(banned).isDisjoint(with: (told["tokens"]?.array ?? []).compactMap(\.integer)))
        }
        #expect(plain["content"]?.string?.contains("child") == true)
        try await tiny.post("/completion", ["prompt": "Once", "logit_bias": [["a", true]]])
            .expectRefusal(400, "logit_bias[0][1]")
        try await tiny.post("/completion", ["prompt": "Once", "logit_bias": [[100_000, 1]]])
            .expectRefusal(400, "logit_bias[0][0]")
    }

    @Test func settingsAreTold() async throws {
        let tiny = try TinyService()
        let told = try await completion(tiny, [("ignore_eos", true), ("n_probs", 2), ("id_slot", 0), ("n_keep", 4)])
        let bias = told.at("generation_settings.logit_bias")?.array ?? []
        #expect(!bias.isEmpty && bias.allSatisfy { $0["bias"]?.isNull == true })
        #expect(told.at("generation_settings.n_probs") == 2)
        let usual = try await completion(tiny, [])
        #expect(usual.at("generation_settings.logit_bias") == [])
        let chosen = try await completion(
            tiny, [("response_fields", ["content", "generation_settings/n_predict", "nothing"])])
        #expect(chosen.object?.members.map(\.key) == ["content", "generation_settings/n_predict"])
        #expect(chosen["content"] == usual["content"] && chosen["generation_settings/n_predict"] == 12)
        let props = try await tiny.get("/props").json
        #expect(props.at("default_generation_settings.params.top_k") == 40)
        #expect(props.at("default_generation_settings.n_ctx") == props["n_ctx"])
        // What would have to change something is not taken.
        for (name, value) in [("mirostat", 2), ("typical_p", 0.5), ("post_sampling_probs", true)]
            as [(String, JSONValue)]
        {
            let body = JSONObject(Self.greedy.object!.members + [(name, value)])
            try await tiny.post("/completion", .object(body)).expectRefusal(400, name)
        }
    }

    @Test(arguments: ["/completion", "/chat/completions"])
    func piecesTellTimeAndProgress(_ path: String) async throws {
        let tiny = try TinyService()
        let prompt: JSONObject.Member =
            path == "/completion"
            ? ("prompt", "Once upon a time there was") : ("messages", [["role": "user", "content": "Where is Tom?"]])
        let length: JSONObject.Member = (path == "/completion" ? "n_predict" : "max_tokens", 6)
        let body = JSONObject([
            prompt, length, ("temperature", 0), ("stream", true), ("timings_per_token", true),
            ("return_progress", true),
        ])
        let events = try await tiny.post(path, .object(body)).events.map(\.data)
        let progress = events.compactMap { $0["prompt_progress"] }
        #expect(progress.count == 2)
        let total = try #require(progress.first?["total"]?.integer)
        #expect(progress.first?["processed"] == progress.first?["cache"])
        #expect(progress.last?["processed"]?.integer == total)
        let written = events.compactMap { $0.at("timings.predicted_n")?.integer }
        #expect(written.count > 2 && written == written.sorted())
        let last = try #require(events.last { $0["timings"] != nil }?["timings"])
        #expect((last["prompt_n"]?.integer ?? 0) + (last["cache_n"]?.integer ?? 0) == total)
        // The first token comes with the prompt's end and takes no step.
        let steps = try #require(written.last) - 1
        let time = try #require(last["predicted_ms"]?.double), rate = try #require(last["predicted_per_second"]?.double)
        #expect(abs(rate - 1_000 * Double(steps) / time) < 1e-6 * rate)
        // Before the prompt is read nothing of it has been.
        let first = try #require(events.first { $0["prompt_progress"] != nil })
        #expect(first.at("timings.prompt_n")?.integer ?? 0 == 0 && first.at("timings.predicted_n")?.integer ?? 0 == 0)
    }

    @Test func conversationsAreCounted() async throws {
        let tiny = try TinyService()
        let messages: JSONValue = [["role": "system", "content": "Be kind."], ["role": "user", "content": "Hi"]]
        let answered = try await tiny.post("/chat/completions", ["messages": messages, "max_tokens": 1]).json
        let count = try #require(answered.at("usage.prompt_tokens"))
        #expect(answered.at("timings.predicted_n") == 1 && answered.at("timings.predicted_per_second")?.double == 0)
        for (path, field) in [("/chat/completions/input_tokens", "messages"), ("/v1/responses/input_tokens", "input")] {
            let told = try await tiny.post(path, .object(JSONObject([(field, messages)]))).json
            #expect(told == ["object": "response.input_tokens", "input_tokens": count], "\(path)")
        }
    }
}
