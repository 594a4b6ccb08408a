// What the value of a body may be. Requests are held against it before anything reads them, and `/openapi.json` is written of it, so
// that neither can say what the other does not.

internal import JSON

/// The values that a place in a body takes.
indirect enum Shape: Sendable {
    /// Any JSON value: what it means is for another reader.
    case any
    /// Any JSON object.
    case anyObject
    case boolean
    /// This truth value alone.
    case fixed(Bool)
    case integer(ClosedRange<Int>)
    case number(ClosedRange<Double>)
    /// A text of at most so many bytes.
    case text(atLeast: Int = 0)
    /// What programs call a function: one to 64 letters, digits, `_` and `-`, of ASCII.
    case functionName
    /// One of these words.
    case word([String])
    case list(Shape, ClosedRange<Int>)
    /// An object with these members and no others.
    case object([Field])
    /// An object whose member `key` says which members it has.
    case tagged(key: String, [Variant])
    /// An object with members of any name.
    case map(Shape)
    /// An object whose members are called by whole numbers.
    case numbered(Shape)
    /// Told apart by the JSON type.
    case either([Shape])

    struct Variant: Sendable {
        let tag: String
        let fields: [Field]
    }
}

/// A member of an object.
struct Field: Sendable {
    let name: String
    let shape: Shape
    /// For a person.
    let note: String
    let isRequired: Bool

    init(_ name: String, _ shape: Shape, _ note: String, required: Bool = false) {
        self.name = name
        self.shape = shape
        self.note = note
        isRequired = required
    }
}

extension Shape {
    static let seed = Shape.integer(-1...Int.max)
    static let probability = Shape.number(0...1)
    static let strings = Shape.list(.text(), 0...1_024)

    /// JSON's names of the types that it takes.
    fileprivate var types: [String] {
        switch self {
        case .any: ["null", "boolean", "number", "string", "array", "object"]
        case .boolean, .fixed: ["boolean"]
        case .integer, .number: ["number"]
        case .text, .functionName, .word: ["string"]
        case .list: ["array"]
        case .anyObject, .object, .tagged, .map, .numbered: ["object"]
        case .either(let shapes): shapes.flatMap(\.types)
        }
    }

    /// In words: "an object".
    fileprivate var expectation: String {
        switch self {
        case .any: "any value"
        case .boolean: "true or false"
        case .fixed(let value): "\(value)"
        case .integer: "a whole number"
        case .number: "a number"
        case .text, .functionName, .word: "a string"
        case .list: "a list"
        case .anyObject, .object, .tagged, .map, .numbered: "an object"
        case .either(let shapes): shapes.map(\.expectation).joined(separator: " or ")
        }
    }
}

// MARK: Held against a value

extension Shape {
    /// Throws what is wrong with `value`, at `path` in the body.
    func check(_ value: JSONValue, at path: String) throws(RequestError) {
        guard types.contains(value.typeName) else {
            throw Self.error(
                path, "expected \(expectation), found \(value.typeName == "null" ? "null" : Self.article(value))")
        }
        switch self {
        case .any, .anyObject, .boolean: break
        case .fixed(let only):
            try Self.require(value.bool == only, path, "expected \(only), found \(!only)")
        case .integer(let range):
            guard let number = value.integer else { throw Self.error(path, "expected a whole number") }
            try Self.require(range.contains(number), path, "expected \(Self.words(range)), found \(number)")
        case .number(let range):
            guard let number = value.double, number.isFinite else { throw Self.error(path, "the number is too large") }
            try Self.require(range.contains(number), path, "expected \(Self.words(range)), found \(number)")
        case .text(let least):
            try Self.require(
                (value.string ?? "").unicodeScalars.count >= least, path, "expected a text that is not empty")
        case .functionName:
            try Self.require(
                Self.isFunctionName(value.string ?? ""), path, "expected a name of 1 to 64 letters, digits, _ and -")
        case .word(let words):
            let word = value.string ?? ""
            try Self.require(
                words.contains(word), path, "'\(word.prefix(80))' is none of \(words.joined(separator: ", "))")
        case .list(let element, let count):
            let elements = value.array ?? []
            try Self.require(
                count.contains(elements.count), path,
                "expected \(count.lowerBound) to \(count.upperBound) entries, found \(elements.count)")
            for (index, entry) in elements.enumerated() { try element.check(entry, at: "\(path)[\(index)]") }
        case .object(let fields):
            try Self.check(value, fields, at: path)
        case .tagged(let key, let variants):
            try Self.check(value, key, variants, at: path)
        case .map(let element):
            for member in value.object?.members ?? [] {
                try element.check(member.value, at: Self.join(path, member.key))
            }
        case .numbered(let element):
            for member in value.object?.members ?? [] {
                let isNumber = (1...9).contains(member.key.utf8.count) && member.key.utf8.allSatisfy { 48...57 ~= $0 }
                try Self.require(isNumber, Self.join(path, member.key), "expected a number as the member's name")
                try element.check(member.value, at: Self.join(path, member.key))
            }
        case .either(let shapes):
            // The one of that type; of several, the one that fits deepest says what is wrong.
            let fitting = shapes.filter { $0.types.contains(value.typeName) }
            var deepest: RequestError?
            for shape in fitting {
                do throws(RequestError) {
                    return try shape.check(value, at: path)
                } catch {
                    if deepest.map({ Self.depth($0) < Self.depth(error) }) ?? true { deepest = error }
                }
            }
            if let deepest { throw deepest }
        }
    }

