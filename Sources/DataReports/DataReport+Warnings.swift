// What a person should know before training on the rows or trusting a score.

internal import Datasets
internal import Preparation

extension DataReport {
    /// One line each; empty where nothing is remarkable.
    public var warnings: [String] {
        var lines: [String] = []
        for (name, report, input) in [("training", train, trainInput), ("held-out", heldOut, heldOutFiles)] {
            func add(_ count: Int, _ what: String, _ plural: String) {
                if count > 0 { lines.append(Figures.count(count) + " " + name + " " + (count == 1 ? what : plural)) }
            }
            if let input, input.badRows > 0 { lines.append(Self.badRows(input, name)) }
            if let input { lines += Self.unevenLines(input) + Self.tables(input) }
            guard let report else { continue }
            let limit = report.maximumLength.map { " (\(Figures.count($0)))" } ?? ""
            let lost = report.startToken == nil ? "the oldest text" : "the end"
            let cutRows = report.truncatedRows - report.rowsWithCutPrompt
            let answers =
                report.rowsWithCutAnswer > 0 ? ", \(Figures.count(report.rowsWithCutAnswer)) of them in the answer" : ""
            add(
                cutRows, "row was cut at data.max_length" + limit + answers,
                "rows were cut at data.max_length" + limit + answers)
            add(
                report.rowsWithCutPrompt, "row lost \(lost) of its prompt to fit data.max_length" + limit,
                "rows lost \(lost) of their prompts to fit data.max_length" + limit)
            add(
                report.answersLeftOut, "answer of an older exchange went with it",
                "answers of older exchanges went with them")
            lines += Self.style(report, name)
            if let context = report.contextLength {
                let limit =
                    " longer than the model's context of \(Figures.count(context)) tokens, beyond which it was never "
                    + "trained: data.max_length: \(context) with data.too_long"
                add(
                    report.rowsBeyondContext, "row is" + limit + " keeps it out",
                    "rows are" + limit + " keeps them out")
            }
            add(report.droppedRows, "row is too long and left out", "rows are too long and left out")
            add(
                report.rowsWithoutTarget, "row has no token that carries loss and is left out",
                "rows have no token that carries loss and are left out")
            add(
                report.turnsWithoutEnd, "answer has no end token behind it: the model will not learn to stop",
                "answers have no end token behind them: the model will not learn to stop")
            add(
                report.straddlingTokens, "token lies across the border of an answer and is trained with it",
                "tokens lie across the border of an answer and are trained with it")
            lines += report.remarks.counts.map { $0.line(name) }
        }
        if let report = train ?? heldOut { lines += Self.withoutEffect(report) }
        if let leakage = preparation.leakage, !leakage.isClean { lines += Self.leaks(leakage) }
        return lines
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
            lines.append("data.system is not used: the \(name) rows are texts without messages")
        }
        return lines
    }

    /// Keys that only the rows show to do nothing.
    private static func withoutEffect(_ report: DatasetReport) -> [String] {
        var lines: [String] = []
        if report.rowsWithEarlierAnswers == 0 {
            lines.append("data.train_on: last had no effect: no row has more than one answer")
        }
        if report.format == .classification, !report.absentLabels.isEmpty {
            lines.append(
                "data.label_words: no row has the label "
                    + report.absentLabels.map { "\"\($0.shortened(to: 40))\"" }.joined(separator: ", "))
        }
        if report.system != nil, report.format != .text, report.rowsWithGivenSystem == 0 {
            lines.append("data.system had no effect: every row has a system message of its own")
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
        return line + (input.samples.first.map { ", the first: \($0.place): \($0.message)" } ?? "")
    }

    /// Lines of tables that quotation marks join to whole rows: as rows of their own they would be ragged.
    private static func unevenLines(_ input: InputReport) -> [String] {
        guard input.badRowKinds[.ragged] == nil else { return [] }
        return input.files.filter { $0.unevenLines > 0 }.map { file in
            "\(Figures.count(file.unevenLines)) lines of \(file.path) have not the header's fields: quotation marks hold them together"
        }
    }

    private static func tables(_ input: InputReport) -> [String] {
        input.files.filter { $0.tabsPerLine > 0 && $0.rows > 1 }.map { file in
            "\(file.path) is read as text, but each line has \(Figures.count(file.tabsPerLine, "tab")): data.layout: tsv, with "
                + "data.column_names, reads a table"
        }
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
        return lines
    }
}
