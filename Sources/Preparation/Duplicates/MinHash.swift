// MinHash signatures (Broder 1997) and their bands (locality-sensitive hashing).

internal import CKernels

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

/// What is kept of a row to judge candidates by, 40 bytes.
struct RowSketch: BitwiseCopyable {
    /// Hash of the whole set of shingles; 0: an empty set, similar to nothing.
    var setHash: UInt64 = 0
    /// Four bits of each of the first minima.
    var bits: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    /// Minima of which four bits are kept.
    static let minimumCount = 64

    /// How many of the kept minima agree.
    func agreement(_ other: RowSketch) -> Int {
        func differing(_ a: UInt64, _ b: UInt64) -> Int {
            var difference = a ^ b
            difference |= difference >> 2
            difference |= difference >> 1
            return (difference & 0x1111_1111_1111_1111).nonzeroBitCount
        }
        return Self.minimumCount - differing(bits.0, other.bits.0) - differing(bits.1, other.bits.1)
            - differing(bits.2, other.bits.2) - differing(bits.3, other.bits.3)
    }

    /// In how many minima two rows at the threshold agree nearly always: fewer than one such pair in five hundred falls below three
    /// standard deviations.
    static func leastAgreement(_ threshold: Double) -> Int {
        let size = Double(minimumCount)
        // Four bits agree by chance once in sixteen times.
        let share = threshold + (1 - threshold) / 16
        let deviation = (share * (1 - share) * size).squareRoot()
        return Int(max(1, size * share - 3 * deviation))
    }
}

/// Computes signatures.
struct MinHasher {
    private let plan: BandPlan
    private let characterPlan: BandPlan
    /// Odd factors and summands of the hash functions x ↦ (a·x + b) >> 32.
    private let factors: [UInt64]
    private let summands: [UInt64]
    private var minima: [UInt32]
    /// The hash of each band, of the set signed last; 0 after the last band of its plan.
    private(set) var bands: [UInt32]

    /// - Parameters:
    ///   - plan: how signatures of texts in words are cut.
    ///   - characterPlan: those of texts whose shingles are of characters.
    init(_ plan: BandPlan, _ characterPlan: BandPlan) {
        self.plan = plan
        self.characterPlan = characterPlan
        let length = max(plan.signatureLength, characterPlan.signatureLength, RowSketch.minimumCount)
        factors = (0..<length).map { ContentHash.draw(seed: 1, purpose: 11, UInt64($0)) | 1 }
        summands = (0..<length).map { ContentHash.draw(seed: 1, purpose: 12, UInt64($0)) }
        minima = Array(repeating: .max, count: length)
        bands = Array(repeating: 0, count: max(plan.bands, characterPlan.bands))
    }

    /// Computes the hash of each band, and the sketch. `shingles` are not empty.
    mutating func sign(_ shingles: [UInt64], setHash: UInt64) -> RowSketch {
        lathe_minhash(shingles, shingles.count, factors, summands, &minima, minima.count)
        let isOfCharacters = setHash & 2 != 0
        let plan = isOfCharacters ? characterPlan : plan
        for band in bands.indices {
            guard band < plan.bands else {
                bands[band] = 0
                continue
            }
            var hash = ContentHash(seed: UInt64(band) | (isOfCharacters ? 1 << 32 : 0))
            for row in 0..<plan.rowsPerBand { hash.add(UInt64(minima[band * plan.rowsPerBand + row])) }
            bands[band] = max(1, UInt32(truncatingIfNeeded: hash.value >> 32))
        }
        // High bits of a minimum are mostly zero: what is kept is mixed from all of them.
        func word(_ first: Int) -> UInt64 {
            var word: UInt64 = 0
            for index in 0..<16 { word = word << 4 | UInt64((minima[first + index] &* 0x9E37_79B1) >> 28) }
            return word
        }
        return RowSketch(setHash: setHash, bits: (word(0), word(16), word(32), word(48)))
    }
}
