// MinHash signatures (Broder 1997) and their bands (locality-sensitive hashing).

/// How a signature is cut into bands.
struct BandPlan: Sendable, Equatable {
    let bands: Int
    let rowsPerBand: Int
    let threshold: Double

    static let maximumSignatureLength = 256
    static let wantedRecall = 0.99

    /// The plan with the most rows a band — the fewest false candidates — that still finds a pair at the threshold with
    /// probability `wantedRecall`.
    init(threshold: Double) {
        var best = (bands: Self.maximumSignatureLength, rows: 1)
        for rows in 1...16 {
            let bands = Self.maximumSignatureLength / rows
            if Self.recall(threshold, bands, rows) >= Self.wantedRecall { best = (bands, rows) }
        }
        bands = best.bands
        rowsPerBand = best.rows
        self.threshold = threshold
    }

    var signatureLength: Int { bands * rowsPerBand }
    var recallAtThreshold: Double { Self.recall(threshold, bands, rowsPerBand) }

    private static func recall(_ similarity: Double, _ bands: Int, _ rows: Int) -> Double {
        var inBand = 1.0
        for _ in 0..<rows { inBand *= similarity }
        var missed = 1.0
        for _ in 0..<bands { missed *= 1 - inBand }
        return 1 - missed
    }
}

/// Computes signatures.
struct MinHasher {
    let plan: BandPlan
    /// Odd factors and summands of the hash functions x ↦ (a·x + b) >> 32.
    private let factors: [UInt64]
    private let summands: [UInt64]
    private var minima: [UInt32]

    /// Minima of a signature of which four bits are kept, two in a byte, to judge candidates by.
    static let sketchCount = 64

    init(_ plan: BandPlan) {
        self.plan = plan
        let length = max(plan.signatureLength, Self.sketchCount)
        factors = (0..<length).map { ContentHash.draw(seed: 1, purpose: 11, UInt64($0)) | 1 }
        summands = (0..<length).map { ContentHash.draw(seed: 1, purpose: 12, UInt64($0)) }
        minima = Array(repeating: .max, count: length)
    }

    /// The hash of each band, and four bits of each of the first minima. `shingles` are not empty.
    mutating func sign(_ shingles: [UInt64], bands: (Int, UInt32) -> Void) -> SIMD32<UInt8> {
        let length = minima.count
        minima.withUnsafeMutableBufferPointer { minima in
            factors.withUnsafeBufferPointer { factors in
                summands.withUnsafeBufferPointer { summands in
                    for index in 0..<length {
                        let factor = factors[index]
                        let summand = summands[index]
                        var least = UInt64.max
                        for shingle in shingles { least = min(least, factor &* shingle &+ summand) }
                        minima[index] = UInt32(truncatingIfNeeded: least >> 32)
                    }
                }
            }
        }
        for band in 0..<plan.bands {
            var hash = ContentHash(seed: UInt64(band))
            for row in 0..<plan.rowsPerBand { hash.add(UInt64(minima[band * plan.rowsPerBand + row])) }
            bands(band, UInt32(truncatingIfNeeded: hash.value >> 32))
        }
        var sketch = SIMD32<UInt8>()
        // High bits of a minimum are mostly zero: what is kept is mixed from all of them.
        for index in 0..<Self.sketchCount / 2 {
            let low = (minima[2 * index] &* 0x9E37_79B1) >> 28
            let high = (minima[2 * index + 1] &* 0x9E37_79B1) >> 28
            sketch[index] = UInt8(truncatingIfNeeded: low | high << 4)
        }
        return sketch
    }
}
