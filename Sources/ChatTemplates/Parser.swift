// Tokens to statements. Expressions are in `ExpressionParser.swift`.

struct Parser {
    var tokens: [Token]
    var index = 0
    /// Nested brackets and blocks at this point.
    var nesting = 0
    private var loopDepth = 0
    /// For each open macro, the undeclared names that its body has used.
    private var implicitNames: [Set<String>] = []

    /// Reads a whole template.
    static func parse(_ source: String) throws(TemplateError) -> [Statement] {
        var parser = Parser(tokens: try Lexer.tokens(of: source))
        let body = try parser.parseBody(until: [])
        return body
    }

    private init(tokens: [Token]) { self.tokens = tokens }

    // MARK: Tokens

    var current: Token { tokens[index] }
    var position: TemplatePosition { current.position }

    func failure(_ message: String, at position: TemplatePosition? = nil) -> TemplateError {
        TemplateError(.syntax, message, at: position ?? self.position)
    }

    mutating func next() -> Token {
        let token = tokens[index]
        if index + 1 < tokens.count { index += 1 }
        return token
    }

    func sees(_ symbol: Token.Symbol, ahead: Int = 0) -> Bool {
        guard index + ahead < tokens.count, case .symbol(symbol) = tokens[index + ahead].kind else { return false }
        return true
    }

    func sees(name: String, ahead: Int = 0) -> Bool {
        guard index + ahead < tokens.count, case .name(let found) = tokens[index + ahead].kind else { return false }
        return found.equals(name)
    }

    mutating func skip(_ symbol: Token.Symbol) -> Bool {
        guard sees(symbol) else { return false }
        index += 1
        return true
    }

    mutating func skip(name: String) -> Bool {
        guard sees(name: name) else { return false }
        index += 1
        return true
    }

    mutating func expect(_ symbol: Token.Symbol) throws(TemplateError) {
        guard skip(symbol) else { throw failure("expected '\(symbol.rawValue)', found '\(current.text)'") }
    }

    mutating func expect(name: String) throws(TemplateError) {
        guard skip(name: name) else { throw failure("expected '\(name)', found '\(current.text)'") }
    }

    mutating func expectName() throws(TemplateError) -> String {
        guard case .name(let name) = current.kind else { throw failure("expected a name, found '\(current.text)'") }
        index += 1
        return name
    }

    private mutating func expectBlockEnd() throws(TemplateError) {
        guard case .blockEnd = current.kind else {
            throw failure("expected the end of the tag, found '\(current.text)'")
        }
        index += 1
    }

    mutating func deeper() throws(TemplateError) {
        nesting += 1
        guard nesting <= Limits.sourceDepth else {
            throw TemplateError(.limit, "nested deeper than \(Limits.sourceDepth) levels", at: position)
        }
    }

    /// Notes that the body of each open macro uses a name that a macro gets without declaring it.
    mutating func noteUse(of name: String) {
        guard !implicitNames.isEmpty, ["caller", "varargs", "kwargs"].contains(name) else { return }
        for level in implicitNames.indices { implicitNames[level].insert(name) }
    }
}

// MARK: Bodies

extension Parser {
    /// Statements up to one of the tags `ends`, which is left current (its `{%` consumed); up to the end if there are none.
    private mutating func parseBody(until ends: [String]) throws(TemplateError) -> [Statement] {
        try deeper()
        defer { nesting -= 1 }
        var body: [Statement] = []
        while true {
            let token = current
            switch token.kind {
            case .end:
                guard ends.isEmpty else {
                    throw failure("the template ends before \(ends.map { "'\($0)'" }.joined(separator: " or "))")
                }
                return body
            case .data(let text):
                index += 1
                body.append(Statement(kind: .text(text), position: token.position))
            case .variableBegin:
                index += 1
                let expression = try parseTuple()
                guard case .variableEnd = current.kind else {
                    throw failure("expected '}}', found '\(current.text)'")
                }
                index += 1
                body.append(Statement(kind: .output(expression), position: token.position))
            default:
                index += 1
                if ends.contains(where: { sees(name: $0) }) { return body }
                body.append(try parseStatement(at: token.position))
                try expectBlockEnd()
            }
        }
    }

    /// The end of an opening tag, then a body up to one of `ends`; the ending tag's name is consumed and returned.
    private mutating func parseBlock(_ ends: String...) throws(TemplateError) -> (body: [Statement], end: String) {
        _ = skip(.colon)
        try expectBlockEnd()
        let body = try parseBody(until: ends)
        return (body, try expectName())
    }

    private mutating func parseStatement(at start: TemplatePosition) throws(TemplateError) -> Statement {
        let place = position
        let tag = try expectName()
        let kind: Statement.Kind
        switch tag {
        case "for": kind = try parseFor()
        case "if": kind = try parseIf()
        case "set": kind = try parseSet()
        case "macro": kind = try parseMacro()
        case "call": kind = try parseCallBlock()
        case "filter":
            let filter = try parseFilters(of: nil, startsInline: true)
            kind = .filterBlock(filter, body: try parseBlock("endfilter").body)
        case "with": kind = try parseWith()
        case "block":
            _ = try expectName()
            while skip(name: "scoped") || skip(name: "required") {}
            kind = .scope(try parseBlock("endblock").body)
            if case .name = current.kind { index += 1 }
        case "autoescape":
            _ = try parseExpression()
            kind = .scope(try parseBlock("endautoescape").body)
        case "generation":
            let outer = loopDepth
            loopDepth = 0
            kind = .generation(try parseBlock("endgeneration").body)
            loopDepth = outer
        case "break", "continue":
            guard loopDepth > 0 else { throw failure("'\(tag)' outside of a loop", at: place) }
            kind = tag == "break" ? .breakLoop : .continueLoop
        case "include", "import", "from", "extends":
            throw failure("'\(tag)' is not for chat templates: they stand alone", at: place)
        default: throw failure("unknown tag '\(tag)'", at: place)
        }
        return Statement(kind: kind, position: start)
    }

