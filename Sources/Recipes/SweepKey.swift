// How a recipe says several values: as a list, or as a range that is laid out here.

internal import Foundation

extension RecipeKey<Recipe> {
    /// The key `sweep`.
    static var sweep: Self {
        let expected = "a mapping of keys to lists of values, or to ranges { min, max, scale, count }"
        let value = KeyShape.any([.boolean, .number, .text, .null, .list(.any([.number, .text]))])
        let range = KeyShape.keys(SweptRange.shapes)
        let values = KeyShape.any([value, .list(value), range, .map(.any([value, .list(value), range]), names: nil)])
        return RecipeKey(
            name: "sweep",
            meaning: "keys and the values that lathe sweep tries of them, as { train.learning_rate: [1e-4, 3e-4] }",
            expected: expected, shape: .any([.map(values, names: nil), .null]),
            decode: { node, recipe, decoding, path in
                var keys: [SweptKey] = []
                decoding.decodeSweep(node, path, under: "", expected: expected, into: &keys)
                var count = 1
                for key in keys { count = min(count * max(key.values.count, 1), 1 << 30) }
                guard count <= 1 << 20 else {
                    return decoding.note(
                        .outOfRange, node.place, path, "\(count) combinations are more than can be looked through",
                        hint: "give fewer values")
                }
                recipe.sweep = keys
            },
            text: { recipe in
                "{"
                    + recipe.sweep.map { YAMLText.string($0.path) + ": " + YAMLText.list($0.values) }
                    .joined(separator: ", ") + "}"
            })
    }
}

/// Values between two ends.
private struct SweptRange: RecipeKeyed, Equatable {
    enum Scale: String, CaseIterable { case linear, log }

    var minimum: Double?
    var maximum: Double?
    var scale = Scale.linear
    var count = 3

    static var keys: [RecipeKey<SweptRange>] {
        [
            .optionalNumber("min", \.minimum, expected: "a number", "the first value", accepts: \.isFinite),
            .optionalNumber("max", \.maximum, expected: "a number above min", "the last value", accepts: \.isFinite),
            .choice("scale", \.scale, "linear: equal differences; log: equal ratios"),
            .integer("count", \.count, 2...100, "how many values, both ends among them"),
        ]
    }

    /// The values; those between the ends have four digits, and are whole where the key takes whole numbers.
    func values(areWhole: Bool) -> [Double]? {
        guard let minimum, let maximum, minimum < maximum, scale == .linear || minimum > 0 else { return nil }
        let all = (0..<count).map { index -> Double in
            if index == 0 || index == count - 1 { return index == 0 ? minimum : maximum }
            let share = Double(index) / Double(count - 1)
            let value =
                scale == .linear ? minimum + share * (maximum - minimum) : minimum * pow(maximum / minimum, share)
            return areWhole ? value.rounded() : Double(String(format: "%.3e", value)) ?? value
        }
        // Whole numbers of a short range may fall together.
        return all.reduce(into: []) { values, value in if values.last != value { values.append(value) } }
    }
}

extension RecipeDecoding {
    /// Reads keys with their values; those of a section may stand in a mapping of their own.
    fileprivate mutating func decodeSweep(
        _ node: RecipeNode, _ path: String, under prefix: String, expected: String, into keys: inout [SweptKey]
    ) {
        if node.isNull { return }
        guard case .mapping(let entries) = node.content else { return wrongType(node, path, expected: expected) }
        for entry in entries {
            let key = prefix + entry.key
            if prefix.isEmpty, RecipeKeys.sections.contains(key) {
                decodeSweep(entry.value, path + "." + key, under: key + ".", expected: expected, into: &keys)
            } else if let values = sweptValues(entry, key, path: path + "." + entry.key) {
                guard !keys.contains(where: { $0.path == key }) else {
                    note(.duplicateKey, entry.keyPlace, path + "." + entry.key, "\(key) stands there already")
                    continue
                }
                keys.append(SweptKey(path: key, values: values))
            }
        }
    }

    /// The values of one key as YAML; nil where it can have none, which is noted.
    private mutating func sweptValues(_ entry: RecipeNode.Entry, _ key: String, path: String) -> [String]? {
        guard let description = RecipeKeys.description(of: key) else {
            let elsewhere = nearest(to: key, among: RecipeKeys.paths) ?? RecipeKeys.path(ofKey: key)
            note(
                .unknownKey, entry.keyPlace, path, "no key is called \(key)",
                hint: elsewhere.map { "did you mean \($0)?" })
            return nil
        }
        if let reason = SweptKey.refusal(of: key) {
            note(
                .conflict, entry.keyPlace, path, "\(key) cannot be swept: \(reason)",
                hint: "give it one value in the recipe, or sweep recipes of their own")
            return nil
        }
        let elements = elements(of: entry.value, path: path, isWhole: description.shape.isWhole)
        var values: [String] = []
        for element in elements {
            guard let text = canonicalText(of: element, key) else { continue }
            if values.contains(text) {
                note(.duplicateKey, element.place, path, "\(text) is in the list already", hint: "name it once")
            }
            values.append(text)
        }
        if elements.isEmpty { note(.missingKey, entry.value.place, path, "no value is named", hint: "as in [1, 2]") }
        return values
    }

    /// The values as they would stand in the recipe: those of a list, or of a range.
    private mutating func elements(of node: RecipeNode, path: String, isWhole: Bool) -> [RecipeNode] {
        guard case .mapping(let entries) = node.content, entries.contains(where: { ["min", "max"].contains($0.key) })
        else {
            if case .list(let elements) = node.content { return elements }
            return [node]
        }
        var range = SweptRange()
        decode(node, into: &range, path: path)
        guard let values = range.values(areWhole: isWhole) else {
            note(
                .outOfRange, node.place, path, "a range needs min and max, min below max",
                hint: range.scale == .log
                    ? "a range of scale log begins above 0" : "as in { min: 4, max: 64, scale: log, count: 3 }")
            return []
        }
        return values.map { value in
            let text = Int(exactly: value).map { String($0) } ?? YAMLText.number(value)
            return RecipeNode(content: .scalar(text, isPlain: true), place: node.place)
        }
    }

    /// The value as the recipe writes it; nil where the key does not take it, which is noted.
    private mutating func canonicalText(of value: RecipeNode, _ path: String) -> String? {
        let parts = path.split(separator: ".").map(String.init)
        var root = RecipeNode(content: .mapping([]), place: value.place)
        _ = root.set(value, at: parts, place: value.place)
        var recipe = Recipe(), decoding = RecipeDecoding()
        decoding.decode(root, into: &recipe)
        diagnostics += decoding.diagnostics
        guard decoding.diagnostics.isEmpty else { return nil }
        return recipe.values.first { $0.path == path }?.text
    }
}

extension RecipeKeys {
    /// What a key is, by its path; nil where there is none.
    fileprivate static func description(of path: String) -> KeyDescription? {
        guard paths.contains(path) else { return nil }
        var keys = Recipe.shape, found: KeyDescription?
        for name in path.split(separator: ".") {
            found = keys.first { $0.name == name }
            keys = found?.shape.members ?? []
        }
        return found
    }
}

extension KeyShape {
    /// The keys of a mapping that may stand for the value.
    fileprivate var members: [KeyDescription] {
        switch self {
        case .keys(let keys): keys
        case .any(let shapes): shapes.flatMap(\.members)
        default: []
        }
    }

    /// Whether a number that it takes is a whole one.
    fileprivate var isWhole: Bool {
        switch self {
        case .integer: true
        case .any(let shapes): shapes.contains(where: \.isWhole)
        default: false
        }
    }
}
