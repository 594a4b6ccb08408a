// What a template computes with: Python's values as far as templates meet them.

import JSON

/// A value. Lists and mappings never change (Jinja2's immutable sandbox forbids it), so copies share.
enum Value {
    case undefined(Undefined)
    case none
    case bool(Bool)
    case integer(Int)
    /// A whole number of data that 64 bits do not hold: written and compared, not computed with.
    case digits(String)
    case double(Double)
    case string(String)
    case sequence(ValueList)
    case mapping(Mapping)
    case generator(Generator)
    case namespace(Namespace)
    case loop(LoopContext)
    case macro(Macro)
    case function(GlobalFunction)
    case method(Method)
}

/// A value that is not there, and what to say when it is used.
struct Undefined {
    let message: String
    /// Whether the sandbox hid it.
    var isForbidden = false

    var error: TemplateError { TemplateError(isForbidden ? .security : .undefined, message) }
}

/// How deep and how large a value is. Both are bounded, so that walking and freeing values is safe and ends: a list that holds
/// one list twice, sixty levels down, is small in memory and endless to print.
struct Extent {
    private(set) var depth = 1
    private(set) var weight = 1

    init(depth: Int = 1, weight: Int = 1) {
        self.depth = depth
        self.weight = weight
    }

    init(around elements: [Value]) throws(TemplateError) {
        for element in elements { try include(element) }
    }

    mutating func include(_ value: Value) throws(TemplateError) {
        let other = value.extent
        depth = max(depth, other.depth + 1)
        weight += other.weight
        guard depth <= Limits.valueDepth else { throw .limit("values nested deeper than \(Limits.valueDepth) levels") }
        guard weight <= Limits.weight else { throw .limit("a value of more than \(Limits.weight) parts") }
    }
}

/// A list, tuple, range or view of a dictionary.
final class ValueList {
    enum Kind: Equatable {
        case list, tuple, keys, values, items
        case range(start: Int, stop: Int, step: Int)
        /// What `groupby` gives: a tuple with the attributes `grouper` and `list`.
        case group
    }

    let kind: Kind
    let elements: [Value]
    let extent: Extent

    init(_ elements: [Value], _ kind: Kind = .list) throws(TemplateError) {
        guard elements.count <= Limits.elements else { throw .limit("a list of more than \(Limits.elements) elements") }
        self.kind = kind
        self.elements = elements
        extent = try Extent(around: elements)
    }

    var isTuple: Bool { kind == .tuple || kind == .group }
}

/// A generator, as `map` and `select` give: its elements can be taken once.
final class Generator {
    private var remaining: ArraySlice<Value>
    let name: String
    let extent: Extent

    init(_ elements: [Value], name: String) throws(TemplateError) {
        remaining = elements[...]
        self.name = name
        extent = try Extent(around: elements)
    }

    func takeAll() -> [Value] {
        defer { remaining = [] }
        return Array(remaining)
    }

    func takeFirst() -> Value? { remaining.popFirst() }

    var count: Int { remaining.count }
}

/// A dictionary in insertion order.
struct Mapping {
    private(set) var keys: [Value] = []
    private(set) var values: [Value] = []
    private var index: [Key: Int] = [:]
    private(set) var extent = Extent()

    /// A key as Python hashes it: `1`, `1.0` and `true` are one key.
    enum Key: Hashable {
        case none
        case integer(Int)
        case digits(String)
        case double(Double)
        case string(Name)
        case tuple([Key])

        init?(_ value: Value) {
            switch value {
            case .none: self = .none
            case .bool(let value): self = .integer(value ? 1 : 0)
            case .integer(let value): self = .integer(value)
            case .digits(let value): self = .digits(value)
            case .double(let value): self = Int(exactly: value).map { .integer($0) } ?? .double(value)
            case .string(let value): self = .string(Name(value))
            case .sequence(let list) where list.isTuple:
                var keys: [Key] = []
                for element in list.elements {
                    guard let key = Key(element) else { return nil }
                    keys.append(key)
                }
                self = .tuple(keys)
            default: return nil
            }
        }
    }

