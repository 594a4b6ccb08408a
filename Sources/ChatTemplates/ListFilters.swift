// Filters on lists and mappings. Those that choose or transform elements are in `ChoiceFilters.swift`.

extension Interpreter {
    func listFilter(_ name: String, _ value: Value, _ arguments: CallArguments) throws(TemplateError) -> Value? {
        switch name {
        case "list": return try .list(try value.elements())
        case "first":
            if case .generator(let generator) = value { return generator.takeFirst() ?? noItem("first") }
            return try value.elements().first ?? noItem("first")
        case "last":
            if case .generator = value { throw mismatch(value, name) }
            return try value.elements().last ?? noItem("last")
        case "items":
            if case .undefined = value { return .generator(try Generator([], name: "do_items")) }
            guard case .mapping(let mapping) = value else { throw .runtime("can only get item pairs from a mapping") }
            return .generator(try Generator(try mapping.pairs(), name: "do_items"))
        case "join": return .string(try joined(value, arguments))
        case "reverse":
            if case .string(let text) = value { return .string(String(scalars: text.unicodeScalars.reversed())) }
            return .generator(try Generator(try value.elements().reversed(), name: "reversed"))
        case "dictsort": return try sortedMembers(value, arguments)
        case "sort":
            let given = try arguments.bound(to: ["reverse", "case_sensitive", "attribute"], of: name)
            let key = try sortKey(given[2], given[1])
            return try .list(try Sorting.sorted(try value.elements(), descending: given[0]?.isTrue ?? false, by: key))
        case "unique": return try unique(value, arguments)
        case "min", "max": return try extreme(value, arguments, name)
        case "groupby": return try grouped(value, arguments)
        case "sum": return try sum(value, arguments)
        case "batch", "slice": return try parts(value, arguments, name)
        default: return nil
        }
    }

    private func noItem(_ which: String) -> Value { .missing("no \(which) item, sequence was empty") }

    private func joined(_ value: Value, _ arguments: CallArguments) throws(TemplateError) -> String {
        let given = try arguments.bound(to: ["d", "attribute"], of: "join")
        let separator = try given[0]?.text() ?? ""
        var result = ""
        for (index, element) in try value.elements().enumerated() {
            if index > 0 { result += separator }
            result += try attributePath(given[1], of: element).text()
            guard result.utf8.count <= Limits.stringBytes else {
                throw .limit("a text of more than \(Limits.stringBytes) bytes")
            }
        }
        return result
    }

    /// `value.a.b.0` for the path `a.b.0`; the value itself without a path.
    func attributePath(_ path: Value?, of value: Value, fallback: Value? = nil) throws(TemplateError) -> Value {
        var result = value
        switch path {
        case nil, .none?: return value
        case .string(let text)?:
            for part in text.split(separator: ".", omittingEmptySubsequences: false) {
                let key: Value = Int(part).map { .integer($0) } ?? .string(String(part))
                result = try item(key, of: result)
                if case .undefined = result, let fallback { result = fallback }
            }
        case let key?:
            result = try item(key, of: result)
            if case .undefined = result, let fallback { result = fallback }
        }
        return result
    }

    /// What elements are sorted by: an attribute, or several with commas between; text in lower case unless case matters.
    private func sortKey(_ attribute: Value?, _ caseSensitive: Value?) throws(TemplateError)
        -> (Value) throws(TemplateError) -> Value
    {
        let foldsCase = !(caseSensitive?.isTrue ?? false)
        func folded(_ value: Value) -> Value {
            if foldsCase, case .string(let text) = value { return .string(PythonText.lower(text)) }
            return value
        }
        if case .string(let text)? = attribute, text.utf8.contains(44) {
            let paths = text.split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
            return { (element) throws(TemplateError) in
                var keys: [Value] = []
                for path in paths { keys.append(folded(try self.attributePath(.string(path), of: element))) }
                return try .list(keys)
            }
        }
        return { (element) throws(TemplateError) in folded(try self.attributePath(attribute, of: element)) }
    }

    private func sortedMembers(_ value: Value, _ arguments: CallArguments) throws(TemplateError) -> Value {
        let given = try arguments.bound(to: ["case_sensitive", "by", "reverse"], of: "dictsort")
        guard case .mapping(let mapping) = value else { throw mismatch(value, "dictsort") }
        let by = try TextFilters.text(given[1]) ?? "key"
        guard by == "key" || by == "value" else { throw .runtime("you can only sort by either 'key' or 'value'") }
        let key = try sortKey(.integer(by == "key" ? 0 : 1), given[0])
        return try .list(
            try Sorting.sorted(try mapping.pairs(), descending: given[2]?.isTrue ?? false, by: key))
    }

