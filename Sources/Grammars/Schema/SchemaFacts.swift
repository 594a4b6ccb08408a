// What several schemas that all hold say together, keyword by keyword.

internal import JSON

/// The types that a schema tells apart.
enum SchemaType: String, CaseIterable {
    case object, array, string, number, integer, boolean, null

    func holds(_ value: JSONValue) -> Bool {
        switch self {
        case .integer: value.double.map { $0 == $0.rounded() } ?? false
        case .number: value.double != nil
        default: value.typeName == rawValue
        }
    }

    func overlaps(_ other: SchemaType) -> Bool {
        self == other || [self, other].allSatisfy { $0 == .integer || $0 == .number }
    }
}

/// What is asked of one value. Keywords that branch (`anyOf`, `oneOf`) are not in it.
struct SchemaFacts {
    typealias Property = (name: String, schemas: [LocatedSchema])

    /// Nil where no `type` was said.
    var types: [SchemaType]?
    /// Types of which something was said.
    var mentioned: [SchemaType] = []
    var isNullable = false
    /// Of `enum` and `const`, without those that are excluded.
    var values: [JSONValue]?
    /// What the value is not: `not` of a `const` or `enum`.
    private(set) var excluded: [JSONValue] = []

    var properties: [Property] = []
    var required: [String] = []
    /// What holds for members that are not named: nil where nothing was said, empty where anything goes.
    var additional: [LocatedSchema]?
    /// Members whose names hold a pattern, and what they are then.
    var patterned: [(pattern: String, schemas: [LocatedSchema])] = []
    /// What names must be.
    var names: [LocatedSchema] = []
    var memberCount = Bounds()

    var prefix: [[LocatedSchema]] = []
    /// As `additional`.
    var items: [LocatedSchema]?
    var itemCount = Bounds()
    var hasUniqueItems = false
    /// The schemas that said so.
    private var prefixOf: Set<String> = [], itemsOf: Set<String> = []

    var length = Bounds()
    var patterns: [String] = []
    var formats: [TextFormat] = []

    var numbers = DecimalRule()

    /// Texts that the value is not.
    var excludedTexts: [String] { excluded.compactMap(\.string) }

    /// From `least` to `most`.
    struct Bounds: Equatable {
        var least = 0
        var most: Int?

        var isPossible: Bool { most.map { least <= $0 } ?? true }
        var isNone: Bool { least == 0 && most == nil }
    }

    init(_ schemas: [LocatedSchema]) throws(GrammarError) {
        for schema in schemas {
            for (keyword, value) in schema.keywords { try hear(keyword, value, schema) }
        }
        try hearAdditional(schemas)
        values = values?.filter { value in !excluded.contains { $0.isSame(as: value) } }
        hasUniqueItems = itemCount.most ?? 2 > 1 && schemas.contains { $0.member("uniqueItems")?.bool == true }
    }

    // MARK: Keywords

    private mutating func hear(
        _ keyword: String, _ value: JSONValue, _ schema: LocatedSchema
    ) throws(GrammarError) {
        if let why = Self.refusals[keyword] { throw schema.refused(keyword, why) }
        if try hearAnything(keyword, value, schema) { return }
        if try hearObjects(keyword, value, schema) {
            mention(.object)
        } else if try hearLists(keyword, value, schema) {
            mention(.array)
        } else if try hearTexts(keyword, value, schema) {
            mention(.string)
        } else if try hearNumbers(keyword, value, schema) {
            mention(.number)
        } else {
            throw schema.error(
                "\"\(keyword)\" is no keyword that is known; those that say something to people alone begin with x-")
        }
    }

    private mutating func mention(_ type: SchemaType) {
        if !mentioned.contains(type) { mentioned.append(type) }
    }

    private static let refusals: [String: String] = {
        let branches = "it stands where cases cannot be told apart"
        let alone = "it has no effect without \"if\""
        let members = "properties and additionalProperties can be"
        let lists = "items, prefixItems, minItems and maxItems can be"
        let contents = "what a text holds is not looked into"
        let names = "a $ref to \"#/$defs/NAME\" can be"
        return [
            "if": branches, "then": alone, "else": alone, "dependentRequired": branches, "dependentSchemas": branches,
            "dependencies": branches,
            "unevaluatedProperties": members, "unevaluatedItems": lists, "contains": lists, "minContains": lists,
            "maxContains": lists, "contentEncoding": contents, "contentMediaType": contents,
            "contentSchema": contents, "$anchor": names, "$dynamicRef": names, "$dynamicAnchor": names,
            "$recursiveRef": names, "$recursiveAnchor": names, "$id": names,
        ]
    }()

