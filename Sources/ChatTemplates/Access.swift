// `value.name`, `value[key]` and slices, with the sandbox's and Jinja's rules on what comes first.

extension Interpreter {
    /// `value.name`: an attribute of the value's type, else a member of that name.
    func attribute(_ name: String, of value: Value) throws(TemplateError) -> Value {
        if case .undefined(let undefined) = value { throw undefined.error }
        if let found = try ownAttribute(name, of: value) { return found }
        if let found = try member(.string(name), of: value) { return found }
        return try absent(.string(name), of: value)
    }

    /// `value[key]`: a member, else for a text an attribute of that name.
    func item(_ key: Value, of value: Value) throws(TemplateError) -> Value {
        if case .undefined(let undefined) = value { throw undefined.error }
        if let found = try member(key, of: value) { return found }
        if case .string(let name) = key, let found = try ownAttribute(name, of: value) { return found }
        return try absent(key, of: value)
    }

    private func absent(_ key: Value, of value: Value) throws(TemplateError) -> Value {
        switch key {
        case .string(let name): return .missing("'\(value.typeName) object' has no attribute '\(name)'")
        default: return .missing("\(value.typeName) object has no element \(try key.representation())")
        }
    }

    private func ownAttribute(_ name: String, of value: Value) throws(TemplateError) -> Value? {
        if PythonText.hasPrefix(name, "__") || Methods.changing(value).contains(name) {
            return .undefined(
                Undefined(
                    message: "access to attribute '\(name)' of '\(value.typeName)' object is unsafe.", isForbidden: true
                ))
        }
        switch value {
        case .namespace(let namespace): return namespace.attributes.value(named: name)
        case .loop(let loop): return try loop.attribute(name)
        case .macro(let macro):
            switch name {
            case "name": return .string(macro.definition.name)
            case "arguments": return try .tuple(macro.definition.parameters.map { .string($0.name) })
            case "catch_kwargs": return .bool(macro.definition.usesNamed)
            case "catch_varargs": return .bool(macro.definition.usesPositional)
            case "caller": return .bool(macro.definition.usesCaller)
            default: return nil
            }
        case .sequence(let list) where list.kind == .group:
            if name == "grouper" { return list.elements[0] }
            if name == "list" { return list.elements[1] }
        default: break
        }
        return Methods.names(value).contains(name) ? .method(try Method(value, name)) : nil
    }

    private func member(_ key: Value, of value: Value) throws(TemplateError) -> Value? {
        switch value {
        case .mapping(let mapping): return Mapping.Key(key).flatMap { mapping.value(for: $0) }
        case .sequence(let list):
            guard let index = key.asInteger, ![.keys, .values, .items].contains(list.kind) else { return nil }
            let position = index < 0 ? index + list.elements.count : index
            return list.elements.indices.contains(position) ? list.elements[position] : nil
        case .string(let text):
            guard let index = key.asInteger else { return nil }
            try charge(for: value)
            let scalars = text.unicodeScalars
            let count = scalars.count
            let position = index < 0 ? index + count : index
            guard (0..<count).contains(position) else { return nil }
            return .string(String(scalars[scalars.index(scalars.startIndex, offsetBy: position)]))
        default: return nil
        }
    }
}

enum Slicing {
    static func slice(_ value: Value, from: Int?, to: Int?, step: Int?) throws(TemplateError) -> Value {
        guard step != 0 else { throw .runtime("slice step cannot be zero") }
        switch value {
        case .string(let text):
            let scalars = text.scalarArray
            return .string(String(scalars: indices(scalars.count, from, to, step).map { scalars[$0] }))
        case .sequence(let list) where ![.keys, .values, .items].contains(list.kind):
            let elements = indices(list.elements.count, from, to, step).map { list.elements[$0] }
            if case .range = list.kind { return .sequence(try Globals.range(of: elements)) }
            return .sequence(try ValueList(elements, list.isTuple ? .tuple : .list))
        case .undefined(let undefined): throw undefined.error
        default: throw .runtime("'\(value.typeName)' object is not subscriptable")
        }
    }

    /// The places that `[from:to:step]` takes of `count`.
    static func indices(_ count: Int, _ from: Int?, _ to: Int?, _ step: Int?) -> [Int] {
        let step = max(-count - 1, min(count + 1, step ?? 1))
        func clamped(_ index: Int, _ low: Int, _ high: Int) -> Int {
            max(low, min(high, index < 0 ? max(index, -count - 1) + count : index))
        }
        if step > 0 {
            let start = from.map { clamped($0, 0, count) } ?? 0
            let end = to.map { clamped($0, 0, count) } ?? count
            return start < end ? Array(stride(from: start, to: end, by: step)) : []
        }
        let start = from.map { clamped($0, -1, count - 1) } ?? count - 1
        let end = to.map { clamped($0, -1, count - 1) } ?? -1
        return start > end ? Array(stride(from: start, to: end, by: step)) : []
    }
}
