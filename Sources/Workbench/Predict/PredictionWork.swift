// The passes over the rows of a call: checked, answered, written.

internal import Datasets
internal import Files
internal import Foundation
internal import JSON
internal import Spelling

/// One call's rows, its predictor and its output.
final class PredictionWork {
    private let predictor: any RowPredictor
    private let survey: RowSurvey
    private let output: URL
    private let columns: OutputColumns
    private let observer: any RunObserver
    /// Rows that an earlier call had done.
    private(set) var goneOn = 0
    private(set) var rowsPerSecond: Double?
    /// Rows that were found bad when they were checked, the first of them in words.
    private var bad = 0
    private var firstBad: String?
    /// Those among them that could be read, and not understood.
    private var refusedRows = 0

    /// Rows that may be done while one before them is not.
    private static let mostAhead = 4096
    /// Rows that are refused and told one by one, at most.
    private static let mostTold = 20

    init(_ predictor: any RowPredictor, _ survey: RowSurvey, output: URL, observer: any RunObserver) {
        self.predictor = predictor
        self.survey = survey
        self.output = output
        self.observer = observer
        columns = OutputColumns(predictor.fields, survey)
    }

    /// What a person should know before the work, once all rows were checked.
    var notes: [String] {
        var lines = columns.renamed.map { "the rows' own column \"\($0.from)\" is written as \"\($0.to)\"" }
        if bad > 0 {
            lines.append("\(Count.text(bad, "row")) bad and left out" + (firstBad.map { ", the first: \($0)" } ?? ""))
        }
        return lines
    }

    // MARK: Checking

    /// Looks at all rows before anything is done with them.
    ///
    /// - Throws: `DatasetError` for all rows that are bad, where they are more than `data.max_bad_rows`.
    func check() throws {
        let reader = try survey.reader(.countAll)
        var refused: [DatasetProblem] = [], count = 0
        while let row = try reader.next() {
            do { try predictor.check(row) } catch let error as DatasetError {
                if error.isOfRows {
                    try reader.reject(error)
                    refusedRows += 1
                } else {
                    refused += error.problems.prefix(max(0, Self.mostTold - refused.count))
                    count += error.count
                }
            }
        }
        guard refused.isEmpty else { throw DatasetError(refused, count: count) }
        try survey.requireSame(reader.report)
        bad = reader.report.badRows
        firstBad = reader.report.samples.first.map { "\($0.place): \($0.message)" }
    }

    // MARK: Answering

    /// Answers the rows that the journal does not have yet.
    func answer(into journal: PredictionJournal) throws {
        if journal.hasReplaced {
            observer.receive(
                .note("what an earlier call had begun here, with other rows, models or settings, is not gone on with"))
        }
        goneOn = journal.count
        if goneOn > 0 {
            observer.receive(.note("\(goneOn) of \(Count.text(survey.rows, "row")) are done already"))
        }
        let reader = try survey.reader(.countAll)
        for _ in 0..<goneOn { _ = try reader.next() }
        var waiting: [Int: Prediction?] = [:]
        var taken = goneOn, isAtEnd = false
        let clock = ContinuousClock(), start = clock.now
        while true {
            while !isAtEnd, predictor.hasRoom, taken - journal.count < Self.mostAhead {
                guard let row = try reader.next() else {
                    isAtEnd = true
                    break
                }
                taken += 1
                do { try predictor.take(row) } catch is DatasetError { waiting[row.index] = .some(nil) }
            }
            let mustGiveWhatItHas = isAtEnd || taken - journal.count >= Self.mostAhead
            for done in try predictor.work(isLast: mustGiveWhatItHas) { waiting[done.row] = .some(done.prediction) }
            let before = journal.count
            try keep(&waiting, in: journal)
            let seconds = (clock.now - start).seconds
            if journal.count > goneOn, seconds > 0 { rowsPerSecond = Double(journal.count - goneOn) / seconds }
            if journal.count > before {
                let speed = rowsPerSecond.map { String(format: ", %.1f rows/s", $0) } ?? ""
                observer.receive(.progress(done: journal.count, total: survey.rows, unit: "rows" + speed))
            }
            if isAtEnd, journal.count >= taken { break }
        }
        try survey.requireSame(reader.report)
    }

    /// Moves what is done, up to the first row that is not, into the journal.
    private func keep(_ waiting: inout [Int: Prediction?], in journal: PredictionJournal) throws {
        var ready: [Prediction?] = []
        // In one record: rows that were answered together are kept together, so that they are again where work goes on.
        while let next = waiting.removeValue(forKey: journal.count + ready.count) { ready.append(next) }
        try journal.append(ready)
    }

    // MARK: Writing

    /// The file, whole, under a temporary name; rows that were left out, and bad ones, are not in it.
    func write(
        _ journal: PredictionJournal, as form: PredictionForm
    ) throws -> (file: URL, rows: Int, leftOut: Int, badRows: Int) {
        let file = try form.file(output, columns), cursor = PredictionJournal.Cursor(journal)
        let reader = try survey.reader(.countAll)
        var rows = 0
        while let row = try reader.next() {
            guard let found = try cursor.next() else {
                throw Failure(.internal, "the journal holds fewer rows than were answered")
            }
            guard let prediction = found else { continue }
            try file.write(columns.values(row, prediction))
            rows += 1
        }
        try survey.requireSame(reader.report)
        return (try file.finish(), rows, survey.rows - rows - refusedRows, bad)
    }
}

extension DatasetError {
    /// Whether it is the fault of single rows, which may be left out; too many tokens and templates that are missing or never end
    /// are matters of settings.
    fileprivate var isOfRows: Bool {
        problems.allSatisfy { ![.tooLong, .noTemplate, .endlessTemplate, .unsupported].contains($0.kind) }
    }
}
