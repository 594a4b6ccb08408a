// The methods of Python's `str`.

enum TextMethods {
    static func call(_ name: String, _ text: String, _ arguments: CallArguments) throws(TemplateError) -> Value {
        let given = arguments.positional
        switch name {
        case "strip": return .string(PythonText.strip(text, try TextFilters.text(given.first)))
        case "lstrip": return .string(PythonText.strip(text, try TextFilters.text(given.first), .left))
        case "rstrip": return .string(PythonText.strip(text, try TextFilters.text(given.first), .right))
        case "upper": return .string(PythonText.upper(text))
        case "lower", "casefold": return .string(PythonText.lower(text))
        case "title": return .string(PythonText.title(text))
        case "capitalize": return .string(PythonText.capitalize(text))
        case "swapcase": return .string(PythonText.swapCase(text))
        case "split": return try split(text, arguments, fromRight: false)
        case "rsplit": return try split(text, arguments, fromRight: true)
        case "splitlines":
            let keeps = try arguments.bound(to: ["keepends"], of: name)[0]?.isTrue ?? false
            return try .list(PythonText.splitLines(text, keepingEnds: keeps).map { .string($0) })
        case "startswith", "endswith": return .bool(try hasAffix(name, text, given))
        case "removeprefix":
            let prefix = try required(given, 0, name)
            return .string(
                PythonText.hasPrefix(text, prefix)
                    ? String(scalars: text.unicodeScalars.dropFirst(prefix.unicodeScalars.count)) : text)
        case "removesuffix":
            let suffix = try required(given, 0, name)
            let cuts = !suffix.isEmpty && PythonText.hasSuffix(text, suffix)
            return .string(cuts ? String(scalars: text.unicodeScalars.dropLast(suffix.unicodeScalars.count)) : text)
        case "replace":
            let all = try arguments.bound(to: ["old", "new", "count"], of: name)
            return .string(
                try replaced(
                    text, try required(all.compactMap(\.self), 0, name), try required(all.compactMap(\.self), 1, name),
                    limit: all[2]?.asInteger))
        case "join": return .string(try joined(text, given))
        case "find", "rfind", "index", "rindex", "count": return try search(name, text, given)
        case "partition", "rpartition":
            return try partition(text, try required(given, 0, name), fromRight: name == "rpartition")
        case "format": return .string(try BraceFormat.format(text, arguments))
        case "ljust", "rjust", "center", "zfill": return .string(try aligned(name, text, given))
        case "expandtabs":
            return .string(text.unicodeScalars.reduce(into: "") { $0 += $1 == "\t" ? "        " : String($1) })
        default: return .bool(holds(name, text))
        }
    }

    private static func required(_ values: [Value], _ index: Int, _ name: String) throws(TemplateError) -> String {
        guard index < values.count, case .string(let text) = values[index] else {
            if index < values.count, case .undefined(let undefined) = values[index] { throw undefined.error }
            throw .runtime("\(name) takes a string" + (index < values.count ? ", not '\(values[index].typeName)'" : ""))
        }
        return text
    }

    private static func hasAffix(_ name: String, _ text: String, _ given: [Value]) throws(TemplateError) -> Bool {
        var text = text
        if given.count > 1 {
            let slice = try Slicing.slice(
                .string(text), from: given[1].asInteger, to: given.count > 2 ? given[2].asInteger : nil, step: nil)
            text = try slice.text()
        }
        var affixes: [Value] = Array(given.prefix(1))
        if case .sequence(let list)? = given.first, list.isTuple { affixes = list.elements }
        guard !given.isEmpty else { throw .runtime("\(name) takes a string") }
        for index in affixes.indices {
            let affix = try required(affixes, index, name)
            if name == "startswith" ? PythonText.hasPrefix(text, affix) : PythonText.hasSuffix(text, affix) {
                return true
            }
        }
        return false
    }

