// What is asked of texts beside answers, on the engine's thread: vectors, probabilities, classes.

internal import Evaluation
internal import Models
internal import Tensors

extension EngineCore {
    /// Where texts stand, as the adapter was trained to say, else as the model's folder says.
    func vectors(_ texts: [[Int32]], _ choices: [AdapterChoice]) throws(ServingError) -> [[Float]] {
        let settings = try adapters.single(choices, "vectors")?.vectors ?? base.vectors
        return try withAdapters(choices) { model in
            try TextEmbedder(model, facts.tokenizer, settings).vectors(ofTokens: texts)
        }
    }

    /// −log p of each token from place `first` on, 1 at least, of each text, given those before it. What texts begin with alike, up to
    /// there, is computed once.
    func losses(_ texts: [[Int32]], from first: Int, _ choices: [AdapterChoice]) throws(ServingError) -> [[Float]] {
        guard facts.writesText, facts.startToken == nil else {
            throw .unsupported("the model does not write what it reads, so that a text's tokens have no probabilities")
        }
        let batch = TokenBatch(examples: texts.map { ($0, $0.indices.map { $0 >= first }) })
        let all = try withAdapters(choices) { model in
            let rows = model.sharesPrompts(nil) ? batch.sharingPrompts : batch
            return try model.tokenLosses(rows, workspace: Workspace()).values
        }
        var rest = all[...]
        return texts.map { text in
            defer { rest = rest.dropFirst(text.count - first) }
            return Array(rest.prefix(text.count - first))
        }
    }

    /// What the head of a task says of texts: a number for each output.
    func answers(_ texts: [[Int32]], _ choices: [AdapterChoice]) throws(ServingError) -> HeadAnswers {
        let head = try adapters.single(choices, "classes")?.set.configuration.head ?? base.head
        guard let head, head.task != .tag else {
            throw .unsupported(
                head == nil
                    ? "neither the model nor an adapter that was named has the head of a task"
                    : "the head tells words apart, and not texts")
        }
        let pooling = base.model.configuration.taskHeads[head.task]?.pooling
        let batch = TokenBatch(texts: texts, reads: pooling?.reads ?? .last)
        let values = try withAdapters(choices) { model in
            try model.pass(batch, workspace: Workspace()).run { rows in
                var values: [[Double]] = []
                try rows.forEachAnswer(goesBack: false) { values.append($0.values.map { Double($0) }) }
                return values
            }
        }
        return HeadAnswers(head: head, values: values)
    }

    /// Runs `body` with what acts for `choices`.
    private func withAdapters<Value>(
        _ choices: [AdapterChoice], _ body: (LanguageModel) throws -> Value
    ) throws(ServingError) -> Value {
        let binding = try adapters.binding(choices), bound = base.model.adapters
        base.model.adapters = binding
        defer { base.model.adapters = bound }
        do { return try body(base.model) } catch { throw .invalid(field: "input", "\(error)") }
    }
}
