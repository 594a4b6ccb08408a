// Where each text was seen first: in memory for so many texts, in files beyond.

/// Which file, which line, in one number above 0: 14 bits for the file, 14 for notes, 36 for the line.
struct PlaceNumber: BitwiseCopyable {
    private(set) var bits: UInt64 = 0

    private static let lineBits: UInt64 = 36
    private static let fileMask: UInt64 = 1 << 14 - 1

    init() {}

    /// - Parameter file: from 1; of more than 16,383 files, the last ones share a number.
    init(file: Int, line: Int) {
        bits = min(UInt64(file), Self.fileMask) << 50 | UInt64(line) & (1 << Self.lineBits - 1)
    }

    var isNone: Bool { bits == 0 }
    var file: Int { Int(bits >> 50) }
    var line: Int { Int(bits & (1 << Self.lineBits - 1)) }

    /// Notes that the text of this place stands at `place` too; whether that is its first copy in a file other than that of the
    /// first one. Files come one after the other; where they are mixed, a file may count more than once.
    mutating func repeats(at place: PlaceNumber) -> Bool {
        let last = Int(bits >> Self.lineBits & Self.fileMask)
        bits &= ~(Self.fileMask << Self.lineBits)
        bits |= UInt64(place.file) << Self.lineBits
        return place.file != file && place.file != last
    }
}

/// Numbers for places.
struct PlaceNumbers {
    private var files: [String] = []
    private var numbers: [String: Int] = [:]
    private var latest: (file: String, number: Int) = ("", 0)

    mutating func number(of row: Row) -> PlaceNumber {
        if latest.number == 0 || latest.file != row.place.file {
            latest = (row.place.file, numbers[row.place.file] ?? files.count + 1)
            if latest.number > files.count {
                files.append(row.place.file)
                numbers[row.place.file] = latest.number
            }
        }
        return PlaceNumber(file: latest.number, line: row.place.line)
    }

    func text(_ place: PlaceNumber) -> String { "\(files[place.file - 1]):\(place.line)" }
}

/// Hash → place where it was seen first, in open addressing: 16 bytes a slot.
struct FirstSeenTable {
    private typealias Slot = (hash: UInt64, place: PlaceNumber)

    enum Outcome { case inserted, full, seen(first: PlaceNumber, isAcrossFiles: Bool) }

    private var slots: [Slot] = Array(repeating: (0, PlaceNumber()), count: 1 << 12)
    private(set) var count = 0
    private let maximumCount: Int

    /// - Parameter maximumCount: how many hashes are kept.
    init(maximumCount: Int) { self.maximumCount = maximumCount }

    /// Looks for `hash`, inserts it where it is new and there is room.
    mutating func insert(_ hash: UInt64, place: PlaceNumber) -> Outcome {
        var index = slot(of: hash)
        if !slots[index].place.isNone {
            let isAcrossFiles = slots[index].place.repeats(at: place)
            return .seen(first: slots[index].place, isAcrossFiles: isAcrossFiles)
        }
        guard count < maximumCount else { return .full }
        if count * 4 >= slots.count * 3 {
            grow()
            index = slot(of: hash)
        }
        slots[index] = (hash, place)
        count += 1
        return .inserted
    }

    private func slot(of hash: UInt64) -> Int {
        let mask = slots.count - 1
        var index = Int(truncatingIfNeeded: hash) & mask
        while !slots[index].place.isNone, slots[index].hash != hash { index = (index + 1) & mask }
        return index
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: (0, PlaceNumber()), count: old.count * 2)
        for entry in old where !entry.place.isNone { slots[slot(of: entry.hash)] = entry }
    }
}

/// Rows whose texts found no room in the table: set aside until all are there, then compared a part of their hashes at a time.
final class UnseenRows {
    private struct Key: BitwiseCopyable {
        var hash: UInt64 = 0
        var place = PlaceNumber()
    }

    let spool: RowSpool
    private let keys: SpilledArray<Key>

    private let scratch: ScratchSpace

    init(_ scratch: ScratchSpace) {
        self.scratch = scratch
        spool = RowSpool(scratch)
        keys = SpilledArray(Key(), residentByteCount: 0, folder: scratch.folder)
    }

    func append(_ row: Row, hash: UInt64, place: PlaceNumber) throws {
        try spool.append(row)
        try keys.append(Key(hash: hash, place: place))
    }

    /// Which rows repeat an earlier one of these; `body` is told of each, and of the place of the first one.
    func duplicates(
        _ body: (_ row: Int, _ first: PlaceNumber, _ isAcrossFiles: Bool) throws -> Void
    ) throws -> BitArray {
        var isDuplicate = BitArray(count: keys.count)
        let parts = scratch.parts(for: keys.count)
        for part in 0..<parts {
            var found: [(key: Key, row: Int)] = []
            try keys.forEach { row, key in
                // The upper half decides the part, all of it the order.
                if (key.hash >> 32) * parts >> 32 == part { found.append((key, row)) }
            }
            found.sort { ($0.key.hash, $0.row) < ($1.key.hash, $1.row) }
            var first = Key()
            for (key, row) in found {
                if first.place.isNone || first.hash != key.hash {
                    first = key
                } else {
                    isDuplicate[row] = true
                    let isAcrossFiles = first.place.repeats(at: key.place)
                    try body(row, first.place, isAcrossFiles)
                }
            }
        }
        return isDuplicate
    }
}