    static func replaced(_ text: String, _ old: String, _ new: String, limit: Int?) throws(TemplateError) -> String {
        let scalars = text.scalarArray
        let pattern = old.scalarArray
        let limit = limit.map { $0 < 0 ? Int.max : $0 } ?? Int.max
        var result = ""
        var start = 0
        var count = 0
        func guardSize() throws(TemplateError) {
            guard result.utf8.count <= Limits.stringBytes else {
                throw .limit("a text of more than \(Limits.stringBytes) bytes")
            }
        }
        if pattern.isEmpty {
            for scalar in scalars {
                if count < limit { result += new }
                count += 1
                result.unicodeScalars.append(scalar)
                try guardSize()
            }
            return count < limit ? result + new : result
        }
        while count < limit, let found = PythonText.find(pattern, in: scalars, start..<scalars.count) {
            result.unicodeScalars.append(contentsOf: scalars[start..<found])
            result += new
            start = found + pattern.count
            count += 1
            try guardSize()
        }
        result.unicodeScalars.append(contentsOf: scalars[start...])
        return result
    }

    private static func joined(_ separator: String, _ given: [Value]) throws(TemplateError) -> String {
        guard let list = given.first else { throw .runtime("join takes one iterable") }
        var result = ""
        for (index, element) in try list.elements().enumerated() {
            guard case .string(let part) = element else {
                throw .runtime("sequence item \(index): expected str instance, \(element.typeName) found")
            }
            if index > 0 { result += separator }
            result += part
            guard result.utf8.count <= Limits.stringBytes else {
                throw .limit("a text of more than \(Limits.stringBytes) bytes")
            }
        }
        return result
    }

    private static func search(_ name: String, _ text: String, _ given: [Value]) throws(TemplateError) -> Value {
        let needle = try required(given, 0, name).scalarArray
        let scalars = text.scalarArray
        func bound(_ index: Int, _ fallback: Int) -> Int {
            guard index < given.count, let value = given[index].asInteger else { return fallback }
            return value < 0 ? max(0, max(value, -scalars.count) + scalars.count) : value
        }
        let start = bound(1, 0)
        let end = min(bound(2, scalars.count), scalars.count)
        let range = start <= end ? start..<end : nil
        if name == "count" {
            guard let range else { return .integer(0) }
            if needle.isEmpty { return .integer(range.count + 1) }
            var count = 0
            var place = range.lowerBound
            while let found = PythonText.find(needle, in: scalars, place..<range.upperBound) {
                count += 1
                place = found + needle.count
            }
            return .integer(count)
        }
        let found = range.flatMap {
            name == "rfind" || name == "rindex"
                ? PythonText.findLast(needle, in: scalars, $0) : PythonText.find(needle, in: scalars, $0)
        }
        if found == nil, name == "index" || name == "rindex" { throw .runtime("substring not found") }
        return .integer(found ?? -1)
    }

    private static func partition(_ text: String, _ separator: String, fromRight: Bool) throws(TemplateError) -> Value {
        guard !separator.isEmpty else { throw .runtime("empty separator") }
        let scalars = text.scalarArray
        let needle = separator.scalarArray
        let all = 0..<scalars.count
        let found =
            fromRight ? PythonText.findLast(needle, in: scalars, all) : PythonText.find(needle, in: scalars, all)
        guard let found else { return try .tuple((fromRight ? ["", "", text] : [text, "", ""]).map { .string($0) }) }
        return try .tuple([
            .string(String(scalars: scalars[..<found])), .string(separator),
            .string(String(scalars: scalars[(found + needle.count)...])),
        ])
    }

    // MARK: Splitting

    private static func split(_ text: String, _ arguments: CallArguments, fromRight: Bool) throws(TemplateError)
        -> Value
    {
        let given = try arguments.bound(to: ["sep", "maxsplit"], of: "split")
        let separator = try TextFilters.text(given[0])
        let limit = given[1]?.asInteger.map { $0 < 0 ? Int.max : $0 } ?? Int.max
        guard separator?.isEmpty != true else { throw .runtime("empty separator") }
        var scalars = text.scalarArray
        var needle = separator?.scalarArray
        if fromRight {
            // From the right is from the left, mirrored.
            scalars.reverse()
            needle?.reverse()
        }
        var parts = needle.map { split(scalars, at: $0, limit) } ?? splitAtSpace(scalars, limit)
        if fromRight { parts = parts.reversed().map { $0.reversed() } }
        return try .list(parts.map { .string(String(scalars: $0)) })
    }

