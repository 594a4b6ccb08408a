// A step's settings without what is not set.

/// Shortens settings in YAML's flow style, as a report holds them: every key is there, most of them empty.
enum ShortSettings {
    /// `{filter: {min_words: null, max_words: 9, where: {}}}` as `filter: max_words: 9`.
    static func text(_ settings: String) -> String {
        guard let keys = keys(settings) else { return settings }
        let empty = [": null", ": []", ": {}", ": \"\""]
        return keys.filter { key in !empty.contains { key.hasSuffix($0) } }.joined(separator: ", ")
    }

    /// What a key is set to.
    static func value(of key: String, in settings: String) -> String? {
        keys(settings)?.first { $0.hasPrefix(key + ": ") }.map { String($0.dropFirst(key.count + 2)) }
    }

    /// The step's keys with their values, as written.
    private static func keys(_ settings: String) -> [String]? {
        let inner = unwrapped(Substring(settings))
        guard let colon = inner.firstIndex(of: ":") else { return nil }
        return parts(unwrapped(inner[inner.index(after: colon)...].drop { $0 == " " }))
    }

    /// What stands within the outermost braces.
    private static func unwrapped(_ text: Substring) -> Substring {
        text.hasPrefix("{") && text.hasSuffix("}") ? text.dropFirst().dropLast() : text
    }

    /// The members of a mapping: what commas part that stand in no brackets and no quotation marks.
    private static func parts(_ text: Substring) -> [String] {
        var parts: [String] = []
        var part = ""
        var depth = 0
        var quote: Character?
        var isEscaped = false
        for character in text {
            if let open = quote {
                if isEscaped {
                    isEscaped = false
                } else if character == "\\", open == "\"" {
                    isEscaped = true
                } else if character == open {
                    quote = nil
                }
            } else {
                switch character {
                case "\"", "'": quote = character
                case "{", "[": depth += 1
                case "}", "]": depth -= 1
                case "," where depth == 0:
                    parts.append(part)
                    part = ""
                    continue
                default: break
                }
            }
            if part.isEmpty, character == " " { continue }
            part.append(character)
        }
        return part.isEmpty ? parts : parts + [part]
    }
}
