// Builds graphs, from what comes last to what comes first: each part is made with the node that follows it.

internal import Synchronization

/// The nodes of a graph that grows.
struct GraphBuilder {
    /// Graphs with more nodes are refused: they come of schemas that multiply their parts.
    static let maximumNodes = 100_000

    let pieces: TokenPieces
    private(set) var nodes: [GrammarNode] = [.exit]
    private var lexemes: [Lexeme] = []
    private var numbers: [String: Int] = [:]

    init(_ pieces: TokenPieces) { self.pieces = pieces }

    /// Where a rule ends.
    static let exit = 0

    mutating func add(_ node: GrammarNode) throws(GrammarError) -> Int {
        guard nodes.count < Self.maximumNodes else { throw GrammarError("the grammar grows too large") }
        nodes.append(node)
        return nodes.count - 1
    }

    /// A node that `define` says later, so that what comes before it may refer to it.
    mutating func reserve() throws(GrammarError) -> Int { try add(.choice([])) }

    mutating func define(_ node: Int, as target: Int) { nodes[node] = .choice([target]) }

    mutating func choice(_ parts: [Int]) throws(GrammarError) -> Int {
        parts.count == 1 ? parts[0] : try add(.choice(parts))
    }

    mutating func text(_ text: String, next: Int) throws(GrammarError) -> Int {
        guard !text.isEmpty else { return next }
        return try lexeme(.literal(text), named: "text \(text)", next: next)
    }

    mutating func lexeme(
        _ expression: @autoclosure () -> ByteExpression, named name: String, next: Int
    ) throws(GrammarError) -> Int {
        try lexeme(named: name, next: next) { () throws(GrammarError) in try ByteAutomaton(expression()) }
    }

    /// A lexeme that is made once for its name in this graph.
    mutating func lexeme(
        named name: String, next: Int, _ make: () throws(GrammarError) -> ByteAutomaton
    ) throws(GrammarError) -> Int {
        if let known = numbers[name] { return try add(.lexeme(known, low: 0, high: -1, next: next)) }
        let lexeme = Lexeme(try make().restricted(to: pieces.writable))
        return try add(.lexeme(number(of: lexeme, name), low: 0, high: -1, next: next))
    }

    /// A lexeme that all graphs over the vocabulary share.
    mutating func shared(
        _ lexeme: SharedLexeme, low: Int = 0, high: Int? = nil, next: Int
    ) throws(GrammarError) -> Int {
        let name = "shared \(lexeme.rawValue)"
        let index: Int
        if let known = numbers[name] {
            index = known
        } else {
            index = number(of: try pieces.shared.lexeme(lexeme, pieces), name)
        }
        let limit = Int(Int32.max)
        return try add(
            .lexeme(
                index, low: Int32(min(low, limit)), high: high.map { Int32(min($0, limit)) } ?? -1, next: next))
    }

    private mutating func number(of lexeme: Lexeme, _ name: String) -> Int {
        lexemes.append(lexeme)
        numbers[name] = lexemes.count - 1
        return lexemes.count - 1
    }

    /// The grammar whose text begins at `root`.
    func grammar(root: Int) throws(GrammarError) -> GraphGrammar {
        GraphGrammar(try GrammarGraph(nodes: nodes, lexemes: lexemes, root: root), pieces)
    }
}

/// Lexemes that grammars of JSON have in common, so that what tokens do from each of their positions is found once for a vocabulary.
enum SharedLexeme: String, CaseIterable {
    /// Any string, also with escapes where none is needed; its characters are counted where it has limits.
    case string
    /// A string with one spelling for each text.
    case plainString
    case integer, number, boolean, null, space

    fileprivate func automaton() throws(GrammarError) -> ByteAutomaton {
        switch self {
        case .string: try ByteAutomaton(JSONText.quoted(JSONText.character.anyTimes)).minimised()
        case .plainString: try ByteAutomaton(JSONText.quoted(ScalarSet.all.json.anyTimes)).minimised()
        case .integer: try ByteAutomaton(JSONText.integer)
        case .number: try ByteAutomaton(JSONText.number)
        case .boolean: try ByteAutomaton(.choice([.literal("true"), .literal("false")]))
        case .null: try ByteAutomaton(.literal("null"))
        case .space: try ByteAutomaton(JSONText.space)
        }
    }
}

/// The shared lexemes of one vocabulary, made when they are first needed.
final class SharedLexemes: Sendable {
    private let made = Mutex<[SharedLexeme: Lexeme]>([:])

    func lexeme(_ kind: SharedLexeme, _ pieces: TokenPieces) throws(GrammarError) -> Lexeme {
        if let known = made.withLock({ $0[kind] }) { return known }
        let lexeme = Lexeme(
            try kind.automaton().restricted(to: pieces.writable), isCounted: kind == .string)
        return made.withLock { known in
            // Two may have made it at once: the first stays.
            if let first = known[kind] { return first }
            known[kind] = lexeme
            return lexeme
        }
    }
}

/// JSON's own small forms.
enum JSONText {
    static func quoted(_ inside: ByteExpression) -> ByteExpression {
        .sequence([.literal("\""), inside, .literal("\"")])
    }

    /// `text` as a JSON string, with one spelling alone.
    static func literal(_ text: String) -> String {
        "\"" + text.unicodeScalars.map { ScalarSet.escape($0) }.joined() + "\""
    }

    private static let digit = ByteExpression.range("0", "9")
    private static let hexadecimal = ByteExpression.bytes(ByteSet("0123456789abcdefABCDEF".utf8))

    /// One character of a string, also by an escape; never half a surrogate pair.
    static let character = ByteExpression.choice([
        ScalarSet.all.json,
        .sequence([.literal("\\"), .any(of: "\"\\/bfnrt")]),
        .sequence([
            .literal("\\u"),
            .choice([
                .sequence([.any(of: "0123456789abcefABCEF"), hexadecimal.times(3)]),
                .sequence([.any(of: "dD"), .range("0", "7"), hexadecimal.times(2)]),
                .sequence([
                    .any(of: "dD"), .any(of: "89abAB"), hexadecimal.times(2), .literal("\\u"), .any(of: "dD"),
                    .any(of: "cdefCDEF"), hexadecimal.times(2),
                ]),
            ]),
        ]),
    ])

    /// That 64 bits hold.
    static let integer = ByteExpression.sequence([
        ByteExpression.literal("-").optional,
        .choice([.literal("0"), .sequence([.range("1", "9"), digit.times(0...17)])]),
    ])

    /// With digits and exponents that keep it within double precision's range.
    static let number = ByteExpression.sequence([
        ByteExpression.literal("-").optional,
        .choice([.literal("0"), .sequence([.range("1", "9"), digit.times(0...15)])]),
        ByteExpression.sequence([.literal("."), digit.times(1...16)]).optional,
        ByteExpression.sequence([.any(of: "eE"), ByteExpression.any(of: "+-").optional, digit.times(1...2)]).optional,
    ])

    /// At most one break of line, then what a deep level is indented by: a generation cannot go on with white space for ever.
    static let space = ByteExpression.choice([
        ByteExpression.literal(" ").optional,
        .sequence([.literal("\n"), ByteExpression.any(of: " \t").times(0...40)]),
    ])
}
