// Tokens to expressions, by precedence: conditional, or, and, not, comparison, sum, `~`, product, power, sign, postfix.

extension Parser {
    /// A node around its parts; refuses trees deeper than the evaluator is meant to walk.
    private func node(_ kind: Expression.Kind, at position: TemplatePosition, _ parts: [Expression] = [])
        throws(TemplateError)
        -> Expression
    {
        let depth = 1 + (parts.map(\.depth).max() ?? 0)
        guard depth <= Limits.sourceDepth else {
            throw TemplateError(
                .limit, "the expression is nested deeper than \(Limits.sourceDepth) levels", at: position)
        }
        return Expression(kind: kind, position: position, depth: depth)
    }

    mutating func parseExpression(conditional: Bool = true) throws(TemplateError) -> Expression {
        try deeper()
        defer { nesting -= 1 }
        let place = position
        var expression = try parseOr()
        guard conditional else { return expression }
        while skip(name: "if") {
            let test = try parseOr()
            let otherwise: Expression? = skip(name: "else") ? try parseExpression() : nil
            expression = try node(
                .conditional(test: test, then: expression, otherwise: otherwise), at: place,
                [test, expression] + (otherwise.map { [$0] } ?? []))
        }
        return expression
    }

    /// An expression, or several with commas between them as a tuple.
    mutating func parseTuple(conditional: Bool = true, endsAt end: String? = nil, inParentheses: Bool = false)
        throws(TemplateError) -> Expression
    {
        let place = position
        var elements: [Expression] = []
        var isTuple = false
        while !atTupleEnd(end) {
            elements.append(try parseExpression(conditional: conditional))
            guard skip(.comma) else { break }
            isTuple = true
        }
        if !isTuple {
            if let only = elements.first { return only }
            guard inParentheses else { throw failure("expected an expression, found '\(current.text)'") }
        }
        return try node(.tuple(elements), at: place, elements)
    }

    private func atTupleEnd(_ end: String?) -> Bool {
        switch current.kind {
        case .variableEnd, .blockEnd, .end: return true
        case .symbol(.rightParenthesis): return true
        default: return end.map { sees(name: $0) } ?? false
        }
    }

    private mutating func parseOr() throws(TemplateError) -> Expression {
        let place = position
        var left = try parseAnd()
        while skip(name: "or") {
            let right = try parseAnd()
            left = try node(.or(left, right), at: place, [left, right])
        }
        return left
    }

    private mutating func parseAnd() throws(TemplateError) -> Expression {
        let place = position
        var left = try parseNot()
        while skip(name: "and") {
            let right = try parseNot()
            left = try node(.and(left, right), at: place, [left, right])
        }
        return left
    }

    private mutating func parseNot() throws(TemplateError) -> Expression {
        let place = position
        guard skip(name: "not") else { return try parseComparison() }
        try deeper()
        defer { nesting -= 1 }
        let operand = try parseNot()
        return try node(.not(operand), at: place, [operand])
    }

    private mutating func parseComparison() throws(TemplateError) -> Expression {
        let place = position
        let left = try parseSum()
        var rest: [(operation: Comparison, right: Expression)] = []
        while let operation = takeComparison() { rest.append((operation, try parseSum())) }
        guard !rest.isEmpty else { return left }
        return try node(.compare(left, rest), at: place, [left] + rest.map(\.right))
    }

    private mutating func takeComparison() -> Comparison? {
        if case .symbol(let symbol) = current.kind, let operation = Comparison(rawValue: symbol.rawValue) {
            index += 1
            return operation
        }
        if skip(name: "in") { return .contained }
        if sees(name: "not"), sees(name: "in", ahead: 1) {
            index += 2
            return .notContained
        }
        return nil
    }

    private mutating func takeArithmetic(_ accepted: [Arithmetic]) -> Arithmetic? {
        guard case .symbol(let symbol) = current.kind, let operation = Arithmetic(rawValue: symbol.rawValue),
            accepted.contains(operation)
        else { return nil }
        index += 1
        return operation
    }

    private mutating func parseSum() throws(TemplateError) -> Expression {
        let place = position
        var left = try parseConcatenation()
        while let operation = takeArithmetic([.add, .subtract]) {
            let right = try parseConcatenation()
            left = try node(.arithmetic(operation, left, right), at: place, [left, right])
        }
        return left
    }

