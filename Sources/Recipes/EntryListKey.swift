// Keys that hold a list of entries, each a mapping with keys of its own.

/// An entry of such a list, read, and where it stands.
struct ListedEntry<Entry> {
    let value: Entry
    let node: RecipeNode
    /// "train.rewards[0]".
    let path: String
    /// Those that stand before it.
    let earlier: [Entry]
}

extension RecipeKey {
    /// A list of entries; null for none.
    ///
    /// - Parameters:
    ///   - text: an entry as YAML on one line.
    ///   - check: notes what an entry lacks, or cannot be.
    static func list<Entry: RecipeKeyed>(
        _ name: String, _ keyPath: WritableKeyPath<Section, [Entry]>, expected: String, _ meaning: String,
        text: @escaping (Entry) -> String = { YAMLText.keys(of: $0) },
        check: @escaping (ListedEntry<Entry>, inout RecipeDecoding) -> Void
    ) -> Self {
        RecipeKey(
            name: name, meaning: meaning, expected: expected, shape: .any([.list(.keys(Entry.shapes)), .null]),
            decode: { node, section, decoding, path in
                var entries: [Entry] = []
                defer { section[keyPath: keyPath] = entries }
                if node.isNull { return }
                guard case .list(let elements) = node.content else {
                    return decoding.wrongType(node, path, expected: expected)
                }
                for (index, element) in elements.enumerated() {
                    let place = "\(path)[\(index)]"
                    var entry = Entry()
                    if case .mapping = element.content {
                        decoding.decode(element, into: &entry, path: place)
                        check(ListedEntry(value: entry, node: element, path: place, earlier: entries), &decoding)
                    } else {
                        decoding.wrongType(element, place, expected: "a mapping of keys")
                    }
                    entries.append(entry)
                }
            },
            text: { YAMLText.list($0[keyPath: keyPath].map(text)) })
    }
}

extension RecipeDecoding {
    /// Notes an entry without the key that it cannot do without.
    mutating func require<Entry>(_ key: String, of entry: ListedEntry<Entry>, _ message: String, hint: String? = nil) {
        guard entry.node.value(at: [key]) == nil else { return }
        note(.missingKey, entry.node.place, entry.path + "." + key, message, hint: hint)
    }
}
