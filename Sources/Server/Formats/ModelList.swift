// What can be asked: the base and each adapter, by name.

internal import JSON
internal import Serving

enum ModelList {
    static func routes(_ context: ServiceContext) -> [Route] {
        [
            .get("/v1/models", "The base and each adapter, by name", .object(["object", "data"])) {
                _ async throws(RequestError) in .json(list(context))
            }
        ]
    }

    private static func list(_ context: ServiceContext) -> JSONValue {
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
        return ["object": "list", "data": .array([base] + adapters)]
    }
}
