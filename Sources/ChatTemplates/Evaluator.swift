// Evaluates expressions.

extension Interpreter {
    func evaluate(_ expression: Expression, in scope: Scope) throws(TemplateError) -> Value {
        try charge()
        do {
            switch expression.kind {
            case .none: return .none
            case .bool(let value): return .bool(value)
            case .integer(let value): return .integer(value)
            case .double(let value): return .double(value)
            case .string(let value): return .string(value)
            case .name(let name): return lookUp(name, in: scope)
            default: return try nested { () throws(TemplateError) in try evaluateNested(expression, in: scope) }
            }
        } catch {
            throw error.placed(at: expression.position)
        }
    }

    private func lookUp(_ name: String, in scope: Scope) -> Value {
        if let value = scope.value(of: Name(name)) { return value }
        if let function = GlobalFunction(rawValue: name), function != .strftimeNow || now != nil {
            return .function(function)
        }
        return .missing("'\(name)' is undefined")
    }

    private func evaluateNested(_ expression: Expression, in scope: Scope) throws(TemplateError) -> Value {
        switch expression.kind {
        case .list(let elements): return .sequence(try ValueList(try evaluate(elements, in: scope)))
        case .tuple(let elements): return .sequence(try ValueList(try evaluate(elements, in: scope), .tuple))
        case .dictionary(let members): return try dictionary(members, in: scope)
        case .attribute(let base, let name): return try attribute(name, of: try evaluate(base, in: scope))
        case .item(let base, let key):
            let base = try evaluate(base, in: scope)
            return try item(try evaluate(key, in: scope), of: base)
        case .slice(let base, let from, let to, let step):
            let base = try evaluate(base, in: scope)
            try charge(for: base)
            let part = try Slicing.slice(
                base, from: try bound(from, in: scope), to: try bound(to, in: scope), step: try bound(step, in: scope))
            try charge(made: part)
            return part
        case .call(let callee, let arguments):
            let function = try evaluate(callee, in: scope)
            return try call(function, try evaluate(arguments, in: scope))
        case .filter(let operand, let name, let arguments):
            guard let operand else { throw .runtime("the filter '\(name)' has nothing to filter") }
            let value = try evaluate(operand, in: scope)
            return try filter(name, value, try evaluate(arguments, in: scope))
        case .test(let operand, let name, let arguments):
            let value = try evaluate(operand, in: scope)
            return .bool(try test(name, value, try evaluate(arguments, in: scope)))
        case .conditional(let test, let then, let otherwise):
            if try evaluate(test, in: scope).isTrue { return try evaluate(then, in: scope) }
            guard let otherwise else {
                return .missing("the inline if-expression evaluated to false and no else section was defined")
            }
            return try evaluate(otherwise, in: scope)
        default: return try evaluateOperator(expression, in: scope)
        }
    }

    private func evaluateOperator(_ expression: Expression, in scope: Scope) throws(TemplateError) -> Value {
        switch expression.kind {
        case .not(let operand): return .bool(!(try evaluate(operand, in: scope).isTrue))
        case .and(let left, let right):
            let value = try evaluate(left, in: scope)
            return value.isTrue ? try evaluate(right, in: scope) : value
        case .or(let left, let right):
            let value = try evaluate(left, in: scope)
            return value.isTrue ? value : try evaluate(right, in: scope)
        case .negate(let operand): return try negated(try evaluate(operand, in: scope))
        case .plus(let operand):
            let value = try evaluate(operand, in: scope)
            if let integer = value.asInteger { return .integer(integer) }
            if let double = value.asDouble { return .double(double) }
            return try unaryFailure("+", value)
        case .arithmetic(let operation, let left, let right):
            let left = try evaluate(left, in: scope)
            let right = try evaluate(right, in: scope)
            try charge(for: left)
            try charge(for: right)
            let result = try Value.arithmetic(operation, left, right)
            try charge(made: result)
            return result
        case .concatenate(let parts):
            var text = ""
            for part in parts { text += try evaluate(part, in: scope).text() }
            try charge(text: text)
            return .string(text)
        case .compare(let left, let rest): return .bool(try compare(left, rest, in: scope))
        default: throw .runtime("not an expression")
        }
    }

    private func dictionary(_ members: [(key: Expression, value: Expression)], in scope: Scope) throws(TemplateError)
        -> Value
    {
        var mapping = Mapping()
        for member in members {
            let key = try evaluate(member.key, in: scope)
            try mapping.set(key, to: try evaluate(member.value, in: scope))
        }
        return .mapping(mapping)
    }

    func evaluate(_ expressions: [Expression], in scope: Scope) throws(TemplateError) -> [Value] {
        var values: [Value] = []
        for expression in expressions { values.append(try evaluate(expression, in: scope)) }
        return values
    }

    private func bound(_ expression: Expression?, in scope: Scope) throws(TemplateError) -> Int? {
        guard let expression else { return nil }
        let value = try evaluate(expression, in: scope)
        if case .none = value { return nil }
        if case .undefined(let undefined) = value { throw undefined.error }
        guard let integer = value.asInteger else { throw .runtime("slice indices must be integers or None") }
        return integer
    }

    private func negated(_ value: Value) throws(TemplateError) -> Value {
        if let integer = value.asInteger {
            guard integer != .min else { throw .runtime("the result is beyond 64 bits") }
            return .integer(-integer)
        }
        if let double = value.asDouble { return .double(-double) }
        return try unaryFailure("-", value)
    }

    private func unaryFailure(_ sign: String, _ value: Value) throws(TemplateError) -> Value {
        if case .undefined(let undefined) = value { throw undefined.error }
        throw .runtime("bad operand type for unary \(sign): '\(value.typeName)'")
    }

    /// A chain of comparisons: true where each neighbouring pair is; stops at the first that is not.
    private func compare(
        _ first: Expression, _ rest: [(operation: Comparison, right: Expression)], in scope: Scope
    ) throws(TemplateError) -> Bool {
        var left = try evaluate(first, in: scope)
        for (operation, expression) in rest {
            let right = try evaluate(expression, in: scope)
            try charge(for: left)
            try charge(for: right)
            guard try Value.compare(operation, left, right) else { return false }
            left = right
        }
        return true
    }
}

extension Value {
    static func compare(_ operation: Comparison, _ left: Value, _ right: Value) throws(TemplateError) -> Bool {
        switch operation {
        case .equal: left == right
        case .notEqual: left != right
        case .less: try isLess(left, right, "<")
        case .greater: try isLess(right, left, ">")
        case .lessOrEqual: try left == right && !isUnordered(left, right) ? true : isLess(left, right, "<=")
        case .greaterOrEqual: try left == right && !isUnordered(left, right) ? true : isLess(right, left, ">=")
        case .contained: try right.contains(left)
        case .notContained: try !right.contains(left)
        }
    }

    /// Equal values that Python still refuses to order.
    private static func isUnordered(_ left: Value, _ right: Value) -> Bool {
        switch (left, right) {
        case (.none, _), (.mapping, _), (.undefined, _), (.namespace, _), (.function, _), (.macro, _): true
        default: false
        }
    }
}
