// Grammars that answers keep to, made once for each schema, and the form in which the model calls functions.

internal import ChatTemplates
internal import Dispatch
internal import Grammars
internal import JSON
internal import Serving
internal import Synchronization

/// What is known of the model's tokens and template that forms of answers are made of: found when it is first asked for.
final class AnswerGrammars: Sendable {
    private struct Found {
        var pieces: TokenPieces?
        /// Those asked for last, the latest at the end.
        var grammars: [(key: String, grammar: Result<any TokenGrammar, GrammarError>)] = []
        var isFormKnown = false
        var form: ToolCallForm?
    }

    /// Schemas whose grammars are kept.
    private static let keptCount = 32

    private let model: ServedModel
    private let found = Mutex(Found())
    /// Where grammars are made, one at a time: what takes long keeps others' grammars waiting, and none of their answers.
    private let maker = DispatchQueue(label: "lathe.grammars")

    init(_ model: ServedModel) { self.model = model }

    /// Any JSON object.
    func object(field: String) async throws(RequestError) -> any TokenGrammar {
        try await grammar("object", field) { pieces throws(GrammarError) in try JSONGrammar.object(pieces) }
    }

    /// What conforms to a schema.
    ///
    /// - Throws: where the schema asks what cannot be held, with its place.
    func grammar(schema: JSONValue, field: String) async throws(RequestError) -> any TokenGrammar {
        try await grammar("schema " + schema.text(), field) { pieces throws(GrammarError) in
            try JSONGrammar(schema: schema, pieces)
        }
    }

    /// Texts that a grammar in llama.cpp's form describes.
    ///
    /// - Throws: where it cannot be read, with line and column.
    func grammar(gbnf text: String, field: String) async throws(RequestError) -> any TokenGrammar {
        try await grammar("gbnf " + text, field, code: "invalid_grammar") { pieces throws(GrammarError) in
            try GBNFGrammar(text, pieces)
        }
    }

    /// Calls of functions in the form of the model's template, and nothing else.
    ///
    /// - Parameter tools: as OpenAI writes them.
    func calls(
        _ form: ToolCallForm, _ tools: [JSONValue], isSingle: Bool
    ) async throws(RequestError) -> any TokenGrammar {
        let key = "calls \(isSingle) " + JSONValue.array(tools).text()
        return try await grammar(key, "tools") { pieces throws(GrammarError) in
            let callable = tools.map { tool in
                CallableTool(
                    name: tool["function"]?["name"]?.string ?? "", parameters: tool["function"]?.present("parameters"))
            }
            return try ToolCallGrammar(form, callable, isSingle: isSingle, pieces)
        }
    }

    /// The form in which the model's template writes calls; nil where it writes none, or none that can be read back.
    var form: ToolCallForm? {
        let template = model.facts.templateSource
        let known = found.withLock { $0.isFormKnown ? Optional($0.form) : nil }
        if let known { return known }
        let form = template.flatMap { try? ChatTemplate(source: $0) }.flatMap { ToolCallForm(of: $0, extra: marks) }
        found.withLock {
            $0.form = form
            $0.isFormKnown = true
        }
        return form
    }

    /// Tokens whose texts templates ask for.
    private var marks: JSONObject {
        let tokenizer = model.facts.tokenizer
        var marks = JSONObject()
        for (name, id) in [("bos_token", tokenizer.bosID), ("eos_token", tokenizer.eosID)] {
            if let text = id.flatMap({ tokenizer.text(ofToken: $0) }) { marks[name] = .string(text) }
        }
        return marks
    }

    private typealias Making = @Sendable (TokenPieces) throws(GrammarError) -> any TokenGrammar

    private func grammar(
        _ key: String, _ field: String, code: String = "invalid_schema", _ make: @escaping Making
    ) async throws(RequestError) -> any TokenGrammar {
        let grammar: Result<any TokenGrammar, GrammarError>
        if let known = kept(key) {
            grammar = known
        } else {
            grammar = await withCheckedContinuation { continuation in
                // Another may have asked for the same meanwhile.
                maker.async { continuation.resume(returning: self.kept(key) ?? self.made(key, make)) }
            }
        }
        do throws(GrammarError) { return try grammar.get() } catch {
            throw RequestError("\(field): \(error)", field: field, code: code)
        }
    }

    private func kept(_ key: String) -> Result<any TokenGrammar, GrammarError>? {
        found.withLock { found in
            guard let place = found.grammars.firstIndex(where: { $0.key == key }) else { return nil }
            let entry = found.grammars.remove(at: place)
            found.grammars.append(entry)
            return entry.grammar
        }
    }

    private func made(_ key: String, _ make: Making) -> Result<any TokenGrammar, GrammarError> {
        // A refusal is kept, too: finding it out may take as long.
        let grammar = Result { () throws(GrammarError) in try make(try pieces()) }
        found.withLock { found in
            found.grammars.append((key, grammar))
            if found.grammars.count > Self.keptCount { found.grammars.removeFirst() }
        }
        return grammar
    }

    private func pieces() throws(GrammarError) -> TokenPieces {
        if let pieces = found.withLock({ $0.pieces }) { return pieces }
        let pieces = try TokenPieces(model.facts.tokenizer)
        found.withLock { $0.pieces = pieces }
        return pieces
    }
}
