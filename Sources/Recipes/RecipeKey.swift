// A key of a section: its name, what it takes, what it means, and how it is read and written. One list of these a section is
// all there is to know about it: decoding, nearest names, `explain` and the canonical text come from it.

/// One key of `Section`.
struct RecipeKey<Section> {
    let name: String
    let meaning: String
    /// "a whole number from 1 to 4096".
    let expected: String
    let shape: KeyShape
    let decode: (RecipeNode, inout Section, inout RecipeDecoding, _ path: String) -> Void
    /// The value as YAML, on one line.
    let text: (Section) -> String
}

/// A section that lists its keys.
protocol RecipeKeyed {
    init()
    static var keys: [RecipeKey<Self>] { get }
}

// MARK: - Kinds of keys

extension RecipeKey {
    /// A key whose value one function reads: `nil` is a wrong type, a message is a value out of range.
    static func scalar<Value>(
        _ name: String, _ keyPath: WritableKeyPath<Section, Value>, _ shape: KeyShape, expected: String,
        _ meaning: String, read: @escaping (RecipeNode) -> Value?, accepts: @escaping (Value) -> Bool = { _ in true },
        text: @escaping (Value) -> String
    ) -> Self {
        RecipeKey(
            name: name, meaning: meaning, expected: expected, shape: shape,
            decode: { node, section, decoding, path in
                guard let value = read(node) else { return decoding.wrongType(node, path, expected: expected) }
                guard accepts(value) else { return decoding.outOfRange(node, path, expected: expected) }
                section[keyPath: keyPath] = value
            },
            text: { text($0[keyPath: keyPath]) })
    }

    static func integer(
        _ name: String, _ keyPath: WritableKeyPath<Section, Int>, _ range: ClosedRange<Int>, _ meaning: String
    ) -> Self {
        scalar(
            name, keyPath, .integer(range), expected: "a whole number " + range.words, meaning, read: \.integer,
            accepts: range.contains, text: { String($0) })
    }

    /// An optional whole number; `absent` ("auto", "null") is how its absence is written.
    static func integer(
        _ name: String, _ keyPath: WritableKeyPath<Section, Int?>, _ range: ClosedRange<Int>, absent: String,
        _ meaning: String
    ) -> Self {
        let prefix = absent == "auto" ? "auto or " : ""
        return scalar(
            name, keyPath, .orAbsent(.integer(range), absent), expected: prefix + "a whole number " + range.words,
            meaning,
            read: { $0.isAbsent(absent) ? .some(nil) : $0.integer.map { .some($0) } },
            accepts: { $0.map(range.contains) ?? true }, text: { $0.map { String($0) } ?? absent })
    }

    static func number(
        _ name: String, _ keyPath: WritableKeyPath<Section, Double>, expected: String, _ meaning: String,
        accepts: @escaping (Double) -> Bool
    ) -> Self {
        scalar(
            name, keyPath, .number, expected: expected, meaning, read: \.number, accepts: accepts, text: YAMLText.number
        )
    }

    /// A number, or null for its absence.
    static func optionalNumber(
        _ name: String, _ keyPath: WritableKeyPath<Section, Double?>, expected: String, _ meaning: String,
        accepts: @escaping (Double) -> Bool
    ) -> Self {
        scalar(
            name, keyPath, .orAbsent(.number, "null"), expected: expected, meaning,
            read: { $0.isNull ? .some(nil) : $0.number.map { .some($0) } },
            accepts: { $0.map(accepts) ?? true }, text: { $0.map(YAMLText.number) ?? "null" })
    }

    static func boolean(_ name: String, _ keyPath: WritableKeyPath<Section, Bool>, _ meaning: String) -> Self {
        scalar(
            name, keyPath, .boolean, expected: "true or false", meaning, read: \.boolean,
            text: { $0 ? "true" : "false" })
    }

    static func text(
        _ name: String, _ keyPath: WritableKeyPath<Section, String>, expected: String = "text", _ meaning: String,
        accepts: @escaping (String) -> Bool = { !$0.isEmpty }
    ) -> Self {
        scalar(
            name, keyPath, .text, expected: expected, meaning, read: \.string, accepts: accepts, text: YAMLText.string)
    }