    private mutating func hearAnything(
        _ keyword: String, _ value: JSONValue, _ schema: LocatedSchema
    ) throws(GrammarError) -> Bool {
        switch keyword {
        case "anyOf", "oneOf": break
        case "type":
            let names = value.array ?? [value]
            let found = names.compactMap { $0.string.flatMap { SchemaType(rawValue: $0) } }
            guard !found.isEmpty, found.count == names.count else {
                throw schema.wrong(keyword, SchemaType.allCases.map(\.rawValue).joined(separator: " | "))
            }
            types = types.map { Self.common($0, found) } ?? found
        case "nullable":
            guard let bool = value.bool else { throw schema.wrong(keyword, "true or false") }
            isNullable = bool
        case "enum":
            guard let list = value.array, !list.isEmpty else { throw schema.wrong(keyword, "a list of values") }
            keep(list)
        case "const": keep([value])
        case "not":
            guard let list = Self.excluded(by: value) else { throw schema.refused(keyword, Self.refusals["if"] ?? "") }
            excluded += list
        default: return false
        }
        return true
    }

    /// The values of a schema that says nothing but a `const` or `enum`; nil: another.
    static func excluded(by not: JSONValue) -> [JSONValue]? {
        let said = LocatedSchema(value: not, place: "").keywords
        guard said.count == 1, let only = said.first else { return nil }
        return only.key == "const" ? [only.value] : only.key == "enum" ? only.value.array : nil
    }

    private static func common(_ one: [SchemaType], _ other: [SchemaType]) -> [SchemaType] {
        one.compactMap { type in
            if other.contains(type) { return type }
            let near: SchemaType? = type == .integer ? .number : type == .number ? .integer : nil
            return near.flatMap { other.contains($0) ? .integer : nil }
        }
    }

    private mutating func keep(_ list: [JSONValue]) {
        values = values.map { known in known.filter { value in list.contains { $0.isSame(as: value) } } } ?? list
    }

    // MARK: Objects

    private mutating func hearObjects(
        _ keyword: String, _ value: JSONValue, _ schema: LocatedSchema
    ) throws(GrammarError) -> Bool {
        switch keyword {
        case "properties":
            guard let object = value.object else { throw schema.wrong(keyword, "an object of schemas") }
            if let twice = object.firstDuplicateKey { throw schema.error("\"properties\" names \"\(twice)\" twice") }
            for (name, value) in object.members {
                let below = schema.below(keyword, name, value: value)
                if let index = properties.firstIndex(where: { $0.name.utf8.elementsEqual(name.utf8) }) {
                    properties[index].schemas.append(below)
                } else {
                    properties.append((name, [below]))
                }
            }
        case "required":
            let names = value.array?.compactMap(\.string) ?? []
            guard value.array != nil, names.count == value.array?.count else {
                throw schema.wrong(keyword, "a list of names")
            }
            for name in names where !required.contains(where: { $0.utf8.elementsEqual(name.utf8) }) {
                required.append(name)
            }
        case "additionalProperties": break
        case "patternProperties":
            guard let object = value.object else { throw schema.wrong(keyword, "an object of schemas") }
            guard patterned.isEmpty else { throw schema.refused(keyword, "another schema that holds too has patterns") }
            patterned = object.members.map { ($0.key, [schema.below(keyword, $0.key, value: $0.value)]) }
            guard patterned.count <= 4 else { throw schema.refused(keyword, "more than 4 patterns") }
        case "propertyNames": names.append(schema.below(keyword, value: value))
        case "minProperties", "maxProperties": try memberCount.hear(keyword, value, schema)
        default: return false
        }
        return true
    }

    /// `additionalProperties` holds for members that the same schema does not name, whatever another schema says of them; names that
    /// are required and nowhere described are properties too.
    private mutating func hearAdditional(_ schemas: [LocatedSchema]) throws(GrammarError) {
        for name in required where !properties.contains(where: { $0.name.utf8.elementsEqual(name.utf8) }) {
            properties.append((name, []))
        }
        for schema in schemas {
            guard let value = schema.member("additionalProperties") else { continue }
            if !patterned.isEmpty, schema.member("patternProperties") == nil {
                throw schema.refused("additionalProperties", "another schema that holds too has \"patternProperties\"")
            }
            let below = schema.below("additionalProperties", value: value)
            let named = schema.member("properties")?.object?.members.map(\.key) ?? []
            for index in properties.indices
            where !named.contains(where: { $0.utf8.elementsEqual(properties[index].name.utf8) }) {
                properties[index].schemas.append(below)
            }
            additional = (additional ?? []) + [below]
        }
    }

    // MARK: Lists

    private mutating func hearLists(
        _ keyword: String, _ value: JSONValue, _ schema: LocatedSchema
    ) throws(GrammarError) -> Bool {
        switch keyword {
        case "items":
            // A list of schemas is what older drafts call a prefix.
            guard value.array == nil else {
                try hearPrefix(keyword, schema)
                break
            }
            try refuseOthers(prefixOf, schema)
            items = (items ?? []) + [schema.below(keyword, value: value)]
            itemsOf.insert(schema.key)
        case "prefixItems": try hearPrefix(keyword, schema)
        case "additionalItems":
            guard schema.member("items")?.array != nil else {
                throw schema.error("\"additionalItems\" has no effect where \"items\" is no list")
            }
            items = (items ?? []) + [schema.below(keyword, value: value)]
            itemsOf.insert(schema.key)
        case "minItems", "maxItems": try itemCount.hear(keyword, value, schema)
        case "uniqueItems":
            guard value.bool != nil else { throw schema.wrong(keyword, "true or false") }
        default: return false
        }
        return true
    }

