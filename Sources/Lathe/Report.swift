// Results as the command's `--json` prints them: names and meanings of these fields are fixed, so values are read by them.

internal import JSON
internal import Workbench

/// The fields of a stage's report.
struct Report {
    private let json: JSONValue

    init(_ report: some Presentable) { json = report.json }

    private init(_ json: JSONValue) { self.json = json }

    func number(_ name: String) -> Double? { json[name]?.double }
    func text(_ name: String) -> String? { json[name]?.string }

    /// A part with fields of its own; `nil` where there is none.
    func part(_ name: String) -> Report? {
        json[name].flatMap { $0.object == nil ? nil : Report($0) }
    }

    /// Two ends of an interval.
    func range(_ name: String) -> ClosedRange<Double>? {
        let ends = (json[name]?.array ?? []).compactMap(\.double)
        return ends.count == 2 && ends[0] <= ends[1] ? ends[0]...ends[1] : nil
    }

    // What a report of this kind always has.

    func required(_ name: String) throws -> Double { try Self.there(number(name), name) }
    func count(_ name: String) throws -> Int { try Self.there(json[name]?.integer, name) }
    func requiredText(_ name: String) throws -> String { try Self.there(text(name), name) }
    func flag(_ name: String) throws -> Bool { try Self.there(json[name]?.bool, name) }

    private static func there<Value>(_ value: Value?, _ name: String) throws -> Value {
        guard let value else { throw Failure(.internal, "a report without '\(name)'") }
        return value
    }
}
