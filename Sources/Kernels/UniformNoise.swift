public import Tensors

/// Evenly drawn numbers on top of others.
public enum UniformNoise {
    /// Adds to each number of `x` one between minus and plus `bound`.
    /// - Parameter row: of which the draws are; its place alone and `random` decide them.
    public static func add(to x: Matrix, bound: Float, _ random: RandomStream, row: Int) {
        let numbers = x.floats, groups = (numbers.count + 3) / 4
        for group in 0..<groups {
            let words = random.words(stream: 0, index: UInt64(row * groups + group))
            for (place, word) in [words.0, words.1, words.2, words.3].enumerated()
            where group * 4 + place < numbers.count {
                numbers[group * 4 + place] += bound * (Float(word >> 8) * 0x1p-23 - 1)
            }
        }
    }
}
