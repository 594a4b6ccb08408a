// What can be asked: the base and each adapter, by name.

internal import Foundation
internal import JSON
internal import Serving

enum ModelList {
    static func routes(_ context: ServiceContext) -> [Route] {
        [
            .get("/v1/models", "The base and each adapter, by name", .object(["object", "data"])) {
                _ async throws(RequestError) in .json(["object": "list", "data": .array(models(context))])
            },
            .get("/v1/models/{model}", "The base or an adapter, by its name", .object(["id", "object"])) {
                call async throws(RequestError) in .json(try model(call, context))
            },
        ]
    }

    private static func model(_ call: Call, _ context: ServiceContext) throws(RequestError) -> JSONValue {
        let written = String(call.request.path.dropFirst("/v1/models/".count))
        let name = written.removingPercentEncoding ?? written
        guard let found = models(context).first(where: { $0["id"]?.string == name }) else {
            throw RequestError(
                status: 404, "there is no model '\(name.prefix(200))'", field: "model", code: "model_not_found")
        }
        return found
    }

    private static func models(_ context: ServiceContext) -> [JSONValue] {
        let facts = context.model.facts
        let base: JSONValue = [
            "id": .string(facts.name), "object": "model", "created": .integer(context.began), "owned_by": "lathe",
            "root": .string(facts.name), "parent": .null,
            "meta": [
                "family": .string(facts.family), "n_vocab": .integer(facts.vocabularySize),
                "n_ctx": .integer(facts.contextLength), "size": .integer(facts.byteCount),
            ],
        ]
        let adapters = context.model.adapters.map { adapter -> JSONValue in
            [
                "id": .string(adapter.name), "object": "model", "created": .integer(context.began),
                "owned_by": "lathe", "root": .string(facts.name), "parent": .string(facts.name),
                "meta": ["id": .integer(adapter.id), "size": .integer(adapter.byteCount)],
            ]
        }
        return [base] + adapters
    }
}
