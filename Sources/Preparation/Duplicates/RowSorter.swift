// Groups rows by a hash: a radix sort, which keeps rows of one hash in their order.

struct RowSorter {
    /// Hash and row in one number.
    private var keys: [UInt64] = []
    private var other: [UInt64] = []

    mutating func removeAll() { keys.removeAll(keepingCapacity: true) }

    mutating func append(hash: UInt32, row: Int) { keys.append(UInt64(hash) << 32 | UInt64(row)) }

    /// Calls `body` with the rows of each hash that two rows or more have.
    mutating func forEachRun(_ body: ([Int]) throws -> Void) throws {
        sort()
        var start = 0
        while start < keys.count {
            var end = start + 1
            while end < keys.count, keys[end] >> 32 == keys[start] >> 32 { end += 1 }
            if end - start > 1 { try body(keys[start..<end].map { Int($0 & 0xFFFF_FFFF) }) }
            start = end
        }
    }

    /// By the upper half, eleven bits at a time from the lowest.
    private mutating func sort() {
        let count = keys.count
        if other.count != count { other = Array(repeating: 0, count: count) }
        for shift in [UInt64(32), 43, 54] {
            var starts = [Int](repeating: 0, count: 2049)
            keys.withUnsafeBufferPointer { keys in
                for index in 0..<count { starts[Int(keys[index] >> shift & 2047) + 1] += 1 }
                for digit in 1...2048 { starts[digit] += starts[digit - 1] }
                starts.withUnsafeMutableBufferPointer { starts in
                    other.withUnsafeMutableBufferPointer { other in
                        for index in 0..<count {
                            let digit = Int(keys[index] >> shift & 2047)
                            other[starts[digit]] = keys[index]
                            starts[digit] += 1
                        }
                    }
                }
            }
            swap(&keys, &other)
        }
    }
}
