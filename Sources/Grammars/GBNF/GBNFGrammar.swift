// The graph of a grammar in llama.cpp's form.

/// Text that a grammar in llama.cpp's form (GBNF) describes, from its rule `root`.
public struct GBNFGrammar: TokenGrammar {
    private let graph: GraphGrammar

    /// - Throws: `GrammarError` with line and column of what is wrong, and where no text is complete.
    public init(_ text: String, _ pieces: TokenPieces) throws(GrammarError) {
        var compiler = GBNFCompiler(GBNFRules(try GBNFParser.parse(text)), pieces)
        graph = try compiler.grammar()
    }

    public func makeState() -> any TokenGrammarState { graph.makeState() }
}

/// Rules by name, and which of them can be empty.
private struct GBNFRules {
    let list: [GBNFRule]
    let parts: [String: GBNFPart]
    private var nullable: Set<String> = []

    init(_ list: [GBNFRule]) {
        self.list = list
        parts = Dictionary(list.map { ($0.name, $0.part) }) { first, _ in first }
        var count = -1
        while count < nullable.count {
            count = nullable.count
            for rule in list.reversed() where !nullable.contains(rule.name) && canBeEmpty(rule.part) {
                nullable.insert(rule.name)
            }
        }
    }

    func canBeEmpty(_ part: GBNFPart) -> Bool {
        switch part {
        case .characters: false
        case .rule(let name, _): nullable.contains(name)
        case .sequence(let parts): parts.allSatisfy(canBeEmpty)
        case .choice(let parts): parts.contains(where: canBeEmpty)
        case .repeated(let part, let least, let most): least == 0 || most == 0 || canBeEmpty(part)
        }
    }

    /// Each rule must be there, and none may begin with itself.
    func check() throws(GrammarError) {
        guard parts["root"] != nil else { throw GrammarError("there is no rule \"root\", with which texts begin") }
        var starts: [String: [(name: String, place: GBNFPlace)]] = [:]
        for rule in list {
            for (name, place) in references(rule.part, atStart: false) where parts[name] == nil {
                throw GBNFParser.error("there is no rule \"\(name)\"", place)
            }
            starts[rule.name] = references(rule.part, atStart: true)
        }
        // Rules that begin with none that is left are taken away, until each that is left leads into a circle.
        var left = Set(parts.keys)
        var count = -1
        while count != left.count {
            count = left.count
            for rule in list.reversed() where !(starts[rule.name] ?? []).contains(where: { left.contains($0.name) }) {
                left.remove(rule.name)
            }
        }
        guard var circle = list.first(where: { left.contains($0.name) })?.name else { return }
        var found: GBNFPlace?
        for _ in list {
            guard let next = starts[circle]?.first(where: { left.contains($0.name) }) else { break }
            (circle, found) = (next.name, next.place)
        }
        throw GBNFParser.error(
            "\"\(circle)\" begins with itself, and would be looked for without an end; it can end with itself",
            found ?? GBNFPlace())
    }

    /// The rules that `part` names; `atStart`: those that may be at its very beginning.
    private func references(_ part: GBNFPart, atStart: Bool) -> [(name: String, place: GBNFPlace)] {
        switch part {
        case .characters: return []
        case .rule(let name, let place): return [(name, place)]
        case .choice(let parts): return parts.flatMap { references($0, atStart: atStart) }
        case .repeated(let part, _, _): return references(part, atStart: atStart)
        case .sequence(let parts):
            guard atStart else { return parts.flatMap { references($0, atStart: false) } }
            let reached = parts.firstIndex { !canBeEmpty($0) }.map { parts[...$0] } ?? parts[...]
            return reached.flatMap { references($0, atStart: true) }
        }
    }
}

/// Makes nodes of parts, each before the node that follows it.
///
/// A rule of the graph is never empty: where a part can be, the node after it is another choice. So no rule repeats without an end, and
/// none is entered twice at one place.
private struct GBNFCompiler {
    private let rules: GBNFRules
    private var builder: GraphBuilder
    private var entries: [String: Int] = [:]
    /// Rules that were referred to and are not made yet: chains of them would take a stack.
    private var pending: [String] = []
    /// States that automata may still take together.
    private var room = 50_000

