// Rows that wait for a verdict, as the tokens that they would be trained on.

internal import DataReports
internal import Datasets
internal import Foundation
internal import Preparation

/// The sequences of waiting rows, in a nameless file.
struct JudgedExamples {
    /// A row that has sequences.
    struct Entry {
        /// Its number among the waiting rows.
        let row: Int
        /// Its number among the rows that `data` keeps.
        let kept: Int
        let units: Range<Int>
    }

    let data: PreparedDataset
    let units: ExampleUnits
    /// In the rows' order.
    let entries: [Entry]
    /// The settings with which other rows are understood: the format and the labels found here.
    let settings: DataSettings

    /// - Throws: where the rows are such that nothing could be trained on them, in the words in which that would be said later.
    init(_ rows: WaitingRows, _ preparation: RowPreparation, threads: Int?) throws {
        let collected = try preparation.passingFile { writer in
            let side = try writer.side("train", keepsRows: true)
            let understood = Understood()
            let tokeniser = try RowTokeniser(
                settings: preparation.settings, encoder: preparation.encoder, renderer: preparation.renderer,
                into: VocabularyCheck(preparation.opened, side),
                threads: threads ?? ProcessInfo.processInfo.activeProcessorCount,
                reject: { _ in understood.isRejected = true })
            try rows.forEach { number, row in
                understood.isRejected = false
                try tokeniser.receive(SourceRow(row))
                if !understood.isRejected { understood.rows.append(number) }
            }
            let outcome = try tokeniser.finish(InputReport())
            side.conclude(outcome)
            return (outcome, understood.rows)
        }
        let ((outcome, numbers), file) = collected
        settings = outcome.settings
        let data = PreparedDataset(
            rows: try file.train.rows(outcome.settings, hasTemplate: preparation.renderer != nil),
            examples: file.train, report: outcome.report, digest: outcome.digest)
        self.data = data
        units = ExampleUnits(data.examples, of: preparation.settings.unit ?? .sequence)
        let kept = try Dictionary(
            uniqueKeysWithValues: (0..<data.rows.count).map { (try data.rows.row($0).index, $0) })
        let rowOf = try data.examples.rowIndices(), width = units.unit.sequences
        entries = try data.examples.groupedByRow().map { sequences in
            let index = rowOf[sequences.lowerBound]
            return Entry(
                row: numbers[index], kept: kept[index] ?? 0,
                units: sequences.lowerBound / width..<sequences.upperBound / width)
        }
    }

    /// Rows that were understood: the tokeniser counts those alone.
    private final class Understood {
        var rows: [Int] = []
        var isRejected = false
    }

    /// Tokens of the longest unit.
    var longest: Int { (0..<units.count).map(units.tokenCount).max() ?? 1 }

    /// Numbers of the sequences of some entries, ascending.
    func sequences(_ entries: [Int]) -> [Int] {
        entries.flatMap { entry in self.entries[entry].units.flatMap { Array(units.sequences($0)) } }
    }
}