    private mutating func parseConcatenation() throws(TemplateError) -> Expression {
        let place = position
        var parts = [try parseProduct()]
        while skip(.tilde) { parts.append(try parseProduct()) }
        return parts.count == 1 ? parts[0] : try node(.concatenate(parts), at: place, parts)
    }

    private mutating func parseProduct() throws(TemplateError) -> Expression {
        let place = position
        var left = try parsePower()
        while let operation = takeArithmetic([.multiply, .divide, .floorDivide, .modulo]) {
            let right = try parsePower()
            left = try node(.arithmetic(operation, left, right), at: place, [left, right])
        }
        return left
    }

    private mutating func parsePower() throws(TemplateError) -> Expression {
        let place = position
        var left = try parseUnary()
        while let operation = takeArithmetic([.power]) {
            let right = try parseUnary()
            left = try node(.arithmetic(operation, left, right), at: place, [left, right])
        }
        return left
    }

    private mutating func parseUnary(withFilters: Bool = true) throws(TemplateError) -> Expression {
        let place = position
        var expression: Expression
        if sees(.minus) || sees(.plus) {
            let isMinus = skip(.minus)
            if !isMinus { index += 1 }
            try deeper()
            defer { nesting -= 1 }
            let operand = try parseUnary(withFilters: false)
            expression = try node(isMinus ? .negate(operand) : .plus(operand), at: place, [operand])
        } else {
            expression = try parsePrimary()
        }
        expression = try parsePostfix(expression)
        return withFilters ? try parseFiltersAndTests(expression) : expression
    }
}

// MARK: Primary expressions

extension Parser {
    private mutating func parsePrimary() throws(TemplateError) -> Expression {
        let token = next()
        switch token.kind {
        case .name(let name):
            switch name {
            case "true", "True": return try node(.bool(true), at: token.position)
            case "false", "False": return try node(.bool(false), at: token.position)
            case "none", "None": return try node(.none, at: token.position)
            default:
                noteUse(of: name)
                return try node(.name(name), at: token.position)
            }
        case .string(var text):
            while case .string(let more) = current.kind {
                text += more
                index += 1
            }
            return try node(.string(text), at: token.position)
        case .integer(let value): return try node(.integer(value), at: token.position)
        case .double(let value): return try node(.double(value), at: token.position)
        case .symbol(.leftParenthesis):
            try deeper()
            defer { nesting -= 1 }
            let inner = try parseTuple(inParentheses: true)
            try expect(.rightParenthesis)
            return inner
        case .symbol(.leftBracket): return try parseList(at: token.position)
        case .symbol(.leftBrace): return try parseDictionary(at: token.position)
        default: throw failure("unexpected '\(token.text)'", at: token.position)
        }
    }

    private mutating func parseList(at place: TemplatePosition) throws(TemplateError) -> Expression {
        var elements: [Expression] = []
        while !sees(.rightBracket) {
            elements.append(try parseExpression())
            if !skip(.comma) { break }
        }
        try expect(.rightBracket)
        return try node(.list(elements), at: place, elements)
    }

    private mutating func parseDictionary(at place: TemplatePosition) throws(TemplateError) -> Expression {
        var members: [(key: Expression, value: Expression)] = []
        while !sees(.rightBrace) {
            let key = try parseExpression()
            try expect(.colon)
            members.append((key, try parseExpression()))
            if !skip(.comma) { break }
        }
        try expect(.rightBrace)
        return try node(.dictionary(members), at: place, members.flatMap { [$0.key, $0.value] })
    }
}

// MARK: What follows an expression

extension Parser {
    private mutating func parsePostfix(_ start: Expression) throws(TemplateError) -> Expression {
        var expression = start
        while true {
            let place = position
            if skip(.dot) {
                expression = try parseAttribute(of: expression, at: place)
            } else if skip(.leftBracket) {
                expression = try parseSubscript(of: expression, at: place)
            } else if sees(.leftParenthesis) {
                expression = try parseCall(of: expression)
            } else {
                return expression
            }
        }
    }

    private mutating func parseFiltersAndTests(_ start: Expression) throws(TemplateError) -> Expression {
        var expression = start
        while true {
            if sees(.pipe) {
                expression = try parseFilters(of: expression, startsInline: false)
            } else if sees(name: "is") {
                expression = try parseTest(of: expression)
            } else if sees(.leftParenthesis) {
                expression = try parseCall(of: expression)
            } else {
                return expression
            }
        }
    }

