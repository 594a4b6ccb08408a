// From a request to the route that answers it; everything wrong with it on the way has its status.

internal import JSON

struct Router: Sendable {
    let routes: [Route]

    /// The route of a request.
    func route(_ request: ServerRequest) throws(RequestError) -> Route {
        let path = request.path
        // What is asked for by HEAD is what GET gives, without its body.
        let method = request.method == "HEAD" ? "GET" : request.method
        let ways = routes.filter { $0.answers(path) }
        if let route = ways.first(where: { $0.method == method }) { return route }
        guard ways.isEmpty else {
            var error = RequestError(
                status: 405, "\(path) does not answer \(method.prefix(20))", code: "method_not_allowed")
            error.headers = [("allow", ways.map(\.method).joined(separator: ", "))]
            throw error
        }
        throw RequestError(status: 404, "there is nothing at \(path.prefix(200))", code: "unknown_url")
    }

    /// The body of a request, as its route wants it.
    static func call(_ request: ServerRequest, on route: Route) throws(RequestError) -> Call {
        guard let shape = route.body else { return Call(request: request, body: JSONObject()) }
        let type = (request.header("content-type") ?? "").prefix { $0 != ";" }.lowercased()
        guard type.trimmingSpaces == "application/json" else {
            throw RequestError(
                status: 415,
                type.isEmpty
                    ? "the body's content-type is missing: application/json is read"
                    : "the body is \(type.prefix(80)): application/json is read", code: "unsupported_media_type")
        }
        let value: JSONValue
        do {
            value = try JSONValue(parsing: request.body, maximumDepth: 64)
        } catch {
            throw RequestError("the body is no JSON: \(error)", code: "invalid_json")
        }
        try shape.check(value, at: "")
        return Call(request: request, body: value.object ?? JSONObject(), list: value.array ?? [])
    }
}

extension StringProtocol {
    fileprivate var trimmingSpaces: String { String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
}
