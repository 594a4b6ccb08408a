// Finds pairs of similar rows among many: MinHash bands propose, the exact Jaccard similarity decides.

internal import Foundation

/// Two rows and how similar they are; `first` < `second`.
struct NearPair {
    var first: UInt32
    var second: UInt32
    var similarity: Float
}

/// An index of rows by the bands of their signatures.
///
/// Memory: 40 bytes a row, while it is searched 8 more; band hashes lie in a file.
final class NearIndex {
    let plan: BandPlan
    private var hasher: MinHasher
    private let bands: BandStore
    private var sketches = ChunkedArray<SIMD32<UInt8>>(repeating: .zero)
    /// Hash of the whole set of shingles; 0: an empty set, similar to nothing.
    private var setHashes = ChunkedArray<UInt64>(repeating: 0)
    private(set) var candidates = 0
    private(set) var verified = 0
    private(set) var passedOver = 0

    /// In a band's run of more rows than this, a row is compared with so many before it and with the first ones.
    private static let crowd = 64
    /// Rows before it that are asked whether they are wanted with it.
    private static let reach = 4096

    init(threshold: Double, folder: URL) {
        plan = BandPlan(threshold: threshold)
        hasher = MinHasher(plan)
        bands = BandStore(bands: plan.bands, folder: folder)
    }

    var count: Int { bands.count }

    /// Adds the next row.
    func add(_ shingles: [UInt64]) throws {
        if shingles.isEmpty {
            setHashes.append(0)
            sketches.append(.zero)
        } else {
            var hash = ContentHash(seed: 5)
            for shingle in shingles { hash.add(shingle) }
            setHashes.append(hash.value | 1)
            sketches.append(hasher.sign(shingles) { bands.set($1, band: $0) })
        }
        try bands.endRow()
    }

    /// What rows of the same set of shingles share; `nil` for rows without words.
    func setKey(_ row: Int) -> UInt64? { setHashes[row] == 0 ? nil : setHashes[row] }

    /// All pairs at the threshold or above of rows on one side, or with `across` of rows on different sides, each once, sorted by second and first row. Of rows with the same
    /// set of shingles, each is paired with the first; one of a side stands for all of them in other pairs.
    ///
    /// - Parameters:
    ///   - side: a row's side.
    ///   - shingles: the shingles of a row, asked for again.
    func pairs(
        side: (Int) -> Int, across: Bool, shingles: @escaping (Int) throws -> [UInt64]
    ) throws -> [NearPair] {
        let isWanted = { (first: Int, second: Int) in (side(first) != side(second)) == across }
        var search = Search(shingles: shingles)
        for band in 0..<plan.bands {
            let column = try bands.column(band)
            // Hash and row in one number: sorting it groups the rows of one hash, in their order.
            var order: [UInt64] = []
            order.reserveCapacity(column.count)
            for (row, hash) in column.enumerated() where setHashes[row] != 0 {
                order.append(UInt64(hash) << 32 | UInt64(row))
            }
            order.sort()
            var start = 0
            while start < order.count {
                var end = start + 1
                while end < order.count, order[end] >> 32 == order[start] >> 32 { end += 1 }
                if end - start > 1 {
                    try compare(
                        order[start..<end].map { Int(truncatingIfNeeded: $0 & 0xFFFF_FFFF) }, side, isWanted, &search)
                }
                start = end
            }
        }
        return search.found.sorted { ($0.second, $0.first) < ($1.second, $1.first) }
    }

    private struct Search {
        let shingles: (Int) throws -> [UInt64]
        var found: [NearPair] = []
        /// Pairs whose exact similarity is known.
        var known = Set<UInt64>()
        private var cached: [Int: [UInt64]] = [:]

        init(shingles: @escaping (Int) throws -> [UInt64]) { self.shingles = shingles }

        /// The shingles of a row; rows of one crowd are asked for again and again.
        mutating func set(_ row: Int) throws -> [UInt64] {
            if let known = cached[row] { return known }
            if cached.count >= 4096 { cached.removeAll(keepingCapacity: true) }
            let set = try shingles(row)
            cached[row] = set
            return set
        }
    }

    private func compare(
        _ rows: [Int], _ side: (Int) -> Int, _ isWanted: (Int, Int) -> Bool, _ search: inout Search
    ) throws {
        if rows.count == 2 { return try consider(rows[0], rows[1], isWanted, &search) }
        // Rows of one set are paired with the first of them that is wanted with them, and compared through it.
        var firstOfSet: [UInt64: [Int]] = [:]
        var leaders: [Int] = []
        for row in rows {
            let set = setHashes[row]
            if let equals = firstOfSet[set] {
                if let equal = equals.first(where: { isWanted($0, row) }) {
                    try consider(equal, row, isWanted, &search)
                }
                // One of the other side leads too: it is wanted with rows that the first is not wanted with.
                guard equals.count < 2, side(equals[0]) != side(row) else { continue }
                firstOfSet[set]?.append(row)
            } else {
                firstOfSet[set] = [row]
            }
            leaders.append(row)
        }
        for (number, row) in leaders.enumerated() {
            var compared = 0
            var other = number - 1
            let lowest = max(0, number - Self.reach)
            while other >= lowest, compared < Self.crowd {
                if isWanted(leaders[other], row) {
                    try consider(leaders[other], row, isWanted, &search)
                    compared += 1
                }
                other -= 1
            }
            // Those that are out of reach, but for the first few.
            let first = min(Self.crowd / 4, other + 1)
            for early in 0..<max(0, first) { try consider(leaders[early], row, isWanted, &search) }
            passedOver += max(0, other + 1 - first)
        }
    }

    private func consider(_ first: Int, _ second: Int, _ isWanted: (Int, Int) -> Bool, _ search: inout Search) throws {
        guard isWanted(first, second) else { return }
        let isSame = setHashes[first] == setHashes[second]
        guard isSame || isAlike(first, second) else { return }
        let key = UInt64(first) << 32 | UInt64(second)
        guard search.known.insert(key).inserted else { return }
        candidates += 1
        var similarity = 1.0
        if !isSame {
            similarity = Shingler.jaccard(try search.set(first), try search.set(second))
        }
        guard similarity >= plan.threshold else { return }
        verified += 1
        search.found.append(
            NearPair(first: UInt32(first), second: UInt32(second), similarity: Float(similarity)))
    }

    /// Whether two sketches agree in nearly as many minima as rows at the threshold do on average: fewer than one such pair in
    /// five hundred falls below three standard deviations.
    private func isAlike(_ first: Int, _ second: Int) -> Bool {
        let difference = sketches[first] ^ sketches[second]
        let ones = SIMD32<UInt8>(repeating: 1)
        let zeros = SIMD32<UInt8>.zero
        let low = zeros.replacing(with: ones, where: (difference & 0x0F) .== 0)
        let high = zeros.replacing(with: ones, where: (difference & 0xF0) .== 0)
        return (low &+ high).wrappedSum() >= leastAgreement
    }

    private lazy var leastAgreement: UInt8 = {
        let size = Double(MinHasher.sketchCount)
        // Four bits agree by chance once in sixteen times.
        let share = plan.threshold + (1 - plan.threshold) / 16
        let deviation = (share * (1 - share) * size).squareRoot()
        return UInt8(max(1, size * share - 3 * deviation))
    }()
}
