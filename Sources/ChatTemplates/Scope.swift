// Names and their values. A loop's turn, a macro call and a call block each have a scope of their own.

final class Scope {
    private var values: [Name: Value] = [:]
    let parent: Scope?

    init(parent: Scope?) { self.parent = parent }

    func value(of name: Name) -> Value? {
        var scope: Scope? = self
        while let here = scope {
            if let value = here.values[name] { return value }
            scope = here.parent
        }
        return nil
    }

    func set(_ name: String, to value: Value) { values[Name(name)] = value }

    func clear() { values = [:] }
}
