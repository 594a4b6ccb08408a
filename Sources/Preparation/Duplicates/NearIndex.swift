// Finds pairs of similar rows among many: MinHash bands propose, the exact Jaccard similarity decides.

internal import Foundation

/// Two rows and how similar they are; `first` < `second`.
struct NearPair: BitwiseCopyable {
    var first: UInt32
    var second: UInt32
    var similarity: Float
}

/// An index of rows by the bands of their signatures.
///
/// Memory does not grow with the rows beyond its limits: what is kept of each, 40 bytes and the band hashes, lies in files
/// then, and each band is searched a part of its hashes at a time.
final class NearIndex {
    let plan: BandPlan
    private var hasher: MinHasher
    private let scratch: ScratchSpace
    private let bands: BandStore
    private let sketches: SpilledArray<RowSketch>
    private var isEmpty = BitArray()
    /// How texts in scripts without spaces are searched: their shingles agree less.
    private let characterPlan: BandPlan
    private let leastAgreement: (words: Int, characters: Int)
    private var hasCharacters = false
    private(set) var candidates = 0
    private(set) var verified = 0
    private(set) var passedOver = 0

    /// In a band's run of more rows than this, a row is compared with so many before it and with the first ones.
    private static let crowd = 64
    /// Rows before it that are asked whether they are wanted with it.
    private static let reach = 4096

    init(threshold: Double, scratch: ScratchSpace) {
        self.scratch = scratch
        plan = BandPlan(threshold: threshold)
        characterPlan = BandPlan(threshold: NearMeasure.pairThreshold(threshold))
        hasher = MinHasher(plan, characterPlan)
        bands = BandStore(bands: max(plan.bands, characterPlan.bands), folder: scratch.folder)
        sketches = SpilledArray(RowSketch(), residentByteCount: scratch.limits.sketchBytes, folder: scratch.folder)
        leastAgreement = (
            RowSketch.leastAgreement(threshold), RowSketch.leastAgreement(characterPlan.threshold)
        )
    }

    var count: Int { bands.count }

    /// Adds the next row: the one whose shingles were made last.
    func add(_ shingler: Shingler) throws {
        isEmpty.append(shingler.setHash == 0)
        if shingler.setHash == 0 {
            try sketches.append(RowSketch())
        } else {
            if shingler.setHash & 2 != 0 { hasCharacters = true }
            try sketches.append(hasher.sign(shingler.shingles, setHash: shingler.setHash))
        }
        try bands.append(hasher.bands)
    }

    /// What rows of the same set of shingles share; `nil` for rows without words.
    func setKey(_ row: Int) throws -> UInt64? {
        isEmpty[row] ? nil : try sketches.element(row).setHash
    }

    /// Calls `body` with what rows of the same set of shingles share, for each row that has words.
    func forEachSetKey(_ body: (_ row: Int, UInt64) throws -> Void) throws {
        try sketches.forEach { row, sketch in if sketch.setHash != 0 { try body(row, sketch.setHash) } }
    }

    /// All pairs at the threshold or above of rows on one side, or with `across` of rows on different sides, each once, sorted by
    /// second and first row. Of rows with the same set of shingles, each is paired with the first; one of a side stands for all of
    /// them in other pairs.
    ///
    /// - Parameters:
    ///   - side: a row's side.
    ///   - shingles: the sorted pieces of a row, asked for again.
    func pairs(
        side: (Int) -> Int, across: Bool, shingles: @escaping (Int) throws -> [UInt64]
    ) throws -> [NearPair] {
        var search = PairSearch(
            threshold: plan.threshold, batchCount: scratch.limits.pairsPerBatch, sketches: sketches, shingles: shingles)
        func isWanted(_ first: Int, _ second: Int) -> Bool { (side(first) != side(second)) == across }
        let parts = scratch.parts(for: count)
        var sorter = RowSorter()
        for band in 0..<max(plan.bands, hasCharacters ? characterPlan.bands : 0) {
            for part in 0..<parts {
                sorter.removeAll()
                try bands.forEachBlock(of: band) { firstRow, hashes in
                    for (offset, hash) in hashes.enumerated() {
                        if parts > 1, (UInt64(hash) * parts) >> 32 != part { continue }
                        // No hash: a text of the other kind has fewer bands.
                        if hash != 0, !isEmpty[firstRow + offset] { sorter.append(hash: hash, row: firstRow + offset) }
                    }
                }
                try sorter.forEachRun { rows in try compare(rows, side, isWanted, &search) }
            }
        }
        let found = try search.finish()
        candidates = search.candidates
        verified = found.count
        return found
    }

