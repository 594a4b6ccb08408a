// What scoring came to over all rows.

internal import Foundation
public import JSON
internal import Spelling

/// The sums of rows that were scored.
public struct ScoreReport: Presentable {
    private var rows = 0
    private var tokens = 0
    private var targets = 0
    private var lossSum = 0.0

    mutating func add(_ row: ScoredRow) {
        rows += 1
        tokens += row.tokens
        targets += row.targets
        lossSum += row.lossSum
    }

    /// Mean loss of a target token; nil where no token is one.
    public var loss: Double? { targets > 0 ? lossSum / Double(targets) : nil }

    public var json: JSONValue {
        [
            "rows": .integer(rows), "tokens": .integer(tokens), "target_tokens": .integer(targets),
            "loss": loss.map { .double($0) } ?? .null,
        ]
    }

    public var text: String {
        "\(Count.text(rows, "row")), \(Count.text(targets, "target token"))"
            + (loss.map { String(format: ", loss %.4f", $0) } ?? "")
    }
}
