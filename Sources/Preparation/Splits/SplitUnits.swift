// What a split keeps together: rows of one key, and keys that are joined.

internal import Digests

/// The units of rows, numbered in the order in which they are drawn: by SHA-256 of seed and key, so that it depends on neither files
/// nor their order.
final class SplitUnits {
    private let seed: Int
    private let digests: SpilledArray<UInt64>
    /// The unit of each row, once all rows are there.
    private(set) var ofRow = ChunkedArray<Int32>(repeating: 0)
    /// The rows of each unit.
    private(set) var sizes: [Int32] = []

    private let scratch: ScratchSpace

    init(seed: Int, scratch: ScratchSpace) {
        self.seed = seed
        self.scratch = scratch
        digests = SpilledArray(0, residentByteCount: scratch.limits.numberBytes, folder: scratch.folder)
    }

    var count: Int { sizes.count }

    /// Adds the next row.
    func append(key: String) throws {
        var hash = SHA256()
        hash.update("\(seed)\n" + key)
        try digests.append(hash.digest()[..<8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }

    /// Numbers the units, a part of the digests at a time.
    func number() throws {
        ofRow = ChunkedArray(repeating: 0, count: digests.count)
        let parts = scratch.parts(for: digests.count)
        for part in 0..<parts {
            var found: [(digest: UInt64, row: Int)] = []
            try digests.forEach { row, digest in
                if (digest >> 32) * parts >> 32 == part { found.append((digest, row)) }
            }
            found.sort { ($0.digest, $0.row) < ($1.digest, $1.row) }
            for (index, entry) in found.enumerated() {
                if index == 0 || found[index - 1].digest != entry.digest { sizes.append(0) }
                sizes[sizes.count - 1] += 1
                ofRow[entry.row] = Int32(sizes.count - 1)
            }
        }
    }
}

/// Units that near-duplicates join, in sets of a given size at most; all others stand alone.
struct JoinedUnits {
    /// Units that stand in pairs, ascending; of them the sets are made.
    private let members: [Int32]
    private var sets: DisjointSets
    private let units: SplitUnits

    /// - Parameter pairs: of rows.
    init(_ pairs: [NearPair], _ units: SplitUnits, largest: Int) {
        self.units = units
        var members: [Int32] = []
        for pair in pairs {
            members.append(units.ofRow[Int(pair.first)])
            members.append(units.ofRow[Int(pair.second)])
        }
        members.sort()
        var write = 0
        for read in members.indices where read == 0 || members[read] != members[read - 1] {
            members[write] = members[read]
            write += 1
        }
        members.removeLast(members.count - write)
        self.members = members
        sets = DisjointSets(sizes: members.map { Int(units.sizes[Int($0)]) }, largest: largest)
        // The most alike first: where a set would grow beyond what can be held out, the least alike are parted.
        for pair in pairs.sorted(by: { ($1.similarity, $0.second, $0.first) < ($0.similarity, $1.second, $1.first) }) {
            guard let first = place(of: units.ofRow[Int(pair.first)]),
                let second = place(of: units.ofRow[Int(pair.second)])
            else { continue }
            sets.join(first, second)
        }
    }

    private func place(of unit: Int32) -> Int? {
        var low = 0
        var high = members.count
        while low < high {
            let middle = (low + high) / 2
            if members[middle] < unit { low = middle + 1 } else { high = middle }
        }
        return low < members.count && members[low] == unit ? low : nil
    }

    /// The first unit of the set that `unit` belongs to.
    mutating func root(_ unit: Int) -> Int {
        place(of: Int32(unit)).map { Int(members[sets.root($0)]) } ?? unit
    }

    /// The rows of the set of a root.
    func size(ofRoot unit: Int) -> Int {
        place(of: Int32(unit)).map { sets.size(ofRoot: $0) } ?? Int(units.sizes[unit])
    }
}

/// Sets that are joined while they stay small enough.
struct DisjointSets {
    private var parents: [Int32]
    private var sizes: [Int]
    private let largest: Int

    init(sizes: [Int], largest: Int) {
        parents = sizes.indices.map { Int32($0) }
        self.sizes = sizes
        self.largest = largest
    }

    mutating func root(_ element: Int) -> Int {
        var element = element
        while Int(parents[element]) != element {
            parents[element] = parents[Int(parents[element])]
            element = Int(parents[element])
        }
        return element
    }

    func size(ofRoot element: Int) -> Int { sizes[element] }

    mutating func join(_ first: Int, _ second: Int) {
        let a = root(first)
        let b = root(second)
        guard a != b, sizes[a] + sizes[b] <= largest else { return }
        // The earlier element stays the root, whatever the order of joins.
        let (low, high) = (min(a, b), max(a, b))
        parents[high] = Int32(low)
        sizes[low] += sizes[high]
    }
}

/// A moment as its field writes it: numbers by value, texts by their characters (as ISO 8601 sorts), equal ones by row.
struct TimeKey: Comparable {
    let number: Double?
    let text: String
    let row: Int

    init(_ value: String, row: Int) {
        number = Double(value)
        text = value
        self.row = row
    }

    var isNumber: Bool { number != nil }

    /// A number, or a text that begins with a year and a month, whose order is that of time.
    var isTime: Bool { number?.isFinite ?? (text.firstMatch(of: #/^\s*[0-9]{4}[-\/.][0-9]{2}/#) != nil) }

    static func < (left: TimeKey, right: TimeKey) -> Bool {
        if let a = left.number, let b = right.number { return (a, left.row) < (b, right.row) }
        if (left.number == nil) != (right.number == nil) { return left.number != nil }
        if left.text.utf8.elementsEqual(right.text.utf8) { return left.row < right.row }
        return left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }
}