    private mutating func parseFor() throws(TemplateError) -> Statement.Kind {
        let target = try parseTarget(endsAt: "in")
        try expect(name: "in")
        let iterable = try parseTuple(conditional: false, endsAt: "recursive")
        let filter: Expression? = skip(name: "if") ? try parseExpression() : nil
        let isRecursive = skip(name: "recursive")
        loopDepth += 1
        let (body, end) = try parseBlock("endfor", "else")
        loopDepth -= 1
        let otherwise = end == "else" ? try parseBlock("endfor").body : []
        return .loop(
            Loop(
                target: target, iterable: iterable, filter: filter, isRecursive: isRecursive, body: body,
                otherwise: otherwise))
    }

    private mutating func parseIf() throws(TemplateError) -> Statement.Kind {
        var branches: [(test: Expression, body: [Statement])] = []
        while true {
            let test = try parseTuple(conditional: false)
            let (body, end) = try parseBlock("elif", "else", "endif")
            branches.append((test, body))
            switch end {
            case "elif": continue
            case "else": return .branch(branches, otherwise: try parseBlock("endif").body)
            default: return .branch(branches, otherwise: [])
            }
        }
    }

    private mutating func parseSet() throws(TemplateError) -> Statement.Kind {
        let target = try parseTarget(allowsNamespace: true)
        if skip(.assign) { return .set(target, try parseTuple()) }
        let filter: Expression? = sees(.pipe) ? try parseFilters(of: nil, startsInline: false) : nil
        return .setBlock(target, filter: filter, body: try parseBlock("endset").body)
    }

    private mutating func parseWith() throws(TemplateError) -> Statement.Kind {
        var bindings: [(target: Target, value: Expression)] = []
        while case .name = current.kind {
            let target = try parseTarget()
            try expect(.assign)
            bindings.append((target, try parseExpression()))
            if !skip(.comma) { break }
        }
        return .with(bindings, body: try parseBlock("endwith").body)
    }
}

// MARK: Macros

extension Parser {
    private mutating func parseMacro() throws(TemplateError) -> Statement.Kind {
        let name = try expectName()
        return .macro(try parseMacroRest(name: name, end: "endmacro", parameters: try parseParameters()))
    }

    private mutating func parseCallBlock() throws(TemplateError) -> Statement.Kind {
        let parameters = sees(.leftParenthesis) ? try parseParameters() : []
        let place = position
        let expression = try parseExpression()
        guard case .call(let callee, let arguments) = expression.kind else {
            throw failure("expected a call", at: place)
        }
        let body = try parseMacroRest(name: "caller", end: "endcall", parameters: parameters)
        return .callBlock(body, call: callee, arguments: arguments)
    }

    private mutating func parseMacroRest(
        name: String, end: String, parameters: [(name: String, fallback: Expression?)]
    ) throws(TemplateError) -> MacroDefinition {
        implicitNames.append([])
        let outer = loopDepth
        loopDepth = 0
        let body = try parseBlock(end).body
        loopDepth = outer
        let used = implicitNames.removeLast()
        return MacroDefinition(
            name: name, parameters: parameters, body: body, usesCaller: used.contains("caller"),
            usesPositional: used.contains("varargs"), usesNamed: used.contains("kwargs"))
    }

    private mutating func parseParameters() throws(TemplateError) -> [(name: String, fallback: Expression?)] {
        try expect(.leftParenthesis)
        var parameters: [(name: String, fallback: Expression?)] = []
        while !sees(.rightParenthesis) {
            if !parameters.isEmpty {
                try expect(.comma)
                if sees(.rightParenthesis) { break }
            }
            let place = position
            let name = try expectName()
            if skip(.assign) {
                parameters.append((name, try parseExpression()))
            } else {
                guard parameters.last?.fallback == nil else {
                    throw failure("a parameter without a default follows one with a default", at: place)
                }
                parameters.append((name, nil))
            }
        }
        try expect(.rightParenthesis)
        return parameters
    }

    /// Names, tuples of names, and where allowed `namespace.attribute`.
    mutating func parseTarget(allowsNamespace: Bool = false, endsAt end: String? = nil) throws(TemplateError) -> Target
    {
        var targets: [Target] = []
        var isTuple = false
        while true {
            if let end, sees(name: end) { break }
            if sees(.rightParenthesis) || sees(.assign) { break }
            targets.append(try parseSingleTarget(allowsNamespace: allowsNamespace))
            guard skip(.comma) else { break }
            isTuple = true
        }
        guard let first = targets.first else { throw failure("expected a name to assign to, found '\(current.text)'") }
        return isTuple ? .tuple(targets) : first
    }

    private mutating func parseSingleTarget(allowsNamespace: Bool) throws(TemplateError) -> Target {
        if skip(.leftParenthesis) {
            try deeper()
            defer { nesting -= 1 }
            let inner = try parseTarget(allowsNamespace: allowsNamespace)
            try expect(.rightParenthesis)
            return inner
        }
        let place = position
        let name = try expectName()
        guard !["true", "false", "none", "True", "False", "None"].contains(name) else {
            throw failure("cannot assign to '\(name)'", at: place)
        }
        if allowsNamespace, skip(.dot) { return .attribute(namespace: name, name: try expectName()) }
        return .name(name)
    }
}
