// Keywords that come to cases, as `anyOf` has them: conditions, members that need others, and what a value is not.

internal import JSON

/// Ways in which a value can conform to a keyword; each is schemas that all hold then.
struct SchemaCases {
    /// Keywords that stand for these cases.
    let keywords: [String]
    let cases: [[LocatedSchema]]

    /// The cases of the first such keyword of `schema`; nil where it has none.
    ///
    /// - Throws: where it cannot be said what a value is that does not conform.
    init?(of schema: LocatedSchema) throws(GrammarError) {
        if schema.member("if") != nil {
            (keywords, cases) = (["if", "then", "else"], try Self.conditions(schema))
        } else if let keyword = Self.ofNeeds.first(where: { schema.member($0) != nil }) {
            keywords = [keyword]
            cases = try Self.needs(schema.member(keyword) ?? .null, keyword, schema)
        } else if let not = schema.member("not"), SchemaFacts.excluded(by: not) == nil {
            keywords = ["not"]
            cases = try Self.opposites(of: schema.below("not", value: not), "not", schema).map { [$0] }
        } else {
            return nil
        }
    }

    private static let ofNeeds = ["dependentRequired", "dependentSchemas", "dependencies"]

    private static func conditions(_ schema: LocatedSchema) throws(GrammarError) -> [[LocatedSchema]] {
        let condition = schema.below("if", value: schema.member("if") ?? true)
        let then = schema.member("then").map { [schema.below("then", value: $0)] } ?? []
        let other = schema.member("else").map { [schema.below("else", value: $0)] } ?? []
        if then.isEmpty && other.isEmpty { return [[]] }
        return [[condition] + then] + (try opposites(of: condition, "if", schema)).map { [$0] + other }
    }

    /// Each member that needs others, or more of the object: it is not there, or what it needs is.
    private static func needs(
        _ value: JSONValue, _ keyword: String, _ schema: LocatedSchema
    ) throws(GrammarError) -> [[LocatedSchema]] {
        guard let members = value.object?.members else { throw schema.wrong(keyword, "an object") }
        guard let first = members.first else { return [[]] }
        let absent = schema.below(keyword, first.key, "absent", value: SchemaNegation.without(first.key))
        let isThere = JSONValue.object(JSONObject([("required", [.string(first.key)])]))
        var present = [schema.below(keyword, first.key, "present", value: isThere)]
        if let names = first.value.array {
            guard keyword != "dependentSchemas", names.allSatisfy({ $0.string != nil }) else {
                throw schema.wrong(keyword, "names, or schemas, by the member that needs them")
            }
            let required = JSONObject([("required", first.value)])
            present.append(schema.below(keyword, first.key, value: .object(required)))
        } else {
            guard keyword != "dependentRequired" else { throw schema.wrong(keyword, "lists of names") }
            present.append(schema.below(keyword, first.key, value: first.value))
        }
        guard members.count > 1 else { return [[absent], present] }
        let others = JSONObject([(keyword, .object(JSONObject(members.dropFirst().map { ($0.key, $0.value) })))])
        let rest = schema.below(keyword, "\(members.count - 1) more", value: .object(others))
        return [[absent, rest], present + [rest]]
    }

    /// What does not conform to `inner`, as schemas of which one holds.
    static func opposites(
        of inner: LocatedSchema, _ keyword: String, _ schema: LocatedSchema
    ) throws(GrammarError) -> [LocatedSchema] {
        guard let parts = SchemaNegation.alternatives(to: inner.value) else {
            throw schema.refused(
                keyword,
                "what a value is not can be told of type, const, enum, required, properties, bounds, allOf and not")
        }
        return parts.enumerated().map { inner.below("opposite", "\($0.offset)", value: $0.element) }
    }
}

/// What a value is that does not conform.
enum SchemaNegation {
    /// Schemas within one another that are looked into: more would take a stack.
    private static let maximumDepth = 32

