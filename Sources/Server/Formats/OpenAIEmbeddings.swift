// OpenAI's vectors of texts: `/v1/embeddings`.

internal import Foundation
internal import JSON
internal import Serving

enum OpenAIEmbeddings {
    private static let fields = [
        Field("input", OpenAICompletions.prompt, "Texts or tokens", required: true),
        Field("model", .text(), "The base or an adapter, by name; the base where it is missing"),
        Field("encoding_format", .word(["float", "base64"]), "How the numbers are written"),
        Field("dimensions", .integer(1...1_000_000), "How many numbers each has: as many as the model gives"),
        Field("user", .text(), "Who asks; told to nobody"),
    ]

    static func routes(_ context: ServiceContext) -> [Route] {
        [
            .post("/v1/embeddings", "Vectors of texts", fields, .object(["object", "data", "model", "usage"])) {
                call async throws(RequestError) in try await respond(call, context)
            }
        ]
    }

    private static func respond(_ call: Call, _ context: ServiceContext) async throws(RequestError) -> ServerResponse {
        let texts = try context.texts(call.member("input") ?? .null, field: "input")
        let adapters = try context.adapters(named: call.text("model"))
        if let asked = call.integer("dimensions"), asked != context.model.facts.width {
            throw RequestError(
                "dimensions: the model gives \(context.model.facts.width)", field: "dimensions", code: "unsupported")
        }
        let vectors: [[Float]]
        do throws(ServingError) {
            vectors = try await context.engine.embed(texts, adapters: adapters)
        } catch { throw RequestError(error) }
        let isPacked = call.text("encoding_format") == "base64"
        let data = vectors.enumerated().map { index, vector -> JSONValue in
            let numbers: JSONValue =
                isPacked ? .string(packed(vector)) : .array(vector.map { .double(Double($0)) })
            return ["object": "embedding", "index": .integer(index), "embedding": numbers]
        }
        let count = texts.reduce(0) { $0 + $1.count }
        return .json([
            "object": "list", "data": .array(data), "model": .string(context.name(of: call.text("model"))),
            "usage": ["prompt_tokens": .integer(count), "total_tokens": .integer(count)],
        ])
    }

    /// Four bytes a number, the lowest first.
    private static func packed(_ vector: [Float]) -> String {
        var bytes = Data(capacity: vector.count * 4)
        for number in vector { withUnsafeBytes(of: number.bitPattern.littleEndian) { bytes.append(contentsOf: $0) } }
        return bytes.base64EncodedString()
    }
}

extension ServiceContext {
    /// Tokens of texts that are read whole, and not gone on from: a text, tokens, or a list of either.
    func texts(_ value: JSONValue, field: String) throws(RequestError) -> [[Int32]] {
        let isList = value.array.map { list in !list.allSatisfy { $0.integer != nil } } ?? false
        let entries = isList ? value.array ?? [] : [value]
        guard entries.count <= 2_048 else {
            throw RequestError("\(field): more than 2,048 texts", field: field, code: "invalid_value")
        }
        var texts: [[Int32]] = []
        for (index, entry) in entries.enumerated() {
            let place = isList ? "\(field)[\(index)]" : field
            let ids =
                if let text = entry.string { model.tokens(ofText: text) } else {
                    try tokens(in: entry.array ?? [], field: place)
                }
            guard !ids.isEmpty else {
                throw RequestError("\(place): it has no token", field: place, code: "invalid_value")
            }
            guard ids.count <= model.facts.contextLength else {
                throw RequestError(
                    "\(place): \(ids.count) tokens, and the model's context has \(model.facts.contextLength)",
                    field: place, code: "context_length_exceeded")
            }
            texts.append(ids)
        }
        return texts
    }
}
