// Grammars as llama.cpp writes them (GBNF), read into rules.

/// What stands at one place of a grammar.
indirect enum GBNFPart: Sendable {
    /// One character of a set.
    case characters(ScalarSet)
    case rule(String, GBNFPlace)
    /// One after another; of none, the empty text.
    case sequence([GBNFPart])
    case choice([GBNFPart])
    /// `most` nil: without limit.
    case repeated(GBNFPart, least: Int, most: Int?)
}

/// Where something stands in a grammar, both from 1.
struct GBNFPlace: Sendable, CustomStringConvertible {
    var line = 1
    var column = 1

    var description: String { "line \(line), column \(column)" }
}

struct GBNFRule: Sendable {
    let name: String
    let place: GBNFPlace
    let part: GBNFPart
}

/// Reads the rules of a grammar, in their order.
struct GBNFParser {
    private static let maximumLength = 200_000
    private static let maximumRules = 2_000
    private static let maximumDepth = 64
    private static let maximumRepeats = 5_000

    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var place = GBNFPlace()
    private var depth = 0

    /// - Throws: `GrammarError` with line and column.
    static func parse(_ text: String) throws(GrammarError) -> [GBNFRule] {
        var parser = GBNFParser(text)
        guard parser.scalars.count <= maximumLength else {
            throw GrammarError("the grammar has more than \(maximumLength) characters")
        }
        var rules: [GBNFRule] = []
        var names: Set<String> = []
        parser.skipSpace(acrossLines: true)
        while parser.current != nil {
            let rule = try parser.parseRule()
            guard names.insert(rule.name).inserted else {
                throw Self.error("the rule \"\(rule.name)\" is there already", rule.place)
            }
            rules.append(rule)
            guard rules.count <= maximumRules else { throw Self.error("more than \(maximumRules) rules", rule.place) }
        }
        return rules
    }

    static func error(_ reason: String, _ place: GBNFPlace) -> GrammarError {
        GrammarError(place: "\(place)", reason)
    }

    private init(_ text: String) { scalars = Array(text.unicodeScalars) }

    // MARK: Characters of the text

    private var current: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private func error(_ reason: String) -> GrammarError { Self.error(reason, place) }

    /// What is found where something else has to stand.
    private func error(expected: String) -> GrammarError {
        let found = current.map { $0 == "\n" || $0 == "\r" ? "the end of the line" : "\"\($0)\"" } ?? "the end"
        return error("expected \(expected), found \(found)")
    }

    private mutating func next() {
        if scalars[position] == "\n" {
            place = GBNFPlace(line: place.line + 1, column: 1)
        } else {
            place.column += 1
        }
        position += 1
    }

    private mutating func take(_ text: String) -> Bool {
        guard scalars[position...].starts(with: text.unicodeScalars) else { return false }
        for _ in text.unicodeScalars { next() }
        return true
    }

    /// Goes to what follows white space and comments.
    private mutating func skipSpace(acrossLines: Bool) {
        while let scalar = current {
            if scalar == "#" {
                while let other = current, other != "\n" { next() }
            } else if scalar == " " || scalar == "\t" || acrossLines && (scalar == "\n" || scalar == "\r") {
                next()
            } else {
                return
            }
        }
    }

    // MARK: Structure

    private mutating func parseRule() throws(GrammarError) -> GBNFRule {
        let start = place
        let name = parseName()
        guard !name.isEmpty else { throw error(expected: "the name of a rule") }
        skipSpace(acrossLines: false)
        guard take("::=") else { throw error(expected: "::= after \"\(name)\"") }
        skipSpace(acrossLines: true)
        let part = try parseChoice(isNested: false)
        guard current == nil || current == "\n" || current == "\r" else {
            throw error(expected: "the end of the rule \"\(name)\"")
        }
        skipSpace(acrossLines: true)
        return GBNFRule(name: name, place: start, part: part)
    }

    private mutating func parseName() -> String {
        var name = ""
        while let scalar = current, Self.isOfName(scalar) {
            name.unicodeScalars.append(scalar)
            next()
        }
        return name
    }

