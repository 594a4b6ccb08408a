// From a schema to a graph of the JSON that conforms to it.

internal import JSON

/// Makes nodes of schemas, each before the node that follows it.
///
/// The texts are some of those that conform, never others: members stand in the order of the schema, texts with a pattern have one
/// spelling, and where a schema leaves open what other members an object has, it has none, unless it says nothing of its members at all.
struct SchemaCompiler {
    var builder: GraphBuilder
    let document: SchemaDocument
    /// The rules of schemas that are referred to, by what they are made of.
    private var rules: [String: Int] = [:]
    /// Schemas within one another that are being made.
    private var depth = 0
    private static let maximumDepth = 100
    /// Schemas that were made: branches of branches multiply.
    private var made = 0
    private static let maximumMade = 10_000
    private var anything: Int?
    private var anyObject: Int?

    init(_ schema: JSONValue, _ pieces: TokenPieces) { self.init(schema, GraphBuilder(pieces)) }

    /// Goes on with a graph that has parts already.
    init(_ schema: JSONValue, _ builder: GraphBuilder) {
        self.builder = builder
        document = SchemaDocument(schema)
    }

    /// A value that conforms to each of `schemas`.
    ///
    /// - Returns: its first node.
    mutating func value(_ schemas: [LocatedSchema], next: Int) throws(GrammarError) -> Int {
        depth += 1
        defer { depth -= 1 }
        made += 1
        guard made <= Self.maximumMade else { throw GrammarError("the schema comes to too many cases") }
        guard depth <= Self.maximumDepth else {
            throw GrammarError(
                place: schemas.first?.place ?? "", "more than \(Self.maximumDepth) schemas lie within one another")
        }
        guard let (parts, isReferred) = try document.expanded(schemas) else { return try never() }
        guard isReferred else { return try expanded(parts, next: next) }
        let key = parts.map(\.key).joined(separator: " & ")
        if let known = rules[key] { return try builder.add(.call(entry: known, next: next)) }
        let entry = try builder.reserve()
        rules[key] = entry
        builder.define(entry, as: try expanded(parts, next: GraphBuilder.exit))
        return try builder.add(.call(entry: entry, next: next))
    }

    /// A rule of its own for a value that several places have.
    mutating func rule(_ schemas: [LocatedSchema]) throws(GrammarError) -> Int {
        try value(schemas, next: GraphBuilder.exit)
    }

    /// Where nothing can come.
    mutating func never() throws(GrammarError) -> Int { try builder.choice([]) }

    private mutating func expanded(_ schemas: [LocatedSchema], next: Int) throws(GrammarError) -> Int {
        for (index, schema) in schemas.enumerated() {
            for keyword in ["anyOf", "oneOf"] {
                guard let branches = try schema.list(keyword) else { continue }
                let cases =
                    keyword == "oneOf"
                    ? try SchemaBranches(document).cases(branches, of: schema) : branches.map { [$0] }
                return try choice(cases, of: schemas, index, without: [keyword], next: next)
            }
            if let found = try SchemaCases(of: schema) {
                return try choice(found.cases, of: schemas, index, without: found.keywords, next: next)
            }
        }
        let place = schemas.first?.place ?? "#"
        do {
            return try facts(SchemaFacts(schemas), schemas, next: next)
        } catch {
            throw error.place.isEmpty ? GrammarError(place: place, error.reason) : error
        }
    }

    /// What conforms to `schemas` and to one of `cases`, which stand for keywords of the schema at `index`.
    private mutating func choice(
        _ cases: [[LocatedSchema]], of schemas: [LocatedSchema], _ index: Int, without keywords: [String], next: Int
    ) throws(GrammarError) -> Int {
        var rest = schemas
        rest[index] = keywords.reduce(rest[index]) { $0.hiding($1) }
        var nodes: [Int] = []
        for parts in cases { nodes.append(try value(rest + parts, next: next)) }
        return try builder.choice(nodes)
    }

