// Prompt tuning and prefix tuning as a recipe asks for them: tokens before each text, and no adapter on any layer.

internal import Adapters
internal import Recipes
internal import Tokenizers

extension Recipe {
    /// The keys of `adapter` that say something of virtual tokens; all others are of adapters on layers.
    private static let promptKeys = [
        "num_virtual_tokens", "prefix_tuning", "prompt_tuning_init_text", "continue_from",
    ]

    /// The virtual tokens that are to be trained; nil where adapters are.
    ///
    /// - Throws: where other keys ask for what there is not beside them.
    func promptTuning(_ tokenizer: Tokenizer) throws -> PromptTuning? {
        guard adapter.numVirtualTokens > 0 else {
            guard adapter.promptTuningInitText == nil, !adapter.prefixTuning else {
                let key = adapter.prefixTuning ? "prefix_tuning" : "prompt_tuning_init_text"
                throw Failure(
                    .badInput, "adapter.\(key): has no effect: there are no virtual tokens",
                    hint: "set adapter.num_virtual_tokens, or leave it out")
            }
            return nil
        }
        let others = setKeys.filter { $0.hasPrefix("adapter.") }.map { String($0.dropFirst(8)) }.sorted()
        if let key = others.first(where: { !Self.promptKeys.contains($0) }) {
            throw Failure(
                .badInput,
                "adapter.\(key): has no effect beside adapter.num_virtual_tokens, which trains virtual tokens alone",
                hint: "leave one of both out")
        }
        let written =
            (merge.enabled ? ["merge.enabled"] : [])
            + export.filter { !$0.isAdapter }.map { "export: \($0.format.rawValue)" }
        if let key = written.first { throw Failure.noMergeOfPrompt(key) }
        var start: [Int32] = []
        if let text = adapter.promptTuningInitText {
            guard !adapter.prefixTuning else {
                throw Failure(
                    .badInput,
                    "adapter.prompt_tuning_init_text: has no effect beside adapter.prefix_tuning, which has no tokens' rows",
                    hint: "leave one of both out")
            }
            start = tokenizer.encode(text, addSpecialTokens: true).ids
            guard !start.isEmpty else {
                throw Failure(.badInput, "adapter.prompt_tuning_init_text: gives no token", hint: "write more, or null")
            }
        }
        return PromptTuning(count: adapter.numVirtualTokens, start: start, isPrefix: adapter.prefixTuning)
    }
}

extension Failure {
    /// What `key` asks for cannot be made of virtual tokens.
    static func noMergeOfPrompt(_ key: String) -> Failure {
        Failure(
            .badInput, "\(key): virtual tokens stand before texts and are part of no weight, so nothing can be merged",
            hint: "leave it out; export the adapter as peft or hdf5, and serve it beside the base")
    }
}
