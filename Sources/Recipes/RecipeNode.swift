// YAML as a tree with places. Types are not decided here: a key knows its type, so `1e-4` and "1e-4" are one number.

internal import Yams

/// A value as it stands in the recipe.
struct RecipeNode {
    enum Content {
        /// `isPlain`: written without quotation marks.
        case scalar(String, isPlain: Bool)
        case list([RecipeNode])
        case mapping([Entry])
    }

    struct Entry {
        var key: String
        var keyPlace: RecipePlace
        var value: RecipeNode
    }

    var content: Content
    var place: RecipePlace

    var isNull: Bool {
        guard case .scalar(let text, isPlain: true) = content else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(text)
    }

    /// "a list", for messages.
    var kindName: String {
        switch content {
        case .scalar(let text, isPlain: true) where ["true", "True", "TRUE", "false", "False", "FALSE"].contains(text):
            "a boolean"
        case .scalar: isNull ? "nothing" : "'\(scalarText ?? "")'"
        case .list: "a list"
        case .mapping: "a mapping"
        }
    }

    var scalarText: String? {
        guard case .scalar(let text, _) = content else { return nil }
        return text
    }
}

/// Reads YAML text into `RecipeNode`s, with every duplicated key and missing environment variable noted.
struct RecipeNodeReader {
    let file: String
    let environment: [String: String]
    var diagnostics: [RecipeDiagnostic] = []
    private var renamed: [UnicodeScalar: UnicodeScalar] = [:]
    private var nodesLeft = 20_000

    private static let maximumByteCount = 1 << 20
    private static let maximumDepth = 32
    private static let firstPlaceholder: UInt32 = 0xE000
    private static let placeholderCount = 256

    init(file: String, environment: [String: String]) {
        self.file = file
        self.environment = environment
    }

    /// The root of the document; `nil` where it is empty or cannot be read (then `diagnostics` says why).
    mutating func read(_ yaml: String) -> RecipeNode? {
        guard yaml.utf8.count <= Self.maximumByteCount else {
            note(.syntax, nil, "", "more than \(Self.maximumByteCount) bytes: this is no recipe")
            return nil
        }
        // Editors of Windows put a byte order mark before the text.
        let yaml = yaml.unicodeScalars.first == "\u{FEFF}" ? String(yaml.unicodeScalars.dropFirst()) : yaml
        guard let root = compose(ShelteredVariables.hide(in: yaml)) else { return nil }
        return convert(root, path: "", depth: 0)
    }

    // MARK: YAML

    /// Yams stops at the first duplicated key. So that every fault of a file is told at once, the earlier of two equal
    /// keys is given a name of its own, by a private-use character in place of its first, and the file is read again.
    private mutating func compose(_ yaml: String) -> Node? {
        var text = Array(yaml.unicodeScalars)
        for attempt in 0...Self.placeholderCount {
            var string = String.UnicodeScalarView()
            string.append(contentsOf: text)
            do {
                return try Yams.compose(yaml: String(string), .basic, .default, .utf8)
            } catch let error as YamlError {
                if case .duplicatedKeysInMapping(let keys, let context) = error {
                    let place = RecipePlace(file: file, line: context.mark.line, column: context.mark.column)
                    guard attempt < Self.placeholderCount, rename(keyAt: place, attempt, in: &text) else {
                        let names = ShelteredVariables.show(keys.joined(separator: ", "))
                        note(.duplicateKey, place, "", "keys that stand twice: \(names)")
                        return nil
                    }
                    continue
                }
                noteSyntax(error, in: yaml)
                return nil
            } catch {
                note(.syntax, nil, "", "not YAML: \(error)")
                return nil
            }
        }
        return nil
    }

    private mutating func rename(keyAt place: RecipePlace, _ attempt: Int, in text: inout [UnicodeScalar]) -> Bool {
        var index = 0
        var line = 1
        while line < place.line, index < text.count {
            if text[index] == "\n" || (text[index] == "\r" && (index + 1 == text.count || text[index + 1] != "\n")) {
                line += 1
            }
            index += 1
        }
        index += place.column - 1
        if index < text.count, text[index] == "\"" || text[index] == "'" { index += 1 }
        guard index < text.count, text[index].properties.isAlphabetic || text[index] == "_",
            let placeholder = UnicodeScalar(Self.firstPlaceholder + UInt32(attempt))
        else { return false }
        renamed[placeholder] = text[index]
        text[index] = placeholder
        return true
    }

