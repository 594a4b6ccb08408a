// What was measured: a table for people, printed line by line, and the same as JSON for programs.

import Foundation
import JSON

/// A column of a table and a key of the JSON.
struct Column {
    /// How a number is written.
    enum Form {
        case text
        case fixed(Int)
        case percent
        /// "5.21 (5.13–5.40)": the median, then the range.
        case samples(unit: Double, digits: Int)
    }

    let key: String
    let title: String
    let width: Int
    let form: Form

    init(_ key: String, _ title: String, _ width: Int, _ form: Form) {
        self.key = key
        self.title = title
        self.width = width
        self.form = form
    }

    static func text(_ key: String, _ title: String, _ width: Int) -> Column { Column(key, title, width, .text) }
    static func number(_ key: String, _ title: String, digits: Int = 1, width: Int = 10) -> Column {
        Column(key, title, max(width, title.count + 1), .fixed(digits))
    }
    static func percent(_ key: String, _ title: String) -> Column {
        Column(key, title, max(8, title.count + 1), .percent)
    }
    /// Samples of seconds, shown in milliseconds.
    static let milliseconds = Column("seconds", "ms (min–max)", 27, .samples(unit: 1e-3, digits: 3))
    /// Samples of seconds.
    static let seconds = Column("seconds", "s (min–max)", 24, .samples(unit: 1, digits: 3))
}

/// The value in one cell.
enum Cell {
    case text(String)
    case number(Double)
    case samples(Samples)
    case none
}

/// Everything measured in one run of the program.
final class Report {
    private var sections: [(name: String, rows: [JSONValue])] = []
    private var columns: [Column] = []
    private let facts: JSONObject

    init(facts: JSONObject) { self.facts = facts }

    /// Starts a table; `name` is its key in the JSON.
    func begin(_ name: String, _ title: String, _ columns: [Column]) {
        self.columns = columns
        sections.append((name, []))
        print("\n\(name): \(title)")
        print(columns.map { Self.aligned($0.title, $0) }.joined(separator: " "))
    }

    /// Adds a row: a cell for each column.
    func add(_ cells: Cell...) {
        precondition(cells.count == columns.count)
        var members = JSONObject()
        for (column, cell) in zip(columns, cells) {
            switch cell {
            case .text(let text): members[column.key] = .string(text)
            case .number(let number): members[column.key] = .double(number)
            case .samples(let samples):
                members[column.key] = .double(samples.median)
                members[column.key + "_min"] = .double(samples.fastest)
                members[column.key + "_max"] = .double(samples.slowest)
                members["samples"] = .integer(samples.seconds.count)
            case .none: members[column.key] = .null
            }
        }
        sections[sections.count - 1].rows.append(.object(members))
        print(zip(columns, cells).map { Self.aligned(Self.text($1, $0.form), $0) }.joined(separator: " "))
        fflush(nil)
    }

    /// A sentence under the table, such as why something was left out.
    func note(_ text: String) {
        print("   \(text)")
        sections[max(sections.count - 1, 0)].rows.append(["note": .string(text)])
    }

    /// Everything so far.
    var json: JSONValue {
        var object = facts
        for section in sections { object[section.name] = .array(section.rows) }
        return .object(object)
    }

    private static func text(_ cell: Cell, _ form: Column.Form) -> String {
        func number(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }
        return switch (cell, form) {
        case (.none, _): "–"
        case (.text(let text), _): text
        case (.number(let value), .percent): number(value * 100, 1) + "%"
        case (.number(let value), .fixed(let digits)): number(value, digits)
        case (.number(let value), _): number(value, 3)
        case (.samples(let samples), .samples(let unit, let digits)):
            number(samples.median / unit, digits)
                + " (\(number(samples.fastest / unit, digits))–\(number(samples.slowest / unit, digits)))"
        case (.samples(let samples), _): number(samples.median, 3)
        }
    }

    /// Text to the left, numbers to the right.
    private static func aligned(_ text: String, _ column: Column) -> String {
        let padding = String(repeating: " ", count: max(0, column.width - text.count))
        if case .text = column.form { return text + padding }
        return padding + text
    }
}
