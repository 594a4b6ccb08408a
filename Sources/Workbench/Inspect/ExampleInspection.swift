// `lathe inspect DATA --example N`: one row as the model sees it, token by token.

public import DataReports
internal import Datasets
internal import Foundation
public import JSON
internal import Preparation
internal import Recipes
internal import Spelling

/// A row as tokens, each with whether it carries loss.
public struct ExampleInspection: Presentable {
    /// What to look at, and how.
    public struct Request: Sendable {
        /// Rows, a prepared file, or a recipe.
        public var path: String
        /// The row's number, from 0, as `lathe score` counts.
        public var number: Int
        /// Of a recipe or a prepared file, a held-out row.
        public var isHeldOut: Bool
        public var model: String?
        public var overrides: [String]
        public var colours: TerminalColours
        /// Personal data is shown, too.
        public var isUnmasked: Bool

        public init(
            path: String, number: Int, isHeldOut: Bool = false, model: String? = nil, overrides: [String] = [],
            colours: TerminalColours = .none, isUnmasked: Bool = false
        ) {
            self.path = path
            self.number = number
            self.isHeldOut = isHeldOut
            self.model = model
            self.overrides = overrides
            self.colours = colours
            self.isUnmasked = isUnmasked
        }
    }

    private let request: Request
    private let row: InspectedRow
    private let sequences: [(example: TokenizedExample, lines: TokenLines)]

    public init(_ request: Request) throws {
        self.request = request
        guard request.number >= 0 else { throw Failure(.usage, "rows are numbered from 0") }
        try Failure.requireExists(request.path, "the data")
        let row = try InspectedRow(request)
        self.row = row
        sequences = row.examples.map { example in
            (
                example,
                TokenLines(
                    ids: example.ids, isTarget: example.isTarget, limit: row.limit, tokens: row.tokens,
                    covers: !request.isUnmasked)
            )
        }
    }

    public var json: JSONValue {
        [
            "kind": "example", "path": .string(request.path), "row": .integer(request.number),
            "rows_are_numbered_from": 0, "side": row.side.map { .string($0) } ?? .null,
            "place": .string("\(row.place)"), "model": .string(row.model),
            "max_length": row.limit.map { .integer($0) } ?? .null, "remarks": .array(row.remarks.map { .string($0) }),
            "sequences": .array(
                sequences.map { example, lines in
                    [
                        "tokens": .integer(example.ids.count), "target_tokens": .integer(example.targetCount),
                        "ids": .array(example.ids.map { .integer(Int($0)) }),
                        "texts": .array(lines.texts.map { .string($0) }),
                        "mask": .array(example.isTarget.map { .integer($0 ? 1 : 0) }),
                    ]
                }),
        ]
    }

    public var text: String {
        var lines = [
            "row \(request.number), counted from 0" + (row.side.map { ", of the \($0) rows" } ?? "") + ": \(row.place)",
            "tokens of \(row.model)" + (row.limit.map { ", max_length \($0)" } ?? ""),
            TokenLines.legend(request.colours),
        ]
        lines += row.remarks.map { "warning: " + $0 }
        for (index, sequence) in sequences.enumerated() {
            let (tokens, targets) = (sequence.example.ids.count, sequence.example.targetCount)
            lines += [
                "",
                (sequences.count > 1 ? "sequence \(index + 1) of \(sequences.count): " : "")
                    + "\(tokens) tokens, \(targets) carry loss (\(tokens > 0 ? 100 * targets / tokens : 0)%)"
                    + (row.limit.map { tokens > $0 ? ", longer than max_length" : "" } ?? ""),
                "", sequence.lines.text(request.colours),
            ]
        }
        let hidden = sequences.reduce(0) { $0 + $1.lines.hiddenCount }
        if hidden > 0 {
            lines += [
                "", "\(Count.text(hidden, "piece")) of personal data not shown; --unmasked shows it",
            ]
        }
        return lines.joined(separator: "\n")
    }
}
