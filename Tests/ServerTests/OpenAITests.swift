// OpenAI's forms: what is said is what the model says, whole or in pieces.

import Foundation
import JSON
import TestSupport
import Testing

@Suite struct OpenAITests {
    private let greedy = try? JSONValue(parsing: Array(Data(contentsOf: TinyModel.golden)))["greedy_text"]?.string

    @Test func aCompletionIsWhatTransformersSays() async throws {
        let tiny = try TinyService()
        let told = await tiny.post("/v1/completions", ["prompt": "Once", "temperature": 0, "max_tokens": 20])
        #expect(told.status == 200, "\(told.text)")
        let text = try #require(try told.json.at("choices.0.text")?.string)
        #expect(try #require(greedy).hasPrefix("Once" + text) && text.count > 20)
        #expect(try told.json.at("choices.0.finish_reason") == "length")
        #expect(try told.json.at("usage.completion_tokens") == 20)
        #expect(try told.json.at("usage.prompt_tokens") == 2)
        let echoed = await tiny.post(
            "/v1/completions", ["prompt": "Once", "temperature": 0, "max_tokens": 20, "echo": true])
        #expect(try echoed.json.at("choices.0.text")?.string == "Once" + text)
        let tokens = await tiny.post("/v1/completions", ["prompt": [1, 418], "temperature": 0, "max_tokens": 20])
        #expect(try tokens.json.at("choices.0.text")?.string == text)
    }

    @Test func piecesAreTheWhole() async throws {
        let tiny = try TinyService()
        var body: JSONValue = [
            "messages": [["role": "system", "content": "Be kind."], ["role": "user", "content": "Where is Tom?"]],
            "max_tokens": 24, "seed": 5, "temperature": 1, "n": 2, "logprobs": true, "top_logprobs": 2,
        ]
        let whole = try await tiny.post("/v1/chat/completions", body).json
        body = .object(
            JSONObject(
                body.object!.members + [("stream", true), ("stream_options", ["include_usage": true])]))
        let told = await tiny.post("/v1/chat/completions", body)
        #expect(told.header("content-type") == "text/event-stream" && told.text.hasSuffix("data: [DONE]\n\n"))
        var texts = ["", ""], tokens = [[JSONValue]](repeating: [], count: 2), ends: [Int: String] = [:]
        let events = try told.events
        for event in events {
            guard let choice = event.data.at("choices.0"), let index = choice["index"]?.integer else { continue }
            texts[index] += choice.at("delta.content")?.string ?? ""
            tokens[index] += choice.at("logprobs.content")?.array ?? []
            if let end = choice["finish_reason"]?.string { ends[index] = end }
        }
        for index in 0..<2 {
            let choice = try #require(whole.at("choices.\(index)"))
            #expect(choice.at("message.content")?.string == texts[index])
            #expect(choice.at("logprobs.content")?.array == tokens[index])
            #expect(choice["finish_reason"]?.string == ends[index])
            #expect(tokens[index].allSatisfy { $0["top_logprobs"]?.array?.count == 2 })
        }
        #expect(texts[0] != texts[1], "each answer has random numbers of its own")
        #expect(events.last?.data["usage"]?["total_tokens"] == whole.at("usage.total_tokens"))
        #expect(Set(events.compactMap { $0.data["id"]?.string }).count == 1)
    }

    /// What may be left out may be null.
    @Test func nullSaysNothing() async throws {
        let tiny = try TinyService()
        let told = await tiny.post(
            "/v1/chat/completions",
            [
                "messages": [["role": "user", "content": "Hi", "name": .null]], "max_tokens": 2, "stream": .null,
                "stream_options": .null, "response_format": .null, "json_schema": .null, "tools": .null,
                "tool_choice": .null, "stop": .null, "lora": .null, "logit_bias": .null, "top_logprobs": .null,
                "model": .null, "seed": .null, "n": .null,
            ])
        #expect(told.status == 200, "\(told.text)")
        let score = await tiny.post("/v1/score", ["prompt": .null, "continuations": ["Tom"]])
        #expect(score.status == 200, "\(score.text)")
    }