    /// What conforms to one of these does not conform to `schema`; nil where such are not known.
    static func alternatives(to schema: JSONValue, depth: Int = 0) -> [JSONValue]? {
        guard depth < maximumDepth else { return nil }
        if let bool = schema.bool { return bool ? [] : [true] }
        guard let object = schema.object else { return nil }
        var found: [JSONValue] = []
        for (keyword, value) in object.members where !LocatedSchema(value: schema, place: "").isAnnotation(keyword) {
            guard let parts = alternatives(keyword, value, depth) else { return nil }
            found += parts
        }
        return found
    }

    /// One schema for all of them.
    static func opposite(to schema: JSONValue) -> JSONValue? {
        alternatives(to: schema).map { $0.isEmpty ? false : ["anyOf": .array($0)] }
    }

    /// An object in which the member `name` is not.
    static func without(_ name: String) -> JSONValue {
        .object(JSONObject([("type", "object"), ("properties", .object(JSONObject([(name, false)])))]))
    }

    private static func alternatives(_ keyword: String, _ value: JSONValue, _ depth: Int) -> [JSONValue]? {
        switch keyword {
        case "type": return types(value)
        case "const": return [["not": ["const": value]]]
        case "enum": return [["not": ["enum": value]]]
        case "not": return [value]
        case "required":
            guard let names = value.array, names.allSatisfy({ $0.string != nil }) else { return nil }
            return names.compactMap(\.string).map(without)
        case "properties": return value.object.flatMap { members($0, depth) }
        case "allOf":
            let parts = value.array?.map { alternatives(to: $0, depth: depth + 1) } ?? [nil]
            return parts.contains { $0 == nil } ? nil : parts.flatMap { $0 ?? [] }
        default: return bound(keyword, value)
        }
    }

    private static func types(_ value: JSONValue) -> [JSONValue]? {
        let names = (value.array ?? [value]).compactMap { $0.string.flatMap { SchemaType(rawValue: $0) } }
        guard names.count == value.array?.count ?? 1 else { return nil }
        // Numbers that are no integers have no type.
        if names.contains(.integer), !names.contains(.number) { return nil }
        let others = SchemaType.allCases.filter { type in !names.contains { $0.overlaps(type) } }
        return others.isEmpty ? [] : [["type": .array(others.map { .string($0.rawValue) })]]
    }

    private static func members(_ object: JSONObject, _ depth: Int) -> [JSONValue]? {
        var found: [JSONValue] = []
        for (name, value) in object.members {
            guard let parts = alternatives(to: value, depth: depth + 1) else { return nil }
            found += parts.map { part in
                .object(
                    JSONObject([
                        ("type", "object"), ("required", [.string(name)]),
                        ("properties", .object(JSONObject([(name, part)]))),
                    ]))
            }
        }
        return found
    }

    private static func bound(_ keyword: String, _ value: JSONValue) -> [JSONValue]? {
        func opposite(_ type: String, _ keyword: String, _ value: JSONValue) -> [JSONValue] {
            [.object(JSONObject([("type", .string(type)), (keyword, value)]))]
        }
        switch keyword {
        case "minimum": return opposite("number", "exclusiveMaximum", value)
        case "maximum": return opposite("number", "exclusiveMinimum", value)
        case "exclusiveMinimum": return opposite("number", "maximum", value)
        case "exclusiveMaximum": return opposite("number", "minimum", value)
        default: break
        }
        guard let count = value.integer, count >= 0, count < 1 << 30 else { return nil }
        for (suffix, type) in [("Length", "string"), ("Items", "array"), ("Properties", "object")] {
            if keyword == "max" + suffix { return opposite(type, "min" + suffix, .integer(count + 1)) }
            guard keyword == "min" + suffix else { continue }
            return count == 0 ? [] : opposite(type, "max" + suffix, .integer(count - 1))
        }
        return nil
    }
}
