// An address of the service: what it takes, what it gives, who answers. The router and `/openapi.json` read the same list.

internal import JSON

/// What a route gives where all goes well.
enum Reply: Sendable {
    /// An object with at least these members.
    case object([String])
    case list
    /// The same object, or the same in pieces as server-sent events where `stream` is true.
    case objectOrEvents([String])
    /// The same, and a list of such objects where several were asked for.
    case objectsOrEvents([String])
    case text(String)
}

/// A method of a path.
struct Route: Sendable {
    typealias Handler = @Sendable (Call) async throws(RequestError) -> ServerResponse

    let method: String
    let path: String
    /// For a person.
    let note: String
    /// What its body holds; nil where it has none.
    let body: Shape?
    let reply: Reply
    /// Whether it is answered without a key.
    let isOpen: Bool
    let handler: Handler

    /// Where its path ends in a name that requests choose, what stands before that: `/v1/models/` of `/v1/models/{model}`.
    var prefix: Substring? { path.hasSuffix("}") ? path.prefix { $0 != "{" } : nil }

    func answers(_ asked: String) -> Bool {
        guard let prefix else { return asked == path }
        return asked.hasPrefix(prefix) && asked.utf8.count > prefix.utf8.count
    }

    /// The same at another path.
    func also(at path: String) -> Route {
        Route(method: method, path: path, note: note, body: body, reply: reply, isOpen: isOpen, handler: handler)
    }

    static func get(
        _ path: String, _ note: String, _ reply: Reply, isOpen: Bool = false, _ handler: @escaping Handler
    ) -> Route {
        Route(method: "GET", path: path, note: note, body: nil, reply: reply, isOpen: isOpen, handler: handler)
    }

    static func post(
        _ path: String, _ note: String, _ body: [Field], _ reply: Reply, _ handler: @escaping Handler
    ) -> Route {
        Route(
            method: "POST", path: path, note: note, body: .object(body), reply: reply, isOpen: false, handler: handler)
    }
}

/// A request on its route, its body read and held against the route's shape.
struct Call: Sendable {
    let request: ServerRequest
    /// Empty where the body is a list.
    let body: JSONObject
    /// The body where it is a list.
    var list: [JSONValue] = []

    /// The member of that name; nil where it is missing or null.
    func member(_ name: String) -> JSONValue? { body.present(name) }
    func flag(_ name: String) -> Bool { member(name)?.bool ?? false }
    func text(_ name: String) -> String? { member(name)?.string }
    func integer(_ name: String) -> Int? { member(name)?.integer }
    func number(_ name: String) -> Double? { member(name)?.double }
}

extension JSONObject {
    /// The member of that name; nil where it is missing or null.
    func present(_ name: String) -> JSONValue? {
        // Spelt out: a `nil` beside values would be JSON's null.
        guard let value = self[name], !value.isNull else { return Optional<JSONValue>.none }
        return value
    }
}

extension JSONValue {
    func present(_ name: String) -> JSONValue? { object?.present(name) }
}

extension ServerResponse {
    static func json(_ value: JSONValue, status: Int = 200) -> ServerResponse {
        ServerResponse(status: status, text: value.text(), type: "application/json")
    }
}
