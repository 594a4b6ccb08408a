// Cuts a template into tokens, with the white-space control of `trim_blocks` and `lstrip_blocks` (Jinja2's lexer rules).
// What the words mean is the parser's affair.

struct Lexer {
    private let source: [Scalar]
    private var index = 0
    private var line = 1
    private var lineStart = 0
    private var tokens: [Token] = []
    /// Whether the last match ended a line, so that blanks before the next tag are its indentation.
    private var atLineStart = true

    /// The tokens of `text`, `.end` last.
    static func tokens(of text: String) throws(TemplateError) -> [Token] {
        var lexer = try Lexer(text)
        try lexer.scan()
        return lexer.tokens
    }

    private init(_ text: String) throws(TemplateError) {
        guard text.utf8.count <= Limits.sourceScalars else {
            throw .limit("the template is longer than \(Limits.sourceScalars) bytes")
        }
        var normalized: [Scalar] = []
        var afterReturn = false
        for scalar in text.unicodeScalars {
            if scalar == "\r" {
                normalized.append("\n")
            } else if !(scalar == "\n" && afterReturn) {
                normalized.append(scalar)
            }
            afterReturn = scalar == "\r"
        }
        if normalized.last == "\n" { normalized.removeLast() }
        source = normalized
    }

    private var here: TemplatePosition { TemplatePosition(line: line, column: index - lineStart + 1) }

    private func failure(_ message: String, at position: TemplatePosition) -> TemplateError {
        TemplateError(.syntax, message, at: position)
    }

    private mutating func advance(to end: Int) {
        while index < end {
            if source[index] == "\n" {
                line += 1
                lineStart = index + 1
            }
            index += 1
        }
    }

    private mutating func advance(_ count: Int = 1) { advance(to: index + count) }

    private func sees(_ text: StaticString, at offset: Int) -> Bool {
        guard offset + text.utf8CodeUnitCount <= source.count else { return false }
        for step in 0..<text.utf8CodeUnitCount
        where source[offset + step].value != UInt32(text.utf8Start[step]) { return false }
        return true
    }

    private func skippingSpace(from start: Int) -> Int {
        var offset = start
        while offset < source.count, PythonText.isSpace(source[offset]) { offset += 1 }
        return offset
    }
}

// MARK: Text and tags

extension Lexer {
    private enum Tag { case variable, block, comment, raw(end: Int) }

    private mutating func scan() throws(TemplateError) {
        while index < source.count {
            guard let (start, tag) = nextTag(from: index) else {
                emit(source[index...], at: here)
                advance(to: source.count)
                break
            }
            let isVariable = if case .variable = tag { true } else { false }
            emitText(before: start, sign: sign(at: start + 2), indentationGoes: !isVariable)
            advance(to: start)
            switch tag {
            case .variable: try scanExpression(.variableBegin, .variableEnd)
            case .block: try scanExpression(.blockBegin, .blockEnd)
            case .comment: try skipComment()
            case .raw(let end): try scanRaw(bodyAt: end)
            }
        }
        tokens.append(Token(kind: .end, position: here))
    }

    private func sign(at offset: Int) -> Scalar? {
        guard offset < source.count, source[offset] == "-" || source[offset] == "+" else { return nil }
        return source[offset]
    }

    private func nextTag(from start: Int) -> (Int, Tag)? {
        var offset = start
        while offset + 1 < source.count {
            if source[offset] == "{" {
                switch source[offset + 1] {
                case "{": return (offset, .variable)
                case "#": return (offset, .comment)
                case "%": return (offset, rawEnd(at: offset).map { .raw(end: $0) } ?? .block)
                default: break
                }
            }
            offset += 1
        }
        return nil
    }

    /// Where the body of a raw block starts, if the tag at `start` is `{% raw %}`.
    private func rawEnd(at start: Int) -> Int? {
        var offset = skippingSpace(from: start + 2 + (sign(at: start + 2) == nil ? 0 : 1))
        guard sees("raw", at: offset) else { return nil }
        offset = skippingSpace(from: offset + 3)
        if sees("-%}", at: offset) { return skippingSpace(from: offset + 3) }
        return sees("%}", at: offset) ? offset + 2 : nil
    }

    /// Emits the text up to a tag at `end`, without what the tag's sign or the indentation rule takes away.
    private mutating func emitText(before end: Int, sign: Scalar?, indentationGoes: Bool) {
        var text = source[index..<end]
        if sign == "-" {
            while let last = text.last, PythonText.isSpace(last) { text.removeLast() }
        } else if sign == nil, indentationGoes {
            let lineBegin = text.lastIndex(of: "\n").map { $0 + 1 }
            if lineBegin != nil || atLineStart {
                let indentation = text[(lineBegin ?? text.startIndex)...]
                if indentation.allSatisfy(PythonText.isSpace) { text = text[..<indentation.startIndex] }
            }
        }
        emit(text, at: here)
        atLineStart = false
    }

