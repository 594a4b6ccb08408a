// Results can be shown to a person and to a program.

public import JSON

/// A result of a verb: JSON for programs, text for people.
public protocol Presentable {
    var json: JSONValue { get }
    var text: String { get }
}
