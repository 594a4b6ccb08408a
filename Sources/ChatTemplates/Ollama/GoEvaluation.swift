// Evaluating a template in Go's language.

/// A template at work.
struct GoEvaluation {
    private(set) var output = ""
    private let root: GoValue
    private var dot: GoValue
    /// Variables, innermost last.
    private var variables: [(name: String, value: GoValue)] = []

    init(root: GoValue) {
        self.root = root
        dot = root
    }

    /// Writes what `nodes` come to.
    mutating func write(_ nodes: [GoNode]) throws(GoTemplateError) {
        // What is declared in a body ends with it.
        let outer = variables.count
        defer { variables.removeLast(variables.count - outer) }
        for node in nodes { try write(node) }
    }

    private mutating func write(_ node: GoNode) throws(GoTemplateError) {
        switch node {
        case .text(let text): output += text
        case .output(let expression):
            guard let text = try value(expression).written else { throw GoTemplateError("a value that is no text") }
            output += text
        case .branch(let branches):
            for (condition, body) in branches {
                if let condition, try !value(condition).isTrue { continue }
                return try write(body)
            }
        case .loop(let index, let element, let list, let body): try loop(index, element, list, body)
        case .assign(let name, let expression, let declares):
            let new = try value(expression)
            guard !declares else { return variables.append((name, new)) }
            guard let place = variables.lastIndex(where: { $0.name == name }) else {
                throw GoTemplateError("$\(name) was not declared")
            }
            variables[place].value = new
        }
    }

    private mutating func loop(
        _ index: String?, _ element: String?, _ list: GoExpression, _ body: [GoNode]
    ) throws(GoTemplateError) {
        guard case .list(let elements) = try value(list) else { throw GoTemplateError("a range over no list") }
        let (outerDot, outer) = (dot, variables.count)
        for (number, value) in elements.enumerated() {
            if let index { variables.append((index, .number(number))) }
            if let element { variables.append((element, value)) }
            dot = value
            try write(body)
            variables.removeLast(variables.count - outer)
        }
        dot = outerDot
    }

    private func value(_ expression: GoExpression) throws(GoTemplateError) -> GoValue {
        switch expression {
        case .constant(let value): return value
        case .dot: return dot
        case .variable(""): return root
        case .variable(let name):
            guard let found = variables.last(where: { $0.name == name }) else {
                throw GoTemplateError("$\(name) was not declared")
            }
            return found.value
        case .field(let owner, let name):
            guard case .fields(let fields) = try value(owner), let found = fields[name] else {
                throw GoTemplateError("no field .\(name)")
            }
            return found
        case .call(let function, let arguments): return try call(function, arguments)
        }
    }

    private func call(_ function: String, _ arguments: [GoExpression]) throws(GoTemplateError) -> GoValue {
        if function == "and" || function == "or" {
            var last = GoValue.truth(function == "and")
            for argument in arguments {
                last = try value(argument)
                if last.isTrue != (function == "and") { return last }
            }
            return last
        }
        var values: [GoValue] = []
        for argument in arguments { values.append(try value(argument)) }
        switch (function, values.first, values.count) {
        case ("not", let first?, 1): return .truth(!first.isTrue)
        case ("eq", let first?, 2...): return .truth(values.dropFirst().contains(first))
        case ("ne", let first?, 2): return .truth(first != values[1])
        case ("len", .list(let list)?, 1): return .number(list.count)
        case ("len", .text(let text)?, 1): return .number(text.utf8.count)
        case ("index", .list(let list)?, 2): return try element(of: list, values[1])
        case ("slice", .list(let list)?, 2):
            guard case .number(let start) = values[1], (0...list.count).contains(start) else { break }
            return .list(Array(list[start...]))
        default: break
        }
        throw GoTemplateError("\(function) cannot be computed here")
    }

    private func element(of list: [GoValue], _ index: GoValue) throws(GoTemplateError) -> GoValue {
        guard case .number(let number) = index, list.indices.contains(number) else {
            throw GoTemplateError("an index outside a list")
        }
        return list[number]
    }
}
