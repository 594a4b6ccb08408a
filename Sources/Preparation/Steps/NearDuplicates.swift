// `deduplicate` by near: a row goes where an earlier row that stays is a near-duplicate of it.

internal import Foundation
internal import Recipes

final class NearDuplicates: RowStep {
    private let fields: TextFields
    private let examples: ExampleText
    private var shingler: Shingler
    private let spool: RowSpool
    /// `nil` once all pairs are found: what comes after has needs of its own.
    private var index: NearIndex?
    private var bytes: [UInt8] = []
    private var isHeldOut = BitArray()

    init(_ step: DeduplicateStep, _ report: StepReport, columns: ColumnNames, scratch: ScratchSpace, next: any RowSink)
    {
        fields = TextFields(step.fields, columns: columns, coversAll: false)
        examples = ExampleText(fields)
        shingler = Shingler(wordCount: step.shingleWords, characterCount: step.shingleCharacters)
        spool = RowSpool(scratch)
        index = NearIndex(threshold: step.threshold, scratch: scratch)
        super.init(report, next: next)
    }

    override func process(_ row: Row) throws {
        bytes.removeAll(keepingCapacity: true)
        fields.appendText(of: row.fields, to: &bytes)
        bytes.withUnsafeBufferPointer { shingler.scan($0) }
        try index?.add(shingler)
        isHeldOut.append(row.isHeldOut)
        try spool.append(row)
    }

    private func shingles(of row: Row) -> [UInt64] {
        bytes.removeAll(keepingCapacity: true)
        fields.appendText(of: row.fields, to: &bytes)
        return bytes.withUnsafeBufferPointer { shingler.sortedPieces(of: $0) }
    }

    override func conclude() throws {
        let isDropped = try findDuplicates()
        index = nil
        try spool.forEach { number, row in if !isDropped[number] { try emit(row) } }
    }

    private func findDuplicates() throws -> BitArray {
        var isDropped = BitArray(count: spool.count)
        guard let index else { return isDropped }
        let sides = isHeldOut
        let pairs = try index.pairs(
            side: { sides[$0] ? 1 : 0 }, across: false, shingles: { [self] in shingles(of: try spool.row($0)) })
        var found = DuplicateReport()
        found.search = index.report(shingler)
        var next = 0
        while next < pairs.count {
            let row = Int(pairs[next].second)
            var keeper: NearPair?
            while next < pairs.count, Int(pairs[next].second) == row {
                let pair = pairs[next]
                // The same words as an earlier row: whatever that one is similar to, this one is too.
                if !isDropped[Int(pair.first)] || pair.similarity == 1 {
                    if keeper.map({ $0.similarity < pair.similarity }) ?? true { keeper = pair }
                }
                next += 1
            }
            guard let keeper else { continue }
            isDropped[row] = true
            found.rows += 1
            try add(keeper, to: &found)
        }
        note { $0.duplicates = found }
        return isDropped
    }

    private func add(_ pair: NearPair, to found: inout DuplicateReport) throws {
        let first = try spool.row(Int(pair.first))
        let second = try spool.row(Int(pair.second))
        if first.place.file != second.place.file { found.acrossFiles += 1 }
        guard found.examples.count < ExampleText.countPerKind else { return }
        found.examples.append(examples.pair(first, second, similarity: Double(pair.similarity)))
    }
}

extension NearIndex {
    /// How the search went.
    func report(_ shingler: Shingler) -> NearSearchReport {
        NearSearchReport(
            threshold: plan.threshold, shingleWords: shingler.wordCount, shingleCharacters: shingler.characterCount,
            bands: plan.bands, rowsPerBand: plan.rowsPerBand, recallAtThreshold: plan.recallAtThreshold,
            candidates: candidates, verified: verified, passedOver: passedOver)
    }
}

extension ExampleText {
    func pair(_ first: Row, _ second: Row, similarity: Double) -> PairExample {
        PairExample(
            firstPlace: first.place.description, firstText: text(of: first), secondPlace: second.place.description,
            secondText: text(of: second), similarity: similarity)
    }
}
