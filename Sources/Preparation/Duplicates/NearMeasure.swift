// When two texts are nearly the same: the Jaccard similarity of their sets, by the kinder of two ways of cutting texts into pieces.
//
// With the default settings a text in words is compared by its words (letters and digits in lower case) and by what stands between its
// spaces, signs included: which of the two one reckons by moves a pair by some hundredths. A text in a script without spaces is
// compared by pairs of characters, of which one changed character breaks two, and by its single characters, provided that half of the
// pairs agree: long texts share most of their characters whatever they say.

enum NearMeasure {
    /// What a piece is; in the two low bits of its hash.
    enum Piece: UInt64 {
        /// Shingles of words, and of characters where words are not written apart. Signatures are made of these.
        case words, characters
        /// What stands between spaces, and single characters.
        case chunk, single

        func tag(_ hash: UInt64) -> UInt64 { hash & ~3 | rawValue }
    }

    /// The share of pairs of characters that must agree before single characters count.
    static let leastPairAgreement = 0.5

    /// How similar pairs of characters are at least where two texts are similar as `threshold` asks, for most texts.
    static func pairThreshold(_ threshold: Double) -> Double { max(leastPairAgreement, threshold * 0.69) }

    /// The similarity of two sorted sets of pieces; two empty ones have nothing in common.
    static func similarity(_ left: [UInt64], _ right: [UInt64]) -> Double {
        var common = SIMD4<Int>.zero
        var all = SIMD4<Int>.zero
        var i = 0
        var j = 0
        while i < left.count, j < right.count {
            if left[i] == right[j] {
                common[Int(left[i] & 3)] += 1
                all[Int(left[i] & 3)] += 1
                i += 1
                j += 1
            } else if left[i] < right[j] {
                all[Int(left[i] & 3)] += 1
                i += 1
            } else {
                all[Int(right[j] & 3)] += 1
                j += 1
            }
        }
        for index in i..<left.count { all[Int(left[index] & 3)] += 1 }
        for index in j..<right.count { all[Int(right[index] & 3)] += 1 }
        func share(_ first: Piece, _ second: Piece) -> Double {
            let (first, second) = (Int(first.rawValue), Int(second.rawValue))
            let union = all[first] + all[second]
            return union > 0 ? Double(common[first] + common[second]) / Double(union) : 0
        }
        let shingles = share(.words, .characters)
        let pairs = all[Int(Piece.characters.rawValue)]
        if pairs > 0, share(.characters, .characters) < leastPairAgreement { return shingles }
        return max(shingles, share(.chunk, .single))
    }
}

/// What stands between the spaces of a text.
enum Chunks {
    /// Appends the hash of each chunk in ASCII lower case; those with characters of scripts without spaces are left out.
    static func append(of text: UnsafeBufferPointer<UInt8>, to hashes: inout [UInt64]) {
        var chunk: [UInt8] = []
        var isSpaced = true
        func end(_ chunk: inout [UInt8], _ isSpaced: inout Bool) {
            if !chunk.isEmpty, isSpaced { hashes.append(NearMeasure.Piece.chunk.tag(ContentHash.of(chunk))) }
            chunk.removeAll(keepingCapacity: true)
            isSpaced = true
        }
        for byte in text {
            if byte <= 0x20 {
                end(&chunk, &isSpaced)
            } else {
                // Lead bytes of U+3000 to U+9FFF.
                if byte >= 0xE3, byte <= 0xE9 { isSpaced = false }
                chunk.append(byte &- 65 < 26 ? byte | 0x20 : byte)
            }
        }
        end(&chunk, &isSpaced)
    }
}
