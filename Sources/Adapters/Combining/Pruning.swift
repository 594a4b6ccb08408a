// Which numbers of an adapter are dropped before it meets others.

import Tensors

/// Pruning to a share of the numbers, in place.
enum Pruning {
    /// How many of `count` numbers a share is, as PEFT counts them.
    static func kept(_ share: Double, of count: Int) -> Int { Int(share * Double(count)) }

    /// Keeps the numbers that are largest without their signs; of equal ones at the border the first.
    static func keepLargest(_ share: Double, of numbers: inout [Float]) {
        let kept = kept(share, of: numbers.count)
        guard kept < numbers.count else { return }
        guard kept > 0 else { return numbers = [Float](repeating: 0, count: numbers.count) }
        let border = magnitude(ofRank: kept, in: numbers)
        var equal = kept - numbers.count { $0.magnitude.bitPattern > border }
        for index in numbers.indices {
            let bits = numbers[index].magnitude.bitPattern
            if bits > border { continue }
            if bits == border, equal > 0 { equal -= 1 } else { numbers[index] = 0 }
        }
    }

    /// Keeps each number with the chance `share`, and makes it as much larger, so that the mean stays.
    static func keepRandom(_ share: Double, of numbers: inout [Float], _ random: RandomStream, stream: UInt32) {
        guard share < 1 else { return }
        let border = UInt32(share * 0x1p32), growth = Float(share)
        for start in stride(from: 0, to: numbers.count, by: 4) {
            let words = random.words(stream: stream, index: UInt64(start / 4))
            for (index, word) in zip(start..<min(start + 4, numbers.count), [words.0, words.1, words.2, words.3]) {
                numbers[index] = word < border ? numbers[index] / growth : 0
            }
        }
    }

    /// The bits of the `rank`-th largest magnitude, counted from 1: bits of magnitudes are ordered as the magnitudes are, so two
    /// counts of 16 bits each find it without sorting.
    private static func magnitude(ofRank rank: Int, in numbers: [Float]) -> UInt32 {
        var left = rank
        func largest(_ counts: [Int]) -> UInt32 {
            var value = counts.count - 1
            while left > counts[value] {
                left -= counts[value]
                value -= 1
            }
            return UInt32(value)
        }
        var counts = [Int](repeating: 0, count: 1 << 16)
        for number in numbers { counts[Int(number.magnitude.bitPattern >> 16)] += 1 }
        let high = largest(counts)
        counts = [Int](repeating: 0, count: 1 << 16)
        for number in numbers where number.magnitude.bitPattern >> 16 == high {
            counts[Int(number.magnitude.bitPattern & 0xFFFF)] += 1
        }
        return high << 16 | largest(counts)
    }
}
