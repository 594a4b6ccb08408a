// `/openapi.json`, written of the routes and shapes that requests are held against.

internal import JSON

enum OpenAPI {
    static func route(of routes: [Route], _ context: ServiceContext) -> Route {
        .get("/openapi.json", "This description", .object(["openapi", "paths"]), isOpen: true) {
            _ async throws(RequestError) in
            .json(document(routes, hasKeys: !context.settings.gate.keys.isEmpty, context))
        }
    }

    private static func document(_ routes: [Route], hasKeys: Bool, _ context: ServiceContext) -> JSONValue {
        var paths = JSONObject()
        for route in routes {
            var methods = paths[route.path]?.object ?? JSONObject()
            methods[route.method.lowercased()] = operation(route, hasKeys: hasKeys)
            paths[route.path] = .object(methods)
        }
        var document: JSONObject = JSONObject([
            ("openapi", "3.1.0"),
            ("info", ["title": "lathe serve", "version": .string(context.settings.version)]),
            ("paths", .object(paths)),
        ])
        var components: JSONObject = JSONObject([("schemas", ["Error": error])])
        if hasKeys {
            components["securitySchemes"] = [
                "bearer": ["type": "http", "scheme": "bearer"],
                "header": ["type": "apiKey", "in": "header", "name": "x-api-key"],
            ]
            document["security"] = [["bearer": []], ["header": []]]
        }
        document["components"] = .object(components)
        return .object(document)
    }

    private static let error: JSONValue = [
        "type": "object", "required": ["error"],
        "properties": [
            "error": [
                "type": "object", "required": ["message", "type"], "properties": ["message": ["type": "string"]],
            ]
        ],
    ]

    private static func operation(_ route: Route, hasKeys: Bool) -> JSONValue {
        var responses = JSONObject([("200", answer(route.reply))])
        var statuses = ["403", "500", "503"]
        if route.prefix != nil { statuses.append("404") }
        if route.body != nil { statuses += ["400", "404", "409", "413", "415", "429"] }
        if hasKeys, !route.isOpen { statuses.append("401") }
        for status in statuses.sorted() {
            responses[status] = [
                "description": "Why it is not answered",
                "content": ["application/json": ["schema": ["$ref": "#/components/schemas/Error"]]],
            ]
        }
        var operation = JSONObject([("summary", .string(route.note)), ("responses", .object(responses))])
        if let prefix = route.prefix {
            let name = route.path.dropFirst(prefix.count + 1).dropLast()
            operation["parameters"] = [
                [
                    "name": .string(String(name)), "in": "path", "required": true,
                    "schema": ["type": "string", "minLength": 1],
                ]
            ]
        }
        if let body = route.body {
            operation["requestBody"] = [
                "required": true, "content": ["application/json": ["schema": body.schema]],
            ]
        }
        if route.isOpen { operation["security"] = [] }
        return .object(operation)
    }

    private static func answer(_ reply: Reply) -> JSONValue {
        func schema(_ names: [String]) -> JSONValue {
            ["type": "object", "required": .array(names.map { .string($0) })]
        }
        func object(_ names: [String]) -> JSONValue { ["schema": schema(names)] }
        let content: JSONObject =
            switch reply {
            case .object(let names): JSONObject([("application/json", object(names))])
            case .list: JSONObject([("application/json", ["schema": ["type": "array"]])])
            case .objectOrEvents(let names):
                JSONObject([
                    ("application/json", object(names)), ("text/event-stream", [:]),
                ])
            case .objectsOrEvents(let names):
                JSONObject([
                    (
                        "application/json",
                        ["schema": ["anyOf": [schema(names), ["type": "array", "items": schema(names)]]]]
                    ),
                    ("text/event-stream", [:]),
                ])
            case .text(let type): JSONObject([(String(type.prefix { $0 != ";" }), ["schema": ["type": "string"]])])
            }
        return ["description": "The answer", "content": .object(content)]
    }
}
