// Tokens by their numbers before and after.

internal import JSON

/// Which tokens stay; the number of each is then its place among them.
struct TokenNumbers {
    let kept: [Int]
    private let places: [Int: Int]

    init(_ kept: [Int]) {
        self.kept = kept
        places = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($1, $0) })
    }

    /// The number that token `old` has afterwards; nil where it is gone.
    subscript(old: Int) -> Int? { places[old] }

    /// A number, a list of them, or a list of words of several: those that stay, whole words alone. Nil for a number that is gone.
    func renumbered(_ value: JSONValue) -> JSONValue? {
        guard let values = value.array else {
            guard let number = value.integer else { return value }
            return self[number].map { .integer($0) }
        }
        return .array(
            values.compactMap { value in
                guard let word = value.array else { return renumbered(value) }
                let left = word.compactMap(renumbered)
                return left.count == word.count ? .array(left) : nil
            })
    }

    /// The members of `config.json` or `generation_config.json` that speak of tokens.
    func renumberMembers(of json: inout JSONObject) {
        for (key, value) in json.members where !value.isNull {
            guard key.hasSuffix("_token_id") || Self.lists.contains(key) else { continue }
            json[key] = renumbered(value) ?? .null
        }
    }

    private static let lists: Set = ["suppress_tokens", "begin_suppress_tokens", "bad_words_ids"]
}