    /// Places are characters of the text, whatever tokens hold; each prompt is counted once.
    @Test func placesOfTokensAreThoseInTheText() async throws {
        let tiny = try TinyService()
        var body = JSONObject([
            ("prompt", "Once säw 一"), ("temperature", 0), ("max_tokens", 12), ("echo", true), ("logprobs", 0), ("n", 2),
        ])
        let whole = try await tiny.post("/v1/completions", .object(body)).json
        let choice = try #require(whole.at("choices.0")), text = Array((choice["text"]?.string ?? "").unicodeScalars)
        let tokens = (choice.at("logprobs.tokens")?.array ?? []).compactMap(\.string)
        let places = (choice.at("logprobs.text_offset")?.array ?? []).compactMap(\.integer)
        let read = try #require(whole.at("usage.prompt_tokens")?.integer)
        #expect(tokens.count > read && places.count == tokens.count && places[0] == 0 && places[1] == 0)
        let prompt: JSONValue = ["content": "Once säw 一", "add_special": true]
        #expect(try await tiny.post("/tokenize", prompt).json["tokens"]?.array?.count == read)
        // The first stands for no text, and some for parts of characters.
        for (token, place) in zip(tokens, places).dropFirst() where !token.unicodeScalars.contains("\u{FFFD}") {
            #expect(Array(text.dropFirst(place).prefix(token.unicodeScalars.count)) == Array(token.unicodeScalars))
        }
        let known = choice.at("logprobs.token_logprobs")?.array ?? []
        #expect(
            known.count == tokens.count && known.first?.isNull == true && known.dropFirst().allSatisfy { !$0.isNull })
        body["stream"] = true
        let events = try await tiny.post("/v1/completions", .object(body)).events
        let first = events.compactMap { $0.data.at("choices.0") }.filter { $0["index"] == 0 }
        #expect(first.compactMap { $0["text"]?.string }.joined() == choice["text"]?.string)
        for name in ["tokens", "text_offset", "token_logprobs"] {
            #expect(first.flatMap { $0.at("logprobs.\(name)")?.array ?? [] } == choice.at("logprobs.\(name)")?.array)
        }
    }

    @Test func aSeedSaysWhatIsDrawn() async throws {
        let tiny = try TinyService()
        func text(_ seed: Int) async throws -> String? {
            let body: JSONValue = ["prompt": "Tom", "max_tokens": 16, "seed": .integer(seed), "temperature": 1.5]
            return try await tiny.post("/v1/completions", body).json.at("choices.0.text")?.string
        }
        let first = try await text(1)
        #expect(try await text(1) == first)
        #expect(try await text(2) != first)
    }

    @Test func aStopEndsTheText() async throws {
        let tiny = try TinyService()
        let body: JSONValue = ["prompt": "Once", "temperature": 0, "max_tokens": 40, "stop": [" called Sue"]]
        let told = try await tiny.post("/v1/completions", body).json
        #expect(told.at("choices.0.text")?.string == " there was a child. The child was")
        #expect(told.at("choices.0.finish_reason") == "stop")
    }

    @Test func aResponseIsTheSameInPieces() async throws {
        let tiny = try TinyService()
        let whole = try await tiny.post(
            "/v1/responses", ["input": "Where is Tom?", "temperature": 0, "max_output_tokens": 5]
        ).json
        let text = try #require(whole.at("output.0.content.0.text")?.string)
        #expect(whole["status"] == "incomplete" && whole.at("incomplete_details.reason") == "max_output_tokens")
        let told = await tiny.post(
            "/v1/responses",
            [
                "input": [["role": "user", "content": "Where is Tom?"]], "temperature": 0, "max_output_tokens": 5,
                "stream": true,
            ])
        let events = try told.events
        #expect(events.first?.name == "response.created" && events.last?.name == "response.incomplete")
        #expect(events.compactMap { $0.data["sequence_number"]?.integer } == Array(0..<events.count))
        #expect(events.allSatisfy { $0.name == $0.data["type"]?.string })
        let deltas = events.filter { $0.name == "response.output_text.delta" }.compactMap { $0.data["delta"]?.string }
        #expect(deltas.joined() == text)
        #expect(events.last?.data.at("response.output.0.content.0.text")?.string == text)
    }

    @Test func vectorsAreNumbersOrBytes() async throws {
        let tiny = try TinyService()
        let numbers = try await tiny.post("/v1/embeddings", ["input": ["Tom", "Sue"]]).json
        let packed = try await tiny.post("/v1/embeddings", ["input": ["Tom", "Sue"], "encoding_format": "base64"]).json
        for index in 0..<2 {
            let vector = try #require(numbers.at("data.\(index).embedding")?.array).compactMap(\.double).map(Float.init)
            let bytes = Data(base64Encoded: packed.at("data.\(index).embedding")?.string ?? "") ?? Data()
            #expect(vector.count == 64 && bytes.count == 256)
            let read = stride(from: 0, to: bytes.count, by: 4).map { place in
                Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[place + $1]) << (8 * UInt32($1)) })
            }
            #expect(read == vector)
        }
    }

    @Test func scoresAreThoseOfTransformers() async throws {
        let tiny = try TinyService()
        let golden = try JSONValue(parsing: Array(Data(contentsOf: TinyModel.golden))).at("texts.0")
        let ids = try #require(golden?["ids"]?.array), expected = try #require(golden?["log_probabilities"]?.array)
        let told = try await tiny.post(
            "/v1/score",
            ["prompt": .array([ids[0]]), "continuations": [.array(Array(ids.dropFirst()))], "tokens": true]
        ).json
        let found = try #require(told.at("data.0.token_logprobs")?.array).compactMap { $0["logprob"]?.double }
        #expect(found.count == expected.count)
        for (value, wanted) in zip(found, expected.compactMap(\.double)) { #expect(abs(value - wanted) < 1e-3) }
    }

    @Test func anAnswerKeepsToItsSchema() async throws {
        let tiny = try TinyService()
        let schema: JSONValue = [
            "type": "object", "required": ["name", "age"], "additionalProperties": false,
            "properties": [
                "name": ["type": "string", "maxLength": 8], "age": ["type": "integer", "minimum": 0, "maximum": 120],
            ],
        ]
        for seed in 0..<4 {
            let told = try await tiny.post(
                "/v1/chat/completions",
                [
                    "messages": [["role": "user", "content": "Who is Tom?"]], "seed": .integer(seed), "max_tokens": 80,
                    "response_format": ["type": "json_schema", "json_schema": ["name": "person", "schema": schema]],
                ]
            ).json
            let answer = try JSONValue(parsing: told.at("choices.0.message.content")?.string ?? "")
            #expect(answer["name"]?.string != nil && (0...120).contains(answer["age"]?.integer ?? -1), "\(answer)")
            #expect(answer.object?.members.count == 2)
        }
        let object = try await tiny.post(
            "/v1/responses",
            ["input": "Who is Tom?", "seed": 1, "max_output_tokens": 60, "text": ["format": ["type": "json_object"]]]
        ).json
        let text = object.at("output.0.content.0.text")?.string ?? ""
        #expect(try JSONValue(parsing: text).object != nil, "\(text)")
        try await tiny.post(
            "/v1/chat/completions",
            [
                "messages": [["role": "user", "content": "Hi"]],
                "response_format": ["type": "json_schema", "json_schema": ["schema": ["type": "colour"]]],
            ]
        ).expectRefusal(400, "response_format.json_schema.schema")
    }

    /// The tiny model's template knows no functions.
    @Test func functionsAreRefusedWhereTheTemplateKnowsNone() async throws {
        try await TinyService().post(
            "/v1/chat/completions",
            [
                "messages": [["role": "user", "content": "Hi"]],
                "tools": [["type": "function", "function": ["name": "weather"]]],
            ]
        ).expectRefusal(400, "tools")
    }

    @Test func modelsAreTheBaseAndItsAdapters() async throws {
        let tiny = try TinyService()
        let list = try await tiny.get("/v1/models").json
        #expect(list.at("data.0.id") == "tiny" && list["object"] == "list")
        #expect(try await tiny.get("/v1/models/tiny").json == list.at("data.0"))
        try await tiny.get("/v1/models/other").expectRefusal(404, "model")
    }
}
