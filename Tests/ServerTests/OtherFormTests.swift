// Anthropic's form and llama.cpp's.

import Foundation
import JSON
import TestSupport
import Testing

@Suite struct OtherFormTests {
    private static let conversation: JSONValue = [
        ["role": "user", "content": [["type": "text", "text": "Where is Tom?"]]]
    ]

    @Test func aMessageIsTheSameInPieces() async throws {
        let tiny = try TinyService()
        let whole = try await tiny.post(
            "/v1/messages",
            ["model": "tiny", "max_tokens": 5, "temperature": 0, "messages": Self.conversation, "system": "Be kind."]
        ).json
        let text = try #require(whole.at("content.0.text")?.string)
        #expect(whole["type"] == "message" && whole["stop_reason"] == "max_tokens")
        let end = String(text.dropFirst(2))
        let stopped = try await tiny.post(
            "/v1/messages",
            [
                "model": "tiny", "max_tokens": 40, "temperature": 0, "messages": Self.conversation,
                "system": "Be kind.",
                "stop_sequences": [.string(end)],
            ]
        ).json
        #expect(stopped["stop_reason"] == "stop_sequence" && stopped["stop_sequence"]?.string == end)
        let told = await tiny.post(
            "/v1/messages",
            [
                "model": "tiny", "max_tokens": 5, "temperature": 0, "messages": Self.conversation,
                "system": [["type": "text", "text": "Be kind."]], "stream": true,
            ])
        let events = try told.events
        #expect(
            events.map(\.name).first == "message_start"
                && events.suffix(2).map(\.name) == ["message_delta", "message_stop"])
        let deltas = events.filter { $0.name == "content_block_delta" }.compactMap { $0.data.at("delta.text")?.string }
        #expect(deltas.joined() == text)
        let count = try await tiny.post(
            "/v1/messages/count_tokens", ["model": "tiny", "messages": Self.conversation, "system": "Be kind."]
        ).json
        let usage = try #require(whole["usage"])
        let read = (usage["input_tokens"]?.integer ?? 0) + (usage["cache_read_input_tokens"]?.integer ?? 0)
        #expect(count["input_tokens"]?.integer == read)
    }

    @Test func anthropicsRefusalsHaveItsForm() async throws {
        let tiny = try TinyService()
        let told = await tiny.post("/v1/messages", ["model": "tiny", "max_tokens": 0, "messages": Self.conversation])
        #expect(told.status == 400)
        #expect(try told.json["type"] == "error")
        #expect(try told.json.at("error.type") == "invalid_request_error")
        #expect(try told.json.at("error.message")?.string?.contains("max_tokens") == true)
        let unknown = await tiny.post("/v1/messages", ["model": "x", "max_tokens": 1, "messages": Self.conversation])
        #expect(unknown.status == 404)
        #expect(try unknown.json.at("error.type") == "not_found_error")
    }

    @Test func tokensGoThereAndBack() async throws {
        let tiny = try TinyService()
        let text = "Tom säw 一 ball.\n"
        let plain = try await tiny.post("/tokenize", ["content": .string(text)]).json
        let tokens = try #require(plain["tokens"])
        #expect(try await tiny.post("/detokenize", ["tokens": tokens]).json["content"]?.string == text)
        let begun = try await tiny.post("/tokenize", ["content": .string(text), "add_special": true]).json
        #expect(begun["tokens"]?.array?.count == (tokens.array?.count ?? 0) + 1)
        let pieces = try await tiny.post("/tokenize", ["content": .string(text), "with_pieces": true]).json
        let bytes = (pieces["tokens"]?.array ?? []).flatMap { piece -> [UInt8] in
            piece["piece"]?.string.map { Array($0.utf8) }
                ?? (piece["piece"]?.array ?? []).compactMap { $0.integer.map { UInt8($0) } }
        }
        #expect(bytes == Array(text.utf8))
        try await tiny.post("/detokenize", ["tokens": [5, 512]]).expectRefusal(400, "tokens[1]")
    }

    @Test func theTemplateIsTheModels() async throws {
        let tiny = try TinyService()
        let told = try await tiny.post("/apply-template", ["messages": [["role": "user", "content": "Hello"]]]).json
        #expect(told["prompt"]?.string?.contains("Hello") == true)
        let developer = try await tiny.post(
            "/apply-template",
            ["messages": [["role": "developer", "content": "Be kind."], ["role": "user", "content": "Hi"]]]
        ).json
        let system = try await tiny.post(
            "/apply-template",
            ["messages": [["role": "system", "content": "Be kind."], ["role": "user", "content": "Hi"]]]
        ).json
        #expect(system["prompt"]?.string?.contains("Be kind.") == true && developer == system)
    }

    /// Where the assistant speaks last, the answer goes on from what it says, in every form.
    @Test func answersGoOnFromWhatTheAssistantSays() async throws {
        let tiny = try TinyService()
        let question: [JSONValue] = [["role": "user", "content": "Where is Tom?"]]
        let messages = JSONValue.array(question + [["role": "assistant", "content": "Tom is"]])
        func text(_ messages: JSONValue, _ more: [JSONObject.Member] = []) async throws -> String {
            let body = JSONValue.object(JSONObject([("messages", messages)] + more))
            return try #require(try await tiny.post("/apply-template", body).json["prompt"]?.string)
        }
        let asked = try await text(.array(question))
        #expect(try await text(messages) == asked + "Tom is")
        #expect(try await text(messages, [("continue_final_message", true)]) == asked + "Tom is")
        let anew = try await text(messages, [("continue_final_message", false)])
        #expect(anew != asked + "Tom is" && anew.contains("Tom is"))
        let bare = try await text(.array(question), [("add_generation_prompt", false)])
        #expect(asked.hasPrefix(bare) && bare.count < asked.count && bare.contains("Where"))
        let count = try await tiny.post("/chat/completions/input_tokens", ["messages": messages]).json["input_tokens"]
        let others = [
            try await tiny.post("/v1/messages/count_tokens", ["model": "tiny", "messages": messages]).json,
            try await tiny.post("/v1/responses/input_tokens", ["input": messages]).json,
        ]
        #expect(count != nil && others.allSatisfy { $0["input_tokens"] == count })
        let twice = JSONValue.array(
            question + [JSONValue](repeating: ["role": "assistant", "content": "Tom"], count: 2))
        try await tiny.post("/apply-template", ["messages": twice]).expectRefusal(400, "messages[2]")
        for (messages, more) in [(messages, true), (.array(question), false)] {
            var body = JSONObject([("messages", messages), ("continue_final_message", true)])
            if more { body["add_generation_prompt"] = true }
            try await tiny.post("/v1/chat/completions", .object(body)).expectRefusal(400, "continue_final_message")
        }
    }

    @Test func aCompletionTellsHowItEnded() async throws {
        let tiny = try TinyService()
        let body: JSONValue = [
            "prompt": "Once", "temperature": 0, "n_predict": 30, "stop": [" called Sue"], "n_probs": 3,
        ]
        let told = try await tiny.post("/completion", body).json
        #expect(told["content"]?.string == " there was a child. The child was")
        #expect(told["stop_type"] == "word" && told["stopping_word"] == " called Sue")
        #expect(told["tokens_evaluated"] == 2)
        #expect(told["completion_probabilities"]?.array?.first?["top_logprobs"]?.array?.count == 3)
        let mixed = try await tiny.post("/completion", ["prompt": [1, "Once"], "temperature": 0, "n_predict": 4]).json
        #expect(mixed["tokens_predicted"] == 4 && mixed["stop_type"] == "limit")
        let several = try await tiny.post(
            "/completions", ["prompt": ["Once", [1, 418]], "temperature": 0, "n_predict": 4]
        ).json
        #expect(several.array?.count == 2 && several.at("0.content") == several.at("1.content"))
    }

    @Test func grammarsInLlamaCppsFormAreKept() async throws {
        let tiny = try TinyService()
        let grammar: JSONValue = "root ::= word (\" \" word){2}\nword ::= [a-c]{2,4} # three of them"
        for seed in 0..<3 {
            let told = try await tiny.post(
                "/completion", ["prompt": "Once", "n_predict": 40, "seed": .integer(seed), "grammar": grammar]
            ).json
            let words = (told["content"]?.string ?? "").split(separator: " ", omittingEmptySubsequences: false)
            #expect(words.count == 3, "\(words)")
            #expect(words.allSatisfy { 2...4 ~= $0.count && $0.allSatisfy("abc".contains) }, "\(words)")
        }
        let chat = try await tiny.post(
            "/v1/chat/completions",
            ["messages": [["role": "user", "content": "Hi"]], "grammar": "root ::= \"yes\" | \"no\"", "max_tokens": 9]
        ).json
        #expect(["yes", "no"].contains(chat.at("choices.0.message.content")?.string))
        let wrong = await tiny.post("/completion", ["prompt": "Once", "grammar": "root ::= \"a\"\n  | other"])
        try wrong.expectRefusal(400, "grammar")
        #expect(wrong.text.contains("line 2, column 5"))
        try await tiny.post(
            "/completion", ["prompt": "Once", "grammar": "root ::= \"a\"", "json_schema": ["type": "null"]]
        ).expectRefusal(400, "grammar")
    }

    @Test func namesThatNothingHasMeanTheBaseWhereThatIsSaid() async throws {
        let body: JSONValue = ["prompt": "Once", "max_tokens": 1, "model": "gpt-5"]
        try await TinyService().post("/v1/completions", body).expectRefusal(404, "model")
        let told = try await TinyService { $0.takesAnyName = true }.post("/v1/completions", body)
        #expect(told.status == 200)
        #expect(try told.json["model"] == "tiny")
    }

    @Test func statusIsTold() async throws {
        let tiny = try TinyService()
        #expect(try await tiny.get("/health").json == ["status": "ok"])
        let props = try await tiny.get("/props").json
        #expect(props["total_slots"] == 4 && props["model_path"] == "tiny")
        #expect(!props.text().contains(TinyModel.folder.path), "no path is told")
        #expect(try await tiny.get("/slots").json.array?.allSatisfy { $0["is_processing"]?.bool != nil } == true)
        let metrics = await tiny.get("/metrics")
        #expect(metrics.header("content-type")?.hasPrefix("text/plain") == true)
        for line in metrics.text.split(separator: "\n") where !line.hasPrefix("#") {
            let parts = line.split(separator: " ")
            #expect(parts.count == 2 && Double(parts[1]) != nil, "\(line)")
        }
        #expect(metrics.text.contains("llamacpp:tokens_predicted_total"))
    }

    @Test func adaptersComeAndGo() async throws {
        let tiny = try TinyService()
        let prompt: JSONValue = ["prompt": "Once", "temperature": 0, "max_tokens": 24]
        func text(_ more: [JSONObject.Member]) async throws -> String? {
            let body = JSONValue.object(JSONObject(prompt.object!.members + more))
            return try await tiny.post("/v1/completions", body).json.at("choices.0.text")?.string
        }
        let base = try await text([])
        let loaded = await tiny.post("/v1/load_lora_adapter", ["lora_name": "tuned", "lora_path": "final"])
        #expect(loaded.status == 200, "\(loaded.text)")
        let id = try #require(try loaded.json["id"])
        #expect(try await tiny.get("/v1/models").json.at("data.1.id") == "tuned")
        #expect(
            await tiny.post("/v1/load_lora_adapter", ["lora_name": "tuned", "lora_path": "final"]).status == 409)
        let tuned = try await text([("model", "tuned")])
        #expect(tuned != base)
        #expect(try await text([("lora", [["id": id, "scale": 1]])]) == tuned)
        #expect(try await text([("lora", [["id": id, "scale": 0]])]) == base)
        #expect(try await text([("model", "tuned"), ("lora", [])]) == base)
        #expect(await tiny.post("/lora-adapters", [["id": id, "scale": 0]]).status == 200)
        try await tiny.post("/lora-adapters", [["id": id, "scale": 1], ["id": 999, "scale": 1]])
            .expectRefusal(400, "[1].id")
        #expect(try await text([("model", "tuned")]) == base)
        #expect(try await tiny.get("/lora-adapters").json.at("0.scale")?.double == 0)
        #expect(await tiny.post("/v1/unload_lora_adapter", ["lora_name": "tuned"]).status == 200)
        #expect(await tiny.post("/v1/completions", ["prompt": "Once", "model": "tuned"]).status == 404)
    }

    /// Names of what lies elsewhere, however they are written, name nothing.
    @Test(arguments: ["../lora/final", "/etc/passwd", "final/", "./final", "..", ".", "%2e%2e/base"])
    func noPathLeadsOutOfTheFolder(path: String) async throws {
        let tiny = try TinyService()
        let told = await tiny.post("/v1/load_lora_adapter", ["lora_name": "x", "lora_path": .string(path)])
        try told.expectRefusal(404, "lora_path")
        let closed = try TinyService { $0.adapterFolder = nil }
        #expect(await closed.post("/v1/load_lora_adapter", ["lora_name": "final"]).status == 403)
    }
}