    private func unique(_ value: Value, _ arguments: CallArguments) throws(TemplateError) -> Value {
        let given = try arguments.bound(to: ["case_sensitive", "attribute"], of: "unique")
        let key = try sortKey(given[1], given[0])
        var seen = Set<Mapping.Key>()
        var result: [Value] = []
        for element in try value.elements() {
            let found = try key(element)
            guard let hashed = Mapping.Key(found) else { throw .runtime("unhashable type: '\(found.typeName)'") }
            if seen.insert(hashed).inserted { result.append(element) }
        }
        return .generator(try Generator(result, name: "do_unique"))
    }

    private func extreme(_ value: Value, _ arguments: CallArguments, _ name: String) throws(TemplateError) -> Value {
        let given = try arguments.bound(to: ["case_sensitive", "attribute"], of: name)
        let key = try sortKey(given[1], given[0])
        var best: (key: Value, element: Value)?
        for element in try value.elements() {
            let found = try key(element)
            if let held = best {
                let isBetter = name == "min" ? try Value.isLess(found, held.key) : try Value.isLess(held.key, found)
                if !isBetter { continue }
            }
            best = (found, element)
        }
        return best?.element ?? .missing("no aggregated item, sequence was empty")
    }

    private func grouped(_ value: Value, _ arguments: CallArguments) throws(TemplateError) -> Value {
        let given = try arguments.bound(to: ["attribute", "default", "case_sensitive"], of: "groupby")
        guard let attribute = given[0] else { throw .runtime("groupby takes an attribute") }
        let foldsCase = !(given[2]?.isTrue ?? false)
        func key(_ element: Value) throws(TemplateError) -> Value {
            let found = try attributePath(attribute, of: element, fallback: given[1])
            if foldsCase, case .string(let text) = found { return .string(PythonText.lower(text)) }
            return found
        }
        var groups: [(key: Value, elements: [Value])] = []
        for element in try Sorting.sorted(try value.elements(), by: key) {
            let found = try key(element)
            if let last = groups.last, last.key == found {
                groups[groups.count - 1].elements.append(element)
            } else {
                groups.append((found, [element]))
            }
        }
        var result: [Value] = []
        for group in groups {
            // Where case is ignored the group goes by its first element's own spelling.
            let name = try attributePath(attribute, of: group.elements[0], fallback: given[1])
            result.append(.sequence(try ValueList([name, try .list(group.elements)], .group)))
        }
        return try .list(result)
    }

    private func sum(_ value: Value, _ arguments: CallArguments) throws(TemplateError) -> Value {
        let given = try arguments.bound(to: ["attribute", "start"], of: "sum")
        var total = given[1] ?? .integer(0)
        if case .string = total { throw .runtime("sum cannot add strings") }
        for element in try value.elements() {
            try charge(for: total)
            total = try Value.arithmetic(.add, total, try attributePath(given[0], of: element))
        }
        return total
    }

    private func parts(_ value: Value, _ arguments: CallArguments, _ name: String) throws(TemplateError) -> Value {
        let given = try arguments.bound(to: [name == "batch" ? "linecount" : "slices", "fill_with"], of: name)
        guard let count = given[0]?.asInteger, count > 0, count <= Limits.elements else {
            throw .runtime("\(name) takes a positive number")
        }
        let elements = try value.elements()
        let filler: Value? = if case .none? = given[1] { nil } else { given[1] }
        var result: [Value] = []
        if name == "batch" {
            for start in stride(from: 0, to: elements.count, by: count) {
                var part = Array(elements[start..<min(start + count, elements.count)])
                if let filler { part += [Value](repeating: filler, count: count - part.count) }
                result.append(try .list(part))
            }
        } else {
            let (size, rest) = elements.count.quotientAndRemainder(dividingBy: count)
            var start = 0
            for index in 0..<count {
                let end = start + size + (index < rest ? 1 : 0)
                var part = Array(elements[start..<end])
                if let filler, index >= rest { part.append(filler) }
                result.append(try .list(part))
                start = end
            }
        }
        return .generator(try Generator(result, name: "do_\(name)"))
    }
}
