// `deduplicate` by exact text, or by letters and digits alone: the first row stays. Rows stream; of each only a hash is kept.

internal import Recipes

/// Two texts are the same when these are.
struct TextKey {
    let fields: TextFields
    /// Case and white space do not count.
    let isNormalised: Bool
    private var bytes: [UInt8] = []
    private var folded: [UInt8] = []

    init(_ fields: TextFields, isNormalised: Bool) {
        self.fields = fields
        self.isNormalised = isNormalised
    }

    /// The hash of the row's texts; for normalised keys in lower case, full-width forms as plain ones, every run of white space as one space, none at the ends.
    mutating func hash(of row: Row) -> UInt64 {
        guard isNormalised else {
            var hash = ContentHash(seed: 2)
            fields.forEach(in: row.fields) { hash.add($0) }
            return hash.value
        }
        bytes.removeAll(keepingCapacity: true)
        folded.removeAll(keepingCapacity: true)
        fields.appendText(of: row.fields, to: &bytes)
        bytes.withUnsafeBufferPointer { bytes in
            var position = 0
            var isGap = false
            while position < bytes.count {
                let (value, length) = UTF8Reader.scalar(bytes, position)
                position += length
                if isSpace(value) {
                    isGap = true
                    continue
                }
                if isGap, !folded.isEmpty { folded.append(0x20) }
                isGap = false
                UTF8Reader.append(lowercased(narrowed(value)), to: &folded)
            }
        }
        return ContentHash.of(folded, seed: 3)
    }
}

final class ExactDuplicates: RowStep {
    private var key: TextKey
    private let examples: ExampleText
    private var seen: FirstSeenTable
    /// Rows that came when the table was full, and are none of its texts.
    private let unseen: UnseenRows
    private var places = PlaceNumbers()

    init(
        _ step: DeduplicateStep, _ report: StepReport, columns: ColumnNames, scratch: ScratchSpace, next: any RowSink
    ) {
        let fields = TextFields(step.fields, columns: columns, coversAll: false)
        key = TextKey(fields, isNormalised: step.by == .normalised)
        examples = ExampleText(fields)
        seen = FirstSeenTable(maximumCount: scratch.limits.exactTexts)
        unseen = UnseenRows(scratch)
        super.init(report, next: next)
        note { $0.duplicates = DuplicateReport() }
    }

    override func process(_ row: Row) throws {
        var hash = key.hash(of: row)
        // Training rows and held-out rows are told apart: what stands in both is a leak, not a duplicate.
        if row.isHeldOut { hash = ContentHash.mixed(hash) }
        let place = places.number(of: row)
        switch seen.insert(hash, place: place) {
        case .inserted: try emit(row)
        case .full: try unseen.append(row, hash: hash, place: place)
        case .seen(let first, let isAcrossFiles): count(row, first, isAcrossFiles)
        }
    }

    private func count(_ row: @autoclosure () throws -> Row, _ first: PlaceNumber, _ isAcrossFiles: Bool) rethrows {
        var isShown = false
        note { report in
            report.duplicates?.rows += 1
            if isAcrossFiles { report.duplicates?.acrossFiles += 1 }
            isShown = (report.duplicates?.examples.count ?? 0) < ExampleText.countPerKind
        }
        guard isShown else { return }
        let row = try row()
        let text = examples.text(of: row)
        let example = PairExample(
            firstPlace: places.text(first), firstText: text, secondPlace: row.place.description, secondText: text,
            similarity: 1)
        note { $0.duplicates?.examples.append(example) }
    }

    override func conclude() throws {
        // The table is large, and what stands after has needs of its own.
        seen = FirstSeenTable(maximumCount: 0)
        guard unseen.spool.count > 0 else { return }
        let isDuplicate = try unseen.duplicates { row, first, isAcrossFiles in
            try count(unseen.spool.row(row), first, isAcrossFiles)
        }
        try unseen.spool.forEach { number, row in if !isDuplicate[number] { try emit(row) } }
    }
}
