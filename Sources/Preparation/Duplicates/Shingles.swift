// Texts as sets of shingles: runs of words, and runs of characters where words are not written apart.

/// Makes sets of shingles.
struct Shingler {
    let wordCount: Int
    let characterCount: Int
    private var words = Words()

    init(wordCount: Int, characterCount: Int) {
        self.wordCount = wordCount
        self.characterCount = characterCount
    }

    /// The shingles of a text as hashes, sorted, each once. A text shorter than one shingle is one shingle.
    mutating func shingles(of text: UnsafeBufferPointer<UInt8>) -> [UInt64] {
        words.scan(text, keepsRanges: false)
        var shingles: [UInt64] = []
        shingles.reserveCapacity(words.count)
        var start = 0
        while start < words.count {
            var end = start + 1
            while end < words.count, words.isSingle[end] == words.isSingle[start] { end += 1 }
            appendRuns(start..<end, size: words.isSingle[start] ? characterCount : wordCount, &shingles)
            start = end
        }
        shingles.sort()
        var write = 0
        for read in shingles.indices where read == 0 || shingles[read] != shingles[read - 1] {
            shingles[write] = shingles[read]
            write += 1
        }
        shingles.removeLast(shingles.count - write)
        return shingles
    }

    private func appendRuns(_ range: Range<Int>, size: Int, _ shingles: inout [UInt64]) {
        if size == 1 { return shingles.append(contentsOf: words.hashes[range]) }
        let size = min(size, range.count)
        for start in range.lowerBound...(range.upperBound - size) {
            var hash = ContentHash(seed: UInt64(size))
            for index in start..<start + size { hash.add(words.hashes[index]) }
            shingles.append(hash.value)
        }
    }

    /// |A ∩ B| / |A ∪ B| of two sorted sets; two empty ones have nothing in common.
    static func jaccard(_ left: [UInt64], _ right: [UInt64]) -> Double {
        var i = 0
        var j = 0
        var common = 0
        while i < left.count, j < right.count {
            if left[i] == right[j] {
                common += 1
                i += 1
                j += 1
            } else if left[i] < right[j] {
                i += 1
            } else {
                j += 1
            }
        }
        let union = left.count + right.count - common
        return union > 0 ? Double(common) / Double(union) : 0
    }
}
