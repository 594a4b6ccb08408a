import Foundation
import JSON
import Optimisers
import Recipes
import Tensors
import TestSupport
import Testing

/// Goldens of other implementations, made by `scripts/goldens/optimisers.py`.
@Suite struct OptimiserTests {
    /// Nine steps on two matrices, each in a group of its own.
    private struct Golden {
        let json: JSONValue

        init(_ kind: OptimiserKind) throws {
            let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("Fixtures/\(kind.rawValue).json")
            json = try JSONValue(parsing: [UInt8](Data(contentsOf: url)))
        }

        var steps: [JSONValue] { json["steps"]?.array ?? [] }

        /// An optimiser at the start.
        func optimiser(_ kind: OptimiserKind) throws -> Optimiser {
            let settings = (json["settings"]?.object?.members ?? []).map { "\($0.key): \($0.value.text())" }
            let recipe = try Recipe.load(
                yaml: """
                    name: x
                    model: { path: m }
                    data: { train: t }
                    train: { optimizer: \(kind.rawValue), \(settings.joined(separator: ", ")) }
                    """, file: "r.yaml")
            let shapes = (json["shapes"]?.array ?? []).map { ($0.array ?? []).compactMap(\.integer) }
            let slab = ParameterSlab(shapes.enumerated().map { ("m\($0)", $1[0], $1[1]) })
            let groups = zip(slab.slots, json["groups"]?.array ?? []).map { slot, group in
                ParameterGroup(
                    [slot], learningRateFactor: group["learning_rate_factor"]?.double ?? .nan,
                    weightDecay: group["weight_decay"]?.double ?? .nan)
            }
            for (slot, start) in zip(slab.slots, numbers(json["start"])) {
                _ = slab.values(slot).floats.update(from: start)
            }
            return Optimiser(recipe.train, slab: slab, groups: groups)
        }

        func numbers(_ matrices: JSONValue?) -> [[Float]] {
            (matrices?.array ?? []).map { ($0.array ?? []).compactMap { $0.double.map(Float.init) } }
        }

        func take(_ index: Int, _ optimiser: Optimiser) {
            let step = steps[index]
            for (slot, gradient) in zip(optimiser.slab.slots, numbers(step["gradients"])) {
                _ = optimiser.slab.gradients(slot).floats.update(from: gradient)
            }
            optimiser.step(
                index + 1, learningRate: step["learning_rate"]?.double ?? .nan,
                gradientScale: Float(step["gradient_scale"]?.double ?? .nan))
        }
    }

    private func values(_ optimiser: Optimiser) -> [[Float]] {
        optimiser.slab.slots.map { Array(optimiser.slab.values($0).floats) }
    }

    @Test(arguments: OptimiserKind.allCases) func stepsAreThoseOfTheReference(kind: OptimiserKind) throws {
        let golden = try Golden(kind), optimiser = try golden.optimiser(kind)
        #expect(golden.steps.count == 9)
        for (index, step) in golden.steps.enumerated() {
            golden.take(index, optimiser)
            for (found, expected) in zip(values(optimiser), golden.numbers(step["values"])) {
                #expect(maximumDifference(found, expected) < 1e-6, "step \(index + 1)")
            }
        }
        let expected = (golden.json["states"]?.array ?? []).map { golden.numbers($0) }
        for (index, expected) in expected.enumerated() {
            let found = optimiser.states(ofSlot: index)
            #expect(found.count == expected.count)
            for (found, expected) in zip(found, expected) { #expect(relativeError(found, expected) < 1e-6) }
        }
    }

    /// What is kept from step to step is all that a later step needs of the earlier ones.
    @Test(arguments: OptimiserKind.allCases) func stepsGoOnBitForBit(kind: OptimiserKind) throws {
        let golden = try Golden(kind), straight = try golden.optimiser(kind)
        for index in 0..<9 { golden.take(index, straight) }
        for stop in 1..<9 {
            let first = try golden.optimiser(kind), second = try golden.optimiser(kind)
            for index in 0..<stop { golden.take(index, first) }
            for (index, slot) in first.slab.slots.enumerated() {
                _ = second.slab.values(slot).floats.update(from: first.slab.values(slot).floats)
                second.setStates(first.states(ofSlot: index), ofSlot: index)
            }
            for index in stop..<9 { golden.take(index, second) }
            #expect(values(second) == values(straight))
            for slot in 0..<2 { #expect(second.states(ofSlot: slot) == straight.states(ofSlot: slot)) }
        }
    }

    @Test(arguments: OptimiserKind.allCases) func statesAreWhatTheRuleSays(kind: OptimiserKind) {
        var train = TrainSection()
        train.optimizer = kind
        let slab = ParameterSlab([("a", 3, 5), ("b", 2, 16)])
        let optimiser = Optimiser(train, slab: slab, groups: [ParameterGroup(slab.slots, weightDecay: 0)])
        for (index, slot) in slab.slots.enumerated() {
            let states = kind.rule.states(rows: slot.rows, columns: slot.columns)
            #expect(optimiser.states(ofSlot: index) == states.map { [Float](repeating: 0, count: $0.count) })
            #expect(Set(states.map(\.name)).count == states.count)
        }
        // Each on a cache line of its own: 16 numbers and 32.
        #expect(OptimiserKind.adamw.stateBytes(for: slab.slots) == 2 * (16 + 32) * 4)
    }
}
