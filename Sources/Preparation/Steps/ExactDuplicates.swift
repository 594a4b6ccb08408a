// `deduplicate` by exact text, or by letters and digits alone: the first row stays. Rows stream; of each only a hash is kept.

internal import Recipes

/// Hash → where it was first seen, in open addressing: 16 bytes a slot.
struct FirstSeenTable {
    private var slots: [(hash: UInt64, place: UInt64)]
    private var count = 0

    init() { slots = Array(repeating: (0, 0), count: 1 << 12) }

    /// The place under which `hash` was inserted first, or `nil` after inserting it with `place` (above 0).
    mutating func insert(_ hash: UInt64, place: UInt64) -> UInt64? {
        if count * 4 >= slots.count * 3 { grow() }
        let index = slot(of: hash)
        if slots[index].place != 0 { return slots[index].place }
        slots[index] = (hash, place)
        count += 1
        return nil
    }

    func place(of hash: UInt64) -> UInt64? {
        let place = slots[slot(of: hash)].place
        return place == 0 ? nil : place
    }

    private func slot(of hash: UInt64) -> Int {
        let mask = slots.count - 1
        var index = Int(truncatingIfNeeded: hash) & mask
        while slots[index].place != 0, slots[index].hash != hash { index = (index + 1) & mask }
        return index
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: (0, 0), count: old.count * 2)
        for entry in old where entry.place != 0 { slots[slot(of: entry.hash)] = entry }
    }
}

/// Places as numbers: which file, which line.
struct PlaceNumbers {
    private(set) var files: [String] = []

    mutating func number(of row: Row) -> UInt64 {
        if files.last != row.place.file, !files.contains(row.place.file) { files.append(row.place.file) }
        let file = files.last == row.place.file ? files.count - 1 : files.firstIndex(of: row.place.file) ?? 0
        return UInt64(file + 1) << 40 | UInt64(row.place.line) & (1 << 40 - 1)
    }

    func file(_ number: UInt64) -> String { files[Int(number >> 40) - 1] }
    func text(_ number: UInt64) -> String { "\(file(number)):\(number & (1 << 40 - 1))" }
}

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
    /// Training rows and held-out rows are told apart: what stands in both is a leak, not a duplicate.
    private var seen = (train: FirstSeenTable(), heldOut: FirstSeenTable())
    private var seenElsewhere = Set<UInt64>()
    private var places = PlaceNumbers()

    init(_ step: DeduplicateStep, _ report: StepReport, columns: ColumnNames, next: any RowSink) {
        let fields = TextFields(step.fields, columns: columns, coversAll: false)
        key = TextKey(fields, isNormalised: step.by == .normalised)
        examples = ExampleText(fields)
        super.init(report, next: next)
        note { $0.duplicates = DuplicateReport() }
    }

    override func process(_ row: Row) throws {
        let hash = key.hash(of: row)
        let place = places.number(of: row)
        let first =
            row.isHeldOut ? seen.heldOut.insert(hash, place: place) : seen.train.insert(hash, place: place)
        guard let first else { return try emit(row) }
        note { report in
            report.duplicates?.rows += 1
            // The first copy in another file is across files; the next ones there repeat their own file.
            if places.file(first) != row.place.file {
                let inFile = hash ^ (place >> 40) &* 0x9E37_79B9_7F4A_7C15
                if seenElsewhere.insert(inFile).inserted { report.duplicates?.acrossFiles += 1 }
            }
            if let count = report.duplicates?.examples.count, count < ExampleText.countPerKind {
                let text = examples.text(of: row)
                report.duplicates?.examples.append(
                    PairExample(
                        firstPlace: places.text(first), firstText: text, secondPlace: row.place.description,
                        secondText: text, similarity: 1))
            }
        }
    }

    override func conclude() {
        // The tables are large, and what stands behind has needs of its own.
        seen = (FirstSeenTable(), FirstSeenTable())
    }
}
