// The `loop` variable, which is also what drives a loop: elements are taken one by one, so that a loop's filter sees what
// the turns before have changed.

/// The `if` of a `for`.
struct LoopFilter {
    // The loop's turns end before the interpreter does, but a namespace may keep `loop` a little longer.
    weak var interpreter: Interpreter?
    let test: Expression
    let target: Target
    let scope: Scope

    func accepts(_ value: Value) throws(TemplateError) -> Bool {
        guard let interpreter else { return false }
        try interpreter.charge()
        let inner = Scope(parent: scope)
        try interpreter.assign(value, to: target, in: inner)
        return try interpreter.evaluate(test, in: inner).isTrue
    }
}

final class LoopContext {
    private var source: ArraySlice<Value>
    private let filter: LoopFilter?
    /// Elements that were looked at ahead of their turn.
    private var ahead: [Value] = []
    private var knownLength: Int?
    private(set) var index0 = -1
    private(set) var current: Value?
    private(set) var previous: Value?
    let extent: Extent
    /// How deep the recursion of a recursive loop is, from 0.
    let recursionDepth: Int
    /// What a recursive loop runs again when `loop(…)` is called.
    let recursion: (definition: Loop, scope: Scope)?
    var lastChanged: [Value]?

    init(
        _ elements: [Value], recursionDepth: Int, recursion: (Loop, Scope)?, filter: LoopFilter?
    ) throws(TemplateError) {
        source = elements[...]
        self.filter = filter
        self.recursionDepth = recursionDepth
        self.recursion = recursion
        knownLength = filter == nil ? elements.count : nil
        extent = try Extent(around: elements)
    }

    private func pull() throws(TemplateError) -> Value? {
        while let value = source.popFirst() {
            guard let filter else { return value }
            if try filter.accepts(value) { return value }
        }
        return nil
    }

    /// Goes to the next turn; `nil` at the end.
    func advance() throws(TemplateError) -> Value? {
        let value: Value?
        if ahead.isEmpty { value = try pull() } else { value = ahead.removeFirst() }
        guard let value else { return nil }
        index0 += 1
        previous = current
        current = value
        return value
    }

    func peek() throws(TemplateError) -> Value? {
        if ahead.isEmpty, let value = try pull() { ahead.append(value) }
        return ahead.first
    }

    func length() throws(TemplateError) -> Int {
        if let knownLength { return knownLength }
        while let value = try pull() { ahead.append(value) }
        let length = index0 + 1 + ahead.count
        knownLength = length
        return length
    }

    /// An attribute of `loop`; `nil` where there is none of that name.
    func attribute(_ name: String) throws(TemplateError) -> Value? {
        switch name {
        case "index": return .integer(index0 + 1)
        case "index0": return .integer(index0)
        case "first": return .bool(index0 == 0)
        case "last": return .bool(try peek() == nil)
        case "length": return .integer(try length())
        case "revindex": return .integer(try length() - index0)
        case "revindex0": return .integer(try length() - index0 - 1)
        case "depth": return .integer(recursionDepth + 1)
        case "depth0": return .integer(recursionDepth)
        case "previtem": return index0 > 0 ? previous : .missing("there is no previous item")
        case "nextitem": return try peek() ?? .missing("there is no next item")
        case "cycle", "changed": return .method(try Method(.loop(self), name))
        default: return nil
        }
    }
}