    init(_ rules: GBNFRules, _ pieces: TokenPieces) {
        self.rules = rules
        builder = GraphBuilder(pieces)
    }

    mutating func grammar() throws(GrammarError) -> GraphGrammar {
        try rules.check()
        let root = try node(.rule("root", GBNFPlace()), next: GraphBuilder.exit)
        while let name = pending.popLast() {
            guard let entry = entries[name], let part = rules.parts[name] else { continue }
            builder.define(entry, as: try written(part, next: GraphBuilder.exit))
        }
        return try builder.grammar(root: root)
    }

    private mutating func node(_ part: GBNFPart, next: Int) throws(GrammarError) -> Int {
        let node = try written(part, next: next)
        return rules.canBeEmpty(part) ? try builder.choice([node, next]) : node
    }

    /// `part`, but not empty.
    private mutating func written(_ part: GBNFPart, next: Int) throws(GrammarError) -> Int {
        if let lexeme = try lexeme(part, next: next) { return lexeme }
        switch part {
        case .characters: return try builder.choice([])
        case .rule(let name, _):
            if let entry = entries[name] { return try builder.add(.call(entry: entry, next: next)) }
            let entry = try builder.reserve()
            entries[name] = entry
            pending.append(name)
            return try builder.add(.call(entry: entry, next: next))
        case .choice(let parts):
            var nodes: [Int] = []
            for part in parts { nodes.append(try written(part, next: next)) }
            return try builder.choice(nodes)
        case .sequence(let parts):
            // The first that is not empty, then what follows it.
            let end = parts.firstIndex { !rules.canBeEmpty($0) } ?? parts.count - 1
            var nodes: [Int] = []
            var rest = next
            for index in parts.indices.reversed() {
                if index <= end { nodes.append(try written(parts[index], next: rest)) }
                if index > 0 { rest = try node(parts[index], next: rest) }
            }
            return try builder.choice(nodes.reversed())
        case .repeated(let part, let least, let most):
            guard most != 0 else { return try builder.choice([]) }
            // Once: no level of its own, so that a rule that ends with itself, if it goes on, is a list of any length.
            guard most != 1 else { return try written(part, next: next) }
            let body = try written(part, next: GraphBuilder.exit)
            let fewest = rules.canBeEmpty(part) ? 1 : max(1, least)
            return try builder.add(
                .repeated(body: body, least: Int32(fewest), most: most.map { Int32($0) } ?? -1, next: next))
        }
    }

    /// A part without rules as one automaton, which tokens are looked up in at once; nil where it is none, or one too large.
    private mutating func lexeme(_ part: GBNFPart, next: Int) throws(GrammarError) -> Int? {
        var part = part
        if case .repeated(let inner, 0, let most) = part, most != 0 { part = .repeated(inner, least: 1, most: most) }
        guard !rules.canBeEmpty(part), let expression = Self.expression(part) else { return nil }
        if case .characters = part {} else if room <= 0 { return nil }
        guard let automaton = try? ByteAutomaton(expression) else {
            room -= 10_000
            return nil
        }
        room -= automaton.count
        return try builder.lexeme(named: "\(expression)", next: next) { () throws(GrammarError) in automaton }
    }

    /// - Returns: nil where a rule stands in it.
    private static func expression(_ part: GBNFPart) -> ByteExpression? {
        switch part {
        case .characters(let set): return set.utf8
        case .rule: return nil
        case .sequence(let parts): return all(parts).map { .sequence($0) }
        case .choice(let parts): return all(parts).map { .choice($0) }
        case .repeated(let part, let least, let most):
            return expression(part).map { .repeated($0, least: least, most: most) }
        }
    }

    private static func all(_ parts: [GBNFPart]) -> [ByteExpression]? {
        let expressions = parts.compactMap(expression)
        return expressions.count == parts.count ? expressions : nil
    }
}
