// A served model behind an address: requests in, responses out, with no socket in between.

internal import Foundation
internal import JSON
public import Serving
internal import Synchronization

/// How the service behaves.
public struct ServiceSettings: Sendable {
    public var gate = GateSettings()
    /// Whether requests may load adapters, and from which folder; nil: none.
    public var adapterFolder: String?
    /// Whether a name that nothing served has means the base.
    public var takesAnyName = false
    /// Whether bodies of requests are told.
    public var tellsBodies = false
    /// The version that the server says it is.
    public var version = ""
    /// What a browser is shown beside the model's own addresses.
    public var page: (any ServedPage)?
    /// Gets a line for each request; nil: nothing is told.
    public var tell: (@Sendable (String) -> Void)?

    public init() {}
}

/// Answers what programs ask of a served model, in the forms that they know.
public final class ModelService: Sendable {
    let engine: ServingEngine
    let settings: ServiceSettings
    let gate: Gate
    let router: Router
    /// When it began, in seconds since 1970.
    let began: Int
    let numbers: IdentifierSource

    public init(_ engine: ServingEngine, _ settings: ServiceSettings) {
        self.engine = engine
        self.settings = settings
        gate = Gate(settings: settings.gate)
        began = Int(Date().timeIntervalSince1970)
        numbers = IdentifierSource()
        router = Router(routes: Self.routes(engine, settings, began: began, numbers))
    }

    var model: ServedModel { engine.model }

    /// The response to a request, whatever it is.
    public func respond(to request: ServerRequest) async -> ServerResponse {
        let start = ContinuousClock.now
        var response: ServerResponse
        do throws(RequestError) {
            response = try await answer(request)
        } catch {
            response = error.response(for: request.path)
        }
        response.headers += gate.corsHeaders(request)
        response.headers += [("x-content-type-options", "nosniff"), ("cache-control", "no-store")]
        tell(request, response.status, ContinuousClock.now - start)
        return response
    }

    private func answer(_ request: ServerRequest) async throws(RequestError) -> ServerResponse {
        try gate.checkOrigin(request)
        if let preflight = gate.preflight(request) { return preflight }
        if let page = settings.page, page.answers(request.path) {
            if !page.isOpen(request.path) { try gate.checkKey(request) }
            return await page.respond(to: request)
        }
        let route: Route
        do throws(RequestError) {
            route = try router.route(request)
        } catch {
            // Who has no key is not told what there is.
            try gate.checkKey(request)
            throw error
        }
        if !route.isOpen { try gate.checkKey(request) }
        return try await route.handler(try Router.call(request, on: route))
    }

    private func tell(_ request: ServerRequest, _ status: Int, _ time: Duration) {
        guard let tell = settings.tell else { return }
        let milliseconds = Int(time.components.seconds * 1_000 + time.components.attoseconds / 1_000_000_000_000_000)
        var line = "\(request.method.prefix(20)) \(request.path.prefix(200)) \(status) \(milliseconds) ms"
        if settings.tellsBodies, !request.body.isEmpty {
            line += " " + String(decoding: request.body, as: UTF8.self)
        }
        tell(line)
    }
}

/// Numbers of responses: no two of a server are alike, and those of two servers hardly ever.
final class IdentifierSource: Sendable {
    private let process = UInt32.random(in: 0...UInt32.max)
    private let count = Mutex(0)

    func next(_ prefix: String) -> String {
        let number = count.withLock { count in
            count += 1
            return count
        }
        let digits = String(number, radix: 16)
        return prefix + String(process, radix: 16) + String(repeating: "0", count: max(0, 10 - digits.count)) + digits
    }
}
