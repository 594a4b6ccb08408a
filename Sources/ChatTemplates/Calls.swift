// Calls: macros, functions, methods, and how arguments are bound to names.

/// The values of a call's arguments.
struct CallArguments {
    var positional: [Value] = []
    var named: [(name: String, value: Value)] = []

    /// The arguments in the order of `names`; `nil` where one was not given. Too many or unknown ones are errors.
    func bound(to names: [String], of function: String) throws(TemplateError) -> [Value?] {
        guard positional.count <= names.count else {
            throw .runtime("\(function) takes at most \(names.count) arguments, not \(positional.count)")
        }
        var values: [Value?] = positional
        values += [Value?](repeating: nil, count: names.count - positional.count)
        for (name, value) in named {
            guard let place = names.firstIndex(where: { $0.equals(name) }) else {
                throw .runtime("\(function) got an unexpected argument '\(name)'")
            }
            guard values[place] == nil else { throw .runtime("\(function) got two values for the argument '\(name)'") }
            values[place] = value
        }
        return values
    }

    mutating func takeNamed(_ name: String) -> Value? {
        named.firstIndex { $0.name.equals(name) }.map { named.remove(at: $0).value }
    }
}

extension Interpreter {
    func evaluate(_ arguments: Arguments, in scope: Scope) throws(TemplateError) -> CallArguments {
        var values = CallArguments()
        values.positional = try evaluate(arguments.positional, in: scope)
        for (name, expression) in arguments.named {
            guard !values.named.contains(where: { $0.name.equals(name) }) else {
                throw TemplateError(.syntax, "the argument '\(name)' is repeated")
            }
            values.named.append((name, try evaluate(expression, in: scope)))
        }
        if let spread = arguments.spread { values.positional += try evaluate(spread, in: scope).elements() }
        if let spread = arguments.namedSpread {
            guard case .mapping(let mapping) = try evaluate(spread, in: scope) else {
                throw .runtime("the argument after ** must be a mapping")
            }
            for (key, value) in zip(mapping.keys, mapping.values) {
                guard case .string(let name) = key else { throw .runtime("keywords must be strings") }
                guard !values.named.contains(where: { $0.name.equals(name) }) else {
                    throw .runtime("two values for the argument '\(name)'")
                }
                values.named.append((name, value))
            }
        }
        return values
    }

    func call(_ callee: Value, _ arguments: CallArguments) throws(TemplateError) -> Value {
        switch callee {
        case .macro(let macro): return .string(try call(macro, arguments))
        case .function(let function): return try call(function, arguments)
        case .method(let method):
            try charge(for: method.receiver)
            for value in arguments.positional { try charge(for: value) }
            let result = try Methods.call(method, arguments, self)
            try charge(made: result)
            return result
        case .loop(let loop):
            guard let (definition, scope) = loop.recursion else {
                throw .runtime("the loop must have the 'recursive' marker to be called recursively")
            }
            guard let iterable = try arguments.bound(to: ["iterable"], of: "loop")[0] else {
                throw .runtime("loop takes one argument")
            }
            let text = try captured { () throws(TemplateError) in
                try run(definition, over: iterable, recursionDepth: loop.recursionDepth + 1, in: scope)
            }
            return .string(text)
        case .undefined(let undefined): throw undefined.error
        default: throw .runtime("'\(callee.typeName)' object is not callable")
        }
    }

    private func call(_ macro: Macro, _ given: CallArguments) throws(TemplateError) -> String {
        guard let outer = macro.scope else { throw .runtime("the macro's scope has ended") }
        let definition = macro.definition
        let scope = Scope(parent: outer)
        var arguments = given
        let declaresCaller = definition.parameters.contains { $0.name.equals("caller") }
        var pending: [(String, Expression?)] = []
        for (index, parameter) in definition.parameters.enumerated() {
            if index < arguments.positional.count {
                scope.set(parameter.name, to: arguments.positional[index])
            } else if let value = arguments.takeNamed(parameter.name) {
                scope.set(parameter.name, to: value)
            } else {
                pending.append((parameter.name, parameter.fallback))
            }
        }
        if definition.usesCaller, !declaresCaller {
            scope.set("caller", to: arguments.takeNamed("caller") ?? .missing("No caller defined"))
        }
        try bindRest(of: &arguments, definition, scope)
        for (name, fallback) in pending {
            if let fallback {
                scope.set(name, to: try evaluate(fallback, in: scope))
            } else {
                scope.set(name, to: .missing("parameter '\(name)' was not provided"))
            }
        }
        return try text(of: definition.body, in: scope)
    }

    /// Puts what no parameter took into `varargs` and `kwargs`, where the macro uses them.
    private func bindRest(of arguments: inout CallArguments, _ definition: MacroDefinition, _ scope: Scope)
        throws(TemplateError)
    {
        if definition.usesNamed {
            var mapping = Mapping()
            for (name, value) in arguments.named { try mapping.set(name: name, to: value) }
            scope.set("kwargs", to: .mapping(mapping))
        } else if let extra = arguments.named.first {
            throw .runtime("macro '\(definition.name)' takes no keyword argument '\(extra.name)'")
        }
        let rest = Array(arguments.positional.dropFirst(definition.parameters.count))
        if definition.usesPositional {
            scope.set("varargs", to: try .tuple(rest))
        } else if !rest.isEmpty {
            throw .runtime("macro '\(definition.name)' takes not more than \(definition.parameters.count) arguments")
        }
    }
}