    var count: Int { keys.count }

    func value(for key: Key) -> Value? { index[key].map { values[$0] } }

    func value(named name: String) -> Value? { value(for: .string(Name(name))) }

    mutating func set(_ key: Value, to value: Value) throws(TemplateError) {
        guard let hashed = Key(key) else { throw .runtime("unhashable type: '\(key.typeName)'") }
        try extent.include(value)
        if let found = index[hashed] {
            values[found] = value
        } else {
            guard keys.count < Limits.elements else {
                throw .limit("a dictionary of more than \(Limits.elements) members")
            }
            index[hashed] = keys.count
            keys.append(key)
            values.append(value)
        }
    }

    mutating func set(name: String, to value: Value) throws(TemplateError) { try set(.string(name), to: value) }

    /// The members as `(key, value)` tuples.
    func pairs() throws(TemplateError) -> [Value] {
        var pairs: [Value] = []
        for (key, value) in zip(keys, values) { pairs.append(.sequence(try ValueList([key, value], .tuple))) }
        return pairs
    }
}

/// What `namespace()` gives: the one value a template may change.
final class Namespace {
    var attributes = Mapping()
}

/// A macro or the body of a call block, with the scope it was written in.
final class Macro {
    let definition: MacroDefinition
    var scope: Scope?

    init(_ definition: MacroDefinition, scope: Scope) {
        self.definition = definition
        self.scope = scope
    }
}

/// A method bound to its value, as in `text.strip`.
final class Method {
    let receiver: Value
    let name: String
    let extent: Extent

    init(_ receiver: Value, _ name: String) throws(TemplateError) {
        self.receiver = receiver
        self.name = name
        extent = try Extent(around: [receiver])
    }
}

extension Value {
    static func list(_ elements: [Value]) throws(TemplateError) -> Value { .sequence(try ValueList(elements)) }
    static func tuple(_ elements: [Value]) throws(TemplateError) -> Value { .sequence(try ValueList(elements, .tuple)) }
    static func missing(_ message: String) -> Value { .undefined(Undefined(message: message)) }

    var extent: Extent {
        switch self {
        case .sequence(let list): list.extent
        case .mapping(let mapping): mapping.extent
        case .generator(let generator): generator.extent
        case .loop(let loop): loop.extent
        case .method(let method): method.extent
        case .string(let text): Extent(depth: 0, weight: 1 + text.utf8.count / 16)
        default: Extent(depth: 0, weight: 1)
        }
    }

    /// A JSON value as the template sees it.
    init(_ json: JSONValue, level: Int = 0) throws(TemplateError) {
        guard level < Limits.valueDepth else { throw .limit("data nested deeper than \(Limits.valueDepth) levels") }
        switch json {
        case .null: self = .none
        case .bool(let value): self = .bool(value)
        case .integer(let value): self = .integer(value)
        case .digits(let value): self = .digits(value)
        case .double(let value): self = .double(value)
        case .string(let value): self = .string(value)
        case .array(let elements):
            var values: [Value] = []
            values.reserveCapacity(elements.count)
            for element in elements { values.append(try Value(element, level: level + 1)) }
            self = try .list(values)
        case .object(let object):
            var mapping = Mapping()
            for member in object.members {
                try mapping.set(name: member.key, to: try Value(member.value, level: level + 1))
            }
            self = .mapping(mapping)
        }
    }

    /// Python's name of the type, for messages.
    var typeName: String {
        switch self {
        case .undefined: "Undefined"
        case .none: "NoneType"
        case .bool: "bool"
        case .integer, .digits: "int"
        case .double: "float"
        case .string: "str"
        case .sequence(let list):
            switch list.kind {
            case .list: "list"
            case .tuple: "tuple"
            case .keys: "dict_keys"
            case .values: "dict_values"
            case .items: "dict_items"
            case .range: "range"
            case .group: "_GroupTuple"
            }
        case .mapping: "dict"
        case .generator: "generator"
        case .namespace: "Namespace"
        case .loop: "LoopContext"
        case .macro: "Macro"
        case .function: "function"
        case .method: "method"
        }
    }
}