    private mutating func emit(_ text: ArraySlice<Scalar>, at position: TemplatePosition) {
        if !text.isEmpty { tokens.append(Token(kind: .data(String(scalars: text)), position: position)) }
    }

    private mutating func skipComment() throws(TemplateError) {
        let start = here
        var offset = index + 2 + (sign(at: index + 2) == nil ? 0 : 1)
        while offset < source.count {
            if let end = tagEnd(at: offset, "#}", "-#}", "+#}", trimsNewline: true) {
                advance(to: end)
                atLineStart = source[end - 1] == "\n"
                return
            }
            offset += 1
        }
        throw failure("the comment has no end", at: start)
    }

    /// The index after a tag's end at `offset`, with the white space it takes along.
    private func tagEnd(
        at offset: Int, _ plain: StaticString, _ minus: StaticString, _ plus: StaticString?, trimsNewline: Bool
    ) -> Int? {
        if let plus, sees(plus, at: offset) { return offset + 3 }
        if sees(minus, at: offset) { return skippingSpace(from: offset + 3) }
        guard sees(plain, at: offset) else { return nil }
        return trimsNewline && offset + 2 < source.count && source[offset + 2] == "\n" ? offset + 3 : offset + 2
    }

    private mutating func scanRaw(bodyAt bodyStart: Int) throws(TemplateError) {
        let start = here
        advance(to: bodyStart)
        atLineStart = source[bodyStart - 1] == "\n"
        var offset = index
        while offset < source.count {
            if sees("{%", at: offset) {
                let sign = sign(at: offset + 2)
                var inner = skippingSpace(from: offset + 2 + (sign == nil ? 0 : 1))
                if sees("endraw", at: inner) {
                    inner = skippingSpace(from: inner + 6)
                    if let end = tagEnd(at: inner, "%}", "-%}", "+%}", trimsNewline: true) {
                        emitText(before: offset, sign: sign, indentationGoes: true)
                        advance(to: end)
                        atLineStart = source[end - 1] == "\n"
                        return
                    }
                }
            }
            offset += 1
        }
        throw failure("the raw block has no end", at: start)
    }
}

// MARK: Inside of tags

extension Lexer {
    private mutating func scanExpression(_ begin: Token.Kind, _ end: Token.Kind) throws(TemplateError) {
        let start = here
        tokens.append(Token(kind: begin, position: start))
        advance(2)
        if sign(at: index) != nil { advance() }
        let isBlock = if case .blockBegin = begin { true } else { false }
        var open: [Token.Symbol] = []
        while true {
            advance(to: skippingSpace(from: index))
            guard index < source.count else {
                throw failure("the tag that starts in line \(start.line), column \(start.column) has no end", at: here)
            }
            let close =
                isBlock
                ? tagEnd(at: index, "%}", "-%}", "+%}", trimsNewline: true)
                : tagEnd(at: index, "}}", "-}}", nil, trimsNewline: false)
            if open.isEmpty, let close {
                tokens.append(Token(kind: end, position: here))
                advance(to: close)
                atLineStart = source[close - 1] == "\n"
                return
            }
            try scanWord(&open)
        }
    }

    private mutating func scanWord(_ open: inout [Token.Symbol]) throws(TemplateError) {
        let position = here
        let scalar = source[index]
        let kind: Token.Kind
        switch scalar {
        case "'", "\"": kind = .string(try scanString(quote: scalar))
        case "0"..."9": kind = try scanNumber()
        case _ where scalar == "_" || scalar.properties.isXIDStart: kind = .name(scanName())
        default: kind = .symbol(try scanSymbol(&open))
        }
        tokens.append(Token(kind: kind, position: position))
    }

    private mutating func scanName() -> String {
        let start = index
        while index < source.count, source[index] == "_" || source[index].properties.isXIDContinue { index += 1 }
        return String(scalars: source[start..<index])
    }

    private mutating func scanSymbol(_ open: inout [Token.Symbol]) throws(TemplateError) -> Token.Symbol {
        let pair = String(scalars: source[index..<min(index + 2, source.count)])
        guard let symbol = Token.Symbol(rawValue: pair) ?? Token.Symbol(rawValue: String(source[index])) else {
            throw failure("unexpected character '\(source[index])'", at: here)
        }
        switch symbol {
        case .leftBrace: open.append(.rightBrace)
        case .leftBracket: open.append(.rightBracket)
        case .leftParenthesis: open.append(.rightParenthesis)
        case .rightBrace, .rightBracket, .rightParenthesis:
            guard let expected = open.popLast() else { throw failure("unexpected '\(symbol.rawValue)'", at: here) }
            guard expected == symbol else {
                throw failure("unexpected '\(symbol.rawValue)', expected '\(expected.rawValue)'", at: here)
            }
        default: break
        }
        advance(symbol.rawValue.utf8.count)
        return symbol
    }

