// The names of an object's members: those of a schema, those that hold a pattern, and all others.

internal import JSON

/// What names there can be beside those that a schema lists, and what follows each.
struct MemberKeys {
    /// Names that have the same schemas.
    struct Kind {
        /// What it is told apart by.
        let name: String
        /// As JSON strings, one spelling each; nil: any.
        let keys: ByteAutomaton?
        let schemas: [LocatedSchema]
    }

    private(set) var others: [Kind] = []
    private let patterned: [(keys: ByteAutomaton, schemas: [LocatedSchema])]
    /// Names that may be; nil: all.
    private let allowed: ByteAutomaton?

    init(_ facts: SchemaFacts, _ compiler: SchemaCompiler) throws(GrammarError) {
        allowed = try Self.allowed(facts.names, compiler)
        var patterned: [(keys: ByteAutomaton, schemas: [LocatedSchema])] = []
        for (pattern, schemas) in facts.patterned {
            patterned.append((try SchemaCompiler.automaton(ofPattern: pattern, "patternProperties"), schemas))
        }
        self.patterned = patterned
        let isUnsaid = facts.properties.isEmpty && patterned.isEmpty
        // Where nothing is said of other members there are none, unless nothing is said of any.
        let rest = facts.additional ?? (isUnsaid ? [] : nil)
        let names = facts.properties.map { JSONText.literal($0.name) }
        let tag = "\(names.joined(separator: ",")) \(facts.patterned.map(\.pattern)) \(facts.names.map(\.key))"
        for choice in 0..<(1 << patterned.count) {
            let chosen = patterned.indices.filter { choice >> $0 & 1 == 1 }
            var schemas = chosen.flatMap { patterned[$0].schemas }
            if chosen.isEmpty {
                guard let rest else { continue }
                schemas = rest
            }
            guard try compiler.document.expanded(schemas) != nil else { continue }
            let keys = try keys(choice, names)
            if keys?.isEmpty ?? false { continue }
            others.append(Kind(name: "keys \(choice) of \(tag)", keys: keys, schemas: schemas))
        }
    }

    /// Names that hold the chosen patterns, hold no other, and are not listed.
    private func keys(_ choice: Int, _ names: [String]) throws(GrammarError) -> ByteAutomaton? {
        guard !names.isEmpty || !patterned.isEmpty || allowed != nil else { return nil }
        var keys = if let allowed { allowed } else { try Self.any() }
        for (index, pattern) in patterned.enumerated() {
            keys =
                choice >> index & 1 == 1
                ? try keys.intersected(with: pattern.keys) : try keys.subtracting(pattern.keys)
        }
        guard !names.isEmpty else { return keys }
        return try keys.subtracting(ByteAutomaton(.choice(names.map { .literal($0) })))
    }

    private static func any() throws(GrammarError) -> ByteAutomaton {
        try ByteAutomaton(JSONText.quoted(ScalarSet.all.json.anyTimes))
    }

    /// What `propertyNames` asks, as one automaton.
    private static func allowed(
        _ schemas: [LocatedSchema], _ compiler: SchemaCompiler
    ) throws(GrammarError) -> ByteAutomaton? {
        guard let first = schemas.first else { return nil }
        guard let parts = try compiler.document.expanded(schemas) else { return try ByteAutomaton(.choice([])) }
        guard !parts.schemas.contains(where: { $0.member("anyOf") != nil || $0.member("oneOf") != nil }) else {
            throw first.error("names cannot be held to one of several schemas; \"pattern\" and \"enum\" can be")
        }
        let facts = try SchemaFacts(parts.schemas)
        if let values = facts.values {
            return try ByteAutomaton(.choice(values.compactMap(\.string).map { .literal(JSONText.literal($0)) }))
        }
        guard facts.types?.contains(.string) ?? true else { return try ByteAutomaton(.choice([])) }
        guard facts.patterns.isEmpty, facts.formats.isEmpty, facts.excludedTexts.isEmpty else {
            return try SchemaCompiler.automaton(of: facts)
        }
        return try any().holding(least: facts.length.least, most: facts.length.most)
    }

    /// What a listed name has to be beside what is said of it: what its patterns say, and nothing at all where names like it cannot be.
    func schemas(ofName name: String) -> [LocatedSchema] {
        let key = Array(JSONText.literal(name).utf8)
        guard allowed?.accepts(key) ?? true else { return [LocatedSchema(value: false, place: "#propertyNames")] }
        return patterned.filter { $0.keys.accepts(key) }.flatMap(\.schemas)
    }
}
