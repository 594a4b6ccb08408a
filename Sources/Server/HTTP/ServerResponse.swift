// What a program gets: at once, or piece by piece as it is made.

/// Status, headers and body of an HTTP response.
public struct ServerResponse: Sendable {
    public enum Body: Sendable {
        case bytes([UInt8])
        /// Pieces as they come. `cancel` says that nobody waits for more; the stream ends soon after.
        case stream(AsyncStream<[UInt8]>, cancel: @Sendable () -> Void)
    }

    public var status: Int
    public var headers: [(name: String, value: String)]
    public var body: Body

    public init(status: Int, headers: [(name: String, value: String)], body: Body) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    public init(status: Int = 200, text: String, type: String, headers: [(name: String, value: String)] = []) {
        self.init(status: status, headers: [("content-type", type)] + headers, body: .bytes(Array(text.utf8)))
    }
}
