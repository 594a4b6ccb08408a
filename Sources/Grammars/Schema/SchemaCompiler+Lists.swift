// Lists: what stands at each place, then what all others are.

internal import JSON

extension SchemaCompiler {
    mutating func list(_ facts: SchemaFacts, next: Int) throws(GrammarError) -> Int {
        let (least, most) = (facts.itemCount.least, facts.itemCount.most)
        guard facts.itemCount.isPossible else { return try never() }
        if facts.hasUniqueItems { return try different(facts, next: next) }
        let count = facts.prefix.count
        // Where nothing is said of what follows a prefix, nothing does, unless it must.
        let isOpen = facts.items != nil || count == 0 || least > count
        guard count > 0 else {
            let item = facts.items.map { $0 } ?? []
            return try list(of: try rule(item), least: least, most: most, next: next)
        }
        let close = try builder.shared(.space, next: try builder.text("]", next: next))
        var later = close
        if isOpen, most.map({ $0 > count }) ?? true {
            let body = try comma(before: try rule(facts.items ?? []))
            later = try builder.add(
                .repeated(
                    body: body, least: Int32(clamping: max(0, least - count)),
                    most: most.map { Int32(clamping: $0 - count) } ?? -1, next: close))
        } else if least > count {
            later = try never()
        }
        for place in (1..<count).reversed() {
            if let most, most <= place {
                later = close
                continue
            }
            let item = try comma(before: try value(facts.prefix[place], next: later))
            later = place >= least ? try builder.choice([item, close]) : item
        }
        let empty = try builder.text("]", next: next)
        var parts: [Int] = least == 0 ? [empty] : []
        if most != 0 { parts.append(try value(facts.prefix[0], next: later)) }
        return try builder.text("[", next: try builder.shared(.space, next: try builder.choice(parts)))
    }

    /// A list whose items are all of the rule that begins at `item`.
    mutating func list(of item: Int, least: Int, most: Int?, next: Int) throws(GrammarError) -> Int {
        let close = try builder.shared(.space, next: try builder.text("]", next: next))
        let empty = try builder.text("]", next: next)
        var parts: [Int] = least == 0 ? [empty] : []
        if most != 0 {
            let more = try builder.add(
                .repeated(
                    body: try comma(before: item), least: Int32(clamping: max(0, least - 1)),
                    most: most.map { Int32(clamping: $0 - 1) } ?? -1, next: close))
            parts.append(try builder.add(.call(entry: item, next: more)))
        }
        return try builder.text("[", next: try builder.shared(.space, next: try builder.choice(parts)))
    }

    /// A list in which no item comes twice: of listed values, in their order.
    private mutating func different(_ facts: SchemaFacts, next: Int) throws(GrammarError) -> Int {
        guard let values = try facts.prefix.isEmpty ? listedValues(facts.items ?? []) : nil, values.count <= 64 else {
            throw GrammarError(
                "\"uniqueItems\" cannot be held while a text is generated, but of items with an \"enum\": all items so far "
                    + "would have to be remembered")
        }
        let close = try builder.shared(.space, next: try builder.text("]", next: next))
        let empty = try builder.text("]", next: next)
        let (least, most) = (facts.itemCount.least, min(facts.itemCount.most ?? values.count, values.count))
        guard least <= most else { return try never() }
        /// The nodes before the values from here on, by how many items were written.
        var nodes: [Int] = []
        for count in 0...most { nodes.append(count < least ? try never() : count == 0 ? empty : close) }
        for value in values.reversed() {
            for count in 0..<most {
                let item = try builder.text(value, next: nodes[count + 1])
                nodes[count] = try builder.choice([count == 0 ? item : try comma(before: item), nodes[count]])
            }
        }
        return try builder.text("[", next: try builder.shared(.space, next: nodes[0]))
    }

    /// The values that `schemas` list, as JSON, each once; nil where they list none.
    private func listedValues(_ schemas: [LocatedSchema]) throws(GrammarError) -> [String]? {
        guard let parts = try document.expanded(schemas)?.schemas,
            !parts.contains(where: { $0.member("anyOf") != nil || $0.member("oneOf") != nil })
        else { return nil }
        let facts = try SchemaFacts(parts)
        guard let values = facts.values else {
            return facts.types == [.boolean] && facts.excluded.isEmpty ? ["false", "true"] : nil
        }
        var kept: [JSONValue] = []
        for value in try listed(values, facts, parts) where !kept.contains(where: { $0.isSame(as: value) }) {
            kept.append(value)
        }
        return kept.map(Self.spelling)
    }
}