    static func text(
        _ name: String, _ keyPath: WritableKeyPath<Section, String?>, expected: String = "text", _ meaning: String
    ) -> Self {
        scalar(
            name, keyPath, .orAbsent(.text, "null"), expected: expected, meaning,
            read: { $0.isNull ? .some(nil) : $0.string.map { .some($0) } },
            accepts: { $0 != "" }, text: { $0.map(YAMLText.string) ?? "null" })
    }

    static func choice<Value: RawRepresentable<String> & CaseIterable>(
        _ name: String, _ keyPath: WritableKeyPath<Section, Value>, _ meaning: String
    ) -> Self {
        let names = Value.allCases.map(\.rawValue)
        return RecipeKey(
            name: name, meaning: meaning, expected: names.joined(separator: " | "), shape: .word(names),
            decode: { node, section, decoding, path in
                guard let value = decoding.choice(node, path, Value.self) else { return }
                section[keyPath: keyPath] = value
            },
            text: { $0[keyPath: keyPath].rawValue })
    }

    /// - Parameter others: words that mean values too, as other tools write them.
    static func choices<Value: RawRepresentable<String> & CaseIterable & Equatable>(
        _ name: String, _ keyPath: WritableKeyPath<Section, [Value]>, _ meaning: String,
        alsoWritten others: [String: Value] = [:]
    ) -> Self {
        let names = Value.allCases.map(\.rawValue)
        return RecipeKey(
            name: name, meaning: meaning, expected: "a list of " + names.joined(separator: " | "),
            shape: .oneOrMore(.word(names + others.keys.sorted())),
            decode: { node, section, decoding, path in
                var values: [Value] = []
                for (index, element) in node.elements.enumerated() {
                    let other = element.scalarText.flatMap { others[$0] }
                    guard let value = other ?? decoding.choice(element, "\(path)[\(index)]", Value.self) else {
                        continue
                    }
                    if !values.contains(value) { values.append(value) }
                }
                decoding.requireOnce(node, path)
                section[keyPath: keyPath] = values
            },
            text: { YAMLText.list($0[keyPath: keyPath].map(\.rawValue)) })
    }

    /// One text or a list of them.
    ///
    /// - Parameters:
    ///   - namesOnce: whether the same text may stand there but once.
    ///   - mappingHint: what helps a person who gives names to the texts.
    static func texts(
        _ name: String, _ keyPath: WritableKeyPath<Section, [String]>, expected: String, _ meaning: String,
        namesOnce: Bool = false, mappingHint: String? = nil
    ) -> Self {
        RecipeKey(
            name: name, meaning: meaning, expected: expected, shape: .oneOrMore(.text),
            decode: { node, section, decoding, path in
                if case .mapping = node.content, let mappingHint {
                    let message = "expected \(expected), found \(node.kindName)"
                    return decoding.note(.wrongType, node.place, path, message, hint: mappingHint)
                }
                guard let texts = decoding.texts(node, path, expected: expected) else { return }
                if namesOnce { decoding.requireOnce(node, path) }
                section[keyPath: keyPath] = texts
            },
            text: { YAMLText.list($0[keyPath: keyPath].map(YAMLText.string)) })
    }

    /// A mapping of free names (or of `known` ones) to values.
    static func map<Value>(
        _ name: String, _ keyPath: WritableKeyPath<Section, [String: Value]>, _ shape: KeyShape,
        known: [String]? = nil, expected: String, _ meaning: String, read: @escaping (RecipeNode) -> Value?,
        text: @escaping (Value) -> String
    ) -> Self {
        entries(
            name, shape, known: known, expected: expected, meaning, read: read, text: text,
            set: { section, entries in
                section[keyPath: keyPath] = Dictionary(entries.map { ($0.key, $0.value) }) { _, last in last }
            },
            get: { section in section[keyPath: keyPath].sorted { $0.key < $1.key }.map { ($0.key, $0.value) } })
    }

