// Objects: the members that a schema names, in its order, then others where it says of what kind.

extension SchemaCompiler {
    mutating func object(_ facts: SchemaFacts, next: Int) throws(GrammarError) -> Int {
        guard facts.memberCount.isPossible else { return try never() }
        let isUnsaid = facts.properties.isEmpty && facts.patterned.isEmpty && facts.additional == nil
        if isUnsaid, facts.names.isEmpty, facts.memberCount.isNone {
            return try builder.add(.call(entry: try anyObjectRule(), next: next))
        }
        let keys = try MemberKeys(facts, self)
        if !keys.others.isEmpty, facts.memberCount.least > facts.required.count {
            throw GrammarError(
                "\"minProperties\" cannot be held beside members that are not named, of which one may come twice; "
                    + "\"required\" and \"additionalProperties\": false can be")
        }
        var members = MemberNodes(facts, limit: facts.memberCount.most)
        try finish(&members, keys.others, facts, next: next)
        for index in facts.properties.indices.reversed() { try member(index, facts, keys, &members) }
        return try builder.text("{", next: try builder.shared(.space, next: members.nodes[0]))
    }

    /// The nodes at one member, by how many members were written before it: counts that make no difference are one.
    struct MemberNodes {
        var nodes: [Int]
        let most: Int?

        init(_ facts: SchemaFacts, limit: Int?) {
            most = limit
            let least = min(facts.memberCount.least, facts.properties.count + 1)
            let counted = max(1, least, min(limit ?? 0, facts.properties.count + 1))
            nodes = Array(repeating: GraphBuilder.exit, count: counted + 1)
        }

        /// How many there are after one more; nil: too many.
        func count(after count: Int) -> Int? {
            if let most, count + 1 > most { return nil }
            return min(count + 1, nodes.count - 1)
        }
    }

    /// The nodes after the last member that is named.
    private mutating func finish(
        _ members: inout MemberNodes, _ others: [MemberKeys.Kind], _ facts: SchemaFacts, next: Int
    ) throws(GrammarError) {
        let brace = try builder.text("}", next: next)
        let close = try builder.shared(.space, next: brace)
        var body: Int?
        if !others.isEmpty { body = try comma(before: try otherMember(others, next: GraphBuilder.exit)) }
        for count in members.nodes.indices {
            let isEnough = count >= min(facts.memberCount.least, members.nodes.count - 1)
            guard let body else {
                members.nodes[count] = !isEnough ? try never() : count == 0 ? brace : close
                continue
            }
            let most = members.most.map { Int32(clamping: max(0, $0 - count)) }
            // How many were written is known up to the limit alone; without one it does not matter.
            if count > 0 {
                members.nodes[count] = try builder.add(.repeated(body: body, least: 0, most: most ?? -1, next: close))
            } else if most == 0 {
                members.nodes[count] = brace
            } else {
                let more = try builder.add(
                    .repeated(body: body, least: 0, most: most.map { $0 - 1 } ?? -1, next: close))
                members.nodes[count] = try builder.choice([brace, try otherMember(others, next: more)])
            }
        }
    }

    /// A member that is not named, of any of the kinds.
    private mutating func otherMember(_ kinds: [MemberKeys.Kind], next: Int) throws(GrammarError) -> Int {
        var nodes: [Int] = []
        for kind in kinds {
            let value = try colon(before: try value(kind.schemas, next: next))
            guard let keys = kind.keys else {
                nodes.append(try builder.shared(.plainString, next: value))
                continue
            }
            nodes.append(try builder.lexeme(named: kind.name, next: value) { () throws(GrammarError) in keys })
        }
        return try builder.choice(nodes)
    }

    /// The nodes at the named member with `index`, from those after it.
    private mutating func member(
        _ index: Int, _ facts: SchemaFacts, _ keys: MemberKeys, _ members: inout MemberNodes
    ) throws(GrammarError) {
        let name = facts.properties[index].name
        let schemas = facts.properties[index].schemas + keys.schemas(ofName: name)
        let isRequired = facts.required.contains { $0.utf8.elementsEqual(name.utf8) }
        let counts = members.nodes.indices.map { members.count(after: $0) }
        let targets = Set(counts.compactMap { $0 })
        // The value is made once, also where several counts lead to it.
        let entry = targets.count > 1 ? try rule(schemas) : nil
        var values: [Int: Int] = [:]
        for target in targets.sorted() {
            if let entry {
                values[target] = try builder.add(.call(entry: entry, next: members.nodes[target]))
            } else {
                values[target] = try value(schemas, next: members.nodes[target])
            }
        }
        let key = JSONText.literal(name) + ":"
        for count in members.nodes.indices {
            var parts: [Int] = []
            if let target = counts[count], let value = values[target] {
                let member = try builder.text(key, next: try builder.shared(.space, next: value))
                parts.append(count == 0 ? member : try comma(before: member))
            }
            if !isRequired { parts.append(members.nodes[count]) }
            members.nodes[count] = try builder.choice(parts)
        }
    }
}
