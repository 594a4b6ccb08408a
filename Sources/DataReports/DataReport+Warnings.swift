// What a person should know before training on the rows or trusting a score.

internal import Datasets
internal import Pages
internal import Preparation

extension DataReport {
    /// One line each, with what to do about it; empty where nothing is remarkable.
    public var warnings: [String] {
        var lines: [String] = []
        for (name, report, input) in [("training", train, trainInput), ("held-out", heldOut, heldOutFiles)] {
            if let input, input.badRows > 0 { lines.append(Self.badRows(input, name)) }
            if let input { lines += Self.unevenLines(input) + Self.tables(input) }
            guard let report else { continue }
            lines += Self.cuts(report, name) + Self.style(report, name) + Self.lost(report, name)
            lines += report.remarks.counts.map { $0.line(name) }
        }
        if let report = train ?? heldOut { lines += Self.withoutEffect(report) }
        lines += preparation.steps.compactMap { step in step.unmatchedMarks.map { Self.unmatched($0, step) } }
        if let leakage = preparation.leakage, !leakage.isClean { lines += Self.leaks(leakage) }
        return lines
    }

    /// "3 training rows were cut"; nothing where there are none.
    private static func line(_ count: Int, _ name: String, _ what: String, _ plural: String, _ rest: String) -> [String]
    {
        count > 0 ? [Figures.count(count) + " " + name + " " + (count == 1 ? what : plural) + rest] : []
    }

    /// What `data.max_length` took.
    private static func cuts(_ report: DatasetReport, _ name: String) -> [String] {
        let limit = report.maximumLength.map { " (\(Figures.count($0)))" } ?? ""
        let lost = report.startToken == nil ? "the oldest text" : "the end"
        let answers =
            report.rowsWithCutAnswer > 0 ? ", \(Figures.count(report.rowsWithCutAnswer)) of them in the answer" : ""
        let longest = Figures.count(report.fullLengths.quantile(1))
        return line(
            report.truncatedRows - report.rowsWithCutPrompt, name, "row was cut", "rows were cut",
            " at data.max_length" + limit + answers
                + "; the longest has \(longest) tokens: a larger one keeps them whole, data.too_long: drop leaves them out"
        )
            + line(
                report.rowsWithCutPrompt, name, "row lost \(lost) of its prompt", "rows lost \(lost) of their prompts",
                " to fit data.max_length" + limit + "; the longest has \(longest) tokens: a larger one keeps them whole"
            )
            + line(
                report.answersLeftOut, name, "answer of an older exchange", "answers of older exchanges",
                " went with the prompts: a larger data.max_length keeps them")
            + line(
                report.droppedRows, name, "row is too long and left out", "rows are too long and left out",
                "; the longest has \(longest) tokens: a larger data.max_length takes them in")
            + (report.contextLength.map { beyond($0, report.rowsBeyondContext, name) } ?? [])
    }

    private static func beyond(_ context: Int, _ rows: Int, _ name: String) -> [String] {
        line(
            rows, name, "row is", "rows are",
            " longer than the model's context of \(Figures.count(context)) tokens, beyond which it was never "
                + "trained: data.max_length: \(context) with data.too_long keeps " + (rows == 1 ? "it" : "them")
                + " out")
    }

    /// What is not learnt as the rows mean it.
    private static func lost(_ report: DatasetReport, _ name: String) -> [String] {
        line(
            report.rowsWithoutTarget, name, "row has no token that carries loss and is left out",
            "rows have no token that carries loss and are left out",
            ": give them answers, or see what data.train_on trains (lathe inspect shows the tokens of a row)")
            + line(
                report.turnsWithoutEnd, name, "answer has no end token behind it",
                "answers have no end token behind them",
                ": the model will not learn to stop; a data.chat_template that ends its turns has one")
            + line(
                report.straddlingTokens, name, "token lies across the border of an answer and is trained with it",
                "tokens lie across the border of an answer and are trained with it",
                ": a space or a line break at the prompt's end, or data.prompt_style: chat, sets them apart")
    }

    /// Prompts glued to their answers, and a system message that no row takes.
    private static func style(_ report: DatasetReport, _ name: String) -> [String] {
        var lines: [String] = []
        if report.unseparatedRows > 0, let first = report.firstUnseparated {
            lines.append(
                "nothing stands between prompt and answer in \(Figures.count(report.unseparatedRows)) of "
                    + "\(Figures.count(report.rows)) \(name) rows, the first: \(first); end prompts with a line break, "
                    + "or use data.prompt_style: chat")
        }
        if report.system != nil, report.format == .text {
            lines.append(
                "data.system is not used: the \(name) rows are texts without messages; take it out, or name data.format"
            )
        }
        return lines
    }

