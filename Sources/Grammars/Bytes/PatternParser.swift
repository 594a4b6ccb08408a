// Regular expressions as `pattern` has them (ECMA-262), as far as they are regular.

/// What a pattern says, in characters.
indirect enum Pattern: Sendable {
    case characters(ScalarSet)
    case sequence([Pattern])
    case choice([Pattern])
    case repeated(Pattern, least: Int, most: Int?)
    case start, end

    /// In bytes, each character as `write` has it.
    ///
    /// - Parameter isSearched: whether text may stand around what the pattern says, but where it has `^` and `$`.
    func expression(
        isSearched: Bool, write: (ScalarSet) -> ByteExpression
    ) throws(GrammarError) -> ByteExpression {
        let anything = isSearched ? write(.all).anyTimes : .empty
        var parts: [ByteExpression] = []
        for alternative in alternatives {
            var rest = alternative[...]
            var isStart = false, isEnd = false
            while case .start? = rest.first {
                isStart = true
                rest = rest.dropFirst()
            }
            while case .end? = rest.last {
                isEnd = true
                rest = rest.dropLast()
            }
            var middle: [ByteExpression] = []
            for part in rest { middle.append(try part.inside(write)) }
            parts.append(.sequence([isStart ? .empty : anything] + middle + [isEnd ? .empty : anything]))
        }
        return .choice(parts)
    }

    /// The choices at the top, each as a sequence. A group around all of it is looked into.
    private var alternatives: [[Pattern]] {
        switch self {
        case .choice(let parts): parts.flatMap(\.alternatives)
        case .sequence(let parts) where parts.count == 1: parts[0].alternatives
        case .sequence(let parts): [parts]
        default: [[self]]
        }
    }

    private func inside(_ write: (ScalarSet) -> ByteExpression) throws(GrammarError) -> ByteExpression {
        switch self {
        case .characters(let set): return write(set)
        case .sequence(let parts): return .sequence(try Self.inside(parts, write))
        case .choice(let parts): return .choice(try Self.inside(parts, write))
        case .repeated(let part, let least, let most):
            return .repeated(try part.inside(write), least: least, most: most)
        case .start: throw GrammarError("^ can stand only where the pattern, or one of its alternatives, begins")
        case .end: throw GrammarError("$ can stand only where the pattern, or one of its alternatives, ends")
        }
    }

    private static func inside(
        _ parts: [Pattern], _ write: (ScalarSet) -> ByteExpression
    ) throws(GrammarError) -> [ByteExpression] {
        var expressions: [ByteExpression] = []
        for part in parts { expressions.append(try part.inside(write)) }
        return expressions
    }
}

/// Reads a pattern.
struct PatternParser {
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0

    static func parse(_ text: String) throws(GrammarError) -> Pattern {
        var parser = PatternParser(scalars: Array(text.unicodeScalars))
        let pattern = try parser.parseChoice()
        guard parser.position == parser.scalars.count else { throw parser.error("a ) without its (") }
        return pattern
    }

    private init(scalars: [Unicode.Scalar]) { self.scalars = scalars }

    private var current: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private func error(_ reason: String) -> GrammarError {
        GrammarError("the pattern has \(reason), at character \(position + 1)")
    }

    private mutating func take(_ text: String) -> Bool {
        let wanted = Array(text.unicodeScalars)
        guard scalars[position...].starts(with: wanted) else { return false }
        position += wanted.count
        return true
    }

    // MARK: Structure

    private mutating func parseChoice() throws(GrammarError) -> Pattern {
        depth += 1
        defer { depth -= 1 }
        guard depth <= 64 else { throw error("more than 64 groups within one another") }
        var parts = [try parseSequence()]
        while take("|") { parts.append(try parseSequence()) }
        return parts.count == 1 ? parts[0] : .choice(parts)
    }

    private mutating func parseSequence() throws(GrammarError) -> Pattern {
        var parts: [Pattern] = []
        while let scalar = current, scalar != "|", scalar != ")" {
            let atom = try parseAtom(scalar)
            parts.append(try parseRepeat(of: atom))
        }
        return .sequence(parts)
    }

    private mutating func parseAtom(_ scalar: Unicode.Scalar) throws(GrammarError) -> Pattern {
        position += 1
        switch scalar {
        case "^": return .start
        case "$": return .end
        case ".": return .characters(ScalarSet([10...10, 13...13, 0x2028...0x2029]).inverted)
        case "[": return .characters(try parseClass())
        case "(": return try parseGroup()
        case "\\": return .characters(try parseEscape(inClass: false))
        case "*", "+", "?", "{": throw error("nothing before its \(scalar)")
        default: return .characters(ScalarSet(scalar))
        }
    }

    private mutating func parseGroup() throws(GrammarError) -> Pattern {
        if take("?") {
            if take("<") {
                guard current != "=", current != "!" else { throw error("a look behind, which is not regular here") }
                while let scalar = current, scalar != ">", scalar != ")" { position += 1 }
                guard take(">") else { throw error("a group whose name has no end") }
            } else if !take(":") {
                throw error("a look ahead or flags, which are not held: groups are (…), (?:…) and (?<name>…)")
            }
        }
        let inner = try parseChoice()
        guard take(")") else { throw error("a ( without its )") }
        // A group is one part of what stands around it.
        if case .sequence(let parts) = inner, parts.count == 1 { return parts[0] }
        return inner
    }

