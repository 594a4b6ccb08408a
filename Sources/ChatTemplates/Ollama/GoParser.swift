// From the text of a template in Go's language to nodes.

/// A part of a template.
indirect enum GoNode: Sendable {
    case text(String)
    case output(GoExpression)
    /// Branches in order; the condition of `else` is nil.
    case branch([(condition: GoExpression?, body: [GoNode])])
    case loop(index: String?, element: String?, over: GoExpression, body: [GoNode])
    /// `$name := value`, or `=` for a variable that is there.
    case assign(name: String, value: GoExpression, declares: Bool)
}

/// What has a value.
indirect enum GoExpression: Sendable {
    case constant(GoValue)
    /// The element of a loop, or the root.
    case dot
    /// A variable; "" is the root.
    case variable(String)
    case field(GoExpression, String)
    case call(String, [GoExpression])
}

/// Reads templates.
struct GoParser {
    private enum Piece {
        case text(String)
        case action([GoToken])
    }

    private var pieces: ArraySlice<Piece>

    init(_ source: String) throws(GoTemplateError) {
        var pieces: [Piece] = []
        var rest = Substring(source)
        var trimsNext = false
        while let start = rest.range(of: "{{") {
            var text = String(rest[..<start.lowerBound])
            rest = rest[start.upperBound...]
            let trimsLast = rest.hasPrefix("- ")
            if trimsLast { rest = rest.dropFirst(2) }
            if trimsNext { text = String(text.drop(while: \.isWhitespace)) }
            if trimsLast { while text.last?.isWhitespace == true { text.removeLast() } }
            if !text.isEmpty { pieces.append(.text(text)) }
            let tokens = try GoToken.action(&rest, trims: &trimsNext)
            pieces.append(.action(tokens))
        }
        var text = String(rest)
        if trimsNext { text = String(text.drop(while: \.isWhitespace)) }
        if !text.isEmpty { pieces.append(.text(text)) }
        self.pieces = pieces[...]
    }

    /// The whole template.
    mutating func template() throws(GoTemplateError) -> [GoNode] {
        let body = try nodes()
        guard pieces.isEmpty else { throw GoTemplateError("an end of nothing") }
        return body
    }

    /// Nodes up to the end of the template, or the action that ends or continues what they stand in.
    private mutating func nodes() throws(GoTemplateError) -> [GoNode] {
        var nodes: [GoNode] = []
        while let piece = pieces.first {
            guard case .action(let tokens) = piece else {
                if case .text(let text) = piece { nodes.append(.text(text)) }
                pieces.removeFirst()
                continue
            }
            if [.name("end"), .name("else")].contains(tokens.first) { return nodes }
            pieces.removeFirst()
            nodes.append(try node(tokens))
        }
        return nodes
    }

    private mutating func node(_ tokens: [GoToken]) throws(GoTemplateError) -> GoNode {
        var reader = GoActionReader(tokens)
        if reader.takes(.name("if")) { return try branch(reader.whole()) }
        if reader.takes(.name("range")) { return try loop(&reader) }
        if case .variable(let name)? = tokens.first, tokens.count > 1, [.declare, .assign].contains(tokens[1]) {
            var value = GoActionReader(Array(tokens[2...]))
            return .assign(name: name, value: try value.whole(), declares: tokens[1] == .declare)
        }
        return .output(try reader.whole())
    }

    private mutating func branch(_ condition: GoExpression) throws(GoTemplateError) -> GoNode {
        var branches = [(condition: Optional(condition), body: try nodes())]
        while case .action(let tokens)? = pieces.first {
            pieces.removeFirst()
            var reader = GoActionReader(tokens)
            if reader.takes(.name("end")) { return .branch(branches) }
            guard reader.takes(.name("else")) else { break }
            let next = reader.takes(.name("if")) ? try reader.whole() : nil
            branches.append((next, try nodes()))
        }
        throw GoTemplateError("an if without an end")
    }

    private mutating func loop(_ reader: inout GoActionReader) throws(GoTemplateError) -> GoNode {
        let (index, element) = reader.loopVariables()
        let list = try reader.whole()
        let body = try nodes()
        guard case .action(let tokens)? = pieces.popFirst(), tokens == [.name("end")] else {
            throw GoTemplateError("a range without an end")
        }
        return .loop(index: index, element: element, over: list, body: body)
    }
}

/// Reads one action.
struct GoActionReader {
    private var tokens: ArraySlice<GoToken>

    init(_ tokens: [GoToken]) { self.tokens = tokens[...] }

    /// Takes `token` where it comes next.
    mutating func takes(_ token: GoToken) -> Bool {
        guard tokens.first == token else { return false }
        tokens.removeFirst()
        return true
    }

    /// `$i, $m :=`
    mutating func loopVariables() -> (index: String?, element: String?) {
        let start = Array(tokens.prefix(4))
        guard start.count == 4, case .variable(let index) = start[0], start[1] == .comma,
            case .variable(let element) = start[2], start[3] == .declare
        else { return (nil, nil) }
        tokens.removeFirst(4)
        return (index, element)
    }

    /// All that is left, as one value.
    mutating func whole() throws(GoTemplateError) -> GoExpression {
        let expression = try call()
        guard tokens.isEmpty else { throw GoTemplateError("more in an action than is known here") }
        return expression
    }

    private mutating func call() throws(GoTemplateError) -> GoExpression {
        guard case .name(let function)? = tokens.first, !["true", "false"].contains(function) else {
            return try operand()
        }
        tokens.removeFirst()
        var arguments: [GoExpression] = []
        while let next = tokens.first, next != .close { arguments.append(try operand()) }
        return .call(function, arguments)
    }

    private mutating func operand() throws(GoTemplateError) -> GoExpression {
        guard let token = tokens.popFirst() else { throw GoTemplateError("an action that ends too soon") }
        var result: GoExpression
        switch token {
        case .text(let text): result = .constant(.text(text))
        case .number(let number): result = .constant(.number(number))
        case .name("true"): result = .constant(.truth(true))
        case .name("false"): result = .constant(.truth(false))
        case .dot: result = .dot
        case .field(let name): result = .field(.dot, name)
        case .variable(let name): result = .variable(name)
        case .open:
            result = try call()
            guard takes(.close) else { throw GoTemplateError("a bracket that is not closed") }
        default: throw GoTemplateError("more of Go's language than is known here")
        }
        while case .chained(let name)? = tokens.first {
            tokens.removeFirst()
            result = .field(result, name)
        }
        return result
    }
}
