// Tokens with their probabilities, as OpenAI writes them.

internal import JSON
internal import Serving
internal import Tokenizers

extension Tokenizer {
    /// What a token stands for, where it is whole characters; what is none is pictured.
    func shownText(_ id: Int32) -> String { String(decoding: tokenBytes(id), as: UTF8.self) }

    private func described(_ id: Int32, _ bytes: [UInt8], _ logProb: Float?) -> JSONObject {
        JSONObject([
            ("token", .string(String(decoding: bytes, as: UTF8.self))),
            ("logprob", .double(Self.finite(logProb))),
            ("bytes", .array(bytes.map { .integer(Int($0)) })),
        ])
    }

    /// What cannot be, as far as JSON can say it.
    static func finite(_ logProb: Float?) -> Double {
        guard let logProb, logProb.isFinite else { return -9_999 }
        return Double(logProb)
    }

    /// A token of a chat's answer: with its text, its bytes and the likeliest in its place.
    func chatLogProb(_ token: ServedToken) -> JSONValue {
        var members = described(token.id, token.bytes, token.logProb)
        members["top_logprobs"] = .array(
            token.top.map { .object(described($0.id, tokenBytes($0.id), $0.logProb)) })
        return .object(members)
    }
}
