// Everything that can be asked, a file each form.

internal import Serving

extension ModelService {
    static func routes(
        _ engine: ServingEngine, _ settings: ServiceSettings, began: Int, _ numbers: IdentifierSource
    ) -> [Route] {
        let context = ServiceContext(
            engine: engine, settings: settings, began: began, numbers: numbers, grammars: AnswerGrammars(engine.model))
        var routes: [Route] = []
        routes += ModelList.routes(context)
        routes += OpenAIChat.routes(context)
        routes += OpenAICompletions.routes(context)
        routes += OpenAIEmbeddings.routes(context)
        routes += OpenAIResponses.routes(context)
        routes += AnthropicMessages.routes(context)
        routes += LlamaCompletion.routes(context)
        routes += LlamaTokens.routes(context)
        routes += LlamaStatus.routes(context)
        routes += AdapterRoutes.routes(context)
        routes += Scoring.routes(context)
        // Where clients of llama.cpp's look for them too.
        let others = [
            "/v1/models": "/models", "/v1/chat/completions": "/chat/completions", "/completion": "/completions",
            "/v1/chat/completions/input_tokens": "/chat/completions/input_tokens", "/v1/responses": "/responses",
            "/v1/embeddings": "/embeddings", "/health": "/v1/health",
        ]
        routes += routes.compactMap { route in others[route.path].map(route.also) }
        return routes + [OpenAPI.route(of: routes, context)]
    }
}

/// What every route knows.
struct ServiceContext: Sendable {
    let engine: ServingEngine
    let settings: ServiceSettings
    let began: Int
    let numbers: IdentifierSource
    let grammars: AnswerGrammars

    var model: ServedModel { engine.model }

    /// The adapters that a request's `model` names: none for the base, whose name may be left out.
    ///
    /// - Throws: where nothing has that name.
    func adapters(named name: String?) throws(RequestError) -> [AdapterChoice] {
        guard let name, name != model.facts.name else { return defaultAdapters }
        guard let adapter = model.adapter(name) else {
            if settings.takesAnyName { return defaultAdapters }
            let known = [model.facts.name] + model.adapters.map(\.name)
            throw RequestError(
                status: 404, "there is no model '\(name.prefix(80))'; served: \(known.joined(separator: ", "))",
                field: "model", code: "model_not_found")
        }
        return [AdapterChoice(adapter.name, scale: adapter.scale)]
    }

    /// The base, alone.
    private var defaultAdapters: [AdapterChoice] { [] }

    /// By what build, as OpenAI's clients are told.
    var fingerprint: String { "build-" + settings.version }

    /// What a response says who answered.
    func name(of asked: String?) -> String {
        asked.flatMap { model.adapter($0)?.name } ?? model.facts.name
    }
}
