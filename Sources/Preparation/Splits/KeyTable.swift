// Rows by a key, for looking up which of them have it. With very many rows, a part of the keys at a time.

struct KeyTable {
    private let part: UInt64
    private let parts: UInt64
    private var entries: [(key: UInt64, row: Int)] = []
    /// A bit for each of some bits of a key: most keys that are not there are known by it.
    private var filter = BitArray(count: 1 << 24)
    /// Whether the rows of the key that begins here have been asked for.
    private var isAsked = BitArray()

    init(part: UInt64, of parts: UInt64) {
        self.part = part
        self.parts = parts
    }

    /// Adds a row, unless its key is 0 or belongs to another part.
    mutating func append(_ key: UInt64, row: Int) {
        guard key != 0, (key >> 32) * parts >> 32 == part else { return }
        entries.append((key, row))
        filter[Int(key >> 8 & 0xFF_FFFF)] = true
    }

    mutating func sort() {
        entries.sort { ($0.key, $0.row) < ($1.key, $1.row) }
        isAsked = BitArray(count: entries.count)
    }

    /// Places of the rows that have `key`, and whether they are asked for the first time; later on only one of them.
    mutating func rows(of key: UInt64) -> (rows: Range<Int>, isFirst: Bool)? {
        guard key != 0, filter[Int(key >> 8 & 0xFF_FFFF)] else { return nil }
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].key < key { low = middle + 1 } else { high = middle }
        }
        guard low < entries.count, entries[low].key == key else { return nil }
        if isAsked[low] { return (low..<low + 1, false) }
        isAsked[low] = true
        var end = low + 1
        while end < entries.count, entries[end].key == key { end += 1 }
        return (low..<end, true)
    }

    /// The row at a place.
    func row(_ place: Int) -> Int { entries[place].row }
}
