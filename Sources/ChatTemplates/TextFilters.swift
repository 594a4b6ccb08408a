// Filters that make text.

extension Interpreter {
    func textFilter(_ name: String, _ value: Value, _ arguments: CallArguments) throws(TemplateError) -> Value? {
        switch name {
        case "upper": return .string(PythonText.upper(try value.text()))
        case "lower": return .string(PythonText.lower(try value.text()))
        case "capitalize": return .string(PythonText.capitalize(try value.text()))
        case "title": return .string(TextFilters.title(try value.text()))
        case "trim":
            let given = try arguments.bound(to: ["chars"], of: name)
            return .string(PythonText.strip(try value.text(), try TextFilters.text(given[0])))
        case "escape", "e", "forceescape": return .string(TextFilters.escaped(try value.text()))
        case "wordcount": return .integer(TextFilters.wordCount(try value.text()))
        case "replace": return .string(try replaced(value, arguments))
        case "indent": return .string(try indented(value, arguments))
        case "truncate": return .string(try truncated(value, arguments))
        case "format":
            let format = try value.text()
            guard arguments.positional.isEmpty || arguments.named.isEmpty else {
                throw .runtime("format takes positional or named arguments, not both")
            }
            if arguments.named.isEmpty {
                return .string(try PercentFormat.format(format, try .tuple(arguments.positional)))
            }
            var mapping = Mapping()
            for (name, value) in arguments.named { try mapping.set(name: name, to: value) }
            return .string(try PercentFormat.format(format, .mapping(mapping)))
        case "center":
            let width = try arguments.bound(to: ["width"], of: name)[0]?.asInteger ?? 80
            return .string(try TextMethods.padded(try value.text(), width, " ", .both))
        case "urlencode":
            guard case .string(let text) = value else { throw mismatch(value, name) }
            return .string(TextFilters.percentEncoded(text))
        default: return nil
        }
    }

    private func replaced(_ value: Value, _ arguments: CallArguments) throws(TemplateError) -> String {
        let given = try arguments.bound(to: ["old", "new", "count"], of: "replace")
        guard let old = given[0], let new = given[1] else { throw .runtime("replace takes two texts") }
        return try TextMethods.replaced(
            try value.text(), try old.text(), try new.text(), limit: given[2]?.asInteger)
    }

    private func indented(_ value: Value, _ arguments: CallArguments) throws(TemplateError) -> String {
        let given = try arguments.bound(to: ["width", "first", "blank"], of: "indent")
        guard case .string(let text) = value else { throw mismatch(value, "indent") }
        let indentation: String
        switch given[0] {
        case nil: indentation = "    "
        case .string(let text)?: indentation = text
        case let width?:
            guard let count = width.asInteger, count < 10_000 else { throw mismatch(width, "indent") }
            indentation = String(repeating: " ", count: max(0, count))
        }
        var lines = PythonText.splitLines(text + "\n")
        let indentsBlank = given[2]?.isTrue ?? false
        for index in lines.indices.dropFirst() where indentsBlank || !lines[index].isEmpty {
            lines[index] = indentation + lines[index]
        }
        return (given[1]?.isTrue ?? false ? indentation : "") + lines.joined(separator: "\n")
    }

    private func truncated(_ value: Value, _ arguments: CallArguments) throws(TemplateError) -> String {
        let given = try arguments.bound(to: ["length", "killwords", "end", "leeway"], of: "truncate")
        guard case .string(let text) = value else { throw mismatch(value, "truncate") }
        let end = (try TextFilters.text(given[2]) ?? "...").scalarArray
        let length = given[0]?.asInteger ?? 255
        let leeway = given[3]?.asInteger ?? 5
        guard length >= end.count, leeway >= 0, length < Int.max - leeway else {
            throw .runtime("truncate: the length must be at least \(end.count), the leeway at least 0")
        }
        let scalars = text.scalarArray
        guard scalars.count > length + leeway else { return text }
        var kept = scalars[..<(length - end.count)]
        if !(given[1]?.isTrue ?? false), let space = kept.lastIndex(of: " ") { kept = kept[..<space] }
        return String(scalars: kept + end)
    }
}

enum TextFilters {
    /// The text of an optional argument; `None` counts as not given.
    static func text(_ value: Value?) throws(TemplateError) -> String? {
        switch value {
        case nil, .none?: return nil
        case .string(let text)?: return text
        case .undefined(let undefined)?: throw undefined.error
        case let other?: throw .runtime("expected a string, not '\(other.typeName)'")
        }
    }

    /// Jinja2's `title`: a word starts after white space, a hyphen or an opening bracket; everything else goes to lower case.
    static func title(_ text: String) -> String {
        var result = ""
        var word: [Scalar] = []
        func flush() {
            guard let first = word.first else { return }
            result += first.properties.uppercaseMapping + PythonText.lower(word[1...])
            word = []
        }
        var separates = false
        for scalar in text.unicodeScalars {
            let isSeparator = PythonText.isSpace(scalar) || ["-", "(", "{", "[", "<"].contains(scalar)
            if isSeparator != separates { flush() }
            separates = isSeparator
            word.append(scalar)
        }
        flush()
        return result
    }

    static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "'": result += "&#39;"
            case "\"": result += "&#34;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    static func wordCount(_ text: String) -> Int {
        var count = 0
        var inWord = false
        for scalar in text.unicodeScalars {
            let isWord = scalar == "_" || isAlphanumeric(scalar)
            if isWord, !inWord { count += 1 }
            inWord = isWord
        }
        return count
    }

    static func isAlphanumeric(_ scalar: Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber: true
        case .letterNumber, .otherNumber: scalar.properties.numericType != nil
        default: false
        }
    }

    static func percentEncoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case 48...57, 65...90, 97...122, 45, 46, 47, 95, 126: result.unicodeScalars.append(Scalar(byte))
            default: result += "%" + PythonText.upper(PythonText.hex(UInt32(byte), 2))
            }
        }
        return result
    }
}
