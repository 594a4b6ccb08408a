// A truth value a row: an eighth of a byte each.

struct BitArray {
    private var words: [UInt64]
    private(set) var count: Int

    /// `count` times false.
    init(count: Int = 0) {
        self.count = count
        words = Array(repeating: 0, count: (count + 63) / 64)
    }

    mutating func append(_ value: Bool) {
        if count & 63 == 0 { words.append(0) }
        count += 1
        if value { words[(count - 1) >> 6] |= 1 << UInt64((count - 1) & 63) }
    }

    subscript(index: Int) -> Bool {
        get { words[index >> 6] >> UInt64(index & 63) & 1 == 1 }
        set {
            let bit: UInt64 = 1 << UInt64(index & 63)
            if newValue { words[index >> 6] |= bit } else { words[index >> 6] &= ~bit }
        }
    }

    /// How many are true.
    var trueCount: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }
}