    private mutating func noteSyntax(_ error: YamlError, in yaml: String) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            let place = RecipePlace(file: file, line: mark.line, column: mark.column)
            if let mistake = YAMLMistake(at: place, in: yaml) {
                note(.syntax, mistake.place, "", "not YAML: " + mistake.message, hint: mistake.hint)
            } else {
                note(.syntax, place, "", "not YAML: \(problem)")
            }
        case .reader(let problem, _, _, _): note(.syntax, nil, "", "not YAML: \(problem)")
        default: note(.syntax, nil, "", "not YAML")
        }
    }

    // MARK: Tree

    private mutating func convert(_ node: Node, path: String, depth: Int) -> RecipeNode? {
        let place = RecipePlace(file: file, line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
        nodesLeft -= 1
        guard depth < Self.maximumDepth, nodesLeft > 0 else {
            if nodesLeft > -1 || depth >= Self.maximumDepth {
                note(.syntax, place, path, "too many or too deeply nested values")
            }
            return nil
        }
        noteTag(of: node, at: place, path)
        switch node {
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain || scalar.style == .any
            let text = expand(ShelteredVariables.show(scalar.string), at: place, path)
            return RecipeNode(content: .scalar(text, isPlain: isPlain), place: place)
        case .sequence(let sequence):
            var elements: [RecipeNode] = []
            for (index, element) in sequence.enumerated() {
                guard let element = convert(element, path: "\(path)[\(index)]", depth: depth + 1) else { return nil }
                elements.append(element)
            }
            return RecipeNode(content: .list(elements), place: place)
        case .mapping(let mapping): return convert(mapping, at: place, path: path, depth: depth)
        case .alias: return nil
        }
    }

    /// A tag such as `!path` or `!!binary` asks for something that no key of a recipe gives; those of YAML's plain values say
    /// what a key knows by itself.
    private mutating func noteTag(of node: Node, at place: RecipePlace, _ path: String) {
        let tag =
            switch node {
            case .scalar(let scalar): scalar.tag.description
            case .sequence(let sequence): sequence.tag.description
            case .mapping(let mapping): mapping.tag.description
            case .alias: ""
            }
        let core = "tag:yaml.org,2002:"
        let name = tag.hasPrefix(core) ? String(tag.dropFirst(core.count)) : nil
        if tag.isEmpty || tag == "!" || name.map(Self.plainTags.contains) == true { return }
        note(
            .syntax, place, path, "the tag \(name.map { "!!" + $0 } ?? tag) says nothing in a recipe",
            hint: "write the value alone")
    }

    private static let plainTags: Set<String> = [
        "str", "int", "float", "bool", "null", "map", "seq", "timestamp", "merge", "value",
    ]

    private mutating func convert(_ mapping: Node.Mapping, at place: RecipePlace, path: String, depth: Int)
        -> RecipeNode?
    {
        var entries: [RecipeNode.Entry] = []
        var duplicated: [(name: String, place: RecipePlace)] = []
        for (keyNode, valueNode) in mapping {
            let keyPlace = RecipePlace(file: file, line: keyNode.mark?.line ?? 1, column: keyNode.mark?.column ?? 1)
            guard case .scalar(let scalar) = keyNode else {
                note(.syntax, keyPlace, path, "a key must be a word")
                continue
            }
            var key = ShelteredVariables.show(scalar.string)
            if let first = key.unicodeScalars.first, let original = renamed[first] {
                key = String(Character(original)) + String(key.unicodeScalars.dropFirst())
                duplicated.append((key, keyPlace))
                continue
            }
            let keyPath = path.isEmpty ? key : path + "." + key
            guard let value = convert(valueNode, path: keyPath, depth: depth + 1) else { return nil }
            entries.append(.init(key: key, keyPlace: keyPlace, value: value))
        }
        for (name, first) in duplicated {
            let again = entries.first { $0.key == name }?.keyPlace ?? first
            note(
                .duplicateKey, again, path.isEmpty ? name : path + "." + name,
                "this key already stands in line \(first.line)",
                hint: "keep one of them")
        }
        return RecipeNode(content: .mapping(entries), place: place)
    }

    // MARK: Environment

    /// `${NAME}` and `${NAME:-default}` replaced; `$${` stands for a literal `${`.
    private mutating func expand(_ text: String, at place: RecipePlace, _ path: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return text }
        var output = ""
        var rest = Substring(text)
        while let dollar = rest.firstIndex(of: "$") {
            output += rest[..<dollar]
            rest = rest[dollar...]
            if rest.hasPrefix("$${") {
                output += "${"
                rest = rest.dropFirst(3)
            } else if rest.hasPrefix("${"), let end = rest.firstIndex(of: "}") {
                output += value(of: rest[rest.index(rest.startIndex, offsetBy: 2)..<end], at: place, path)
                rest = rest[rest.index(after: end)...]
            } else {
                output += "$"
                rest = rest.dropFirst()
            }
        }
        return output + rest
    }

    private mutating func value(of expression: Substring, at place: RecipePlace, _ path: String) -> String {
        var name = expression
        var fallback: String?
        if let separator = expression.range(of: ":-") {
            name = expression[..<separator.lowerBound]
            fallback = String(expression[separator.upperBound...])
        }
        if let value = environment[String(name)], !(value.isEmpty && fallback != nil) { return value }
        if let fallback { return fallback }
        note(
            .undefinedVariable, place, path, "the environment has no variable \(name)",
            hint: "set it, or give a default with ${\(name):-…}")
        return ""
    }

    private mutating func note(
        _ kind: RecipeDiagnostic.Kind, _ place: RecipePlace?, _ keyPath: String, _ message: String, hint: String? = nil
    ) {
        let place = place ?? RecipePlace(file: file, line: 1, column: 1)
        diagnostics.append(RecipeDiagnostic(kind: kind, place: place, keyPath: keyPath, message: message, hint: hint))
    }
}

extension Substring {
    fileprivate func range(of pattern: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(pattern) { return start..<index(start, offsetBy: pattern.count) }
            start = index(after: start)
        }
        return nil
    }
}
