// One row for each text: what it is, and that gradients go back through it.

import Kernels
import Models
import Tensors
import TestSupport
import Testing

@Suite struct PoolingTests {
    private static let texts: [[Int32]] = [[5, 9, 31, 7, 20, 4], [8], [11, 40, 3]]

    /// The model's pooled rows of `texts`, one after the other.
    private func pooled(_ model: LanguageModel, _ texts: [[Int32]], _ pooling: Pooling) throws -> [Float] {
        let workspace = Workspace()
        return try model.pass(TokenBatch(texts: texts, reads: pooling.reads), workspace: workspace).run { rows in
            rows.withWorkspace { workspace in
                let pooled = workspace.matrix(rows: texts.count, columns: model.configuration.width)
                rows.pool(pooling, into: pooled)
                return Array(pooled.floats)
            }
        }
    }

    @Test(arguments: Pooling.allCases) func rowsAreThoseOfTheStates(_ pooling: Pooling) throws {
        let model = try loadModel(fixture("qwen3")), width = model.configuration.width
        let found = try pooled(model, Self.texts, pooling)
        #expect(found.count == 3 * width)
        for (number, text) in Self.texts.enumerated() {
            let workspace = Workspace()
            let states = workspace.matrix(rows: text.count, columns: width)
            try model.finalStates(TokenBatch(texts: [text], reads: .all), into: states, workspace: workspace)
            let rows = (0..<text.count).map { row in states.floats[(row * width)..<((row + 1) * width)].map { $0 } }
            let expected: [Float] =
                switch pooling {
                case .first: rows[0]
                case .last: rows[rows.count - 1]
                case .mean: (0..<width).map { column in rows.reduce(0) { $0 + $1[column] } / Float(rows.count) }
                }
            #expect(maximumDifference(Array(found[(number * width)..<((number + 1) * width)]), expected) < 1e-5)
            // Its company changes nothing.
            #expect(try pooled(model, [text], pooling) == Array(found[(number * width)..<((number + 1) * width)]))
        }
    }

    @Test(arguments: Pooling.allCases) func gradientsAreThoseOfFiniteDifferences(_ pooling: Pooling) throws {
        let model = try loadModel(fixture("qwen3"))
        let slab = model.attachAdapters(rank: 2, scale: 1.5)
        let random = RandomStream(seed: 4, purpose: .probe)
        let weights = (0..<3 * model.configuration.width).map {
            Float(random.uniform(stream: 1, index: UInt64($0)) - 0.5)
        }
        func value() throws -> Double {
            zip(try pooled(model, Self.texts, pooling), weights).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        }
        slab.zeroGradients()
        let pass = try model.trainingPass(
            TokenBatch(texts: Self.texts, reads: pooling.reads), gradientScale: 1, recomputedBlocks: 1,
            workspace: Workspace(), dropout: DropoutKey(seed: 0, stream: 0, firstRow: 0))
        try pass.run { rows in
            rows.withWorkspace { workspace in
                let gradient = workspace.matrix(rows: 3, columns: model.configuration.width)
                for (index, weight) in weights.enumerated() { gradient.floats[index] = weight }
                rows.poolBackward(pooling, gradient)
            }
        }
        let gradients = Array(slab.gradients), step: Float = 2e-3
        for slot in slab.slots {
            let signs = slot.range.map { Float(random.uniform(stream: 2, index: UInt64($0)) < 0.5 ? -1 : 1) }
            let saved = slot.range.map { slab.values[$0] }
            func shifted(_ by: Float) throws -> Double {
                for (index, place) in slot.range.enumerated() { slab.values[place] = saved[index] + by * signs[index] }
                defer { for (index, place) in slot.range.enumerated() { slab.values[place] = saved[index] } }
                return try value()
            }
            let measured = (try shifted(step) - shifted(-step)) / Double(2 * step)
            let predicted = zip(slot.range, signs).reduce(0.0) { $0 + Double(gradients[$1.0] * $1.1) }
            let norm = slot.range.reduce(0.0) { $0 + Double(gradients[$1] * gradients[$1]) }.squareRoot()
            // The first row of a decoder sees itself alone, whatever queries and keys are.
            #expect(norm > 1e-4 || pooling == .first, "\(slot.name) has no gradient")
            #expect(abs(measured - predicted) < 0.02 * norm + 2e-3, "\(slot.name): \(measured) against \(predicted)")
        }
    }
}
