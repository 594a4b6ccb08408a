// Grammars of JSON: any object, or what conforms to a schema.

public import JSON

/// JSON text, and nothing around it.
///
/// It always parses, and it always ends: white space, nesting and the digits of numbers have limits. What a schema asks that cannot be
/// held exactly is refused by its name and place.
public struct JSONGrammar: TokenGrammar {
    private let graph: GraphGrammar

    /// Any JSON object.
    public static func object(_ pieces: TokenPieces) throws(GrammarError) -> JSONGrammar {
        var compiler = SchemaCompiler(.bool(true), pieces)
        let root = try compiler.anyObjectRule()
        return JSONGrammar(graph: try compiler.builder.grammar(root: root))
    }

    /// Any JSON value.
    public static func value(_ pieces: TokenPieces) throws(GrammarError) -> JSONGrammar {
        var compiler = SchemaCompiler(.bool(true), pieces)
        let root = try compiler.anyValue()
        return JSONGrammar(graph: try compiler.builder.grammar(root: root))
    }

    /// What conforms to a JSON schema (draft 2020-12), in part: members stand in the schema's order, and there are no others than it
    /// describes.
    ///
    /// - Throws: `GrammarError` with the place of what cannot be held, and where nothing conforms.
    public init(schema: JSONValue, _ pieces: TokenPieces) throws(GrammarError) {
        var compiler = SchemaCompiler(schema, pieces)
        do {
            let root = try compiler.rule([compiler.document.root])
            graph = try compiler.builder.grammar(root: root)
        } catch {
            throw error.place.isEmpty ? GrammarError(place: "#", error.reason) : error
        }
    }

    private init(graph: GraphGrammar) { self.graph = graph }

    public func makeState() -> any TokenGrammarState { graph.makeState() }
}

/// Text that a regular expression describes from its beginning to its end, or one of a list of texts.
public struct TextGrammar: TokenGrammar {
    private let graph: GraphGrammar

    /// - Parameter pattern: as in ECMA-262, as far as it is regular; what cannot be held is refused by name.
    public init(pattern: String, _ pieces: TokenPieces) throws(GrammarError) {
        let expression = try PatternParser.parse(pattern).expression(isSearched: false) { $0.utf8 }
        try self.init(expression, pieces)
    }

    /// - Parameter choices: one of these; none may be empty.
    public init(choices: [String], _ pieces: TokenPieces) throws(GrammarError) {
        guard !choices.isEmpty, !choices.contains("") else {
            throw GrammarError("choices are texts that are not empty")
        }
        try self.init(.choice(choices.map { .literal($0) }), pieces)
    }

    private init(_ expression: ByteExpression, _ pieces: TokenPieces) throws(GrammarError) {
        var builder = GraphBuilder(pieces)
        let root = try builder.lexeme(expression, named: "text", next: GraphBuilder.exit)
        graph = try builder.grammar(root: root)
    }

    public func makeState() -> any TokenGrammarState { graph.makeState() }
}
