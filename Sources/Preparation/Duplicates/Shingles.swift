// Texts as sets of shingles: runs of words, and runs of characters where words are not written apart.

/// Makes sets of shingles.
struct Shingler {
    let wordCount: Int
    let characterCount: Int
    /// The shingles of the text that was scanned last, as hashes, each once, in the text's order.
    private(set) var shingles: [UInt64] = []
    /// What texts of the same set of shingles share; 0: the text has no words. Its second bit says whether most shingles are of
    /// characters.
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

    /// The pieces of a text by which it is compared, sorted: its shingles and, if these have the usual size, its chunks or characters.
    mutating func sortedPieces(of text: UnsafeBufferPointer<UInt8>) -> [UInt64] {
        scan(text)
        var pieces = shingles
        if wordCount == 1 { Chunks.append(of: text, to: &pieces) }
        if characterCount == 2 {
            for index in 0..<words.count where words.isSingle[index] {
                pieces.append(NearMeasure.Piece.single.tag(words.hashes[index]))
            }
        }
        pieces.sort()
        var write = 0
        for read in pieces.indices where read == 0 || pieces[read] != pieces[read - 1] {
            pieces[write] = pieces[read]
            write += 1
        }
        pieces.removeLast(pieces.count - write)
        return pieces
    }

    private mutating func appendRuns(_ range: Range<Int>, size: Int) {
        let piece = words.isSingle[range.lowerBound] ? NearMeasure.Piece.characters : .words
        if size == 1 {
            for index in range { shingles.append(piece.tag(words.hashes[index])) }
            return
        }
        let size = min(size, range.count)
        for start in range.lowerBound...(range.upperBound - size) {
            var hash = ContentHash(seed: UInt64(size))
            for index in start..<start + size { hash.add(words.hashes[index]) }
            shingles.append(piece.tag(hash.value))
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
        var ofCharacters = 0
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
                    if value & 3 == NearMeasure.Piece.characters.rawValue { ofCharacters += 1 }
                }
            }
        }
        shingles.removeLast(shingles.count - write)
        var hash = ContentHash(seed: 5)
        hash.add(sum)
        hash.add(UInt64(write))
        setHash = hash.value & ~3 | (2 * ofCharacters > write ? 3 : 1)
    }
}