    private mutating func parseRepeat(of atom: Pattern) throws(GrammarError) -> Pattern {
        let bounds: (least: Int, most: Int?)
        if take("*") {
            bounds = (0, nil)
        } else if take("+") {
            bounds = (1, nil)
        } else if take("?") {
            bounds = (0, 1)
        } else if take("{") {
            bounds = try parseBounds()
        } else {
            return atom
        }
        // As few as possible or as many as possible: the same texts.
        if current == "?" { position += 1 }
        if let next = current, "*+?{".unicodeScalars.contains(next) { throw error("two repeats on end") }
        switch atom {
        case .start, .end: throw error("a repeated ^ or $")
        default: return .repeated(atom, least: bounds.least, most: bounds.most)
        }
    }

    private mutating func parseBounds() throws(GrammarError) -> (least: Int, most: Int?) {
        guard let least = parseNumber() else { throw error("a { that begins no {n}, {n,} or {n,m}") }
        var most: Int? = least
        if take(",") { most = parseNumber() }
        guard take("}") else { throw error("a { without its }") }
        guard least <= 5000, most ?? 0 <= 5000 else { throw error("more than 5000 repeats") }
        guard most.map({ least <= $0 }) ?? true else { throw error("bounds in the wrong order") }
        return (least, most)
    }

    private mutating func parseNumber() -> Int? {
        var value: Int?
        while let digit = current.flatMap({ Int(String($0)) }) {
            value = min((value ?? 0) * 10 + digit, 1 << 30)
            position += 1
        }
        return value
    }

    // MARK: Characters

    private static let digits = ScalarSet([0x30...0x39])
    private static let words = ScalarSet([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    /// White space and ends of lines.
    private static let spaces = ScalarSet([
        0x09...0x0D, 0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029, 0x202F...0x202F,
        0x205F...0x205F, 0x3000...0x3000, 0xFEFF...0xFEFF,
    ])

    private mutating func parseClass() throws(GrammarError) -> ScalarSet {
        let isInverted = take("^")
        var set = ScalarSet([])
        while let scalar = current, scalar != "]" {
            position += 1
            let lower = scalar == "\\" ? try parseEscape(inClass: true) : ScalarSet(scalar)
            guard current == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else {
                set = set.union(lower)
                continue
            }
            position += 1
            let last = scalars[position]
            position += 1
            let upper = last == "\\" ? try parseEscape(inClass: true) : ScalarSet(last)
            guard let from = lower.only, let to = upper.only, from <= to else {
                throw error("a range in [] whose ends are not two characters in order")
            }
            set = set.union(ScalarSet([from...to]))
        }
        guard take("]") else { throw error("a [ without its ]") }
        return isInverted ? set.inverted : set
    }

    private mutating func parseEscape(inClass: Bool) throws(GrammarError) -> ScalarSet {
        guard let scalar = current else { throw error("a \\ at its end") }
        position += 1
        switch scalar {
        case "d": return Self.digits
        case "D": return Self.digits.inverted
        case "w": return Self.words
        case "W": return Self.words.inverted
        case "s": return Self.spaces
        case "S": return Self.spaces.inverted
        case "n": return ScalarSet("\n")
        case "r": return ScalarSet("\r")
        case "t": return ScalarSet("\t")
        case "f": return ScalarSet("\u{C}")
        case "v": return ScalarSet("\u{B}")
        case "0" where current.map { !Self.digits.contains($0.value) } ?? true: return ScalarSet("\u{0}")
        case "b" where inClass: return ScalarSet("\u{8}")
        case "x": return try parseHexadecimal(2)
        case "u": return try parseUnicode()
        case "p", "P": throw error("\\\(scalar), a property of characters, which is not held")
        case "b", "B": throw error("\\\(scalar), a border of words, which is not held")
        case "0"..."9", "k": throw error("a reference to a group, which is not regular")
        case "a"..."z", "A"..."Z": throw error("an unknown escape \\\(scalar)")
        default: return ScalarSet(scalar)
        }
    }

    private mutating func parseUnicode() throws(GrammarError) -> ScalarSet {
        guard take("{") else {
            let first = try hexadecimal(4)
            guard 0xD800...0xDBFF ~= first, take("\\u") else { return try scalarSet(first) }
            let second = try hexadecimal(4)
            guard 0xDC00...0xDFFF ~= second else { throw error("half a surrogate pair") }
            return try scalarSet(0x10000 + (first & 0x3FF) << 10 + second & 0x3FF)
        }
        var value: UInt32 = 0
        while let digit = current.flatMap({ UInt32(String($0), radix: 16) }), value < 1 << 24 {
            value = value << 4 | digit
            position += 1
        }
        guard take("}") else { throw error("a \\u{ without its }") }
        return try scalarSet(value)
    }

    private mutating func parseHexadecimal(_ count: Int) throws(GrammarError) -> ScalarSet {
        try scalarSet(try hexadecimal(count))
    }

    private func scalarSet(_ value: UInt32) throws(GrammarError) -> ScalarSet {
        guard let scalar = Unicode.Scalar(value) else { throw error("a number that no character has") }
        return ScalarSet(scalar)
    }

    private mutating func hexadecimal(_ count: Int) throws(GrammarError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let digit = current.flatMap({ UInt32(String($0), radix: 16) }) else {
                throw error("an escape with too few hexadecimal digits")
            }
            value = value << 4 | digit
            position += 1
        }
        return value
    }
}

extension ScalarSet {
    /// The character of a set of one.
    fileprivate var only: UInt32? {
        ranges.count == 1 && ranges[0].count == 1 ? ranges[0].lowerBound : nil
    }
}
