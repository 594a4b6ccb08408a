// A teacher behind an address, asked as OpenAI's chat completions are. Nothing is sent that a recipe does not name: prompts go to
// the address in it, and the key that a variable holds goes nowhere else.

internal import Datasets
internal import Digests
internal import Foundation
internal import JSON
public import Recipes
internal import Tensors
public import Vocabulary

/// Why a teacher behind an address wrote nothing.
public struct TeacherError: ClassifiedError {
    public let kind: FailureKind
    public let description: String

    init(_ kind: FailureKind, _ message: String, hint: String? = nil) {
        self.kind = kind
        description = "distill.teacher: " + message + (hint.map { "\nhint: " + $0 } ?? "")
    }
}

/// Has a server write, request by request, within what the recipe allows.
public final class ChatCompletions: TextTeacher {
    public let name: String
    public let digest: String
    public let isChat = true
    /// Each text is paid for, and any request may be the last.
    public let textsAtOnce = 1
    private let address: HTTPAddress
    private let model: String
    private let settings: WritingSection
    private let key: String?
    private let context: String?
    private let random: RandomStream
    private let asksLikelihood: Bool
    private var spent = (requests: 0, tokens: 0)
    /// Seconds before a request is sent again, the first time; twice as many each time after it.
    package var patience = 0.5

    /// - Parameters:
    ///   - teacher: "http://localhost:8080/v1": what stands before `/chat/completions`.
    ///   - key: sent as the bearer's.
    ///   - context: what the teacher reads first.
    public init(_ teacher: String, _ settings: WritingSection, key: String?, seed: Int, context: String?) throws {
        guard let address = HTTPAddress(teacher) else {
            throw TeacherError(
                .badInput, "\(teacher) is no address of a server", hint: "write it as http://localhost:8080/v1")
        }
        // A line end would begin a header of its own.
        guard (key ?? "").utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
            throw TeacherError(
                .badInput, "the key has characters that no key has, as a line's end",
                hint: "distill.key_from names the variable that holds it: the key alone, on one line")
        }
        self.address = address
        self.settings = settings
        self.key = key
        self.context = context
        random = RandomStream(seed: UInt64(bitPattern: Int64(seed)), purpose: .sampling)
        asksLikelihood = settings.filters.contains { step in
            if case .filter(let step) = step {
                step.minValue["logprob"] != nil || step.maxValue["logprob"] != nil
            } else {
                false
            }
        }
        model = try settings.remote.model ?? Self.firstModel(address, settings.remote, key)
        name = "\(model) at \(teacher)"
        digest = SHA256.hex(of: [teacher, model, context ?? ""].joined(separator: "\n"))
    }

    public func noteWritten(texts: Int, tokens: Int) { spent = (spent.requests + texts, spent.tokens + tokens) }

    public func write(_ requests: [WritingRequest]) throws -> [WrittenText] { try requests.map(answer) }

    // MARK: Requests

    private func answer(_ request: WritingRequest) throws -> WrittenText {
        var body = JSONObject([
            ("model", .string(model)), ("messages", .array(messages(request.wish))),
            ("max_tokens", .integer(settings.maxNewTokens)),
            ("temperature", .double(settings.samplingTemperature)), ("top_p", .double(settings.topP)),
            ("seed", .integer(Int(random.words(stream: request.stream, index: 0).0 >> 1))),
        ])
        if asksLikelihood { body["logprobs"] = true }
        let response = try exchange(
            HTTPRequest(
                method: "POST", target: address.path + "/chat/completions", headers: Self.headers(key),
                body: Array(JSONValue.object(body).text().utf8)))
        guard let json = try? JSONValue(parsing: response.body), let choice = json["choices"]?.array?.first,
            let text = Self.text(choice)
        else {
            throw TeacherError(
                .badInput, "\(name) gave no chat completion: \(Self.excerpt(response.body))",
                hint: "name what stands before /chat/completions, as http://localhost:8080/v1")
        }
        let told = json["usage"]?["completion_tokens"]?.integer
        let tokens =
            told.flatMap { Self.tokenCounts.contains($0) ? $0 : nil }
            ?? text.split(whereSeparator: \.isWhitespace).count
        spent.tokens += tokens
        return WrittenText(
            text: text, tokens: tokens,
            isWhole: !Self.cutOff.contains(choice["finish_reason"]?.string ?? ""),
            logProbability: text.isEmpty ? nil : try likelihood(choice))
    }

    /// Reasons for which an answer ends before it is whole.
    private static let cutOff: Set = ["length", "content_filter"]
    /// What an answer may have: another number of tokens is none.
    private static let tokenCounts = 0...1 << 32

    /// What a choice says. A model that thinks to the last token that it may write, or declines, says nothing: that is no reason to stop.
    private static func text(_ choice: JSONValue) -> String? {
        guard let content = choice["message"]?.object?["content"] else { return nil }
        return content.isNull ? "" : content.string
    }

    private func likelihood(_ choice: JSONValue) throws -> Double? {
        guard asksLikelihood else { return nil }
        let values = choice["logprobs"]?["content"]?.array?.compactMap { $0["logprob"]?.double } ?? []
        guard !values.isEmpty else {
            throw TeacherError(
                .badInput, "\(name) does not tell how likely its words are",
                hint: "leave logprob out of distill.filters")
        }
        return values.reduce(0, +) / Double(values.count)
    }

    private func messages(_ wish: WritingRequest.Wish) -> [JSONValue] {
        let first: [JSONValue] = context.map { [["role": "system", "content": .string($0)]] } ?? []
        func user(_ text: String) -> [JSONValue] { first + [["role": "user", "content": .string(text)]] }
        switch wish {
        case .another(let examples): return user(VariationPrompt.question(examples))
        case .reason(let row, let answer):
            return messages(.answer(row.asking(ReasonPrompt.question(row.promptText, answer: answer))))
        case .answer(let row):
            // Many servers take one system message, and that in front.
            let read = context.map(row.reading) ?? row
            guard case .conversation(let messages, let trained, _) = read.content else { return user(row.promptText) }
            return Array(messages[..<(trained.last ?? messages.count)])
        }
    }

    /// Sends a request, again where the server is busy or gone, within the recipe's budget.
    private func exchange(_ request: HTTPRequest) throws -> HTTPResponse {
        var attempt = 0
        while true {
            try requireBudget()
            spent.requests += 1
            let outcome = Self.outcome(request, address, settings.remote)
            switch outcome {
            case .success(let response) where response.status == 200: return response
            case .success(let response) where !response.isPassing: throw refusal(response)
            default: break
            }
            guard attempt < settings.remote.retries else { throw Self.failure(outcome, address, attempt) }
            Thread.sleep(forTimeInterval: wait(outcome, attempt))
            attempt += 1
        }
    }

    private func requireBudget() throws {
        let remote = settings.remote
        let limits = [
            ("max_requests", spent.requests, remote.maxRequests),
            ("max_tokens", spent.tokens, remote.maxTokens ?? .max),
        ]
        for (key, used, limit) in limits where used >= limit {
            throw TeacherError(
                .badInput, "distill.\(key): all \(limit) are used",
                hint: "what was written is kept: raise it, and the same call goes on")
        }
    }

    /// How long to wait: as the server says, else longer each time.
    private func wait(_ outcome: Result<HTTPResponse, HTTPFault>, _ attempt: Int) -> Double {
        let told = (try? outcome.get())?["retry-after"].flatMap { Double($0) }.map { max(0, $0) }
        return min(told ?? patience * Double(1 << min(attempt, 20)), 60)
    }

    private func refusal(_ response: HTTPResponse) -> TeacherError {
        let hint =
            switch response.status {
            case 401, 403: "distill.key_from names the variable that holds the server's key"
            case 404: "name what stands before /chat/completions, as http://localhost:8080/v1, and distill.remote_model"
            default: "the server's log may say more"
            }
        return TeacherError(
            .badInput, "\(name) refuses with status \(response.status): \(Self.excerpt(response.body))", hint: hint)
    }
}

