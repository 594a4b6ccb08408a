// What data preparation did, counted: nothing is left out in silence.

public import JSON

/// Counts over a prepared data set.
public struct DatasetReport: Sendable, Equatable {
    /// Rows read.
    public var rows = 0
    /// Sequences made of them.
    public var examples = 0
    public var tokens = 0
    public var targetTokens = 0
    /// Rows cut to the largest length.
    public var truncatedRows = 0
    /// Rows left out because they are too long.
    public var droppedRows = 0
    /// Rows left out because no token of theirs carries loss (the answer was cut away).
    public var rowsWithoutTarget = 0
    /// Rows that became several sequences because the template renders a turn differently once it is history.
    public var splitRows = 0
    /// Tokens that lie across the border of what carries loss.
    public var straddlingTokens = 0
    /// Trained turns behind which neither template nor tokenizer puts an end token: the model does not learn to stop.
    public var turnsWithoutEnd = 0
    /// Tokens of the longest sequence.
    public var longestExample = 0
    /// `lengthHistogram[i]`: sequences of more than 2ⁱ⁻¹ and at most 2ⁱ tokens.
    public var lengthHistogram: [Int] = []
    /// The form of the rows.
    public var format = RowFormat.auto
    /// What was read from files, bad rows with it; `nil` where rows came from elsewhere.
    public var input: InputReport?

    public init() {}

    /// Target tokens / tokens.
    public var supervisedShare: Double { tokens > 0 ? Double(targetTokens) / Double(tokens) : 0 }

    mutating func count(
        _ examples: [TokenizedExample], isTruncated: Bool, isDropped: Bool, hasNoTarget: Bool, isSplit: Bool
    ) {
        rows += 1
        self.examples += examples.count
        if isTruncated { truncatedRows += 1 }
        if isDropped { droppedRows += 1 }
        if hasNoTarget { rowsWithoutTarget += 1 }
        if isSplit { splitRows += 1 }
        for example in examples {
            tokens += example.ids.count
            targetTokens += example.targetCount
            longestExample = max(longestExample, example.ids.count)
            let bin = Int.bitWidth - max(0, example.ids.count - 1).leadingZeroBitCount
            if lengthHistogram.count <= bin {
                lengthHistogram += Array(repeating: 0, count: bin + 1 - lengthHistogram.count)
            }
            lengthHistogram[bin] += 1
        }
    }

    /// The report for machines.
    public var json: JSONValue {
        let histogram = lengthHistogram.enumerated().filter { $0.element > 0 }.map { bin, count in
            JSONValue.object(JSONObject([("at_most", .integer(1 << bin)), ("rows", .integer(count))]))
        }
        var report: JSONValue = [
            "format": .string(format.rawValue), "rows": .integer(rows), "examples": .integer(examples),
            "tokens": .integer(tokens),
            "supervised_tokens": .integer(targetTokens), "supervised_share": .double(supervisedShare),
            "truncated_rows": .integer(truncatedRows), "dropped_rows": .integer(droppedRows),
            "rows_without_target": .integer(rowsWithoutTarget), "split_rows": .integer(splitRows),
            "straddling_tokens": .integer(straddlingTokens), "turns_without_end": .integer(turnsWithoutEnd),
            "longest": .integer(longestExample), "lengths": .array(histogram),
        ]
        if let input, var object = report.object {
            object["input"] = input.json
            report = .object(object)
        }
        return report
    }
}
