// A model behind an address.

internal import ArgumentParser
internal import Foundation
internal import JSON
internal import Server
internal import Serving
internal import Studio
internal import Workbench

struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "A model and its adapters behind an address, as OpenAI's, Anthropic's and llama.cpp's clients ask.",
        discussion: """
            Requests name an adapter as their model; those for different adapters are answered together. Without
            --api-key-file everybody who reaches the address may ask. SIGTERM lets what is asked for be answered, and
            a second one ends the server at once.
            """)

    @OptionGroup var options: ServeOptions

    func run() throws {
        var settings = try options.service()
        let limits = try options.httpLimits(), servingLimits = try options.servingLimits()
        let model = try options.openedModel()
        settings.page = Studio.beside(model)
        let engine = ServingEngine(model, limits: servingLimits)
        let service = ModelService(engine, settings)
        let end = Waiting<Void>()
        let options = options
        let listener = HTTPListener(
            host: options.host, port: options.port, limits: limits,
            onListening: { port in
                do { try options.tell(port, model, engine.limits) } catch { end.finish(.failure(error)) }
            }, answer: service.respond)
        StopSignals.drainFirst {
            Task {
                async let drained: Void = engine.drain()
                try? await listener.stop()
                await drained
            }
        }
        Task {
            do {
                try await listener.run()
                await engine.drain()
                end.finish(.success(()))
            } catch { end.finish(.failure(error)) }
        }
        try end.wait()
        StopSignals.passOver()
    }
}
