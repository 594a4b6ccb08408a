// Methods by name: what a value has, what the sandbox keeps from a template, and those of dictionaries, lists and loops.
// Those of text are in `TextMethods.swift`.

enum Methods {
    private static let text: Set<String> = [
        "capitalize", "casefold", "center", "count", "endswith", "expandtabs", "find", "format", "index", "isalnum",
        "isalpha",
        "isascii", "isdecimal", "isdigit", "isidentifier", "islower", "isnumeric", "isprintable", "isspace", "istitle",
        "isupper", "join", "ljust", "lower", "lstrip", "partition", "removeprefix", "removesuffix", "replace", "rfind",
        "rindex", "rjust", "rpartition", "rsplit", "rstrip", "split", "splitlines", "startswith", "strip", "swapcase",
        "title",
        "upper", "zfill",
    ]

    /// The methods of a value's type.
    static func names(_ value: Value) -> Set<String> {
        switch value {
        case .string: text
        case .mapping: ["get", "items", "keys", "values", "copy"]
        case .sequence(let list):
            switch list.kind {
            case .list: ["index", "count", "copy"]
            case .tuple, .group, .range: ["index", "count"]
            default: []
            }
        case .function(.dict): ["fromkeys"]
        default: []
        }
    }

    /// The methods that would change a value, which the immutable sandbox forbids.
    static func changing(_ value: Value) -> Set<String> {
        switch value {
        case .mapping: ["clear", "pop", "popitem", "setdefault", "update"]
        case .sequence(let list) where list.kind == .list:
            ["append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"]
        default: []
        }
    }

    static func call(_ method: Method, _ arguments: CallArguments, _ interpreter: Interpreter) throws(TemplateError)
        -> Value
    {
        switch method.receiver {
        case .string(let text): return try TextMethods.call(method.name, text, arguments)
        case .mapping(let mapping): return try call(method.name, mapping, arguments)
        case .sequence(let list): return try call(method.name, list, arguments)
        case .loop(let loop): return try call(method.name, loop, arguments)
        case .function:
            let given = try arguments.bound(to: ["iterable", "value"], of: method.name)
            var mapping = Mapping()
            for key in try given[0]?.elements() ?? [] { try mapping.set(key, to: given[1] ?? .none) }
            return .mapping(mapping)
        default: throw .runtime("no method '\(method.name)'")
        }
    }

    private static func call(_ name: String, _ mapping: Mapping, _ arguments: CallArguments) throws(TemplateError)
        -> Value
    {
        switch name {
        case "get":
            guard arguments.named.isEmpty else { throw .runtime("get() takes no keyword arguments") }
            let given = try arguments.bound(to: ["key", "default"], of: name)
            guard let key = given[0] else { throw .runtime("get takes a key") }
            guard let hashed = Mapping.Key(key) else {
                if case .undefined = key { return given[1] ?? .none }
                throw .runtime("unhashable type: '\(key.typeName)'")
            }
            return mapping.value(for: hashed) ?? given[1] ?? .none
        case "keys": return .sequence(try ValueList(mapping.keys, .keys))
        case "values": return .sequence(try ValueList(mapping.values, .values))
        case "items": return .sequence(try ValueList(try mapping.pairs(), .items))
        default: return .mapping(mapping)
        }
    }

    private static func call(_ name: String, _ list: ValueList, _ arguments: CallArguments) throws(TemplateError)
        -> Value
    {
        if name == "copy" { return .sequence(list) }
        let given = try arguments.bound(to: name == "index" ? ["value", "start", "stop"] : ["value"], of: name)
        guard let wanted = given[0] else { throw .runtime("\(name) takes a value") }
        if name == "count" { return .integer(list.elements.count { $0 == wanted }) }
        let places = Slicing.indices(list.elements.count, given[1]?.asInteger, given[2]?.asInteger, nil)
        guard let place = places.first(where: { list.elements[$0] == wanted }) else {
            throw .runtime("\(try wanted.representation()) is not in the list")
        }
        return .integer(place)
    }

    private static func call(_ name: String, _ loop: LoopContext, _ arguments: CallArguments) throws(TemplateError)
        -> Value
    {
        if name == "changed" {
            defer { loop.lastChanged = arguments.positional }
            guard let last = loop.lastChanged, last.count == arguments.positional.count else { return .bool(true) }
            return .bool(!zip(last, arguments.positional).allSatisfy { $0 == $1 })
        }
        guard !arguments.positional.isEmpty else { throw .runtime("no items for cycling given") }
        return arguments.positional[loop.index0 % arguments.positional.count]
    }
}
