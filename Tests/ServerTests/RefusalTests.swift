// Who may ask, and what is wrong with what is asked: each has its status, and the field that it is about.

import Foundation
import JSON
import Server
import TestSupport
import Testing

@Suite struct RefusalTests {
    private static let hello: JSONValue = ["messages": [["role": "user", "content": "Hello"]], "max_tokens": 1]

    @Test func aKeyIsNeededWhereThereIsOne() async throws {
        let tiny = try TinyService { $0.gate.keys = [Array("secret".utf8), Array("other-key".utf8)] }
        for headers in [
            [], [("authorization", "Bearer secre")], [("authorization", "Bearer secrets")],
            [("authorization", "secret")], [("x-api-key", "")],
        ] {
            let told = await tiny.post(
                "/v1/chat/completions", Self.hello, headers: headers.map { (name: $0.0, value: $0.1) })
            try told.expectRefusal(401, nil)
            #expect(try told.json.at("error.type") == "authentication_error")
            #expect(told.header("www-authenticate") == "Bearer")
        }
        for headers in [
            ("authorization", "Bearer secret"), ("authorization", "bearer other-key"), ("x-api-key", "secret"),
        ] {
            let told = await tiny.post(
                "/v1/chat/completions", Self.hello, headers: [(name: headers.0, value: headers.1)])
            #expect(told.status == 200)
        }
        #expect(await tiny.get("/health").status == 200, "probes have no key")
        #expect(await tiny.get("/v1/models").status == 401)
        #expect(await tiny.get("/nowhere").status == 401, "who has no key is not told what there is")
    }

    @Test func pagesOfOtherSitesMayNotAsk() async throws {
        let tiny = try TinyService {
            $0.gate.origins = ["https://friend.example"]
            $0.gate.hosts = ["model.internal"]
        }
        func status(_ host: String, _ origin: String? = nil) async -> Int {
            await tiny.get("/health", [("host", host)] + (origin.map { [(name: "origin", value: $0)] } ?? [])).status
        }
        for host in ["127.0.0.1:8080", "localhost", "LOCALHOST:1", "[::1]:8080", "10.0.0.7", "model.internal:80"] {
            #expect(await status(host) == 200, "\(host)")
        }
        for host in [
            "evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8080", "model.internal.evil",
            "127.0.0.1:8397.evil", "localhost:evil", "localhost:1:2", "[::1", "[::1].evil:80", "localhost:99999",
        ] {
            #expect(await status(host) == 403, "\(host)")
        }
        #expect(await status("localhost:8080", "http://localhost:8080") == 200)
        #expect(await status("localhost:8080", "http://evil.example") == 403)
        #expect(await status("localhost:8080", "null") == 403)
        #expect(await status("localhost:8080", "https://friend.example") == 200)
        let preflight = await Told(
            tiny.service.respond(
                to: ServerRequest(
                    method: "OPTIONS", path: "/v1/chat/completions",
                    headers: [
                        ("host", "localhost"), ("origin", "https://friend.example"),
                        ("access-control-request-method", "POST"),
                        ("access-control-request-headers", "authorization,x-stainless-lang"),
                    ])))
        #expect(preflight.status == 204)
        #expect(preflight.header("access-control-allow-origin") == "https://friend.example")
        #expect(preflight.header("access-control-allow-headers") == "authorization,x-stainless-lang")
        let plain = await tiny.get("/health", [("host", "localhost")])
        #expect(plain.header("access-control-allow-origin") == nil, "closed unless told")
    }

    @Test func addressesAndMethodsAreTold() async throws {
        let tiny = try TinyService()
        try await tiny.get("/v1/nothing").expectRefusal(404, nil)
        let head = await Told(tiny.service.respond(to: ServerRequest(method: "HEAD", path: "/health")))
        #expect(head.status == 200)
        let wrong = await tiny.get("/v1/completions")
        try wrong.expectRefusal(405, nil)
        #expect(wrong.header("allow") == "POST")
        try await tiny.post("/v1/completions", text: "prompt=x", type: "application/x-www-form-urlencoded")
            .expectRefusal(415, nil)
        try await tiny.post("/v1/completions", text: "{}", type: "").expectRefusal(415, nil)
        #expect(
            await tiny.post("/tokenize", text: #"{"content":"a"}"#, type: "Application/JSON; charset=utf-8").status
                == 200)
    }

