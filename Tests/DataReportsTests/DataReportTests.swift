// The report as a value: stored and read again, covered, summed up in lines.

import DataReports
import Datasets
import Foundation
import JSON
import Preparation
import Testing

@Suite struct DataReportTests {
    @Test func comesBackFromItsStoredText() throws {
        let report = DataReport.example
        let text = try report.storedText()
        let again = try DataReport(stored: text)
        #expect(again == report)
        #expect(try again.storedText() == text)
        #expect(again.json == report.json)
        #expect(again.lines == report.lines)
    }

    @Test func nothingThatQuotesRowsShowsPersonalData() throws {
        let report = DataReport.example
        let outputs = [report.json.text(.pretty), report.lines.joined(separator: "\n"), try report.storedText()]
        for output in outputs {
            for value in DataReport.canaries { #expect(!output.contains(value), "\(value)") }
            #expect(output.contains("[EMAIL]"))
        }
    }

    @Test func classesAreCoveredUnderTheNameOfTheirField() {
        var step = StepReport(index: 0, name: "balance", settings: "{balance: {by: patient_phone, per_class: null}}")
        step.classes = [ClassCount(name: "020 7946 0958", before: 2, after: 1)]
        var preparation = PreparationReport()
        preparation.steps = [step]
        let report = DataReport(name: "x", preparation: preparation)
        #expect(report.preparation.steps[0].classes[0].name == "[PHONE]")
    }

    @Test func linesAreOneLineEach() {
        for line in DataReport.example.lines {
            #expect(!line.unicodeScalars.contains { $0.value < 0x20 })
        }
    }
}

extension DataReport {
    static let canaries = ["ada@example.org", "4111 1111 1111 1111", "192.168.7.9", "+44 20 7946 0958"]

    /// A report in which every place that quotes rows holds something to hide and something to break the page.
    static let example: DataReport = {
        let dirty =
            #"<script>alert("x")</script> ]]> & ' "# + canaries.joined(separator: ", ") + "\u{0}\u{202E}\n\u{FFFE}"
        var step = StepReport(index: 0, name: "deduplicate", settings: "deduplicate: {by: \"near\"} # <b>")
        step.rowsIn = 12
        step.rowsOut = 9
        step.removed = [NamedCount(name: "min_words", count: 2)]
        step.examples = [RemovedExample(place: "a.jsonl:3", reason: "min_words", text: dirty)]
        step.masked = [MaskCount(kind: "email", count: 4, rows: 3, places: ["a.jsonl:1", "a.jsonl:2"])]
        step.classes = [
            ClassCount(name: dirty, before: 5, after: 4), ClassCount(name: "<i>b</i>", before: 2, after: 4),
        ]
        let pair = PairExample(
            firstPlace: "a.jsonl:1", firstText: dirty + "one two three", secondPlace: "a.jsonl:2",
            secondText: dirty + "one four three", similarity: 0.875)
        var duplicates = DuplicateReport()
        duplicates.rows = 1
        duplicates.examples = [pair]
        step.duplicates = duplicates
        var preparation = PreparationReport()
        preparation.trainRowsRead = 12
        preparation.steps = [step]
        preparation.trainRows = 7
        preparation.heldOutRows = 2
        preparation.trainText.characters = 1234
        preparation.trainText.letters = [NamedCount(name: "latin", count: 900), NamedCount(name: "han", count: 100)]
        preparation.trainText.rows = [NamedCount(name: "latin", count: 7)]
        var leakage = LeakageReport(rule: "report")
        leakage.heldOutRows = 2
        leakage.rows = 1
        leakage.near.heldOutRows = 1
        leakage.near.trainRows = 1
        leakage.near.texts = 1
        leakage.near.examples = [pair]
        preparation.leakage = leakage
        var train = DatasetReport()
        train.rows = 7
        train.examples = 7
        train.tokens = 400
        train.targetTokens = 111
        train.truncatedRows = 1
        train.truncatedTokens = 30
        train.maximumLength = 100
        train.format = .chat
        for length in [20, 30, 40, 50, 60, 100, 130] { train.fullLengths.add(length) }
        train.labels = [LabelCount(name: dirty, rows: 3), LabelCount(name: "<u>", rows: 4)]
        var input = InputReport()
        var file = InputFileReport(path: "a<b>.jsonl")
        file.byteCount = 12_345
        file.rows = 12
        file.badRows = 1
        file.encoding = .utf8
        input.files = [file]
        input.badRows = 1
        input.badRowKinds = [.unknownLabel: 1]
        input.samples = [
            DatasetProblem(.unknownLabel, RowPlace(file: "a<b>.jsonl", line: 5), "the label \(dirty)", hint: dirty)
        ]
        train.input = input
        var heldOut = train
        heldOut.input = nil
        return DataReport(
            name: "tiny <run>", key: "abc", preparation: preparation, train: train, heldOut: heldOut)
    }()
}
