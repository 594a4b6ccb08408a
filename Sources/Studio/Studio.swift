// The page and everything that it asks of runs: requests in, responses out.

public import Server
internal import Foundation
internal import JSON
internal import Workbench

/// How the page is offered.
public struct StudioSettings: Sendable {
    /// A folder of runs; nil: the page shows none.
    public var runs: String?
    /// The command that runs are begun with.
    public var program: String
    /// What a request must know to start, to stop or to write.
    public var token: String
    /// The version that the page says.
    public var version: String
    /// What is served beside it, by its name, with its adapters; nil: nothing.
    public var served: (@Sendable () -> ServedNames)?

    public init(runs: String?, program: String, token: String, version: String) {
        (self.runs, self.program, self.token, self.version) = (runs, program, token, version)
    }

    /// 32 characters that nobody guesses.
    public static func newToken() -> String {
        var generator = SystemRandomNumberGenerator()
        let digits = Array("abcdefghijkmnpqrstuvwxyz23456789")
        return String((0..<32).map { _ in digits[Int.random(in: 0..<digits.count, using: &generator)] })
    }
}

/// A model that is served, as a page asks for it.
public struct ServedNames: Sendable {
    public var model: String
    public var adapters: [(id: Int, name: String, scale: Float)]

    public init(model: String, adapters: [(id: Int, name: String, scale: Float)]) {
        (self.model, self.adapters) = (model, adapters)
    }
}

/// Answers the page: its files, and what it asks at `/studio/…`.
public final class Studio: ServedPage {
    private let settings: StudioSettings
    private let folder: StudioFolder?
    private let runs: StudioRuns?
    private let recipes: StudioRecipes?
    private let rows: StudioRows?

    public init(_ settings: StudioSettings) {
        self.settings = settings
        folder = settings.runs.map(StudioFolder.init)
        guard let folder else {
            (runs, recipes, rows) = (nil, nil, nil)
            return
        }
        let command = StudioCommand(program: settings.program, workplace: folder.workplace)
        let runs = StudioRuns(folder, command)
        self.runs = runs
        recipes = StudioRecipes(runs: runs, command: command)
        rows = StudioRows(folder: folder, command: command)
    }

    public func answers(_ path: String) -> Bool { isOpen(path) || path.hasPrefix("/studio/") }

    /// The page itself is the same for everybody.
    public func isOpen(_ path: String) -> Bool { path == "/" || path.hasPrefix("/page/") }

    /// Who may ask at all, the caller has seen to.
    public func respond(to request: ServerRequest) async -> ServerResponse {
        do {
            return try await answer(StudioRequest(request))
        } catch let error as StudioError {
            return error.response
        } catch let failure as Failure {
            return StudioError(422, "\(failure)").response
        } catch {
            return StudioError(500, "\(error)").response
        }
    }

    private func answer(_ request: StudioRequest) async throws -> ServerResponse {
        guard request.parts.first == "studio" else {
            guard ["GET", "HEAD"].contains(request.method) else { throw StudioError(405, "the page is only read") }
            guard let file = PageFiles.response(to: request.path) else { throw StudioError.unknown }
            return file
        }
        let parts = Array(request.parts.dropFirst())
        switch request.method {
        case "GET", "HEAD": return try await look(parts, request)
        case "POST":
            try requireToken(request)
            return try await tell(parts, request)
        default: throw StudioError(405, "GET and POST are answered here")
        }
    }

    /// Throws where a request that changes something does not know the token. The time says nothing of how much was right.
    private func requireToken(_ request: StudioRequest) throws {
        let given = Array((request.header("x-lathe-token") ?? "").utf8), known = Array(settings.token.utf8)
        var difference: UInt8 = given.count == known.count ? 0 : 1
        for index in known.indices { difference |= known[index] ^ (index < given.count ? given[index] : 0) }
        guard difference == 0 else {
            throw StudioError(403, "this needs the token of the address that the command printed")
        }
    }

    private func look(_ parts: [String], _ request: StudioRequest) async throws -> ServerResponse {
        if parts == ["state"] { return .json(state) }
        guard let folder, let runs, let rows else { throw StudioError.unknown }
        switch (parts.first, parts.count) {
        case ("runs", 1): return .json(try folder.list(request.value("sweep")))
        case ("runs", 2): return .json(try runs.run(parts[1]))
        case ("runs", 3): return try look(at: parts[2], of: parts[1], runs, rows, request)
        case ("runs", 4) where parts[2] == "rows":
            guard let number = Int(parts[3]), number >= 0 else { throw StudioError.unknown }
            return .json(try await rows.row(parts[1], number))
        case ("compare", 1): return .json(try runs.compare(request.values("run")))
        case ("schema", 1): return .json(RecipeSchema().json)
        case ("files", 1): return .json(folder.choices())
        case ("recipe", 1):
            return ServerResponse(
                text: try folder.recipe(request.value("name") ?? ""), type: "text/plain; charset=utf-8")
        default: throw StudioError.unknown
        }
    }

    private func look(
        at what: String, of id: String, _ runs: StudioRuns, _ rows: StudioRows, _ request: StudioRequest
    ) throws -> ServerResponse {
        switch what {
        case "events": .json(try runs.events(id, from: Int(request.value("from") ?? "") ?? 0, of: request.value("log")))
        case "log": .json(try runs.log(id))
        case "rows": .json(try rows.rows(id))
        case "recipe.yaml": try runs.recipe(id)
        case "report.html": try runs.page(id, "report.html")
        case "data.html": try runs.page(id, "prepared/report.html")
        default: throw StudioError.unknown
        }
    }

    private func tell(_ parts: [String], _ request: StudioRequest) async throws -> ServerResponse {
        guard let folder, let runs, let recipes, let rows else { throw StudioError.unknown }
        if parts == ["uploads"] {
            return .json(["path": .string(try folder.keep(request.body, as: request.value("name") ?? ""))])
        }
        let body = try request.json()
        func recipe() throws -> String {
            guard let text = body["recipe"]?.string else {
                throw StudioError(400, "recipe: the recipe's text is missing")
            }
            return text
        }
        switch (parts.first, parts.last, parts.count) {
        case ("check", _, 1): return .json(try await recipes.check(recipe()))
        case ("plan", _, 1): return .json(try await recipes.plan(recipe()))
        case ("start", _, 1): return .json(try await recipes.start(recipe()))
        case ("runs", "stop", 3): return .json(try runs.stop(parts[1]))
        case ("runs", "resume", 3): return .json(try runs.resume(parts[1]))
        case ("runs", "reviews", 3): return .json(try await rows.mark(parts[1], body))
        case ("runs", "losses", 5) where parts[2] == "rows":
            guard let number = Int(parts[3]), number >= 0 else { throw StudioError.unknown }
            return .json(try await rows.losses(parts[1], number))
        default: throw StudioError.unknown
        }
    }

    /// What the page can show here.
    private var state: JSONValue {
        let served = settings.served.map { names -> JSONValue in
            let names = names()
            return [
                "model": .string(names.model),
                "adapters": .array(
                    names.adapters.map {
                        ["id": .integer($0.id), "name": .string($0.name), "scale": .double(Double($0.scale))]
                    }),
            ]
        }
        return [
            "version": .string(settings.version), "served": served ?? .null,
            "runs": folder.map { .string($0.runs.path) } ?? .null,
            "starts": .bool(folder != nil && folder?.refusal == nil),
        ]
    }
}
