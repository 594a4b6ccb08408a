// Texts as sets of shingles: runs of words, and runs of characters where words are not written apart.

/// Makes sets of shingles.
struct Shingler {
    let wordCount: Int
    let characterCount: Int
    /// The shingles of the text that was scanned last, as hashes, each once, in the text's order.
    private(set) var shingles: [UInt64] = []
    /// What texts of the same set of shingles share; 0: the text has no words.
    private(set) var setHash: UInt64 = 0
    private var words = Words()
    /// Open addressing; 0: free.
    private var seen: [UInt64] = []

    init(wordCount: Int, characterCount: Int) {
        self.wordCount = wordCount
        self.characterCount = characterCount
    }

    /// Finds the shingles of a text. One shorter than one shingle is one shingle.
    mutating func scan(_ text: UnsafeBufferPointer<UInt8>) {
        words.scan(text, keepsRanges: false)
        shingles.removeAll(keepingCapacity: true)
        var start = 0
        while start < words.count {
            var end = start + 1
            while end < words.count, words.isSingle[end] == words.isSingle[start] { end += 1 }
            appendRuns(start..<end, size: words.isSingle[start] ? characterCount : wordCount)
            start = end
        }
        keepEachOnce()
    }

    /// The shingles of a text, sorted.
    mutating func sortedShingles(of text: UnsafeBufferPointer<UInt8>) -> [UInt64] {
        scan(text)
        return shingles.sorted()
    }

    private mutating func appendRuns(_ range: Range<Int>, size: Int) {
        if size == 1 { return shingles.append(contentsOf: words.hashes[range]) }
        let size = min(size, range.count)
        for start in range.lowerBound...(range.upperBound - size) {
            var hash = ContentHash(seed: UInt64(size))
            for index in start..<start + size { hash.add(words.hashes[index]) }
            shingles.append(hash.value)
        }
    }

    /// Takes repetitions out and adds the set's hash up. Sorting would do both, at five times the cost.
    private mutating func keepEachOnce() {
        setHash = 0
        guard !shingles.isEmpty else { return }
        var capacity = max(64, seen.count)
        while capacity < 2 * shingles.count { capacity *= 2 }
        // What one long text needed is too much to be wiped for each short one.
        if seen.count != capacity || seen.count > 16 * shingles.count {
            capacity = 64
            while capacity < 2 * shingles.count { capacity *= 2 }
            seen = Array(repeating: 0, count: capacity)
        }
        var sum: UInt64 = 0
        var write = 0
        shingles.withUnsafeMutableBufferPointer { shingles in
            seen.withUnsafeMutableBufferPointer { seen in
                seen.update(repeating: 0)
                let mask = UInt64(seen.count - 1)
                for read in shingles.indices {
                    let value = shingles[read] == 0 ? 1 : shingles[read]
                    var slot = Int(value & mask)
                    while seen[slot] != 0, seen[slot] != value { slot = Int((UInt64(slot) + 1) & mask) }
                    guard seen[slot] == 0 else { continue }
                    seen[slot] = value
                    shingles[write] = value
                    write += 1
                    // A sum does not depend on the order; each summand is mixed first.
                    sum &+= ContentHash.mixed(value)
                }
            }
        }
        shingles.removeLast(shingles.count - write)
        var hash = ContentHash(seed: 5)
        hash.add(sum)
        hash.add(UInt64(write))
        setHash = hash.value | 1
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