    private func compare(
        _ rows: [Int], _ side: (Int) -> Int, _ isWanted: (Int, Int) -> Bool, _ search: inout PairSearch
    ) throws {
        if rows.count == 2 {
            guard isWanted(rows[0], rows[1]) else { return }
            return try consider(
                (rows[0], try sketches.element(rows[0])), (rows[1], try sketches.element(rows[1])), &search)
        }
        // Rows of one set are paired with the first of them that is wanted with them, and compared through it.
        var firstOfSet: [UInt64: [Int]] = [:]
        var leaders: [(row: Int, sketch: RowSketch)] = []
        for row in rows {
            let sketch = try sketches.element(row)
            if let equals = firstOfSet[sketch.setHash] {
                if let equal = equals.first(where: { isWanted($0, row) }) { try search.add(equal, row) }
                // One of the other side leads too: it is wanted with rows that the first is not wanted with.
                guard equals.count < 2, side(equals[0]) != side(row) else { continue }
                firstOfSet[sketch.setHash]?.append(row)
            } else {
                firstOfSet[sketch.setHash] = [row]
            }
            leaders.append((row, sketch))
        }
        for (number, leader) in leaders.enumerated() {
            var compared = 0
            var other = number - 1
            let lowest = max(0, number - Self.reach)
            while other >= lowest, compared < Self.crowd {
                if isWanted(leaders[other].row, leader.row) {
                    try consider(leaders[other], leader, &search)
                    compared += 1
                }
                other -= 1
            }
            // Those that are out of reach, but for the first few.
            let first = min(Self.crowd / 4, other + 1)
            for early in 0..<max(0, first) where isWanted(leaders[early].row, leader.row) {
                try consider(leaders[early], leader, &search)
            }
            passedOver += max(0, other + 1 - first)
        }
    }

    private func consider(
        _ first: (row: Int, sketch: RowSketch), _ second: (row: Int, sketch: RowSketch), _ search: inout PairSearch
    ) throws {
        let areOfCharacters = first.sketch.setHash & second.sketch.setHash & 2 != 0
        guard
            first.sketch.setHash == second.sketch.setHash
                || first.sketch.agreement(second.sketch)
                    >= (areOfCharacters ? leastAgreement.characters : leastAgreement.words)
        else { return }
        try search.add(first.row, second.row)
    }
}

/// Candidate pairs, each judged once or, where there are very many, once a batch.
private struct PairSearch {
    private let threshold: Double
    private let batchCount: Int
    private let sketches: SpilledArray<RowSketch>
    private let shingles: (Int) throws -> [UInt64]
    /// First row and second row in one number.
    private var waiting: [UInt64] = []
    private var found: [NearPair] = []
    private(set) var candidates = 0
    private var cached: [Int: [UInt64]] = [:]
    private var cachedCount = 0

    /// Shingles in memory, of all cached rows.
    private static let cacheCount = 1 << 21

    init(
        threshold: Double, batchCount: Int, sketches: SpilledArray<RowSketch>,
        shingles: @escaping (Int) throws -> [UInt64]
    ) {
        self.threshold = threshold
        self.batchCount = batchCount
        self.sketches = sketches
        self.shingles = shingles
    }

    mutating func add(_ first: Int, _ second: Int) throws {
        waiting.append(UInt64(first) << 32 | UInt64(second))
        guard waiting.count == batchCount else { return }
        keepEachOnce()
        if waiting.count > batchCount / 2 { try judge() }
    }

    /// All pairs that are near, sorted by second and first row.
    mutating func finish() throws -> [NearPair] {
        keepEachOnce()
        try judge()
        found.sort { ($0.second, $0.first) < ($1.second, $1.first) }
        var write = 0
        for read in found.indices
        where read == 0 || found[read].first != found[read - 1].first || found[read].second != found[read - 1].second {
            found[write] = found[read]
            write += 1
        }
        found.removeLast(found.count - write)
        return found
    }

    /// Pairs agree in several bands.
    private mutating func keepEachOnce() {
        waiting.sort()
        var write = 0
        for read in waiting.indices where read == 0 || waiting[read] != waiting[read - 1] {
            waiting[write] = waiting[read]
            write += 1
        }
        waiting.removeLast(waiting.count - write)
    }

    private mutating func judge() throws {
        for pair in waiting {
            let first = Int(pair >> 32)
            let second = Int(pair & 0xFFFF_FFFF)
            candidates += 1
            var similarity = 1.0
            if try sketches.element(first).setHash != sketches.element(second).setHash {
                similarity = NearMeasure.similarity(try set(first), try set(second))
            }
            guard similarity >= threshold else { continue }
            found.append(NearPair(first: UInt32(first), second: UInt32(second), similarity: Float(similarity)))
        }
        waiting.removeAll(keepingCapacity: true)
    }

    /// The shingles of a row; rows of one crowd are asked for again and again.
    private mutating func set(_ row: Int) throws -> [UInt64] {
        if let known = cached[row] { return known }
        if cachedCount >= Self.cacheCount {
            cached.removeAll(keepingCapacity: true)
            cachedCount = 0
        }
        let set = try shingles(row)
        cached[row] = set
        cachedCount += set.count + 16
        return set
    }
}