    private mutating func hearPrefix(_ keyword: String, _ schema: LocatedSchema) throws(GrammarError) {
        let list = try schema.list(keyword) ?? []
        try refuseOthers(prefixOf.union(itemsOf), schema)
        guard prefix.isEmpty else { throw schema.error("\"prefixItems\" and a list of \"items\" say the same") }
        prefix = list.map { [$0] }
        prefixOf.insert(schema.key)
    }

    /// Where one schema has a prefix, items of another hold for the prefix too, which nobody writes.
    private func refuseOthers(_ keys: Set<String>, _ schema: LocatedSchema) throws(GrammarError) {
        if keys.contains(where: { $0 != schema.key }) {
            throw schema.refused("prefixItems", "it stands beside the items of another schema that holds too")
        }
    }

    // MARK: Texts and numbers

    private mutating func hearTexts(
        _ keyword: String, _ value: JSONValue, _ schema: LocatedSchema
    ) throws(GrammarError) -> Bool {
        switch keyword {
        case "minLength", "maxLength": try length.hear(keyword, value, schema)
        case "pattern":
            guard let text = value.string else { throw schema.wrong(keyword, "a regular expression") }
            if !patterns.contains(text) { patterns.append(text) }
        case "format":
            guard let name = value.string else { throw schema.wrong(keyword, "a name") }
            if Self.numberFormats[name] != nil { return false }
            guard let format = TextFormat(rawValue: name) else {
                let known = TextFormat.allCases.map(\.rawValue).joined(separator: ", ")
                throw schema.refused(keyword, "\"\(name)\" is not one of \(known)")
            }
            if !formats.contains(format) { formats.append(format) }
        default: return false
        }
        return true
    }

    private mutating func hearNumbers(
        _ keyword: String, _ value: JSONValue, _ schema: LocatedSchema
    ) throws(GrammarError) -> Bool {
        let isStrict = keyword.hasPrefix("exclusive")
        switch keyword {
        case "minimum", "exclusiveMinimum":
            numbers.tighten(from: .init(digits: try Self.digits(keyword, value, schema), isStrict: isStrict))
        case "maximum", "exclusiveMaximum":
            numbers.tighten(to: .init(digits: try Self.digits(keyword, value, schema), isStrict: isStrict))
        case "format":
            guard let range = value.string.flatMap({ Self.numberFormats[$0] }) ?? nil else { break }
            numbers.tighten(
                from: .init(digits: try Self.digits(keyword, .integer(range.lowerBound), schema), isStrict: false))
            numbers.tighten(
                to: .init(digits: try Self.digits(keyword, .integer(range.upperBound), schema), isStrict: false))
        case "multipleOf":
            let digits = try Self.digits(keyword, value, schema)
            guard !digits.isZero, !digits.isNegative else { throw schema.wrong(keyword, "a number above 0") }
            if let known = numbers.multipleOf, known != digits {
                throw schema.refused(keyword, "multiples of two numbers at once")
            }
            numbers.multipleOf = digits
        default: return false
        }
        return true
    }

    /// What OpenAPI calls numbers, with their bounds; nil: what is written always lies within them.
    private static let numberFormats: [String: ClosedRange<Int>?] = [
        "int32": Int(Int32.min)...Int(Int32.max), "int64": nil, "float": -1_000_000_000_000_000...1_000_000_000_000_000,
        "double": nil,
    ]

    private static func digits(
        _ keyword: String, _ value: JSONValue, _ schema: LocatedSchema
    ) throws(GrammarError) -> DecimalDigits {
        guard value.double != nil else { throw schema.wrong(keyword, "a number") }
        guard let digits = DecimalDigits(value) else {
            throw schema.refused(keyword, "\(value.text()) has too many digits")
        }
        return digits
    }
}

extension SchemaFacts.Bounds {
    fileprivate mutating func hear(
        _ keyword: String, _ value: JSONValue, _ schema: LocatedSchema
    ) throws(GrammarError) {
        guard let number = value.integer, number >= 0 else { throw schema.wrong(keyword, "a whole number from 0") }
        // No text is as long; what counts up to it adds to it.
        let limit = min(number, 1 << 30)
        if keyword.hasPrefix("min") {
            least = max(least, limit)
        } else {
            most = min(most ?? limit, limit)
        }
    }
}

extension DecimalRule {
    fileprivate mutating func tighten(from bound: Bound) {
        lower = lower.map { $0.isTighter(than: bound, sign: 1) ? $0 : bound } ?? bound
    }

    fileprivate mutating func tighten(to bound: Bound) {
        upper = upper.map { $0.isTighter(than: bound, sign: -1) ? $0 : bound } ?? bound
    }
}

extension DecimalRule.Bound {
    /// Whether it leaves less than `other`; `sign` 1 for lower bounds, −1 for upper ones.
    fileprivate func isTighter(than other: DecimalRule.Bound, sign: Int) -> Bool {
        let comparison = digits.compared(to: other.digits) * sign
        return comparison > 0 || comparison == 0 && isStrict
    }
}