    private static func isOfName(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "-", "_": true
        default: false
        }
    }

    private mutating func parseChoice(isNested: Bool) throws(GrammarError) -> GBNFPart {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else {
            throw error("more than \(Self.maximumDepth) groups within one another")
        }
        var parts = [try parseSequence(isNested: isNested)]
        while isAnother() { parts.append(try parseSequence(isNested: isNested)) }
        return parts.count == 1 ? parts[0] : .choice(parts)
    }

    /// Whether a `|` follows, which may begin a line of its own.
    private mutating func isAnother() -> Bool {
        var later = self
        later.skipSpace(acrossLines: true)
        guard later.take("|") else { return false }
        later.skipSpace(acrossLines: true)
        self = later
        return true
    }

    private mutating func parseSequence(isNested: Bool) throws(GrammarError) -> GBNFPart {
        var parts: [GBNFPart] = []
        while let scalar = current, let part = try parseAtom(scalar) {
            parts.append(part)
            skipSpace(acrossLines: isNested)
            while let (least, most) = try parseRepeat() {
                parts.append(.repeated(parts.removeLast(), least: least, most: most))
                skipSpace(acrossLines: isNested)
            }
        }
        return parts.count == 1 ? parts[0] : .sequence(parts)
    }

    /// - Returns: nil where none begins.
    private mutating func parseAtom(_ scalar: Unicode.Scalar) throws(GrammarError) -> GBNFPart? {
        let start = place
        switch scalar {
        case "\"": return try parseText()
        case "[": return .characters(try parseClass())
        case ".":
            next()
            return .characters(.all)
        case "(":
            next()
            skipSpace(acrossLines: true)
            let part = try parseChoice(isNested: true)
            skipSpace(acrossLines: true)
            guard take(")") else { throw error(expected: ") of the ( at \(start)") }
            return part
        case "<", "!": throw error("tokens in <> cannot be held; their texts can be")
        case "*", "+", "?", "{": throw error("nothing before its \(scalar)")
        default:
            let name = parseName()
            return name.isEmpty ? nil : .rule(name, start)
        }
    }

    private mutating func parseRepeat() throws(GrammarError) -> (least: Int, most: Int?)? {
        if take("*") { return (0, nil) }
        if take("+") { return (1, nil) }
        if take("?") { return (0, 1) }
        let start = place
        guard take("{") else { return nil }
        skipSpace(acrossLines: false)
        guard let least = parseNumber() else { throw error(expected: "the least number of times") }
        skipSpace(acrossLines: false)
        var most: Int? = least
        if take(",") {
            skipSpace(acrossLines: false)
            most = parseNumber()
            skipSpace(acrossLines: false)
        }
        guard take("}") else { throw error(expected: "} of the { at \(start)") }
        guard max(least, most ?? 0) <= Self.maximumRepeats else {
            throw Self.error("more than \(Self.maximumRepeats) times", start)
        }
        guard most.map({ least <= $0 }) ?? true else { throw Self.error("bounds in the wrong order", start) }
        return (least, most)
    }

    private mutating func parseNumber() -> Int? {
        var value: Int?
        while let scalar = current, "0"..."9" ~= scalar {
            value = min((value ?? 0) * 10 + Int(scalar.value) - 48, 1 << 30)
            next()
        }
        return value
    }

    // MARK: Characters that are meant

    private mutating func parseText() throws(GrammarError) -> GBNFPart {
        let start = place
        next()
        var parts: [GBNFPart] = []
        while !take("\"") {
            guard current != nil else { throw Self.error("a text without an end", start) }
            parts.append(.characters(ScalarSet(try parseCharacter())))
        }
        return .sequence(parts)
    }

    private mutating func parseClass() throws(GrammarError) -> ScalarSet {
        let start = place
        next()
        let isInverted = take("^")
        var ranges: [ClosedRange<UInt32>] = []
        while !take("]") {
            guard current != nil else { throw Self.error("a [ without its ]", start) }
            let lower = try parseCharacter()
            var upper = lower
            if current == "-", position + 1 < scalars.count, scalars[position + 1] != "]" {
                next()
                upper = try parseCharacter()
            }
            guard lower <= upper else { throw error("a range from \"\(lower)\" to \"\(upper)\", which is before it") }
            ranges.append(lower.value...upper.value)
        }
        let set = ScalarSet(ranges)
        return isInverted ? set.inverted : set
    }

    private mutating func parseCharacter() throws(GrammarError) -> Unicode.Scalar {
        guard let scalar = current else { throw error(expected: "a character") }
        guard scalar == "\\" else {
            next()
            return scalar
        }
        next()
        guard let escape = current else { throw error(expected: "what is escaped by \\") }
        switch escape {
        case "x": return try parseHexadecimal(2)
        case "u": return try parseHexadecimal(4)
        case "U": return try parseHexadecimal(8)
        default: break
        }
        let known: [Unicode.Scalar: Unicode.Scalar] = [
            "n": "\n", "r": "\r", "t": "\t", "\\": "\\", "\"": "\"", "[": "[", "]": "]", "-": "-", "^": "^",
        ]
        guard let meant = known[escape] else { throw error("an unknown escape \\\(escape)") }
        next()
        return meant
    }

    private mutating func parseHexadecimal(_ count: Int) throws(GrammarError) -> Unicode.Scalar {
        let start = place
        next()
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let digit = current.flatMap({ UInt32(String($0), radix: 16) }) else {
                throw error(expected: "\(count) hexadecimal digits")
            }
            value = value << 4 | digit
            next()
        }
        guard let scalar = Unicode.Scalar(value) else { throw Self.error("a number that no character has", start) }
        return scalar
    }
}