    private mutating func scanNumber() throws(TemplateError) -> Token.Kind {
        let position = here
        let start = index
        let follower = index + 1 < source.count ? source[index + 1] : " "
        if source[index] == "0", "xXoObB".unicodeScalars.contains(follower) {
            index += 2
            while index < source.count, source[index] == "_" || source[index].properties.isASCIIHexDigit { index += 1 }
            let text = String(scalars: source[start..<index])
            guard let value = PythonNumbers.integer(text, base: 0) else {
                throw failure("bad number \(text)", at: position)
            }
            return .integer(value)
        }
        skipDigits()
        var isDouble = false
        let afterDot = start > 0 && source[start - 1] == "."
        if !afterDot, index + 1 < source.count, source[index] == ".", isDigit(source[index + 1]) {
            index += 1
            skipDigits()
            isDouble = true
        }
        if !afterDot, index < source.count, source[index] == "e" || source[index] == "E" {
            var offset = index + 1
            if offset < source.count, source[offset] == "+" || source[offset] == "-" { offset += 1 }
            if offset < source.count, isDigit(source[offset]) {
                index = offset
                skipDigits()
                isDouble = true
            }
        }
        let text = String(scalars: source[start..<index])
        if isDouble, let value = PythonNumbers.double(text) { return .double(value) }
        guard !isDouble, let value = PythonNumbers.integer(text) else {
            throw failure("the number \(text) is too large", at: position)
        }
        return .integer(value)
    }

    private func isDigit(_ scalar: Scalar) -> Bool { ("0"..."9").contains(scalar) }

    private mutating func skipDigits() {
        while index < source.count,
            isDigit(source[index])
                || (source[index] == "_" && index + 1 < source.count && isDigit(source[index + 1]))
        { index += 1 }
    }
}

// MARK: Strings

extension Lexer {
    private mutating func scanString(quote: Scalar) throws(TemplateError) -> String {
        let start = here
        var text = ""
        advance()
        while index < source.count {
            let scalar = source[index]
            if scalar == quote {
                advance()
                return text
            }
            if scalar == "\\", index + 1 < source.count {
                try scanEscape(into: &text)
            } else {
                text.unicodeScalars.append(scalar)
                advance()
            }
        }
        throw failure("the string has no end", at: start)
    }

    /// Python's string escapes; an unknown one stands for itself, backslash included.
    private mutating func scanEscape(into text: inout String) throws(TemplateError) {
        let letter = source[index + 1]
        switch letter {
        case "n": text += "\n"
        case "t": text += "\t"
        case "r": text.unicodeScalars.append("\r")
        case "b": text.unicodeScalars.append("\u{8}")
        case "f": text.unicodeScalars.append("\u{C}")
        case "v": text.unicodeScalars.append("\u{B}")
        case "a": text.unicodeScalars.append("\u{7}")
        case "\\", "'", "\"": text.unicodeScalars.append(letter)
        case "\n": break
        case "0"..."7": return scanOctal(into: &text)
        case "x": return try scanHex(2, into: &text)
        case "u": return try scanHex(4, into: &text)
        case "U": return try scanHex(8, into: &text)
        default:
            text += "\\"
            text.unicodeScalars.append(letter)
        }
        advance(2)
    }

    private mutating func scanOctal(into text: inout String) {
        advance()
        var value: UInt32 = 0
        var count = 0
        while count < 3, index < source.count, ("0"..."7").contains(source[index]) {
            value = value * 8 + source[index].value - 48
            count += 1
            advance()
        }
        text.unicodeScalars.append(Scalar(value) ?? " ")
    }

    private mutating func scanHex(_ width: Int, into text: inout String) throws(TemplateError) {
        guard let high = hexValue(at: index + 2, width) else { throw failure("bad escape in a string", at: here) }
        if let scalar = Scalar(high) {
            text.unicodeScalars.append(scalar)
            return advance(2 + width)
        }
        // Two escapes may spell one scalar in UTF-16.
        guard width == 4, (0xD800..<0xDC00).contains(high), sees("\\u", at: index + 6),
            let low = hexValue(at: index + 8, 4), (0xDC00..<0xE000).contains(low),
            let scalar = Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00))
        else { throw failure("the escape in the string is no Unicode scalar", at: here) }
        text.unicodeScalars.append(scalar)
        advance(12)
    }

    private func hexValue(at start: Int, _ width: Int) -> UInt32? {
        guard start + width <= source.count else { return nil }
        let digits = source[start..<(start + width)]
        guard digits.allSatisfy({ $0.properties.isASCIIHexDigit }) else { return nil }
        return UInt32(String(scalars: digits), radix: 16)
    }
}