    /// A body, and the field that is wrong in it.
    @Test(arguments: [
        (#"{"prompt": "a""#, nil), ("[]", nil), ("nonsense", nil), (#"{"max_tokens": 3}"#, "prompt"),
        (#"{"prompt": 3}"#, "prompt"), (#"{"prompt": "a", "max_tokens": "many"}"#, "max_tokens"),
        (#"{"prompt": "a", "max_tokens": -1}"#, "max_tokens"), (#"{"prompt": "a", "max_tokens": 1.5}"#, "max_tokens"),
        (#"{"prompt": "a", "temperature": 3}"#, "temperature"),
        (#"{"prompt": "a", "temperature": 1e999}"#, "temperature"),
        (#"{"prompt": "a", "temperatur": 1}"#, "temperatur"), (#"{"prompt": "a", "n": 0}"#, "n"),
        (#"{"prompt": "a", "stop": [1]}"#, "stop[0]"), (#"{"prompt": "a", "stop": [""]}"#, "stop[0]"),
        (#"{"prompt": "a", "logit_bias": {"x": 1}}"#, "logit_bias.x"), (#"{"prompt": "a", "seed": -2}"#, "seed"),
        (#"{"prompt": "a", "prompt": "b"}"#, "prompt"), (#"{"prompt": [9999999]}"#, "prompt[0]"),
        (#"{"prompt": "a", "lora": [{"id": 77, "scale": 1}]}"#, "lora[0].id"),
        (#"{"prompt": "a", "lora": [{"id": 0}]}"#, "lora[0].scale"), (#"{"prompt": "a", "store": true}"#, "store"),
        (#"{"prompt": ["a", 3, [1, "x"]]}"#, "prompt[2]"),
        (#"{"prompt": "a", "stream_options": {"include_usage": true}}"#, "stream_options"),
        (#"{"prompt": "a", "echo": true, "logprobs": 1}"#, "logprobs"),
        (#"{"prompt": ["a", "b", "c", "d", "e"], "n": 16}"#, "prompt"),
    ])
    func aWrongBodyIsRefusedByTheFieldsName(body: String, field: String?) async throws {
        let tiny = try TinyService()
        let told = await tiny.post("/v1/completions", text: body)
        #expect(told.status == 400, "\(told.text)")
        let named = try told.json.at("error.param")?.string
        #expect(field == nil ? named == nil : named?.hasPrefix(field ?? "") == true, "\(told.text)")
        #expect(try told.json.at("error.type") == "invalid_request_error")
    }

    @Test(arguments: [
        (#"{"messages": []}"#, "messages"), (#"{"messages": [{"role": "king", "content": "a"}]}"#, "messages[0].role"),
        (#"{"messages": [{"role": "user"}]}"#, "messages[0].content"),
        (
            #"{"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]}"#,
            "messages[0].content[0].type"
        ),
        (#"{"messages": [{"role": "user", "content": "a"}], "top_logprobs": 3}"#, "top_logprobs"),
        (
            #"{"messages": [{"role": "user", "content": "a"}], "max_tokens": 1, "max_completion_tokens": 2}"#,
            "max_tokens"
        ),
        (#"{"messages": [{"role": "user", "content": "a"}], "tool_choice": "required"}"#, "tool_choice"),
        (
            #"{"messages": [{"role": "user", "content": "a"}], "tools": [{"type": "function", "function": {"name": "a b"}}]}"#,
            "tools[0].function.name"
        ),
        (
            #"{"messages": [{"role": "user", "content": "a"}], "tools": [{"type": "function", "function": {"name": "a"}}, {"type": "function", "function": {"name": "a"}}]}"#,
            "tools[1]"
        ),
    ])
    func aWrongConversationIsRefusedByTheFieldsName(body: String, field: String) async throws {
        try await TinyService().post("/v1/chat/completions", text: body).expectRefusal(400, field)
    }

    /// Of two forms that a value may have, the one that it comes closest to says what is wrong.
    @Test func whatFitsDeepestSaysWhatIsWrong() async throws {
        let tiny = try TinyService()
        let content: JSONValue = [["type": "input_image", "image_url": "x"]]
        let items: [JSONValue] = [
            ["role": "user", "content": content], ["type": "message", "role": "user", "content": content],
        ]
        for item in items {
            try await tiny.post("/v1/responses", ["input": [item]])
                .expectRefusal(400, "input[0].content[0].type")
        }
    }

    @Test func whatIsDeepIsRefused() async throws {
        let tiny = try TinyService()
        let deep = String(repeating: "[", count: 100_000)
        try await tiny.post("/v1/completions", text: #"{"prompt": "# + deep).expectRefusal(400, nil)
    }

    @Test func aPromptLongerThanTheContextIsRefused() async throws {
        let tiny = try TinyService()
        let text = String(repeating: "Tom saw a ball. ", count: 4_000)
        let told = await tiny.post("/v1/completions", ["prompt": .string(text)])
        try told.expectRefusal(400, "prompt")
        let error = try #require(try told.json["error"])
        #expect(error["code"] == "context_length_exceeded" && error["type"] == "exceed_context_size_error")
        let props = try await tiny.get("/props").json
        let tokens = try await tiny.post("/tokenize", ["content": .string(text), "add_special": true]).json["tokens"]
        #expect(error["n_ctx"] == props["n_ctx"] && error["n_prompt_tokens"]?.integer == tokens?.array?.count)
        #expect(error["message"]?.string?.contains("exceeds the available context size") == true)
        let anthropic = await tiny.post(
            "/v1/messages",
            ["model": "tiny", "max_tokens": 1, "messages": [["role": "user", "content": .string(text)]]])
        #expect(try anthropic.json.at("error.type") == "invalid_request_error")
    }

    /// Bodies that were good before one byte, or some, changed.
    @Test func mutatedBodiesAreNoReasonToFail() async throws {
        let tiny = try TinyService()
        let good = [
            (
                "/v1/completions",
                #"{"prompt": "Once", "max_tokens": 1, "stop": ["a"], "logit_bias": {"5": -1}, "n": 1}"#
            ),
            (
                "/v1/chat/completions",
                #"{"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1, "stream": true}"#
            ),
            ("/v1/messages", #"{"model": "tiny", "max_tokens": 1, "messages": [{"role": "user", "content": "Hi"}]}"#),
            ("/v1/responses", #"{"input": [{"role": "user", "content": "Hi"}], "max_output_tokens": 1}"#),
        ]
        var state: UInt64 = 7
        func random(_ count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % count
        }
        for round in 0..<200 {
            let (path, text) = good[round % good.count]
            var bytes = Array(text.utf8)
            for _ in 0...random(3) {
                switch random(3) {
                case 0: bytes[random(bytes.count)] = UInt8(random(256))
                case 1: bytes.remove(at: random(bytes.count))
                default:
                    bytes.insert(
                        contentsOf: Array(["[", "{", "1e9", "null", "\"", ","][random(6)].utf8), at: random(bytes.count)
                    )
                }
            }
            let response = await tiny.service.respond(
                to: ServerRequest(
                    method: "POST", path: path, headers: [("content-type", "application/json")], body: bytes))
            let told = await Told(response)
            #expect([200, 400, 404].contains(told.status), "\(told.status): \(String(decoding: bytes, as: UTF8.self))")
        }
    }

    @Test func nothingOfABodyIsToldUnlessAsked() async throws {
        let lines = Lines()
        let quiet = try TinyService { $0.tell = { lines.add($0) } }
        _ = await quiet.post("/tokenize", ["content": "private words"])
        #expect(lines.all.count == 1 && lines.all[0].hasPrefix("POST /tokenize 200 "))
        #expect(!lines.all[0].contains("private"))
        let open = try TinyService {
            $0.tell = { lines.add($0) }
            $0.tellsBodies = true
        }
        _ = await open.post("/tokenize", ["content": "private words"])
        #expect(lines.all.last?.contains("private words") == true)
    }

    @Test func theDescriptionNamesEveryAddress() async throws {
        let tiny = try TinyService()
        let document = try await tiny.get("/openapi.json").json
        let paths = try #require(document["paths"]?.object?.members)
        #expect(paths.count > 20)
        for (described, methods) in paths {
            let path = described.replacing("{model}", with: "tiny")
            for (method, operation) in methods.object?.members ?? [] {
                let told =
                    method == "get" ? await tiny.get(path) : await tiny.post(path, text: "\"no object\"")
                // Nothing that is described is missing, and a body that its schema does not describe is refused.
                #expect(told.status == (method == "get" ? 200 : 400), "\(method) \(path): \(told.status)")
                #expect(operation["responses"]?["200"] != nil)
            }
        }
    }
}

/// Lines that were told, from whichever thread.
private final class Lines: @unchecked Sendable {
    private let lock = NSLock()
    private var lines: [String] = []
    func add(_ line: String) { lock.withLock { lines.append(line) } }
    var all: [String] { lock.withLock { lines } }
}