    private static func check(_ value: JSONValue, _ fields: [Field], at path: String) throws(RequestError) {
        guard let object = value.object else { return }
        if let twice = object.firstDuplicateKey { throw error(join(path, twice), "the member stands twice") }
        for member in object.members {
            guard let field = fields.first(where: { $0.name.utf8.elementsEqual(member.key.utf8) }) else {
                throw unknown(member.key, at: path, known: fields.map(\.name))
            }
            // What may be left out may also be null.
            if member.value.isNull, !field.isRequired { continue }
            try field.shape.check(member.value, at: join(path, field.name))
        }
        for field in fields where field.isRequired && object[field.name] == nil {
            throw error(join(path, field.name), "the member is missing")
        }
    }

    private static func check(
        _ value: JSONValue, _ key: String, _ variants: [Variant], at path: String
    ) throws(RequestError) {
        let tags = Shape.word(variants.map(\.tag))
        let tagField = Field(key, tags, "", required: true)
        guard let tag = value[key] else { throw error(join(path, key), "the member is missing") }
        try tags.check(tag, at: join(path, key))
        guard let variant = variants.first(where: { $0.tag == tag.string }) else { return }
        try check(value, [tagField] + variant.fields, at: path)
    }

    private static let nameBytes = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-".utf8)

    private static func isFunctionName(_ text: String) -> Bool {
        1...64 ~= text.utf8.count && text.utf8.allSatisfy(nameBytes.contains)
    }

    private static func require(_ holds: Bool, _ path: String, _ text: String) throws(RequestError) {
        if !holds { throw error(path, text) }
    }

    private static func error(_ path: String, _ text: String) -> RequestError {
        RequestError(
            path.isEmpty ? "the body: \(text)" : "\(path): \(text)", field: path.isEmpty ? nil : path,
            code: "invalid_value")
    }

    /// How many names and places lead to what is wrong.
    private static func depth(_ error: RequestError) -> Int { (error.field ?? "").count { $0 == "." || $0 == "[" } }

    private static func join(_ path: String, _ name: String) -> String {
        let name = String(name.prefix(80))
        return path.isEmpty ? name : "\(path).\(name)"
    }

    private static func article(_ value: JSONValue) -> String {
        value.typeName.hasPrefix("a") || value.typeName.hasPrefix("o") ? "an \(value.typeName)" : "a \(value.typeName)"
    }

    private static func words(_ range: ClosedRange<Int>) -> String {
        range.upperBound == .max ? "\(range.lowerBound) or more" : "\(range.lowerBound) to \(range.upperBound)"
    }

    private static func words(_ range: ClosedRange<Double>) -> String {
        range.upperBound > 1e30 ? "\(range.lowerBound) or more" : "\(range.lowerBound) to \(range.upperBound)"
    }
}
