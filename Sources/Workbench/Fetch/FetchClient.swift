// How servers are asked for files: redirections, keys, and what their refusals mean.

internal import Foundation
internal import JSON
internal import Synthesis
internal import Vocabulary

/// Asks servers for files.
struct FetchClient {
    /// The hub's address.
    let endpoint: HTTPAddress
    /// `HF_TOKEN`: sent to the hub and to nobody else.
    private let token: String?
    /// How long nothing may come.
    private let patience: Duration
    /// Seconds before a request is sent again, the first time; twice as many each time after it.
    let pause: Double

    private static let mostRedirections = 10

    /// - Throws: `Failure` where the environment's address or key is none.
    init(_ environment: [String: String]) throws {
        let given = environment["HF_ENDPOINT"].flatMap { $0.isEmpty ? nil : $0 } ?? FetchSource.usualEndpoint
        guard let endpoint = HTTPAddress(given) else {
            throw Failure(.usage, "HF_ENDPOINT: \(path: given) is no address", hint: "write it as https://HOST")
        }
        let token = environment["HF_TOKEN"].flatMap { $0.isEmpty ? nil : $0 }
        // A line end would begin a header of its own.
        guard (token ?? "").utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw Failure(.usage, "HF_TOKEN has characters that no key has, as a line's end")
        }
        self.endpoint = endpoint
        self.token = token
        let seconds = try Self.patience(environment)
        patience = .milliseconds(Int(seconds * 1000))
        pause = min(1, seconds / 10)
    }

    private static func patience(_ environment: [String: String]) throws -> Double {
        guard let text = environment["LATHE_FETCH_PATIENCE"], !text.isEmpty else { return 60 }
        guard let seconds = Double(text), (0.1...3600).contains(seconds) else {
            throw Failure(
                .usage, "LATHE_FETCH_PATIENCE: \(path: text) is no number of seconds", hint: "it goes from 0.1 to 3600")
        }
        return seconds
    }

    /// A response at the end of all redirections.
    struct Answer {
        let stream: HTTPStream
        /// SHA-256 of the whole file, as the hub tells it on the way.
        var sha256: String?
        /// Bytes of the whole file, the same.
        var bytes: Int?
    }

    /// Asks for `address`, whatever the status is.
    ///
    /// - Throws: `HTTPFault`, and `Failure` where redirections go wrong.
    func get(_ address: HTTPAddress, headers: [(name: String, value: String)] = []) throws -> Answer {
        var place = address, sha256: String?, bytes: Int?
        for _ in 0...Self.mostRedirections {
            let isHub = place.origin == endpoint.origin
            let key = token.flatMap { isHub ? [("Authorization", "Bearer \($0)")] : nil } ?? []
            let request = HTTPRequest(
                method: "GET", target: place.target,
                headers: [("User-Agent", "lathe/" + LatheVersion.text)] + key + headers)
            let stream = try HTTPStream(request, to: place, patience: patience)
            let linked = stream.response["x-linked-etag"].map(Self.unquoted)
            if let linked, Self.isSHA256(linked) { sha256 = sha256 ?? linked }
            bytes = bytes ?? stream.response["x-linked-size"].flatMap { Int($0) }
            guard [301, 302, 303, 307, 308].contains(stream.response.status) else {
                return Answer(stream: stream, sha256: sha256, bytes: bytes)
            }
            guard let location = stream.response["location"], let next = place.following(location) else {
                throw Failure(.inputOutput, "\(place.text) leads on to nowhere")
            }
            guard next.isSecure || !place.isSecure else {
                throw Failure(.inputOutput, "\(place.text) leads on to \(next.origin), where others could read along")
            }
            place = next
        }
        throw Failure(.inputOutput, "\(address.text) leads on and on to other addresses")
    }

    /// The JSON at `address`, asked for again where the server is busy.
    func json(_ address: HTTPAddress, of what: String) throws -> JSONValue {
        var attempt = 0
        while true {
            let outcome: Result<HTTPResponse, HTTPFault>
            do {
                let stream = try get(address).stream
                var response = stream.response
                if response.status == 200 { response.body = try stream.whole(limit: 64 << 20) }
                outcome = .success(response)
            } catch let fault as HTTPFault { outcome = .failure(fault) }
            switch outcome {
            case .success(let response) where response.status == 200:
                do { return try JSONValue(parsing: response.body) } catch {
                    throw Failure(.badInput, "\(address.origin) says nothing of \(what) that could be read: \(error)")
                }
            case .success(let response) where !response.isPassing: throw refusal(response.status, address, of: what)
            default: break
            }
            attempt += 1
            guard attempt < Self.attempts else { throw Self.failure(outcome.map(\.status), address) }
            wait(attempt)
        }
    }

    /// How often a request is sent that brings nothing.
    static let attempts = 5

    func wait(_ attempt: Int) { Thread.sleep(forTimeInterval: min(pause * Double(1 << (attempt - 1)), 30)) }

    /// What a status means that will stay.
    func refusal(_ status: Int, _ address: HTTPAddress, of what: String) -> Failure {
        let isHub = address.origin == endpoint.origin
        let key =
            token == nil
            ? "HF_TOKEN holds the key of those who have one" : "the key in HF_TOKEN may not be one for it"
        switch status {
        case 401 where isHub:
            return Failure(
                .missingInput, "\(address.origin) has no \(what), or shows it to some only (status 401)",
                hint: "check the name; \(key)")
        case 401, 403:
            return Failure(
                .badInput, "\(address.origin) does not give \(what) (status \(status))",
                hint: isHub ? "its page may ask to accept terms first; \(key)" : nil)
        case 404:
            return Failure(
                .missingInput, "\(address.origin) has no \(what)",
                hint: isHub ? "check the name and --revision" : "check the address")
        default: return Failure(.inputOutput, "\(address.origin) does not give \(what) (status \(status))")
        }
    }

    /// What is said where a server was asked in vain.
    static func failure(_ outcome: Result<Int, HTTPFault>, _ address: HTTPAddress) -> Failure {
        let hint = "what came is kept: the same command goes on"
        switch outcome {
        case .success(let status):
            return Failure(.inputOutput, "\(address.origin) answers with status \(status), again and again", hint: hint)
        case .failure(.unknownHost):
            return Failure(.inputOutput, "there is no host \(address.host)", hint: "is there a network?")
        case .failure(let fault): return Failure(.inputOutput, "\(address.origin): \(fault)", hint: hint)
        }
    }

    private static func unquoted(_ tag: String) -> String { tag.trimmingCharacters(in: ["\""]) }

    private static func isSHA256(_ text: String) -> Bool {
        text.utf8.count == 64 && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }
}
