// Python's rules for text: what is white space, a line end, an upper-case letter, and how `repr` writes a string.
// Everything counts Unicode scalars, never grapheme clusters.

typealias Scalar = Unicode.Scalar

/// A string compared by its scalars: Swift's own `==` takes "é" and "e◌́" for equal, Python does not.
struct Name: Hashable, Sendable {
    let text: String

    init(_ text: String) { self.text = text }

    static func == (left: Name, right: Name) -> Bool { left.text.utf8.elementsEqual(right.text.utf8) }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

extension String {
    init(scalars: some Sequence<Scalar>) {
        self = ""
        unicodeScalars.append(contentsOf: scalars)
    }

    func equals(_ other: String) -> Bool { utf8.elementsEqual(other.utf8) }

    var scalarArray: [Scalar] { Array(unicodeScalars) }
}

enum PythonText {
    static func isSpace(_ scalar: Scalar) -> Bool {
        switch scalar.value {
        case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000: true
        default: false
        }
    }

    static func isLineEnd(_ scalar: Scalar) -> Bool {
        switch scalar.value {
        case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029: true
        default: false
        }
    }

    /// Whether `repr` writes the scalar as it is.
    static func isPrintable(_ scalar: Scalar) -> Bool {
        if scalar.value < 0x7F { return scalar.value >= 0x20 }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            return false
        default: return true
        }
    }

    static func isCased(_ scalar: Scalar) -> Bool { scalar.properties.isCased }

    static func upper(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars { result += scalar.properties.uppercaseMapping }
        return result
    }

    static func lower(_ text: String) -> String { lower(text.scalarArray[...]) }

    static func lower(_ scalars: ArraySlice<Scalar>) -> String {
        var result = ""
        for index in scalars.indices {
            if scalars[index].value == 0x3A3 {
                result += isFinalSigma(scalars, index) ? "\u{3C2}" : "\u{3C3}"
            } else {
                result += scalars[index].properties.lowercaseMapping
            }
        }
        return result
    }

    /// A sigma after a cased letter and before none is written in its final form.
    private static func isFinalSigma(_ scalars: ArraySlice<Scalar>, _ index: Int) -> Bool {
        let before = scalars[..<index].last { !$0.properties.isCaseIgnorable }
        let after = scalars[(index + 1)...].first { !$0.properties.isCaseIgnorable }
        return (before.map(isCased) ?? false) && !(after.map(isCased) ?? false)
    }

    /// `str.title`: the first letter of each run of cased letters in title case, the others in lower case.
    static func title(_ text: String) -> String {
        var result = ""
        var afterCased = false
        for scalar in text.unicodeScalars {
            result += afterCased ? scalar.properties.lowercaseMapping : scalar.properties.titlecaseMapping
            afterCased = isCased(scalar)
        }
        return result
    }

    static func capitalize(_ text: String) -> String {
        let scalars = text.scalarArray
        guard let first = scalars.first else { return "" }
        return first.properties.titlecaseMapping + lower(scalars[1...])
    }

