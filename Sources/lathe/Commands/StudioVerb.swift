// `lathe studio`: the page over a folder of runs.

internal import ArgumentParser
internal import Foundation
internal import JSON
internal import Server
internal import Serving
internal import Studio
internal import Workbench

struct StudioCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "studio",
        abstract: "A page over a folder of runs: watched live, laid over one another, their rows token by token.",
        discussion: """
            It listens on this machine alone. The printed address holds a token: who opens it so may begin, stop and go on
            with runs from the page too. A run that was begun there is a lathe run like any other, and outlives the page.
            """)

    @Argument(help: "The folder: checkpoints where it is not named.", completion: .directory) var folder = "checkpoints"
    @Option(help: "The port; 0: any that is free.") var port = 8090
    @OptionGroup var common: CommonOptions

    func run() throws {
        try common.requireNoOverrides("lathe studio")
        guard (0...65_535).contains(port) else { throw Failure(.usage, "--port \(port): expected 0 to 65535") }
        // A folder of the usual name comes with the first run.
        var isFolder: ObjCBool = false
        let isThere = FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder)
        guard isThere ? isFolder.boolValue : folder == "checkpoints" else {
            throw Failure(
                .missingInput, "\(folder) is no folder, so no runs lie there", hint: "name a folder of runs",
                namedFile: folder)
        }
        let token = StudioSettings.newToken()
        let studio = Studio(
            StudioSettings(runs: folder, program: Self.program, token: token, version: LatheVersion.text))
        var tell: (@Sendable (String) -> Void)?
        if !common.quiet { tell = { StandardError.say($0) } }
        let service = PageService(studio, GateSettings(), tell: tell)
        var limits = HTTPLimits()
        // Data files are uploaded.
        limits.bodyBytes = 256 << 20
        let (end, options) = (Waiting<Void>(), common)
        let listener = HTTPListener(
            host: "127.0.0.1", port: port, limits: limits,
            onListening: { port in
                do { try Self.tell(port, token, options) } catch { end.finish(.failure(error)) }
            }, answer: service.respond)
        StopSignals.drainFirst { Task { try? await listener.stop() } }
        Task {
            do {
                try await listener.run()
                end.finish(.success(()))
            } catch { end.finish(.failure(error)) }
        }
        try end.wait()
        StopSignals.passOver()
    }

    /// This very file, however it was called.
    static let program =
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]

    private static func tell(_ port: Int, _ token: String, _ common: CommonOptions) throws {
        let url = "http://127.0.0.1:\(port)/#token=\(token)"
        guard common.json else { return try StandardOutput.show(url) }
        let facts: JSONValue = ["url": .string(url), "port": .integer(port), "token": .string(token)]
        try StandardOutput.showJSON(facts.text())
    }
}

extension Studio {
    /// The page beside a model that is served: it chats and compares, and shows no runs.
    static func beside(_ model: ServedModel) -> Studio {
        var settings = StudioSettings(
            runs: nil, program: StudioCommand.program, token: StudioSettings.newToken(), version: LatheVersion.text)
        settings.served = {
            ServedNames(
                model: model.facts.name,
                adapters: model.adapters.map { (id: $0.id, name: $0.name, scale: $0.scale) })
        }
        return Studio(settings)
    }
}