    /// Keys that only the rows show to do nothing.
    private static func withoutEffect(_ report: DatasetReport) -> [String] {
        var lines: [String] = []
        if report.rowsWithEarlierAnswers == 0 {
            lines.append("data.train_on: last had no effect: no row has more than one answer; take it out")
        }
        if report.format == .classification, !report.absentLabels.isEmpty {
            lines.append(
                "data.label_words: no row has the label "
                    + report.absentLabels.map { "\"\($0.shortened(to: 40))\"" }.joined(separator: ", ")
                    + ": take it out, or write it as the rows do")
        }
        if report.system != nil, report.format != .text, report.rowsWithGivenSystem == 0 {
            lines.append("data.system had no effect: every row has a system message of its own; take it out")
        }
        return lines
    }

    /// "3 training rows are bad and left out (2 with another number of fields, 1 not well-formed), the first: a.csv:7: …".
    private static func badRows(_ input: InputReport, _ name: String) -> String {
        let kinds = input.badRowKinds.sorted { $0.key.rawValue < $1.key.rawValue }.map {
            "\(Figures.count($0.value)) \($0.key.words)"
        }
        let line =
            "\(Figures.count(input.badRows)) \(name) \(input.badRows == 1 ? "row is" : "rows are") bad and left out ("
            + kinds.joined(separator: ", ") + ")"
        return line
            + (input.samples.first.map { first in
                ", the first: \(first.place): \(first.message)" + (first.hint.map { "; \($0)" } ?? "")
            } ?? "") + "; report.json lists the first of them, to be mended in the files"
    }

    /// Lines of tables that quotation marks join to whole rows: as rows of their own they would be ragged.
    private static func unevenLines(_ input: InputReport) -> [String] {
        guard input.badRowKinds[.ragged] == nil else { return [] }
        return input.files.filter { $0.unevenLines > 0 }.map { file in
            "\(Figures.count(file.unevenLines)) lines of \(file.path) have not the header's fields: quotation marks hold them together; "
                + "where that is not meant, a quotation mark is missing or too much (lathe inspect shows the rows)"
        }
    }

    private static func tables(_ input: InputReport) -> [String] {
        input.files.filter { $0.tabsPerLine > 0 && $0.rows > 1 }.map { file in
            "\(file.path) is read as text, but each line has \(Figures.count(file.tabsPerLine, "tab")): data.layout: tsv, with "
                + "data.column_names, reads a table"
        }
    }

    /// Marks that leave nothing out.
    private static func unmatched(_ marks: UnmatchedMarks, _ step: StepReport) -> String {
        (marks.count == 1 ? "1 marked row is" : "\(Figures.count(marks.count)) marked rows are")
            + " not among the rows that were read, the first: \(marks.first) (data.steps[\(step.index)].review); changed rows "
            + "are marked anew, and marks of rows that are gone can go too"
    }

    private static func leaks(_ leakage: LeakageReport) -> [String] {
        if leakage.rule == "drop" {
            return [
                Figures.count(leakage.droppedTrainRows, "training row")
                    + (leakage.droppedTrainRows == 1 ? " gives" : " give") + " held-out rows away and "
                    + (leakage.droppedTrainRows == 1 ? "is" : "are") + " left out"
            ]
        }
        let kinds: [(LeakCount, String, String)] = [
            (leakage.exact, "stands", "in the training rows too"),
            (leakage.normalised, "stands", "in the training rows too, but for case and spacing"),
            (leakage.prompt, "asks", "what a training row asks"),
            (leakage.near, "has", "a near-duplicate among the training rows"),
            (leakage.group, "belongs", "to a group that is trained on"),
        ]
        var lines: [String] = []
        var known = 0
        for (count, verb, rest) in kinds where count.heldOutRows > known {
            let plural = ["stands": "stand", "asks": "ask", "has": "have", "belongs": "belong"][verb] ?? verb
            lines.append(
                "\(Figures.count(count.heldOutRows)) held-out \(count.heldOutRows == 1 ? "row \(verb)" : "rows \(plural)") \(rest)"
            )
            // The weaker ways hold the stronger ones; only what they add is news.
            if verb == "stands" { known = count.heldOutRows }
            if verb == "has" { known = 0 }
        }
        if !lines.isEmpty { lines[lines.count - 1] += "; data.leakage: drop takes such training rows out" }
        return lines
    }
}