    static func swapCase(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if scalar.properties.isUppercase {
                result += scalar.properties.lowercaseMapping
            } else if scalar.properties.isLowercase {
                result += scalar.properties.uppercaseMapping
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    enum Side { case both, left, right }

    /// `strip`, `lstrip`, `rstrip`: without `characters`, white space goes.
    static func strip(_ text: String, _ characters: String? = nil, _ side: Side = .both) -> String {
        let set = characters.map { Set($0.unicodeScalars) }
        func goes(_ scalar: Scalar) -> Bool { set?.contains(scalar) ?? isSpace(scalar) }
        var view = text.unicodeScalars[...]
        if side != .right { while let first = view.first, goes(first) { view.removeFirst() } }
        if side != .left { while let last = view.last, goes(last) { view.removeLast() } }
        return String(view)
    }

    static func splitLines(_ text: String, keepingEnds: Bool = false) -> [String] {
        let scalars = text.scalarArray
        var lines: [String] = []
        var start = 0
        var index = 0
        while index < scalars.count {
            guard isLineEnd(scalars[index]) else {
                index += 1
                continue
            }
            let end = index
            index += scalars[index] == "\r" && index + 1 < scalars.count && scalars[index + 1] == "\n" ? 2 : 1
            lines.append(String(scalars: scalars[start..<(keepingEnds ? index : end)]))
            start = index
        }
        if start < scalars.count { lines.append(String(scalars: scalars[start...])) }
        return lines
    }

    /// The index of the first `needle` in `range` of `haystack`.
    static func find(_ needle: [Scalar], in haystack: [Scalar], _ range: Range<Int>) -> Int? {
        find(needle, haystack, range) { $0 }
    }

    static func findLast(_ needle: [Scalar], in haystack: [Scalar], _ range: Range<Int>) -> Int? {
        // From the right is from the left, mirrored.
        let place = find(needle.reversed(), haystack, range) { range.lowerBound + range.upperBound - 1 - $0 }
        return place.map { range.lowerBound + range.upperBound - needle.count - $0 }
    }

    /// The first place of `needle`, scalars taken at `mirror` of their place, in time that grows with the text alone (Knuth, Morris
    /// and Pratt): a template may look for a long text of which the haystack is full, but for its end.
    private static func find<Element: Equatable>(
        _ needle: [Element], _ haystack: [Element], _ range: Range<Int>, _ mirror: (Int) -> Int
    ) -> Int? {
        guard !needle.isEmpty, range.count >= needle.count else { return needle.isEmpty ? range.lowerBound : nil }
        let borders = borders(of: needle)
        var matched = 0
        for place in range {
            let scalar = haystack[mirror(place)]
            while matched > 0, needle[matched] != scalar { matched = borders[matched - 1] }
            if needle[matched] == scalar { matched += 1 }
            if matched == needle.count { return place + 1 - matched }
        }
        return nil
    }

    /// For each beginning of `needle`, how much of its end is a beginning again.
    private static func borders<Element: Equatable>(of needle: [Element]) -> [Int] {
        var borders = [Int](repeating: 0, count: needle.count)
        var length = 0
        for place in needle.indices.dropFirst() {
            while length > 0, needle[place] != needle[length] { length = borders[length - 1] }
            if needle[place] == needle[length] { length += 1 }
            borders[place] = length
        }
        return borders
    }

    static func matches(_ needle: [Scalar], _ haystack: [Scalar], at start: Int) -> Bool {
        for offset in needle.indices where haystack[start + offset] != needle[offset] { return false }
        return true
    }

    static func contains(_ needle: String, in haystack: String) -> Bool {
        let haystack = Array(haystack.utf8)
        return find(Array(needle.utf8), haystack, 0..<haystack.count) { $0 } != nil
    }

    static func hasPrefix(_ text: String, _ prefix: String) -> Bool { text.utf8.starts(with: prefix.utf8) }

    static func hasSuffix(_ text: String, _ suffix: String) -> Bool {
        text.utf8.count >= suffix.utf8.count && text.utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
    }

    /// `repr` of a string: single quotes unless the text has one and no double quote.
    static func quoted(_ text: String) -> String {
        let quote: Scalar =
            text.unicodeScalars.contains("'") && !text.unicodeScalars.contains("\"") ? "\"" : "'"
        var result = ""
        result.unicodeScalars.append(quote)
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case quote:
                result += "\\"
                result.unicodeScalars.append(quote)
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where isPrintable(scalar): result.unicodeScalars.append(scalar)
            case _ where scalar.value < 0x100: result += "\\x" + hex(scalar.value, 2)
            case _ where scalar.value < 0x10000: result += "\\u" + hex(scalar.value, 4)
            default: result += "\\U" + hex(scalar.value, 8)
            }
        }
        result.unicodeScalars.append(quote)
        return result
    }

    static func hex(_ value: UInt32, _ width: Int) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}
