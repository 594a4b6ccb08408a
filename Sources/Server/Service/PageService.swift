// A page that is answered beside a model's addresses, or alone.

/// What stands behind the addresses that a person opens in a browser.
public protocol ServedPage: Sendable {
    /// Whether a path is the page's.
    func answers(_ path: String) -> Bool
    /// Whether a path is the same for everybody, so that no key is needed.
    func isOpen(_ path: String) -> Bool
    /// The response to a request of which `answers` is true, whatever it is.
    func respond(to request: ServerRequest) async -> ServerResponse
}

/// A page without a model.
public final class PageService: Sendable {
    private let page: any ServedPage
    private let gate: Gate
    /// Gets a line for each request that changes something; nil: nothing is told.
    private let tell: (@Sendable (String) -> Void)?

    public init(_ page: any ServedPage, _ settings: GateSettings, tell: (@Sendable (String) -> Void)?) {
        self.page = page
        gate = Gate(settings: settings)
        self.tell = tell
    }

    /// The response to a request, whatever it is.
    public func respond(to request: ServerRequest) async -> ServerResponse {
        var response: ServerResponse
        do throws(RequestError) {
            try gate.checkOrigin(request)
            guard page.answers(request.path) else {
                throw RequestError(status: 404, "there is nothing at \(request.path.prefix(200))", code: "unknown_url")
            }
            if !page.isOpen(request.path) { try gate.checkKey(request) }
            response = await page.respond(to: request)
        } catch {
            response = error.response(for: request.path)
        }
        if request.method != "GET", request.method != "HEAD" {
            tell?("\(request.method.prefix(20)) \(request.path.prefix(200)) \(response.status)")
        }
        response.headers += [("x-content-type-options", "nosniff"), ("cache-control", "no-store")]
        return response
    }
}
