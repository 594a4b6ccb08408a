import Optimisers
import Recipes
import Selection
import TestSupport
import Tensors
import Testing

/// Sketches of gradients, and what Adam makes of a gradient.
@Suite struct GradientSketchTests {
    /// Numbers like a gradient's: many small ones, and every tenth in a hundred large.
    private func numbers(_ stream: UInt32, count: Int = 30_000) -> [Float] {
        let random = RandomStream(seed: 11, purpose: .probe)
        return (0..<count).map { index in
            let draw = Float(2 * random.uniform(stream: stream, index: UInt64(index)) - 1)
            return index % 97 == Int(stream) % 97 ? 8 * draw : draw
        }
    }

    private func sketch(_ numbers: [Float], size: Int = 512, seed: UInt64 = 1) -> [Float] {
        numbers.withUnsafeBufferPointer { GradientSketch(size: size, seed: seed).sketch(of: $0) }
    }

    private func product(_ left: [Float], _ right: [Float]) -> Double {
        zip(left, right).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }

    /// Over seeds the mean of the products is the product, and they scatter as under a dense matrix of signs.
    @Test func productsAreKept() {
        let (x, noise) = (numbers(1), numbers(2))
        let y = zip(x, noise).map { 0.5 * $0 + $1 }
        let exact = product(x, y), seeds = 200
        let products = (0..<seeds).map { product(sketch(x, seed: UInt64($0)), sketch(y, seed: UInt64($0))) }
        let mean = products.reduce(0, +) / Double(seeds)
        let variance = products.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(seeds - 1)
        let dense = (product(x, x) * product(y, y) + exact * exact) / 512
        #expect(abs(mean - exact) < 4 * (dense / Double(seeds)).squareRoot())
        #expect(variance < 1.5 * dense && variance > 0.5 * dense, "\(variance / dense)")
    }

    /// Also where a few numbers are nearly all of a gradient: they must not all meet.
    @Test func fewLargeNumbersStayApart() {
        var x = [Float](repeating: 0, count: 4096)
        for index in stride(from: 0, to: 4096, by: 512) { x[index] = 1 }
        let lengths = (0..<100).map { seed in product(sketch(x, seed: UInt64(seed)), sketch(x, seed: UInt64(seed))) }
        #expect(abs(lengths.reduce(0, +) / 100 - 8) < 0.5)
        #expect(Set(lengths).count < 20 && lengths.count { $0 == 8 } > 80)
    }

    @Test func theSeedDecides() {
        let x = numbers(3)
        #expect(sketch(x, seed: 4) == sketch(x, seed: 4))
        #expect(sketch(x, seed: 4) != sketch(x, seed: 5))
        #expect(sketch(x, size: 100).count == 100)
    }

    /// The direction is the step that AdamW itself takes with the gradient.
    @Test func theDirectionIsAdamsNextStep() throws {
        var train = TrainSection()
        (train.learningRate, train.weightDecay) = (1, 0)
        let slab = ParameterSlab([("a", 3, 5), ("b", 7, 2)])
        let optimiser = Optimiser(train, slab: slab, groups: [ParameterGroup(slab.slots, weightDecay: 0)])
        func setGradients(_ step: UInt32) {
            for (index, number) in numbers(step, count: slab.count).enumerated() { slab.gradients[index] = number }
        }
        for step in 1...4 {
            setGradients(UInt32(step))
            optimiser.step(step, learningRate: 1, gradientScale: 1)
        }
        let direction = AdamDirection(optimiser, steps: 4, train)
        setGradients(5)
        let before = Array(slab.values)
        optimiser.step(5, learningRate: 1, gradientScale: 1)
        let moved = zip(before, slab.values).map { $0 - $1 }
        setGradients(5)
        direction.replace(slab.gradients)
        for slot in slab.slots {
            #expect(maximumDifference(Array(moved[slot.range]), Array(slab.gradients[slot.range])) < 1e-5)
        }
    }
}
