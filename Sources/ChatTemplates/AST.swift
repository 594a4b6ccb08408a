// The tree of a template. Plain values: a parsed template can be shared between threads.

/// An expression, where it stands, and how deep it is nested.
struct Expression: Sendable {
    indirect enum Kind: Sendable {
        case none
        case bool(Bool)
        case integer(Int)
        case double(Double)
        case string(String)
        case name(String)
        case list([Expression])
        case tuple([Expression])
        case dictionary([(key: Expression, value: Expression)])
        case attribute(Expression, String)
        case item(Expression, Expression)
        case slice(Expression, from: Expression?, to: Expression?, step: Expression?)
        case call(Expression, Arguments)
        /// A filter; without an operand it is applied to the text of a block.
        case filter(Expression?, String, Arguments)
        case test(Expression, String, Arguments)
        case negate(Expression)
        case plus(Expression)
        case not(Expression)
        case and(Expression, Expression)
        case or(Expression, Expression)
        case arithmetic(Arithmetic, Expression, Expression)
        case compare(Expression, [(operation: Comparison, right: Expression)])
        case concatenate([Expression])
        case conditional(test: Expression, then: Expression, otherwise: Expression?)
    }

    let kind: Kind
    let position: TemplatePosition
    let depth: Int
}

enum Arithmetic: String, Sendable {
    case add = "+"
    case subtract = "-"
    case multiply = "*"
    case divide = "/"
    case floorDivide = "//"
    case modulo = "%"
    case power = "**"
}

enum Comparison: String, Sendable {
    case equal = "=="
    case notEqual = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case contained = "in"
    case notContained = "not in"
}

/// What stands between the parentheses of a call.
struct Arguments: Sendable {
    var positional: [Expression] = []
    var named: [(name: String, value: Expression)] = []
    var spread: Expression?
    var namedSpread: Expression?

    var parts: [Expression] {
        positional + named.map(\.value) + [spread, namedSpread].compactMap(\.self)
    }
}

/// What `set` and `for` assign to.
indirect enum Target: Sendable {
    case name(String)
    case attribute(namespace: String, name: String)
    case tuple([Target])
}

struct Statement: Sendable {
    indirect enum Kind: Sendable {
        case text(String)
        case output(Expression)
        case branch([(test: Expression, body: [Statement])], otherwise: [Statement])
        case loop(Loop)
        case set(Target, Expression)
        case setBlock(Target, filter: Expression?, body: [Statement])
        case macro(MacroDefinition)
        case callBlock(MacroDefinition, call: Expression, arguments: Arguments)
        case filterBlock(Expression, body: [Statement])
        case with([(target: Target, value: Expression)], body: [Statement])
        /// `{% block %}` and `{% autoescape %}`: a scope and nothing else.
        case scope([Statement])
        /// `{% generation %}`: text that the assistant said.
        case generation([Statement])
        case breakLoop
        case continueLoop
    }

    let kind: Kind
    let position: TemplatePosition
}

struct Loop: Sendable {
    let target: Target
    let iterable: Expression
    let filter: Expression?
    let isRecursive: Bool
    let body: [Statement]
    let otherwise: [Statement]
}

/// A macro, or the body of a call block (whose name is `caller`).
struct MacroDefinition: Sendable {
    let name: String
    let parameters: [(name: String, fallback: Expression?)]
    let body: [Statement]
    /// Which of the names that a macro gets without declaring them its body uses.
    let usesCaller: Bool
    let usesPositional: Bool
    let usesNamed: Bool
}
