// What a teacher wrote and what became of it, in numbers and examples, as `prepare` reports on rows.

internal import Foundation
public import JSON
public import Preparation

/// Everything that was written for a run, and how many rows it came to.
public struct WritingReport: Codable, Sendable, Equatable {
    /// Prompts that were given.
    public var prompts = 0
    /// New prompts that were wanted.
    public var variationsWanted = 0
    /// Times that a new prompt was asked for.
    public var variationAttempts = 0
    /// New prompts that were taken.
    public var variations = 0
    /// Why attempts were not taken.
    public var variationsLeftOut: [NamedCount] = []
    /// Answers that were written.
    public var answers = 0
    /// Answers left out before any filter, by the reason.
    public var answersLeftOut: [NamedCount] = []
    /// What each of `distill.filters` did.
    public var filters: [StepReport] = []
    /// Reasons that were written, and those that were cut off or say nothing.
    public var reasons = 0
    public var reasonsLeftOut = 0
    /// Tokens of all that was written.
    public var tokens = 0
    /// Rows that are longer than the student's may be.
    public var tooLong = 0
    /// Rows to train on, those of reasons among them.
    public var rows = 0
    /// Rows of reasons.
    public var reasonRows = 0

    public init() {}

    /// With keys in snake case, in the order of their names.
    public var json: JSONValue {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys]
        guard let data = try? encoder.encode(self), let json = try? JSONValue(parsing: [UInt8](data)) else {
            return .null
        }
        return json
    }

    /// Lines for people.
    public var lines: [String] {
        var lines = ["\(prompts) prompts\(variationLine)", "\(answers) answers written, \(tokens) tokens"]
        lines += answersLeftOut.map { "  \($0.count) left out: \($0.name)" }
        for step in filters {
            lines += step.removed.map { "  \($0.count) left out by \(step.name): \($0.name)" }
            if let duplicates = step.duplicates, duplicates.rows > 0 {
                lines.append("  \(duplicates.rows) left out by \(step.name): nearly the same as an earlier one")
            }
        }
        if reasons > 0 { lines.append("\(reasons) reasons written, \(reasonsLeftOut) of them left out") }
        if tooLong > 0 { lines.append("\(tooLong) rows left out: longer than data.max_length") }
        lines.append("\(rows) rows to train on" + (reasonRows > 0 ? ", \(reasonRows) of them reasons" : ""))
        return lines
    }

    private var variationLine: String {
        guard variationsWanted > 0 else { return "" }
        let left = variationsLeftOut.map { "\($0.count) \($0.name)" }.joined(separator: ", ")
        return ", and \(variations) of \(variationsWanted) new ones in \(variationAttempts) attempts"
            + (left.isEmpty ? "" : " (\(left))")
    }
}

extension [NamedCount] {
    /// Counts one thing more.
    mutating func count(_ name: String) {
        if let index = firstIndex(where: { $0.name == name }) {
            self[index].count += 1
        } else {
            append(NamedCount(name: name, count: 1))
        }
    }
}