    private mutating func facts(
        _ facts: SchemaFacts, _ schemas: [LocatedSchema], next: Int
    ) throws(GrammarError) -> Int {
        if let values = facts.values { return try listed(values, facts, schemas, next: next) }
        let open = facts.mentioned.isEmpty ? facts.excluded.isEmpty ? nil : SchemaType.allCases : facts.mentioned
        guard var types = facts.types ?? open else {
            return try builder.add(.call(entry: try anyValue(), next: next))
        }
        if types.contains(.number) { types.removeAll { $0 == .integer } }
        if facts.isNullable, !types.contains(.null) { types.append(.null) }
        // Numbers, lists and objects that are not one of some values have too many spellings to be held: the others can come.
        let held = types.filter { type in
            [.string, .boolean, .null].contains(type) || !facts.excluded.contains { type.holds($0) }
        }
        guard !held.isEmpty || types.isEmpty else {
            throw GrammarError("\"not\" cannot be held of numbers, lists and objects; an \"enum\" of the others can be")
        }
        var nodes: [Int] = []
        for type in held { nodes.append(try value(type, facts, next: next)) }
        return try builder.choice(nodes)
    }

    private mutating func value(_ type: SchemaType, _ facts: SchemaFacts, next: Int) throws(GrammarError) -> Int {
        switch type {
        case .null where facts.excluded.contains(.null): try never()
        case .null: try builder.shared(.null, next: next)
        case .boolean where !facts.excluded.isEmpty:
            try listed([false, true].filter { !facts.excluded.contains($0) }, next: next)
        case .boolean: try builder.shared(.boolean, next: next)
        case .string: try text(facts, next: next)
        case .integer, .number: try number(facts, isWhole: type == .integer, next: next)
        case .array: try list(facts, next: next)
        case .object: try object(facts, next: next)
        }
    }

    /// One of a list of values.
    private mutating func listed(
        _ values: [JSONValue], _ facts: SchemaFacts, _ schemas: [LocatedSchema], next: Int
    ) throws(GrammarError) -> Int {
        try listed(listed(values, facts, schemas), next: next)
    }

    private mutating func listed(_ values: [JSONValue], next: Int) throws(GrammarError) -> Int {
        let texts = values.map(Self.spelling)
        return try builder.lexeme(
            .choice(texts.map { .literal($0) }), named: "values \(texts.joined(separator: ","))", next: next)
    }

    /// Those of a list of values that have a type that may be.
    func listed(
        _ values: [JSONValue], _ facts: SchemaFacts, _ schemas: [LocatedSchema]
    ) throws(GrammarError) -> [JSONValue] {
        for schema in schemas {
            for (keyword, _) in schema.keywords where !["enum", "const", "type", "nullable", "not"].contains(keyword) {
                throw schema.refused(keyword, "beside \"enum\" or \"const\", which say all of the value")
            }
        }
        var kept = values.filter { value in facts.types?.contains { $0.holds(value) } ?? true }
        if facts.isNullable, !kept.contains(.null), !facts.excluded.contains(.null) { kept.append(.null) }
        return kept
    }

    /// A value as JSON, each text in the spelling that keys and patterns have too.
    static func spelling(_ value: JSONValue) -> String {
        switch value {
        case .string(let text): JSONText.literal(text)
        case .array(let list): "[" + list.map(spelling).joined(separator: ",") + "]"
        case .object(let object):
            "{" + object.members.map { JSONText.literal($0.key) + ":" + spelling($0.value) }.joined(separator: ",")
                + "}"
        default: value.text()
        }
    }

    // MARK: Texts and numbers

    private mutating func text(_ facts: SchemaFacts, next: Int) throws(GrammarError) -> Int {
        let length = facts.length
        guard length.isPossible else { return try never() }
        guard !facts.patterns.isEmpty || !facts.formats.isEmpty || !facts.excludedTexts.isEmpty else {
            return try builder.shared(.string, low: length.least, high: length.most, next: next)
        }
        let name = "text \(facts.patterns) \(facts.formats) \(facts.excludedTexts) \(length.least) \(length.most ?? -1)"
        return try builder.lexeme(named: name, next: next) { () throws(GrammarError) in try Self.automaton(of: facts) }
    }