    /// A mapping of module patterns whose order counts.
    static func patterns<Value>(
        _ name: String, _ keyPath: WritableKeyPath<Section, [PatternNumber<Value>]>, _ shape: KeyShape,
        expected: String, _ meaning: String, read: @escaping (RecipeNode) -> Value?, text: @escaping (Value) -> String
    ) -> Self {
        entries(
            name, shape, known: nil, expected: expected, meaning, read: read, text: text,
            set: { section, entries in
                section[keyPath: keyPath] = entries.map { PatternNumber(pattern: $0.key, value: $0.value) }
            },
            get: { section in section[keyPath: keyPath].map { ($0.pattern, $0.value) } })
    }

    /// - Parameter acceptsName: whether a free name can be one.
    static func entries<Value>(
        _ name: String, _ shape: KeyShape, known: [String]?, expected: String, _ meaning: String,
        acceptsName: @escaping (String) -> Bool = { _ in true }, read: @escaping (RecipeNode) -> Value?,
        text: @escaping (Value) -> String,
        set: @escaping (inout Section, [(key: String, value: Value)]) -> Void,
        get: @escaping (Section) -> [(key: String, value: Value)]
    ) -> Self {
        RecipeKey(
            name: name, meaning: meaning, expected: expected, shape: .any([.map(shape, names: known), .null]),
            decode: { node, section, decoding, path in
                if node.isNull { return set(&section, []) }
                guard case .mapping(let entries) = node.content else {
                    return decoding.wrongType(node, path, expected: expected)
                }
                var found: [(key: String, value: Value)] = []
                for entry in entries {
                    if let known, !known.contains(entry.key) {
                        decoding.unknownKey(entry, path: path, known: known)
                    } else if !acceptsName(entry.key) {
                        decoding.note(
                            .outOfRange, entry.keyPlace, path, "'\(entry.key)' can be no name here",
                            hint: "letters, digits, '.', '_', '-'")
                    } else if let value = read(entry.value) {
                        found.append((entry.key, value))
                    } else {
                        decoding.wrongType(entry.value, path + "." + entry.key, expected: expected)
                    }
                }
                set(&section, found)
            },
            text: { section in
                let shown = get(section).map { YAMLText.string($0.key) + ": " + text($0.value) }
                return "{" + shown.joined(separator: ", ") + "}"
            })
    }
}

extension ClosedRange<Int> {
    /// "from 1 to 4096", "from 0".
    fileprivate var words: String {
        upperBound == Int.max ? "from \(lowerBound)" : "from \(lowerBound) to \(upperBound)"
    }
}

// MARK: - YAML out

/// Values as YAML that any YAML reader, of 1.1 or 1.2, takes for the same thing.
enum YAMLText {
    static func number(_ value: Double) -> String {
        if let whole = Int(exactly: value), abs(whole) < 1 << 52 { return "\(whole).0" }
        let text = "\(value)"
        // YAML 1.1 wants a dot before an exponent.
        guard let exponent = text.firstIndex(of: "e"), !text[..<exponent].contains(".") else { return text }
        return text[..<exponent] + ".0" + text[exponent...]
    }

    static func list(_ elements: [String]) -> String { "[" + elements.joined(separator: ", ") + "]" }

    /// Bare where nothing could be mistaken, else in double quotation marks.
    static func string(_ value: String) -> String {
        let letters = value.unicodeScalars
        let isWord =
            letters.first.map { ($0.value < 128 && $0.properties.isAlphabetic) || $0 == "/" || $0 == "." } ?? false
        let isPlain = isWord && letters.allSatisfy { plainScalars.contains($0) }
        if isPlain, !reservedWords.contains(value.lowercased()), Double(value) == nil, value != ".",
            !value.hasPrefix(".n"),
            !value.hasPrefix(".i"), !value.hasPrefix(".N"), !value.hasPrefix(".I")
        {
            return value
        }
        var output = "\""
        for scalar in letters {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case "\n": output += "\\n"
            case "\t": output += "\\t"
            case "\r": output += "\\r"
            case "\u{0}"..<"\u{20}", "\u{7F}"..<"\u{A0}", "\u{2028}", "\u{2029}", "\u{FEFF}":
                let digits = String(scalar.value, radix: 16)
                output += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            case "$": output += "$"
            default: output.unicodeScalars.append(scalar)
            }
        }
        return output + "\""
    }

    private static let plainScalars = Set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./".unicodeScalars)
    private static let reservedWords: Set<String> = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
}