    private mutating func parseAttribute(of base: Expression, at place: TemplatePosition) throws(TemplateError)
        -> Expression
    {
        let token = next()
        switch token.kind {
        case .name(let name): return try node(.attribute(base, name), at: place, [base])
        case .integer(let value):
            return try node(.item(base, try node(.integer(value), at: token.position)), at: place, [base])
        default: throw failure("expected a name or a number, found '\(token.text)'", at: token.position)
        }
    }

    private mutating func parseSubscript(of base: Expression, at place: TemplatePosition) throws(TemplateError)
        -> Expression
    {
        var from: Expression?
        if !sees(.colon) {
            let key = try parseTupleInBrackets()
            if skip(.rightBracket) { return try node(.item(base, key), at: place, [base, key]) }
            from = key
        }
        try expect(.colon)
        let to: Expression? = sees(.colon) || sees(.rightBracket) ? nil : try parseExpression()
        let step: Expression? = skip(.colon) && !sees(.rightBracket) ? try parseExpression() : nil
        try expect(.rightBracket)
        return try node(
            .slice(base, from: from, to: to, step: step), at: place, [base] + [from, to, step].compactMap(\.self))
    }

    private mutating func parseTupleInBrackets() throws(TemplateError) -> Expression {
        let place = position
        let first = try parseExpression()
        guard sees(.comma) else { return first }
        var elements = [first]
        while skip(.comma) { elements.append(try parseExpression()) }
        return try node(.tuple(elements), at: place, elements)
    }

    private mutating func parseCall(of callee: Expression) throws(TemplateError) -> Expression {
        let place = position
        let arguments = try parseArguments()
        return try node(.call(callee, arguments), at: place, [callee] + arguments.parts)
    }

    private mutating func parseArguments() throws(TemplateError) -> Arguments {
        try expect(.leftParenthesis)
        var arguments = Arguments()
        while !sees(.rightParenthesis) {
            let place = position
            if skip(.multiply) {
                guard arguments.spread == nil, arguments.namedSpread == nil else {
                    throw failure("a second '*'", at: place)
                }
                arguments.spread = try parseExpression()
            } else if skip(.power) {
                guard arguments.namedSpread == nil else { throw failure("a second '**'", at: place) }
                arguments.namedSpread = try parseExpression()
            } else if case .name(let name) = current.kind, sees(.assign, ahead: 1) {
                index += 2
                arguments.named.append((name, try parseExpression()))
            } else {
                guard arguments.named.isEmpty, arguments.spread == nil, arguments.namedSpread == nil else {
                    throw failure("a positional argument behind a named one", at: place)
                }
                arguments.positional.append(try parseExpression())
            }
            if !skip(.comma) { break }
        }
        try expect(.rightParenthesis)
        return arguments
    }

    /// One or more filters, each after a `|`; `startsInline` reads the first without it.
    mutating func parseFilters(of operand: Expression?, startsInline: Bool) throws(TemplateError) -> Expression {
        var result = operand
        var inline = startsInline
        while inline || skip(.pipe) {
            inline = false
            let place = position
            var name = try expectName()
            while skip(.dot) { name += "." + (try expectName()) }
            let arguments = sees(.leftParenthesis) ? try parseArguments() : Arguments()
            result = try node(
                .filter(result, name, arguments), at: place, (result.map { [$0] } ?? []) + arguments.parts)
        }
        guard let result else { throw failure("expected a filter") }
        return result
    }

    private mutating func parseTest(of operand: Expression) throws(TemplateError) -> Expression {
        let place = position
        index += 1
        let isNegated = skip(name: "not")
        var name = try expectName()
        while skip(.dot) { name += "." + (try expectName()) }
        var arguments = Arguments()
        if sees(.leftParenthesis) {
            arguments = try parseArguments()
        } else if startsTestArgument {
            if sees(name: "is") { throw failure("tests cannot be chained with 'is'") }
            arguments.positional = [try parsePostfix(try parsePrimary())]
        }
        let test = try node(.test(operand, name, arguments), at: place, [operand] + arguments.parts)
        return isNegated ? try node(.not(test), at: place, [test]) : test
    }

    private var startsTestArgument: Bool {
        switch current.kind {
        case .name: return !["else", "or", "and"].contains { sees(name: $0) }
        case .string, .integer, .double, .symbol(.leftBracket), .symbol(.leftBrace): return true
        default: return false
        }
    }
}
