// Whether at most one of several schemas can hold: then `oneOf` asks what `anyOf` does.

internal import JSON

/// Tells branches apart by their types, by values, and by members that they require.
struct SchemaBranches {
    private let document: SchemaDocument

    init(_ document: SchemaDocument) { self.document = document }

    /// The branches, each with what makes it the only one where others could hold too.
    ///
    /// - Throws: where two branches may hold at once, and it cannot be said what a value is that conforms to one alone.
    func cases(_ branches: [LocatedSchema], of schema: LocatedSchema) throws(GrammarError) -> [[LocatedSchema]] {
        // Each is held against each.
        guard branches.count <= 200 else { throw schema.refused("oneOf", "more than 200 branches; anyOf can be") }
        var cases = branches.map { [$0] }
        for (index, branch) in branches.enumerated() {
            for (other, second) in branches.enumerated().dropFirst(index + 1) {
                guard try !areDisjoint([branch], [second], depth: 0) else { continue }
                guard let notFirst = SchemaNegation.opposite(to: branch.value),
                    let notSecond = SchemaNegation.opposite(to: second.value), branches.count <= 8
                else {
                    throw schema.refused(
                        "oneOf",
                        "branches \(index) and \(other) are not told apart by their types, or by a required member "
                            + "with a const or enum of its own in each; anyOf can be")
                }
                cases[index].append(schema.below("oneOf", "not \(other)", value: notSecond))
                cases[other].append(schema.below("oneOf", "not \(index)", value: notFirst))
            }
        }
        return cases
    }

    /// Whether no value conforms to both.
    private func areDisjoint(
        _ one: [LocatedSchema], _ other: [LocatedSchema], depth: Int
    ) throws(GrammarError) -> Bool {
        guard depth < 4 else { return false }
        guard let first = try document.expanded(one), let second = try document.expanded(other) else { return true }
        let (left, right) = (try SchemaFacts(first.schemas), try SchemaFacts(second.schemas))
        if left.isNullable || right.isNullable { return false }
        if let values = left.values, let others = right.values {
            return !values.contains { value in others.contains { $0.isSame(as: value) } }
        }
        if let values = left.values ?? right.values, let types = left.values == nil ? left.types : right.types {
            return !values.contains { value in types.contains { $0.holds(value) } }
        }
        guard let types = left.types, let others = right.types else { return false }
        let common = types.filter { type in others.contains { $0.overlaps(type) } }
        if common.isEmpty { return true }
        guard common == [.object] else { return false }
        return try haveDifferentMembers(left, right, depth: depth)
    }

    private func haveDifferentMembers(
        _ left: SchemaFacts, _ right: SchemaFacts, depth: Int
    ) throws(GrammarError) -> Bool {
        for name in left.required + right.required {
            let isInBoth = [left, right].allSatisfy { facts in facts.required.contains(name) }
            let (own, others) = (left.member(name), right.member(name))
            // What one requires and the other does not allow.
            if !isInBoth, left.required.contains(name) ? others == nil : own == nil { return true }
            if let own, let others, try areDisjoint(own, others, depth: depth + 1) { return true }
        }
        return false
    }
}

extension SchemaFacts {
    /// What the member `name` must be; nil where there can be none.
    fileprivate func member(_ name: String) -> [LocatedSchema]? {
        if let known = properties.first(where: { $0.name.utf8.elementsEqual(name.utf8) }) { return known.schemas }
        if additional?.contains(where: { $0.value.bool == false }) ?? false { return nil }
        return additional ?? []
    }
}