// MARK: - What needs no teacher yet

extension ChatCompletions {
    /// What the server offers first.
    private static func firstModel(_ address: HTTPAddress, _ remote: RemoteTeacher, _ key: String?) throws -> String {
        let request = HTTPRequest(method: "GET", target: address.path + "/models", headers: headers(key))
        let outcome = outcome(request, address, remote)
        guard case .success(let response) = outcome else { throw failure(outcome, address, 0) }
        guard response.status == 200, let json = try? JSONValue(parsing: response.body),
            let name = json["data"]?.array?.first?["id"]?.string
        else {
            throw TeacherError(
                .badInput,
                "\(address.text)/models lists no model (status \(response.status))",
                hint: "name one with distill.remote_model")
        }
        return name
    }

    private static func headers(_ key: String?) -> [(name: String, value: String)] {
        [("Content-Type", "application/json"), ("Accept", "application/json")]
            + (key.map { [("Authorization", "Bearer \($0)")] } ?? [])
    }

    private static func outcome(
        _ request: HTTPRequest, _ address: HTTPAddress, _ remote: RemoteTeacher
    ) -> Result<HTTPResponse, HTTPFault> {
        do throws(HTTPFault) {
            return .success(try HTTPExchange.send(request, to: address, within: remote.timeout))
        } catch {
            return .failure(error)
        }
    }

    private static func failure(
        _ outcome: Result<HTTPResponse, HTTPFault>, _ address: HTTPAddress, _ attempts: Int
    ) -> TeacherError {
        let place = address.origin, again = attempts > 0 ? ", also \(attempts) times after that" : ""
        let reason =
            switch outcome {
            case .success(let response):
                "\(place) answers with status \(response.status)\(again): \(excerpt(response.body))"
            case .failure(.unknownHost): "there is no host \(address.host)"
            case .failure(.unreachable(let words)): "\(place) cannot be reached\(again): \(words)"
            case .failure(.timedOut): "\(place) gives no answer in time (distill.timeout)\(again)"
            case .failure(.notHTTP): "\(place) does not speak HTTP"
            case .failure(.untrusted(let words)): "\(place) is not proven to be who it says: \(words)"
            case .failure(.endless): "\(place) gives an answer without an end\(again)"
            }
        return TeacherError(.inputOutput, reason, hint: "what was written is kept: the same call goes on")
    }

    /// The beginning of a body, for a message.
    private static func excerpt(_ body: [UInt8]) -> String {
        let json = try? JSONValue(parsing: body)
        let told = json?["error"]?["message"]?.string ?? String(decoding: body.prefix(400), as: UTF8.self)
        let line = told.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return line.count <= 200 ? line : line.prefix(199) + "…"
    }
}
