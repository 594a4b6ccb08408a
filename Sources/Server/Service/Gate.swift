// Who may ask: no page of another site through a person's browser, and nobody without a key where there is one.

/// What is let in.
public struct GateSettings: Sendable {
    /// Keys, one of which a request must have; none: everybody may ask.
    public var keys: [[UInt8]] = []
    /// Names under which the server is known, beside `localhost` and addresses in numbers; `*` for any.
    public var hosts: [String] = []
    /// Pages of other sites whose scripts may ask, as `https://example.org`.
    public var origins: [String] = []

    public init() {}
}

struct Gate: Sendable {
    let settings: GateSettings

    /// Throws where the request comes by a name that is not the server's, or from a page that is not its own: a browser can be made
    /// to send such requests by any page that a person opens.
    func checkOrigin(_ request: ServerRequest) throws(RequestError) {
        let host = request.header("host") ?? ""
        guard host.isEmpty || isKnown(host) else {
            throw RequestError(
                status: 403, "the server is not known by the name \(host.prefix(80)); --allow-host lets a name in",
                code: "unknown_host")
        }
        guard let origin = request.header("origin") else { return }
        let isOwn = origin == "http://" + host || origin == "https://" + host
        guard isOwn || settings.origins.contains(origin) else {
            throw RequestError(
                status: 403, "pages of \(origin.prefix(80)) may not ask; --allow-origin lets them in",
                code: "unknown_origin")
        }
    }

    /// Throws where a key is needed and the request has none that is right.
    func checkKey(_ request: ServerRequest) throws(RequestError) {
        guard !settings.keys.isEmpty else { return }
        var given = request.header("x-api-key") ?? ""
        if let authorization = request.header("authorization"), authorization.lowercased().hasPrefix("bearer ") {
            given = String(authorization.dropFirst(7))
        }
        let bytes = Array(given.utf8)
        // All are compared, each to its end: the time says nothing of how much was right.
        var isRight = false
        for key in settings.keys where Self.areEqual(bytes, key) { isRight = true }
        guard isRight else {
            var error = RequestError(
                status: 401, given.isEmpty ? "an API key is needed" : "the API key is wrong", code: "invalid_api_key")
            error.headers = [("www-authenticate", "Bearer")]
            throw error
        }
    }

    /// Takes as long for any two texts, as far as `known` reaches.
    static func areEqual(_ given: [UInt8], _ known: [UInt8]) -> Bool {
        var difference: UInt8 = given.count == known.count ? 0 : 1
        for index in known.indices { difference |= known[index] ^ (index < given.count ? given[index] : 0) }
        return difference == 0
    }

    /// What a browser is told so that pages of other sites get to see the response.
    func corsHeaders(_ request: ServerRequest) -> [(name: String, value: String)] {
        guard let origin = request.header("origin"), settings.origins.contains(origin) else { return [] }
        return [("access-control-allow-origin", origin), ("vary", "origin")]
    }

    /// What a browser asks before it lets a page of another site ask.
    func preflight(_ request: ServerRequest) -> ServerResponse? {
        guard request.method == "OPTIONS", request.header("access-control-request-method") != nil else { return nil }
        let headers = corsHeaders(request)
        guard !headers.isEmpty else { return nil }
        return ServerResponse(
            status: 204,
            headers: headers + [
                ("access-control-allow-methods", "GET, POST"),
                // Clients send headers of their own; those that matter are checked as any request's.
                (
                    "access-control-allow-headers",
                    request.header("access-control-request-headers") ?? "authorization, content-type"
                ),
                ("access-control-max-age", "600"),
            ], body: .bytes([]))
    }

    private func isKnown(_ host: String) -> Bool {
        if settings.hosts.contains("*") { return true }
        guard let name = Self.name(of: host)?.lowercased() else { return false }
        if name == "localhost" || name.hasPrefix("[") { return true }
        // A name that a stranger's server answers for may lead here; a number leads only where it says.
        let isNumber = name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { UInt8($0) != nil }
        return isNumber || settings.hosts.contains { $0.lowercased() == name }
    }

    /// Without the port; nil for what is no name with a port or without.
    private static func name(of host: String) -> String? {
        let name: Substring
        if host.hasPrefix("[") {
            guard let end = host.firstIndex(of: "]") else { return nil }
            name = host[...end]
        } else {
            name = host.prefix { $0 != ":" }
        }
        let port = host[name.endIndex...]
        guard port.isEmpty || port.first == ":" && UInt16(port.dropFirst()) != nil else { return nil }
        return String(name)
    }
}
