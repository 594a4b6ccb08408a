// `map`, `select`, `reject` and their attribute forms.

extension Interpreter {
    func choiceFilter(_ name: String, _ value: Value, _ arguments: CallArguments) throws(TemplateError) -> Value? {
        switch name {
        case "map": return try mapped(value, arguments)
        case "select": return try chosen(value, arguments, name, keeps: true, byAttribute: false)
        case "reject": return try chosen(value, arguments, name, keeps: false, byAttribute: false)
        case "selectattr": return try chosen(value, arguments, name, keeps: true, byAttribute: true)
        case "rejectattr": return try chosen(value, arguments, name, keeps: false, byAttribute: true)
        default: return nil
        }
    }

    private func mapped(_ value: Value, _ given: CallArguments) throws(TemplateError) -> Value {
        var arguments = given
        var result: [Value] = []
        let elements = value.isTrue ? try value.elements() : []
        if arguments.positional.isEmpty, let attribute = arguments.takeNamed("attribute") {
            let fallback = arguments.takeNamed("default")
            if let extra = arguments.named.first { throw .runtime("unexpected keyword argument '\(extra.name)'") }
            for element in elements {
                try charge()
                result.append(try attributePath(attribute, of: element, fallback: fallback))
            }
        } else {
            guard !arguments.positional.isEmpty, case .string(let name) = arguments.positional.removeFirst() else {
                throw .runtime("map takes a filter's name or an attribute")
            }
            for element in elements {
                try charge()
                result.append(try nested { () throws(TemplateError) in try filter(name, element, arguments) })
            }
        }
        return .generator(try Generator(result, name: "sync_do_map"))
    }

    private func chosen(
        _ value: Value, _ given: CallArguments, _ filterName: String, keeps: Bool, byAttribute: Bool
    ) throws(TemplateError) -> Value {
        var arguments = given
        var attribute: Value?
        if byAttribute {
            guard !arguments.positional.isEmpty else { throw .runtime("\(filterName) takes an attribute") }
            attribute = arguments.positional.removeFirst()
        }
        var testName: String?
        if !arguments.positional.isEmpty {
            guard case .string(let name) = arguments.positional.removeFirst() else {
                throw .runtime("\(filterName) takes a test's name")
            }
            testName = name
        }
        var result: [Value] = []
        for element in value.isTrue ? try value.elements() : [] {
            try charge()
            let subject = try attributePath(attribute, of: element)
            let holds = if let testName { try test(testName, subject, arguments) } else { subject.isTrue }
            if holds == keeps { result.append(element) }
        }
        return .generator(try Generator(result, name: filterName))
    }
}
