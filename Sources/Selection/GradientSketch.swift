// A gradient of millions of numbers as a few thousand, such that products of two gradients stay what they are, up to noise.

internal import Tensors

/// A seeded random projection: each number goes, with a random sign, into one of the sketch's (Charikar, Chen and Farach-Colton, "Finding
/// frequent items in data streams", 2002).
///
/// The product of two sketches has the product of the gradients as its mean, and the same variance as under a dense matrix of random
/// signs, for a pass over the numbers instead of a pass for each number of the sketch. Numbers are dealt out a block at a time, each block
/// turned by a random distance: two of one block never meet, two of different blocks do once in `size` times.
public struct GradientSketch: Sendable {
    /// Numbers of a sketch.
    public let size: Int
    private let random: RandomStream

    /// Streams of the draws: signs, and a distance for each block.
    private static let signs: UInt32 = 0, distances: UInt32 = 1
    /// - Precondition: a size above 0.
    public init(size: Int, seed: UInt64) {
        precondition(size > 0)
        self.size = size
        random = RandomStream(seed: seed, purpose: .projection)
    }

    /// The sketch of `numbers`.
    public func sketch(of numbers: UnsafeBufferPointer<Float>) -> [Float] {
        var sketch = [Float](repeating: 0, count: size)
        var signs = SignBits(random)
        sketch.withUnsafeMutableBufferPointer { sketch in
            for (block, start) in stride(from: 0, to: numbers.count, by: size).enumerated() {
                var place = random.integer(below: size, stream: Self.distances, index: UInt64(block))
                for index in start..<min(start + size, numbers.count) {
                    sketch[place] += Float(bitPattern: numbers[index].bitPattern ^ signs.next())
                    place = place + 1 == size ? 0 : place + 1
                }
            }
        }
        return sketch
    }

    /// Random signs one after the other, each as the bit that turns a number's sign.
    private struct SignBits {
        private let random: RandomStream
        private var draw: UInt64 = 0
        /// Bits that are left, those of one word after those of another.
        private var words: [UInt32] = []
        private var bits: UInt32 = 0
        private var left = 0

        init(_ random: RandomStream) { self.random = random }

        mutating func next() -> UInt32 {
            if left == 0 { refill() }
            defer {
                bits >>= 1
                left -= 1
            }
            return bits << 31
        }

        private mutating func refill() {
            if words.isEmpty {
                let drawn = random.words(stream: GradientSketch.signs, index: draw)
                words = [drawn.3, drawn.2, drawn.1, drawn.0]
                draw += 1
            }
            (bits, left) = (words.removeLast(), 32)
        }
    }
}

/// Sketches, and sums of sketches.
enum SketchMath {
    static func product(_ left: [Float], _ right: [Float]) -> Double {
        var sum = 0.0
        for (left, right) in zip(left, right) { sum += Double(left) * Double(right) }
        return sum
    }

    /// The sketch at length 1; nil where it has none.
    static func normalised(_ sketch: [Float]) -> [Float]? {
        let length = product(sketch, sketch).squareRoot()
        guard length > 0, length.isFinite else { return nil }
        return sketch.map { Float(Double($0) / length) }
    }
}
