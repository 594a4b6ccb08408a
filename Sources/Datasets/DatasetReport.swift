// What data preparation did, counted: nothing is left out in silence.

public import JSON
public import Vocabulary

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
    /// Rows of which something of an answer was cut away.
    public var rowsWithCutAnswer = 0
    /// Rows whose prompt was shortened so that the answer stays whole.
    public var rowsWithCutPrompt = 0
    /// Answers that went with the oldest exchanges of conversations that were too long.
    public var answersLeftOut = 0
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
    /// Trained turns after which neither template nor tokenizer puts an end token: the model does not learn to stop.
    public var turnsWithoutEnd = 0
    /// What of the rows does not reach the text, or nothing reads.
    public var remarks = RemarkCounts()
    /// The day that the chat template is told which asks for today's; `nil` where it asks for none.
    public var dayTold: String?
    /// Tokens of the longest sequence.
    public var longestExample = 0
    /// `lengthHistogram[i]`: sequences of more than 2ⁱ⁻¹ and at most 2ⁱ tokens.
    public var lengthHistogram: [Int] = []
    /// Lengths before anything was cut or left out: what `maximumLength` cuts shows here.
    public var fullLengths = LengthCounts()
    /// The length at which sequences were cut, or left out; `nil` where there is no limit.
    public var maximumLength: Int?
    /// The longest sequence that the model was made for; `nil` where no model is known.
    public var contextLength: Int?
    /// With what the model begins to write that reads with an encoder; `nil` where what is read and written is one text.
    public var startToken: Int32?
    /// Rows of which a sequence is longer than that, as it is trained on or scored.
    public var rowsBeyondContext = 0
    /// Rows of each label, in the order in which labels were met; empty where rows have none.
    public var labels: [LabelCount] = []
    /// Rows of labels that came after `labelLimit` others.
    public var rowsOfOtherLabels = 0
    /// Rows that went through the chat template.
    public var conversationRows = 0
    /// Those of them without a system message of their own.
    public var rowsWithoutSystem = 0
    /// Rows whose prompt and answer are plain texts with nothing between them.
    public var unseparatedRows = 0
    /// Where the first of these stands.
    public var firstUnseparated: RowPlace?
    /// What `data.prompt_style` asked for.
    public var promptStyle = PromptStyle.auto
    /// The recipe's system message for rows that have none.
    public var system: String?
    /// Rows with answers before the last, where `data.train_on: last` takes those out of the loss; `nil` where it does not.
    public var rowsWithEarlierAnswers: Int?
    /// Labels of `data.label_words` that no row has.
    public var absentLabels: [String] = []
    /// Rows that take the recipe's system message.
    public var rowsWithGivenSystem = 0
    /// What the template says by itself to rows without a system message; `nil` where there are none, or it says nothing.
    public var templateSystem: String?
    /// Sequences to look at.
    public var samples = SampledSequences()
    /// The form of the rows.
    public var format = RowFormat.auto
    /// What was read from files, bad rows with it; `nil` where rows came from elsewhere.
    public var input: InputReport?

    public init() {}

    /// How the rows became text.
    public var rendering: RowRendering {
        RowRendering(format: format, style: 2 * conversationRows > rows ? .chat : .plain, system: system)
    }

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
        var isAnswerCut = false
        var isPromptCut = false
        var answersCut = 0
        var isConversation = false
        var hasNoSystem = false
        var isUnseparated = false
        var isDropped = false
        var hasNoTarget = false
        var isSplit = false
        var straddlingTokens = 0
        var turnsWithoutEnd = 0
        var remarks: [RowRemark] = []
    }

    mutating func count(_ outcome: Outcome, of row: DataRow, _ settings: DataSettings) {
        // Of texts that are read one by one, sums say nothing of their limit.
        let readsTexts = settings.task?.kind == .embed
        maximumLength = settings.maxLength == Int.max || readsTexts ? nil : settings.maxLength
        contextLength = readsTexts ? nil : settings.contextLength
        startToken = settings.startToken
        rows += 1
        straddlingTokens += outcome.straddlingTokens
        turnsWithoutEnd += outcome.turnsWithoutEnd
        remarks.count(outcome.remarks, at: row.place)
        examples += outcome.examples.count
        if outcome.isTruncated || outcome.isPromptCut { truncatedRows += 1 }
        if outcome.isAnswerCut { rowsWithCutAnswer += 1 }
        if outcome.isPromptCut { rowsWithCutPrompt += 1 }
        answersLeftOut += outcome.answersCut
        if outcome.isConversation { conversationRows += 1 }
        if outcome.hasNoSystem { rowsWithoutSystem += 1 }
        if outcome.isUnseparated {
            unseparatedRows += 1
            firstUnseparated = firstUnseparated ?? row.place
        }
        if outcome.examples.contains(where: { $0.ids.count > contextLength ?? Int.max }) { rowsBeyondContext += 1 }
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
        if settings.trainOn == .last {
            rowsWithEarlierAnswers = (rowsWithEarlierAnswers ?? 0) + (row.hasEarlierAnswers ? 1 : 0)
        }
        if let system = settings.system, row.begins(with: system) { rowsWithGivenSystem += 1 }
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
            "rows_with_cut_answer": .integer(rowsWithCutAnswer), "rows_with_cut_prompt": .integer(rowsWithCutPrompt),
            "rows_beyond_context": .integer(rowsBeyondContext), "answers_left_out": .integer(answersLeftOut),
            "unseparated_rows": .integer(unseparatedRows),
            "prompt_style": .string(rendering.style.rawValue), "system": system.map { .string($0) } ?? .null,
            "template_system": templateSystem.map { .string($0) } ?? .null,
            "straddling_tokens": .integer(straddlingTokens), "turns_without_end": .integer(turnsWithoutEnd),
            "remarks": remarks.json, "longest": .integer(longestExample), "lengths": .array(histogram),
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
