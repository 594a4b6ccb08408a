// Decoding a tree of nodes into sections: nothing is skipped, every fault is noted and the reading goes on.

/// What has been found while a recipe is decoded.
struct RecipeDecoding {
    var diagnostics: [RecipeDiagnostic] = []
    var notices: [RecipeDiagnostic] = []
    var setKeys: [String: RecipePlace] = [:]

    /// Reads the keys of `Section` from `node`; keys of sub-sections are in `others`.
    mutating func decode<Section: RecipeKeyed>(_ node: RecipeNode?, into section: inout Section, path: String) {
        guard let node, !node.isNull else { return }
        guard case .mapping(let entries) = node.content else {
            return wrongType(node, path, expected: "a mapping of keys")
        }
        decode(entries, into: &section, path: path, sections: [])
    }

    mutating func decode<Section: RecipeKeyed>(
        _ entries: [RecipeNode.Entry], into section: inout Section, path: String, sections: [String]
    ) {
        let keys = Section.keys
        for entry in entries where !sections.contains(entry.key) {
            guard let key = keys.first(where: { $0.name == entry.key }) else {
                unknownKey(entry, path: path, known: keys.map(\.name) + sections, beside: entries)
                continue
            }
            let keyPath = path.isEmpty ? entry.key : path + "." + entry.key
            setKeys[keyPath] = entry.keyPlace
            key.decode(entry.value, &section, &self, keyPath)
        }
    }

    // MARK: Values

    mutating func choice<Value: RawRepresentable<String> & CaseIterable>(
        _ node: RecipeNode, _ path: String, _: Value.Type
    ) -> Value? {
        let names = Value.allCases.map(\.rawValue)
        guard let text = node.scalarText, !node.isNull else {
            wrongType(node, path, expected: names.joined(separator: " | "))
            return nil
        }
        if let value = Value(rawValue: text) { return value }
        let suggestion = nearest(to: text, among: names).map { "did you mean \($0)?" }
        note(
            .outOfRange, node.place, path, "'\(text)' is none of " + names.joined(separator: " | "), hint: suggestion)
        return nil
    }

    mutating func texts(_ node: RecipeNode, _ path: String, expected: String) -> [String]? {
        if case .mapping = node.content {
            wrongType(node, path, expected: expected)
            return nil
        }
        var texts: [String] = []
        for (index, element) in node.elements.enumerated() {
            guard let text = element.string else {
                wrongType(element, "\(path)[\(index)]", expected: "text")
                continue
            }
            if text.isEmpty { outOfRange(element, path, expected: expected) } else { texts.append(text) }
        }
        return texts
    }

    /// Notes each element of a list that stands there already.
    mutating func requireOnce(_ node: RecipeNode, _ path: String) {
        var seen: [String] = []
        for (index, element) in node.elements.enumerated() {
            guard let text = element.scalarText else { continue }
            if seen.contains(where: { $0.utf8.elementsEqual(text.utf8) }) {
                note(
                    .duplicateKey, element.place, "\(path)[\(index)]", "\(text) is in the list already",
                    hint: "name it once")
            } else {
                seen.append(text)
            }
        }
    }

    // MARK: Notes

    mutating func wrongType(_ node: RecipeNode, _ path: String, expected: String) {
        note(
            .wrongType, node.place, path, "expected \(expected), found \(node.kindName)",
            hint: hint(for: node, expected))
    }

    private func hint(for node: RecipeNode, _ expected: String) -> String? {
        guard let text = node.scalarText else { return nil }
        let words = ["yes": "true", "on": "true", "y": "true", "no": "false", "off": "false", "n": "false"]
        if expected == "true or false" {
            if let word = words[text.lowercased()] { return "in YAML 1.2 '\(text)' is a word; write \(word)" }
            if ["true", "false"].contains(text.lowercased()) { return "write it without quotation marks" }
        }
        if ["None", "none", "nil", "NULL"].contains(text) { return "write null for nothing" }
        if expected == "a mapping of keys", text.contains(":") { return "a colon needs a space behind it" }
        if node.boolean != nil { return "put it in quotation marks if it is text" }
        if text.contains("_"), text.utf8.allSatisfy({ $0 == UInt8(ascii: "_") || (48...57).contains($0) }) {
            return "write the number without '_'"
        }
        return nil
    }

    mutating func outOfRange(_ node: RecipeNode, _ path: String, expected: String) {
        note(.outOfRange, node.place, path, "\(node.kindName) is out of range: expected \(expected)")
    }

    mutating func unknownKey(
        _ entry: RecipeNode.Entry, path: String, known: [String], beside entries: [RecipeNode.Entry] = []
    ) {
        let keyPath = path.isEmpty ? entry.key : path + "." + entry.key
        if entry.key == "<<" { return mergeKey(entry, keyPath, Set(entries.map(\.key))) }
        var hint = nearest(to: entry.key, among: known).map { "did you mean \(path.isEmpty ? $0 : path + "." + $0)?" }
        if hint == nil, let elsewhere = RecipeKeys.path(ofKey: entry.key) { hint = "it belongs in \(elsewhere)" }
        if hint == nil { hint = "known here: " + known.joined(separator: ", ") }
        note(.unknownKey, entry.keyPlace, keyPath, "unknown key", hint: hint)
    }

    /// YAML 1.2 has no merge keys; what one would bring is named, so that it can be written out.
    private mutating func mergeKey(_ entry: RecipeNode.Entry, _ keyPath: String, _ given: Set<String>) {
        var brought: [String] = []
        for node in entry.value.elements {
            if case .mapping(let entries) = node.content {
                brought += entries.filter { !given.contains($0.key) }.map {
                    $0.key + ": " + ($0.value.scalarText ?? "…")
                }
            }
        }
        note(
            .unknownKey, entry.keyPlace, keyPath, "'<<' merges no keys in YAML 1.2",
            hint: brought.isEmpty ? "write the keys here" : "write here: " + brought.joined(separator: ", "))
    }

    mutating func note(
        _ kind: RecipeDiagnostic.Kind, _ place: RecipePlace, _ keyPath: String, _ message: String, hint: String? = nil
    ) {
        diagnostics.append(RecipeDiagnostic(kind: kind, place: place, keyPath: keyPath, message: message, hint: hint))
    }
}