    private static func split(_ scalars: [Scalar], at needle: [Scalar], _ limit: Int) -> [[Scalar]] {
        var parts: [[Scalar]] = []
        var start = 0
        while parts.count < limit, let found = PythonText.find(needle, in: scalars, start..<scalars.count) {
            parts.append(Array(scalars[start..<found]))
            start = found + needle.count
        }
        parts.append(Array(scalars[start...]))
        return parts
    }

    private static func splitAtSpace(_ scalars: [Scalar], _ limit: Int) -> [[Scalar]] {
        var parts: [[Scalar]] = []
        var index = 0
        func skipSpace() { while index < scalars.count, PythonText.isSpace(scalars[index]) { index += 1 } }
        skipSpace()
        while index < scalars.count {
            let start = index
            if parts.count == limit {
                parts.append(Array(scalars[start...]))
                break
            }
            while index < scalars.count, !PythonText.isSpace(scalars[index]) { index += 1 }
            parts.append(Array(scalars[start..<index]))
            skipSpace()
        }
        return parts
    }

    // MARK: Width and kind

    private static func aligned(_ name: String, _ text: String, _ given: [Value]) throws(TemplateError) -> String {
        guard let width = given.first?.asInteger else { throw .runtime("\(name) takes a width") }
        if name == "zfill" {
            let sign = text.utf8.first == 43 || text.utf8.first == 45 ? 1 : 0
            let missing = max(0, min(width, Limits.elements) - text.unicodeScalars.count)
            return String(text.prefix(sign)) + String(repeating: "0", count: missing) + text.dropFirst(sign)
        }
        let fill = given.count > 1 ? try required(given, 1, name) : " "
        guard fill.unicodeScalars.count == 1 else { throw .runtime("the fill must be one character") }
        return try padded(text, width, fill, name == "ljust" ? .right : name == "rjust" ? .left : .both)
    }

    /// `text` filled up to `width` scalars on one side or both.
    static func padded(_ text: String, _ width: Int, _ fill: String, _ side: PythonText.Side) throws(TemplateError)
        -> String
    {
        guard width <= Limits.elements else { throw .limit("a width of more than \(Limits.elements)") }
        let missing = max(0, width - text.unicodeScalars.count)
        let left: Int
        switch side {
        case .left: left = missing
        case .right: left = 0
        // Python puts the odd one to the left only where the width is odd.
        case .both: left = missing / 2 + (missing & width & 1)
        }
        return String(repeating: fill, count: left) + text + String(repeating: fill, count: missing - left)
    }

    private static func holds(_ name: String, _ text: String) -> Bool {
        let scalars = text.scalarArray
        if name == "isascii" { return scalars.allSatisfy(\.isASCII) }
        if name == "isprintable" { return scalars.allSatisfy(PythonText.isPrintable) }
        if name == "islower" || name == "isupper" {
            let wanted = scalars.contains { name == "islower" ? $0.properties.isLowercase : $0.properties.isUppercase }
            return wanted
                && !scalars.contains { name == "islower" ? $0.properties.isUppercase : $0.properties.isLowercase }
        }
        if name == "istitle" {
            return text.equals(PythonText.title(text)) && scalars.contains(where: PythonText.isCased)
        }
        return !scalars.isEmpty && scalars.enumerated().allSatisfy { holds(name, $1, isFirst: $0 == 0) }
    }

    private static func holds(_ name: String, _ scalar: Scalar, isFirst: Bool) -> Bool {
        switch name {
        case "isspace": PythonText.isSpace(scalar)
        case "isdecimal": scalar.properties.generalCategory == .decimalNumber
        case "isdigit": scalar.properties.numericType == .decimal || scalar.properties.numericType == .digit
        case "isnumeric": scalar.properties.numericType != nil
        case "isalpha": scalar.properties.generalCategory.isLetter
        case "isidentifier":
            scalar == "_" || (isFirst ? scalar.properties.isXIDStart : scalar.properties.isXIDContinue)
        default: TextFilters.isAlphanumeric(scalar)
        }
    }
}

extension Unicode.GeneralCategory {
    fileprivate var isLetter: Bool {
        switch self {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }
}