    /// Strings with patterns and formats.
    static func automaton(of facts: SchemaFacts) throws(GrammarError) -> ByteAutomaton {
        var automata: [ByteAutomaton] = []
        for format in facts.formats { automata.append(try ByteAutomaton(JSONText.quoted(format.expression))) }
        for pattern in facts.patterns { automata.append(try automaton(ofPattern: pattern, "pattern")) }
        if automata.isEmpty { automata.append(try ByteAutomaton(JSONText.quoted(ScalarSet.all.json.anyTimes))) }
        var all = automata[0]
        for other in automata.dropFirst() { all = try all.intersected(with: other) }
        if !facts.excludedTexts.isEmpty {
            let texts = facts.excludedTexts.map { ByteExpression.literal(JSONText.literal($0)) }
            all = try all.subtracting(ByteAutomaton(.choice(texts)))
        }
        guard !facts.length.isNone else { return all }
        let least = facts.length.least
        // Each character counted takes a state at least.
        var most = facts.length.most.map { max(least, min($0, ByteAutomaton.maximumStates)) }
        while true {
            do {
                return try all.holding(least: least, most: most)
            } catch {
                // Counting far takes many states: shorter texts conform too.
                guard let limit = most, limit > max(least, 100) else { throw error }
                most = max(least, limit / 2)
            }
        }
    }

    /// Strings in which `pattern` is found.
    static func automaton(ofPattern pattern: String, _ keyword: String) throws(GrammarError) -> ByteAutomaton {
        do {
            let inside = try PatternParser.parse(pattern).expression(isSearched: true) { $0.json }
            return try ByteAutomaton(JSONText.quoted(inside))
        } catch {
            throw GrammarError(
                place: error.place, "\"\(keyword)\": \"\(pattern)\" cannot be held: \(error.reason)")
        }
    }

    private mutating func number(_ facts: SchemaFacts, isWhole: Bool, next: Int) throws(GrammarError) -> Int {
        var rule = facts.numbers
        rule.isWhole = isWhole
        guard rule.lower != nil || rule.upper != nil || rule.multipleOf != nil else {
            return try builder.shared(isWhole ? .integer : .number, next: next)
        }
        let name = "number \(isWhole) \(String(describing: rule))"
        return try builder.lexeme(named: name, next: next) { () throws(GrammarError) in try rule.automaton() }
    }

    // MARK: Anything

    /// The rule of any JSON value.
    mutating func anyValue() throws(GrammarError) -> Int {
        if let anything { return anything }
        let entry = try builder.reserve()
        anything = entry
        let exit = GraphBuilder.exit
        let item = try builder.add(.call(entry: entry, next: exit))
        var parts: [Int] = []
        for kind: SharedLexeme in [.string, .number, .boolean, .null] {
            parts.append(try builder.shared(kind, next: exit))
        }
        parts.append(try builder.add(.call(entry: try anyObjectRule(), next: exit)))
        parts.append(try list(of: item, least: 0, most: nil, next: exit))
        builder.define(entry, as: try builder.choice(parts))
        return entry
    }

    /// The rule of any JSON object.
    mutating func anyObjectRule() throws(GrammarError) -> Int {
        if let anyObject { return anyObject }
        let entry = try builder.reserve()
        anyObject = entry
        let exit = GraphBuilder.exit
        let value = try builder.add(.call(entry: try anyValue(), next: exit))
        let member = try builder.shared(.string, next: try colon(before: value))
        let close = try builder.text("}", next: exit)
        let more = try builder.add(
            .repeated(
                body: try comma(before: member), least: 0, most: -1, next: try builder.shared(.space, next: close)))
        let first = try builder.shared(
            .string,
            next: try colon(before: try builder.add(.call(entry: try anyValue(), next: more))))
        let inside = try builder.choice([close, first])
        builder.define(entry, as: try builder.text("{", next: try builder.shared(.space, next: inside)))
        return entry
    }

    mutating func comma(before next: Int) throws(GrammarError) -> Int {
        try builder.text(",", next: try builder.shared(.space, next: next))
    }

    mutating func colon(before next: Int) throws(GrammarError) -> Int {
        try builder.text(":", next: try builder.shared(.space, next: next))
    }
}
