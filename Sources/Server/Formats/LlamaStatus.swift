// How the server stands, at llama.cpp's addresses: `/health`, `/props`, `/slots`, `/metrics`.

internal import JSON
internal import Serving

enum LlamaStatus {
    static func routes(_ context: ServiceContext) -> [Route] {
        [
            .get("/health", "Whether requests are answered", .object(["status"]), isOpen: true) {
                _ async throws(RequestError) in try health(context)
            },
            .get("/props", "The model and its limits", .object(["model_path", "n_ctx", "total_slots"])) {
                _ async throws(RequestError) in .json(props(context))
            },
            .get("/slots", "The answers that are written", .list) {
                _ async throws(RequestError) in .json(slots(context))
            },
            .get("/metrics", "Counts for Prometheus", .text("text/plain; version=0.0.4")) {
                _ async throws(RequestError) in
                ServerResponse(
                    text: metrics(context.engine.status), type: "text/plain; version=0.0.4",
                    headers: [("Process-Start-Time-Unix", String(context.began))])
            },
        ]
    }

    private static func health(_ context: ServiceContext) throws(RequestError) -> ServerResponse {
        guard !context.engine.status.isStopping else { throw RequestError(.stopping) }
        return .json(["status": "ok"])
    }

    private static func props(_ context: ServiceContext) -> JSONValue {
        let facts = context.model.facts, limits = context.engine.limits
        let tokenizer = facts.tokenizer
        return [
            // The base's name: where it lies is nobody's business.
            "model_path": .string(facts.name), "model_alias": .string(facts.name),
            "n_ctx": .integer(facts.contextLength),
            "default_generation_settings": [
                "n_ctx": .integer(facts.contextLength), "params": LlamaCompletion.usualSettings(context),
            ],
            "total_slots": .integer(limits.sequences), "build_info": .string(context.fingerprint),
            "chat_template": .string(facts.templateSource ?? ""),
            "bos_token": .string(tokenizer.bosID.flatMap { tokenizer.text(ofToken: $0) } ?? ""),
            "eos_token": .string(tokenizer.eosID.flatMap { tokenizer.text(ofToken: $0) } ?? ""),
            "modalities": ["vision": false, "audio": false],
            "limits": [
                "cache_bytes": .integer(limits.cacheBytes), "prefix_bytes": .integer(limits.prefixBytes),
                "queue": .integer(limits.queue), "adapters": .integer(context.model.limits.count),
                "adapter_bytes": .integer(context.model.limits.bytes),
            ],
        ]
    }

    private static func slots(_ context: ServiceContext) -> JSONValue {
        let slots = context.engine.status.slots
        let room = JSONValue.integer(context.model.facts.contextLength)
        return .array(
            slots.enumerated().map { index, slot -> JSONValue in
                guard let slot else { return ["id": .integer(index), "n_ctx": room, "is_processing": false] }
                return [
                    "id": .integer(index), "n_ctx": room, "is_processing": true, "id_task": .integer(slot.request),
                    "state": slot.isWriting ? "writing" : "reading",
                    "n_prompt_tokens": .integer(slot.promptTokens),
                    "n_prompt_tokens_cached": .integer(slot.cachedTokens),
                    "n_decoded": .integer(slot.answerTokens),
                    "lora": .array(
                        slot.adapters.map { ["name": .string($0.name), "scale": .double(Double($0.scale))] }),
                ]
            })
    }

    // MARK: Prometheus

    private static func metrics(_ status: EngineStatus) -> String {
        var text = ""
        func add(_ name: String, _ kind: String, _ note: String, _ value: String) {
            text += "# HELP \(name) \(note)\n# TYPE \(name) \(kind)\n\(name) \(value)\n"
        }
        func count(_ name: String, _ note: String, _ value: Int) { add(name, "counter", note, String(value)) }
        func gauge(_ name: String, _ note: String, _ value: Int) { add(name, "gauge", note, String(value)) }
        func rate(_ tokens: Int, _ seconds: Double) -> String { seconds > 0 ? "\(Double(tokens) / seconds)" : "0" }
        let read = status.promptTokens
        // Those that llama.cpp has, by its names.
        count("llamacpp:prompt_tokens_total", "Tokens of prompts that were read.", read)
        count(
            "llamacpp:prompt_tokens_cached_total", "Tokens of prompts that had been read before.", status.cachedTokens)
        add("llamacpp:prompt_seconds_total", "counter", "Seconds of reading them.", "\(status.readingSeconds)")
        count("llamacpp:tokens_predicted_total", "Tokens of answers.", status.answerTokens)
        add(
            "llamacpp:tokens_predicted_seconds_total", "counter", "Seconds of writing them.", "\(status.writingSeconds)"
        )
        count("llamacpp:n_decode_total", "Passes over the model's weights for answers.", status.steps)
        add(
            "llamacpp:n_busy_slots_per_decode", "gauge", "Answers in such a pass, on average.",
            rate(status.stepRows, Double(status.steps)))
        add(
            "llamacpp:prompt_tokens_seconds", "gauge", "Tokens of prompts read in a second.",
            rate(read, status.readingSeconds))
        add(
            "llamacpp:predicted_tokens_seconds", "gauge", "Tokens of answers written in a second.",
            rate(status.answerTokens, status.writingSeconds))
        gauge("llamacpp:requests_processing", "Requests that run.", status.slots.count { $0 != nil })
        gauge("llamacpp:requests_deferred", "Requests that wait.", status.queued)
        count("lathe:requests_total", "Requests taken.", status.submitted)
        count("lathe:requests_turned_away_total", "Requests refused since too many waited.", status.turnedAway)
        count("lathe:requests_finished_total", "Requests answered.", status.finished)
        count("lathe:requests_cancelled_total", "Requests whose client went away.", status.cancelled)
        count("lathe:requests_failed_total", "Requests that failed.", status.failed)
        count("lathe:requests_timed_out_total", "Answers that their time limit cut.", status.deadlines)
        gauge("lathe:cache_bytes", "Keys and values of requests that run.", status.cacheBytes)
        gauge("lathe:prefix_cache_bytes", "Keys and values kept of prompts.", status.prefixBytes)
        gauge("lathe:prefix_cache_entries", "Prompts that are kept.", status.prefixEntries)
        gauge("lathe:adapter_bytes", "Numbers of adapters.", status.adapterBytes)
        return text
    }
}
