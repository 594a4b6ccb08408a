// Functions that every template finds: `range`, `dict`, `namespace`, `raise_exception`, `strftime_now`.

enum GlobalFunction: String {
    case range
    case dict
    case namespace
    case raiseException = "raise_exception"
    case strftimeNow = "strftime_now"
}

enum Globals {
    static func range(_ start: Int, _ stop: Int, _ step: Int) throws(TemplateError) -> ValueList {
        guard step != 0 else { throw .runtime("range() arg 3 must not be zero") }
        let (distance, overflow) = stop.subtractingReportingOverflow(start)
        let isEmpty = distance == 0 || (distance > 0) != (step > 0)
        let count = isEmpty ? 0 : (distance.magnitude - 1) / step.magnitude + 1
        guard !overflow, count <= Limits.range else { throw .limit("a range of more than \(Limits.range) numbers") }
        let elements = (0..<Int(count)).map { Value.integer(start + $0 * step) }
        return try ValueList(elements, .range(start: start, stop: stop, step: step))
    }

    /// The range that a slice of a range is.
    static func range(of elements: [Value]) throws(TemplateError) -> ValueList {
        let numbers = elements.compactMap(\.asInteger)
        let step = numbers.count > 1 ? numbers[1] &- numbers[0] : 1
        let start = numbers.first ?? 0
        return try ValueList(elements, .range(start: start, stop: (numbers.last ?? start &- step) &+ step, step: step))
    }

    static func checkNamespaceAttribute(_ name: String) throws(TemplateError) {
        guard !PythonText.hasPrefix(name, "_") else {
            throw TemplateError(
                .security, "a namespace cannot have the attribute '\(name)': it starts with an underscore")
        }
    }

    /// `dict(…)`: a mapping or pairs, then named members.
    static func dictionary(_ arguments: CallArguments) throws(TemplateError) -> Mapping {
        var mapping = Mapping()
        guard arguments.positional.count <= 1 else { throw .runtime("dict takes at most one positional argument") }
        switch arguments.positional.first {
        case nil: break
        case .mapping(let given)?: mapping = given
        case let pairs?:
            for pair in try pairs.elements() {
                let parts = try pair.elements()
                guard parts.count == 2 else { throw .runtime("dict takes pairs") }
                try mapping.set(parts[0], to: parts[1])
            }
        }
        for (name, value) in arguments.named { try mapping.set(name: name, to: value) }
        return mapping
    }
}

extension Interpreter {
    func call(_ function: GlobalFunction, _ arguments: CallArguments) throws(TemplateError) -> Value {
        for value in arguments.positional { try charge(for: value) }
        switch function {
        case .range: return try range(arguments)
        case .dict:
            let mapping = Value.mapping(try Globals.dictionary(arguments))
            try charge(made: mapping)
            return mapping
        case .namespace:
            let attributes = try Globals.dictionary(arguments)
            for case .string(let name) in attributes.keys { try Globals.checkNamespaceAttribute(name) }
            let namespace = try newNamespace()
            namespace.attributes = attributes
            return .namespace(namespace)
        case .raiseException:
            let message = try arguments.bound(to: ["message"], of: function.rawValue)[0]
            throw TemplateError(.raised, try message?.text() ?? "the template refused its input")
        case .strftimeNow:
            guard case .string(let format)? = try arguments.bound(to: ["format"], of: function.rawValue)[0], let now
            else {
                throw .runtime("strftime_now takes a format")
            }
            return .string(now.text(format))
        }
    }

    private func range(_ arguments: CallArguments) throws(TemplateError) -> Value {
        var bounds: [Int] = []
        for value in arguments.positional {
            if case .undefined(let undefined) = value { throw undefined.error }
            guard let bound = value.asInteger else {
                throw .runtime("'\(value.typeName)' object cannot be interpreted as an integer")
            }
            bounds.append(bound)
        }
        guard arguments.named.isEmpty, (1...3).contains(bounds.count) else {
            throw .runtime("range takes one to three numbers")
        }
        let list =
            bounds.count == 1
            ? try Globals.range(0, bounds[0], 1)
            : try Globals.range(bounds[0], bounds[1], bounds.count == 3 ? bounds[2] : 1)
        try charge(made: .sequence(list))
        return .sequence(list)
    }
}
