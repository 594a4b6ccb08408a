// What a program asks, read whole: routes know no sockets.

/// The head of an HTTP request and its body.
public struct ServerRequest: Sendable {
    /// In capitals.
    public var method: String
    /// As it stands in the request, without what follows `?`.
    public var path: String
    public var query: String
    /// Names in lower case, in the request's order.
    public var headers: [(name: String, value: String)]
    public var body: [UInt8]

    public init(
        method: String, path: String, query: String = "", headers: [(name: String, value: String)] = [],
        body: [UInt8] = []
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
    }

    /// The first header called `name`, which is in lower case.
    public func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}
