// Values as text: Python's `str` and `repr`.

extension Value {
    /// What `{{ value }}` writes.
    func text() throws(TemplateError) -> String {
        switch self {
        case .string(let text): return text
        case .undefined: return ""
        default:
            var output = ""
            try writeRepresentation(into: &output)
            return output
        }
    }

    /// Python's `repr`.
    func representation() throws(TemplateError) -> String {
        var output = ""
        try writeRepresentation(into: &output)
        return output
    }

    private func writeRepresentation(into output: inout String) throws(TemplateError) {
        guard output.utf8.count <= Limits.stringBytes else {
            throw .limit("a text of more than \(Limits.stringBytes) bytes")
        }
        switch self {
        case .undefined: output += "Undefined"
        case .none: output += "None"
        case .bool(let value): output += value ? "True" : "False"
        case .integer(let value): output += String(value)
        case .digits(let value): output += value
        case .double(let value): output += PythonNumbers.text(value)
        case .string(let text): output += PythonText.quoted(text)
        case .sequence(let list): try list.writeRepresentation(into: &output)
        case .mapping(let mapping):
            output += "{"
            for (index, (key, value)) in zip(mapping.keys, mapping.values).enumerated() {
                if index > 0 { output += ", " }
                try key.writeRepresentation(into: &output)
                output += ": "
                try value.writeRepresentation(into: &output)
            }
            output += "}"
        case .generator(let generator): output += "<generator object \(generator.name)>"
        case .namespace: output += "<Namespace>"
        case .loop(let loop): output += "<LoopContext \(loop.index0 + 1)/\(try loop.length())>"
        case .macro(let macro): output += "<Macro \(PythonText.quoted(macro.definition.name))>"
        case .function(let function): output += "<function \(function.rawValue)>"
        case .method(let method): output += "<built-in method \(method.name) of \(method.receiver.typeName) object>"
        }
    }
}

extension ValueList {
    fileprivate func writeRepresentation(into output: inout String) throws(TemplateError) {
        let (opening, closing): (String, String)
        switch kind {
        case .list: (opening, closing) = ("[", "]")
        case .tuple, .group: (opening, closing) = ("(", elements.count == 1 ? ",)" : ")")
        case .keys: (opening, closing) = ("dict_keys([", "])")
        case .values: (opening, closing) = ("dict_values([", "])")
        case .items: (opening, closing) = ("dict_items([", "])")
        case .range(let start, let stop, let step):
            output += step == 1 ? "range(\(start), \(stop))" : "range(\(start), \(stop), \(step))"
            return
        }
        output += opening
        for (index, element) in elements.enumerated() {
            if index > 0 { output += ", " }
            output += try element.representation()
            guard output.utf8.count <= Limits.stringBytes else {
                throw .limit("a text of more than \(Limits.stringBytes) bytes")
            }
        }
        output += closing
    }
}
