// A teacher behind an address: what is sent, what is read, when it is asked again, and what it may cost.

import Datasets
import JSON
import Recipes
import Synthesis
import Testing
import Vocabulary

@Suite(.serialized) struct ChatCompletionsTests {
    private func request(_ prompt: String, stream: UInt32 = 0) -> WritingRequest {
        let messages: [JSONValue] = [
            ["role": "user", "content": .string(prompt)], ["role": "assistant", "content": "?"],
        ]
        let row = DataRow(
            content: .conversation(messages: messages, trained: [1], extra: JSONObject()),
            place: RowPlace(file: "p.jsonl", line: 1), index: 0)
        return WritingRequest(.answer(row), stream: stream)
    }

    private func teacher(
        _ server: ToyServer, key: String? = nil, context: String? = nil,
        _ change: (inout WritingSection) -> Void = { _ in }
    ) throws -> ChatCompletions {
        var settings = WritingSection()
        settings.remote.model = "big"
        settings.remote.timeout = 1
        change(&settings)
        let teacher = try ChatCompletions(server.url, settings, key: key, seed: 3, context: context)
        teacher.patience = 0.01
        return teacher
    }

    @Test func aConversationIsSentAndItsAnswerRead() throws {
        let server = try ToyServer { number, request in
            guard number > 0 else { return ToyServer.Reply(body: ["data": [["id": "small"], ["id": "other"]]]) }
            let asked = request.body?["messages"]?.array?.last?["content"]?.string ?? ""
            return ToyServer.Reply(
                body: completion("echo \(asked)", finish: number == 1 ? "stop" : "length", logprob: -0.25),
                isChunked: number == 1)
        }
        defer { server.stop() }
        let teacher = try teacher(server, key: "secret", context: "Be brief.") { settings in
            settings.remote.model = nil
            (settings.samplingTemperature, settings.topP) = (0.25, 0.5)
            var likely = FilterStep()
            likely.minValue = ["logprob": -1]
            settings.filters = [.filter(likely)]
        }
        #expect(teacher.name == "small at \(server.url)")
        let texts = try teacher.write([request("is ü here?", stream: 1), request("and now?", stream: 4)])
        #expect(texts.map(\.text) == ["echo is ü here?", "echo and now?"])
        #expect(texts.map(\.isWhole) == [true, false] && texts.map(\.tokens) == [3, 3])
        #expect(texts.map(\.logProbability) == [-0.25, -0.25])
        let sent = server.requests
        #expect(sent[0].line == "GET /v1/models HTTP/1.1" && sent[1].line == "POST /v1/chat/completions HTTP/1.1")
        #expect(sent.allSatisfy { $0.head.contains("Authorization: Bearer secret") })
        let body = try #require(sent[1].body)
        #expect(body["model"] == "small" && body["max_tokens"] == 256 && body["logprobs"] == true)
        #expect(body["temperature"] == 0.25 && body["top_p"] == 0.5)
        #expect(
            body["messages"]?.array == [
                ["role": "system", "content": "Be brief."], ["role": "user", "content": "is ü here?"],
            ])
        #expect(body["seed"]?.integer != sent[2].body?["seed"]?.integer, "each draw has a seed of its own")
    }

    /// A row's own system message stands after the context, in one message, and before a question for reasons too.
    @Test func thereIsOneSystemMessage() throws {
        let server = try ToyServer { _, _ in ToyServer.Reply(body: completion("yes")) }
        defer { server.stop() }
        let messages: [JSONValue] = [
            ["role": "system", "content": "You sell lamps."], ["role": "user", "content": "Is it red?"],
            ["role": "assistant", "content": "?"],
        ]
        let row = DataRow(
            content: .conversation(messages: messages, trained: [2], extra: JSONObject()),
            place: RowPlace(file: "p.jsonl", line: 1), index: 0)
        _ = try teacher(server, context: "Be brief.").write([
            WritingRequest(.answer(row), stream: 0), WritingRequest(.reason(row, of: "no"), stream: 1),
        ])
        let system: JSONValue = ["role": "system", "content": "Be brief.\n\nYou sell lamps."]
        let asked = server.requests.map { $0.body?["messages"]?.array ?? [] }
        #expect(asked.map(\.first) == [system, system] && asked.map(\.count) == [2, 2])
        #expect(asked[0].last?["content"] == "Is it red?")
        #expect(asked[1].last?["content"]?.string?.contains("The answer is: no") == true)
    }

    @Test func aBusyServerIsAskedAgain() throws {
        let server = try ToyServer { number, _ in
            switch number {
            case 0: ToyServer.Reply(status: 429, body: "busy", headers: ["Retry-After: 0"])
            case 1: ToyServer.Reply(status: 503)
            case 2: ToyServer.Reply(isMute: true)
            default: ToyServer.Reply(body: completion("at last"))
            }
        }
        defer { server.stop() }
        #expect(try teacher(server).write([request("hello")]).map(\.text) == ["at last"])
        #expect(server.requests.count == 4)
        let refusing = try ToyServer { _, _ in ToyServer.Reply(status: 500) }
        defer { refusing.stop() }
        let error = #expect(throws: TeacherError.self) {
            try teacher(refusing) { $0.remote.retries = 2 }.write([request("hello")])
        }
        #expect(refusing.requests.count == 3 && error?.kind == .inputOutput)
        #expect(error?.description.contains("status 500") == true)
    }

    @Test func whatIsRefusedIsNotAskedAgain() throws {
        let server = try ToyServer { _, _ in
            ToyServer.Reply(status: 401, body: ["error": ["message": "no such key"]])
        }
        defer { server.stop() }
        let error = #expect(throws: TeacherError.self) { try teacher(server).write([request("hello")]) }
        #expect(server.requests.count == 1)
        #expect(error?.description.contains("no such key") == true)
        #expect(error?.description.contains("distill.key_from") == true)
    }

    /// One answer without words, or one that was cut short, is no reason to stop, and no count of tokens is believed blindly.
    @Test func whatIsNoWholeAnswerIsLeftToTheWriting() throws {
        let server = try ToyServer { number, _ in
            switch number {
            case 0:
                ToyServer.Reply(
                    body: ["choices": [["message": ["content": .null], "finish_reason": "length"]]])
            case 1: ToyServer.Reply(body: completion("I may not", finish: "content_filter", tokens: .max, logprob: -1))
            default: ToyServer.Reply(body: completion("two words", tokens: -5, logprob: -1))
            }
        }
        defer { server.stop() }
        let teacher = try teacher(server) { settings in
            var likely = FilterStep()
            likely.minValue = ["logprob": -2]
            settings.filters = [.filter(likely)]
        }
        teacher.noteWritten(texts: 1, tokens: 1)
        let texts = try teacher.write((0..<3).map { _ in request("hello") })
        #expect(texts.map(\.text) == ["", "I may not", "two words"])
        #expect(texts.map(\.isWhole) == [false, false, true])
        #expect(texts.map(\.tokens) == [0, 3, 2])
    }

    /// Whatever comes over the wire is read or refused, and said in words.
    @Test(arguments: [
        ("HTTP/1.1 200 OK\r\n\r\n", "no chat completion"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n{}", "cut off"),
        ("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}", "cut off"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\n{}", "cut off"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", "cut off"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n", "cut off"),
        ("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", "status 302"),
        ("HTTP/1.1 99999999999999999999 OK\r\n\r\n", "does not speak HTTP"),
        ("220 mail.example ESMTP\r\n\r\n", "does not speak HTTP"), ("", "closed the connection"),
    ])
    func whatIsNoAnswerIsSaid(_ reply: String, _ words: String) throws {
        let server = try ToyServer { _, _ in ToyServer.Reply(raw: Array(reply.utf8)) }
        defer { server.stop() }
        let error = #expect(throws: TeacherError.self) {
            try teacher(server) { $0.remote.retries = 0 }.write([request("hello")])
        }
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
        #expect(server.requests.count == 1)
    }

    /// Without a length a body goes on until the connection is closed, but not for ever.
    @Test func aBodyWithoutALengthEnds() throws {
        let head = Array("HTTP/1.1 200 OK\r\n\r\n".utf8)
        let server = try ToyServer { number, _ in
            ToyServer.Reply(
                raw: head
                    + (number == 0
                        ? Array(completion("to the end").text().utf8) : [UInt8](repeating: 0x20, count: 65 << 20)))
        }
        defer { server.stop() }
        let teacher = try teacher(server) { ($0.remote.retries, $0.remote.timeout) = (0, 60) }
        #expect(try teacher.write([request("hello")]).map(\.text) == ["to the end"])
        let error = #expect(throws: TeacherError.self) { try teacher.write([request("and more")]) }
        #expect(error?.description.contains("without an end") == true)
    }

    /// What the variable holds is a header's value: it must not become a header of its own.
    @Test(arguments: ["secret\r\nX-Other: 1", "secret\n", "sécret"])
    func aKeyIsOneLine(_ key: String) throws {
        let server = try ToyServer { _, _ in ToyServer.Reply(body: completion("yes")) }
        defer { server.stop() }
        let error = #expect(throws: TeacherError.self) { try teacher(server, key: key).write([request("hello")]) }
        #expect(error?.kind == .badInput && error?.description.contains("distill.key_from") == true)
        #expect(error?.description.contains("secret") == false && server.requests.isEmpty)
    }

    @Test func theBudgetIsKept() throws {
        let server = try ToyServer { _, _ in ToyServer.Reply(body: completion("yes", tokens: 40)) }
        defer { server.stop() }
        let few = try teacher(server) { $0.remote.maxRequests = 2 }
        let error = #expect(throws: TeacherError.self) { try few.write((0..<3).map { _ in request("hello") }) }
        #expect(server.requests.count == 2 && error?.description.contains("distill.max_requests") == true)
        // What earlier calls had it write counts.
        let spent = try teacher(server) { $0.remote.maxTokens = 100 }
        spent.noteWritten(texts: 5, tokens: 70)
        #expect(try spent.write([request("hello")]).count == 1)
        let tokens = #expect(throws: TeacherError.self) { try spent.write([request("hello")]) }
        #expect(tokens?.description.contains("distill.max_tokens") == true)
    }

    /// What was paid for before the budget was used up is kept, and is asked for no second time.
    @Test func whatABudgetPaidForIsKept() throws {
        let server = try ToyServer { _, _ in ToyServer.Reply(body: completion("yes")) }
        defer { server.stop() }
        let rows = prompts((0..<4).map { JSONObject([("prompt", .string("question \($0)?"))]) })
        try inFolder { folder in
            func write(atMost requests: Int) throws -> [JSONObject] {
                let teacher = try teacher(server) { $0.remote.maxRequests = requests }
                var settings = WritingSection()
                settings.filters = []
                let writing = try writing(settings, teacher: teacher, in: folder)
                teacher.noteWritten(texts: writing.journal.count, tokens: writing.journal.tokens)
                return try writing.rows(for: rows).rows
            }
            #expect(throws: TeacherError.self) { try write(atMost: 3) }
            #expect(server.requests.count == 3)
            let written = try write(atMost: 4)
            #expect(written.count == 4 && server.requests.count == 4)
        }
    }

    @Test(arguments: [
        "", "localhost:8080", "https://localhost/v1", "http://", "http://a:b/v1", "http://a b/", "http://u@h/",
    ])
    func whatIsNoAddressIsSaid(_ text: String) {
        #expect(throws: TeacherError.self) {
            try ChatCompletions(text, WritingSection(), key: nil, seed: 1, context: nil)
        }
    }

    @Test func nobodyThereIsSaid() throws {
        let server = try ToyServer { _, _ in ToyServer.Reply() }
        server.stop()
        let error = #expect(throws: TeacherError.self) {
            try teacher(server) { $0.remote.retries = 0 }.write([request("hello")])
        }
        #expect(error?.kind == .inputOutput && error?.description.contains("cannot be reached") == true)
    }
}
