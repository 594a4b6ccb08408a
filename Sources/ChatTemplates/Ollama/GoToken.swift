// The words of an action.

/// A word between `{{` and `}}`.
enum GoToken: Sendable, Equatable {
    case name(String)
    case text(String)
    case number(Int)
    /// `$name`; `$` alone is "".
    case variable(String)
    /// `.Name` with a space before it.
    case field(String)
    /// `.Name` that follows a value at once.
    case chained(String)
    case dot, open, close, comma, declare, assign

    /// The words up to `}}`, which go from `rest` with it.
    ///
    /// - Parameter trims: gets whether white space after the action goes.
    static func action(_ rest: inout Substring, trims: inout Bool) throws(GoTemplateError) -> [GoToken] {
        var tokens: [GoToken] = []
        while true {
            let spaced = rest.drop(while: \.isWhitespace)
            let hasSpace = spaced.startIndex != rest.startIndex
            rest = spaced
            for ending in ["}}", "-}}"] where rest.hasPrefix(ending) {
                trims = ending == "-}}"
                rest = rest.dropFirst(ending.count)
                return tokens
            }
            guard !rest.isEmpty else { throw GoTemplateError("an action that is not closed") }
            tokens.append(try token(&rest, follows: !hasSpace && !tokens.isEmpty))
        }
    }

    private static let signs: [(text: String, token: GoToken)] = [
        (":=", .declare), ("=", .assign), ("(", .open), (")", .close), (",", .comma),
    ]

    /// - Parameter follows: whether it stands right after another word.
    private static func token(_ rest: inout Substring, follows: Bool) throws(GoTemplateError) -> GoToken {
        for (text, token) in signs where rest.hasPrefix(text) {
            rest = rest.dropFirst(text.count)
            return token
        }
        if rest.hasPrefix("\"") { return .text(try constant(&rest)) }
        if rest.hasPrefix("$") {
            rest = rest.dropFirst()
            return .variable(word(&rest))
        }
        if rest.hasPrefix(".") {
            rest = rest.dropFirst()
            let name = word(&rest)
            return name.isEmpty ? .dot : follows ? .chained(name) : .field(name)
        }
        let name = word(&rest)
        guard !name.isEmpty else { throw GoTemplateError("\(rest.prefix(1)) in an action") }
        return Int(name).map { .number($0) } ?? .name(name)
    }

    private static func word(_ rest: inout Substring) -> String {
        let word = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        rest = rest[word.endIndex...]
        return String(word)
    }

    /// A constant between quotation marks.
    private static func constant(_ rest: inout Substring) throws(GoTemplateError) -> String {
        var scalars = rest.unicodeScalars.dropFirst()
        var text = String.UnicodeScalarView()
        while let scalar = scalars.popFirst() {
            switch scalar {
            case "\"":
                rest = Substring(scalars)
                return String(text)
            case "\\": text.append(try escaped(&scalars))
            default: text.append(scalar)
            }
        }
        throw GoTemplateError("a constant that is not closed")
    }

    private static func escaped(_ scalars: inout Substring.UnicodeScalarView) throws(GoTemplateError) -> Unicode.Scalar
    {
        let known: [Unicode.Scalar: Unicode.Scalar] = ["n": "\n", "t": "\t", "r": "\r", "\"": "\"", "\\": "\\"]
        guard let sign = scalars.popFirst() else { throw GoTemplateError("a constant that is not closed") }
        if let scalar = known[sign] { return scalar }
        let count = sign == "u" ? 4 : sign == "U" ? 8 : 0
        let digits = String(scalars.prefix(count))
        scalars = scalars.dropFirst(count)
        guard count > 0, let value = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(value) else {
            throw GoTemplateError("\\\(sign) in a constant")
        }
        return scalar
    }
}
