// What data preparation did, counted: nothing is left out in silence.

public import JSON

/// Counts over a prepared data set.
public struct DatasetReport: Codable, Sendable, Equatable {
    /// Rows read.
    public var rows = 0
    /// Sequences made of them.
    public var examples = 0
    public var tokens = 0
    public var targetTokens = 0
    /// Rows cut to the largest length.
    public var truncatedRows = 0
    /// Tokens that were cut away.
    public var truncatedTokens = 0
    /// Rows left out because they are too long.
    public var droppedRows = 0
    /// Tokens of the rows left out, whatever the reason.
    public var droppedTokens = 0
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
    /// Lengths before anything was cut or left out: what `maximumLength` cuts shows here.
    public var fullLengths = LengthCounts()
    /// The length at which sequences were cut, or left out; `nil` where there is no limit.
    public var maximumLength: Int?
    /// Rows of each label, in the order in which labels were met; empty where rows have none.
    public var labels: [LabelCount] = []
    /// Rows of labels that came after `labelLimit` others.
    public var rowsOfOtherLabels = 0
    /// Sequences to look at.
    public var samples = SampledSequences()
    /// The form of the rows.
    public var format = RowFormat.auto
    /// What was read from files, bad rows with it; `nil` where rows came from elsewhere.
    public var input: InputReport?

    public init() {}

    /// Target tokens / tokens.
    public var supervisedShare: Double { tokens > 0 ? Double(targetTokens) / Double(tokens) : 0 }

    /// The most labels that are told apart.
    public static let labelLimit = 500

    /// What became of a row.
    struct Outcome {
        var examples: [TokenizedExample] = []
        /// Of each of `examples`, its tokens before it was cut.
        var fullTokenCounts: [Int] = []
        /// Tokens of the sequences left out.
        var droppedTokenCounts: [Int] = []
        var isTruncated = false
        var isDropped = false
        var hasNoTarget = false
        var isSplit = false
        var straddlingTokens = 0
        var turnsWithoutEnd = 0
    }

    mutating func count(_ outcome: Outcome, of row: DataRow, _ settings: DataSettings) {
        maximumLength = settings.maxLength == Int.max ? nil : settings.maxLength
        rows += 1
        straddlingTokens += outcome.straddlingTokens
        turnsWithoutEnd += outcome.turnsWithoutEnd
        examples += outcome.examples.count
        if outcome.isTruncated { truncatedRows += 1 }
        if outcome.isDropped { droppedRows += 1 }
        if outcome.hasNoTarget { rowsWithoutTarget += 1 }
        if outcome.isSplit { splitRows += 1 }
        for length in outcome.droppedTokenCounts {
            droppedTokens += length
            fullLengths.add(length)
        }
        for (example, fullTokenCount) in zip(outcome.examples, outcome.fullTokenCounts) {
            tokens += example.ids.count
            truncatedTokens += fullTokenCount - example.ids.count
            targetTokens += example.targetCount
            longestExample = max(longestExample, example.ids.count)
            fullLengths.add(fullTokenCount)
            samples.offer(example, label: row.label, fullTokenCount: fullTokenCount)
            let bin = Int.bitWidth - max(0, example.ids.count - 1).leadingZeroBitCount
            if lengthHistogram.count <= bin {
                lengthHistogram += Array(repeating: 0, count: bin + 1 - lengthHistogram.count)
            }
            lengthHistogram[bin] += 1
        }
        if let label = row.label, !outcome.examples.isEmpty { count(label) }
    }

    private mutating func count(_ label: String) {
        if let known = labels.firstIndex(where: { $0.name.utf8.elementsEqual(label.utf8) }) {
            labels[known].rows += 1
        } else if labels.count < Self.labelLimit {
            labels.append(LabelCount(name: label, rows: 1))
        } else {
            rowsOfOtherLabels += 1
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
            "truncated_rows": .integer(truncatedRows), "truncated_tokens": .integer(truncatedTokens),
            "dropped_rows": .integer(droppedRows), "dropped_tokens": .integer(droppedTokens),
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

/// Rows of one label.
public struct LabelCount: Codable, Sendable, Equatable {
    public var name: String
    public var rows: Int

    public init(name: String, rows: Int) {
        self.name = name
        self.rows = rows
    }
}
