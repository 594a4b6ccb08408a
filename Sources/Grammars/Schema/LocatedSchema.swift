// A JSON schema and where it stands; several that all hold, told out of `$ref` and `allOf`.

internal import JSON

/// A schema within the document that was given.
struct LocatedSchema {
    let value: JSONValue
    /// As a JSON pointer from `#`.
    let place: String
    /// Keywords that were heard already.
    var hidden: Set<String> = []

    /// What it is told apart by.
    var key: String { hidden.isEmpty ? place : place + "-" + hidden.sorted().joined(separator: ",") }

    func member(_ keyword: String) -> JSONValue? { hidden.contains(keyword) ? nil : value[keyword] }

    func error(_ reason: String) -> GrammarError { GrammarError(place: place, reason) }

    func wrong(_ keyword: String, _ expected: String) -> GrammarError { error("\"\(keyword)\" takes \(expected)") }

    /// What cannot be held, by its name.
    func refused(_ keyword: String, _ why: String) -> GrammarError {
        error("\"\(keyword)\" cannot be held while a text is generated: \(why)")
    }

    func below(_ steps: String..., value: JSONValue) -> LocatedSchema {
        let path = steps.map { "/" + $0.replacing("~", with: "~0").replacing("/", with: "~1") }.joined()
        return LocatedSchema(value: value, place: place + path)
    }

    func hiding(_ keyword: String) -> LocatedSchema {
        var copy = self
        copy.hidden.insert(keyword)
        return copy
    }

    /// Keywords that say something to people alone, or to those who refer to them.
    private static let annotations: Set = [
        "$schema", "$comment", "$defs", "definitions", "title", "description", "default", "examples", "example",
        "deprecated", "readOnly", "writeOnly", "discriminator",
    ]

    func isAnnotation(_ keyword: String) -> Bool {
        // Where a schema has a name of its own, references within it begin there: the whole document's changes nothing.
        Self.annotations.contains(keyword) || keyword.hasPrefix("x-") || keyword == "$id" && place == "#"
    }

    /// What a value is held to.
    var keywords: [JSONObject.Member] {
        value.object?.members.filter { !hidden.contains($0.key) && !isAnnotation($0.key) } ?? []
    }

    var saysSomething: Bool { !keywords.isEmpty }

    /// The schemas of a list.
    func list(_ keyword: String) throws(GrammarError) -> [LocatedSchema]? {
        guard let value = member(keyword) else { return nil }
        guard let list = value.array, !list.isEmpty else { throw wrong(keyword, "a list of schemas") }
        return list.enumerated().map { below(keyword, "\($0.offset)", value: $0.element) }
    }
}

/// The document that references look into.
struct SchemaDocument {
    let root: LocatedSchema

    init(_ value: JSONValue) { root = LocatedSchema(value: value, place: "#") }

    /// The schema that a `$ref` names.
    func target(of schema: LocatedSchema) throws(GrammarError) -> LocatedSchema? {
        guard let reference = schema.member("$ref") else { return nil }
        guard let text = reference.string else { throw schema.wrong("$ref", "a text") }
        guard text == "#" || text.hasPrefix("#/") else {
            throw schema.refused("$ref", "\"\(text)\" is not in this schema; \"#/$defs/NAME\" is")
        }
        var value = root.value
        for step in text.dropFirst(2).split(separator: "/", omittingEmptySubsequences: false) where text != "#" {
            let name = Self.unescaped(String(step))
            let found: JSONValue?
            if let list = value.array {
                found = Int(name).flatMap { list.indices.contains($0) ? list[$0] : nil }
            } else {
                found = value[name]
            }
            guard let found else { throw schema.error("\"$ref\": there is no \"\(text)\"") }
            value = found
        }
        return LocatedSchema(value: value, place: text)
    }

    private static func unescaped(_ step: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(step.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(code)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self).replacing("~1", with: "/").replacing("~0", with: "~")
    }

    /// All schemas that `schemas` come to, so that a value conforms to the first if and only if it conforms to each of the second: none
    /// of them has `$ref` or `allOf`, or is `true`.
    ///
    /// - Returns: nil where one of them is `false`. `isReferred`: whether a `$ref` led to one of them.
    func expanded(
        _ schemas: [LocatedSchema]
    ) throws(GrammarError) -> (schemas: [LocatedSchema], isReferred: Bool)? {
        var found: [LocatedSchema] = []
        var seen: Set<String> = []
        var isReferred = false
        /// Each with the references that led to it.
        var pending: [(schema: LocatedSchema, path: [String])] = schemas.reversed().map { ($0, []) }
        while let (schema, path) = pending.popLast() {
            if let bool = schema.value.bool {
                if bool { continue }
                return nil
            }
            guard schema.value.object != nil else {
                throw schema.error("a schema is an object or a boolean, found \(schema.value.typeName)")
            }
            guard seen.insert(schema.key).inserted || schema.member("$ref") != nil else { continue }
            if let target = try target(of: schema) {
                guard !path.contains(target.place) else { throw schema.error("\"$ref\" leads back to itself") }
                isReferred = true
                pending += [(schema.hiding("$ref"), path), (target, path + [target.place])]
            } else if let parts = try schema.list("allOf") {
                pending += parts.reversed().map { ($0, path) } + [(schema.hiding("allOf"), path)]
            } else if schema.saysSomething {
                found.append(schema)
            }
        }
        return (found, isReferred)
    }
}
