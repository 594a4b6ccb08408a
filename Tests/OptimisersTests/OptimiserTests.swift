import Foundation
import JSON
import Kernels
import Optimisers
import Recipes
import Tensors
import TestSupport
import Testing

/// Goldens of other implementations, made by `scripts/goldens/optimisers.py`.
@Suite struct OptimiserTests {
    /// Twenty steps on three matrices, each in a group of its own.
    struct Golden: CustomTestStringConvertible {
        let name: String
        let json: JSONValue
        let kind: OptimiserKind

        init(_ name: String) throws {
            let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("Fixtures/\(name).json")
            self.name = name
            json = try JSONValue(parsing: [UInt8](Data(contentsOf: url)))
            kind = try #require(OptimiserKind(rawValue: json["rule"]?.string ?? ""))
        }

        var testDescription: String { name }
        var steps: [JSONValue] { json["steps"]?.array ?? [] }

        /// An optimiser at the start.
        func optimiser() throws -> Optimiser {
            let settings = (json["settings"]?.object?.members ?? []).map { "\($0.key): \($0.value.text())" }
            let recipe = try Recipe.load(
                yaml: """
                    name: x
                    model: { path: m }
                    data: { train: t }
                    train: { optimizer: \(kind.rawValue), \(settings.joined(separator: ", ")) }
                    """, file: "r.yaml")
            #expect(recipe.idleKeys.isEmpty)
            let shapes = (json["shapes"]?.array ?? []).map { ($0.array ?? []).compactMap(\.integer) }
            let slab = ParameterSlab(shapes.enumerated().map { ("m\($0)", $1[0], $1[1]) })
            let groups = zip(slab.slots, json["groups"]?.array ?? []).map { slot, group in
                ParameterGroup(
                    [slot], learningRateFactor: group["learning_rate_factor"]?.double ?? .nan,
                    weightDecay: group["weight_decay"]?.double ?? .nan)
            }
            for (matrix, slot) in slab.slots.enumerated() {
                for index in 0..<slot.count { slab.values[slot.offset + index] = number(matrix, 1000, index) }
            }
            return Optimiser(recipe.train, slab: slab, groups: groups)
        }

        /// The script's rule for values at the start and for gradients.
        private func number(_ matrix: Int, _ step: Int, _ index: Int) -> Float {
            let mixed = (index * 7919 + step * 104_729 + matrix * 1_299_709 + 12_345) % 2048
            return Float(mixed - 1024) / 512 / Float(1 << (index % 5))
        }

        func take(_ index: Int, _ optimiser: Optimiser) {
            let step = steps[index], slab = optimiser.slab
            for (matrix, slot) in slab.slots.enumerated() {
                for place in 0..<slot.count {
                    slab.gradients[slot.offset + place] = place < 2 ? 0 : number(matrix, index, place)
                }
            }
            optimiser.step(
                index + 1, learningRate: step["learning_rate"]?.double ?? .nan,
                gradientScale: Float(step["gradient_scale"]?.double ?? .nan))
        }

        /// Those of the numbers of a matrix that the golden has.
        func sample(_ numbers: [Float], _ matrix: Int) -> [Float] {
            let every = json["every"]?.array?[matrix].integer ?? 1
            return stride(from: 0, to: numbers.count, by: every).map { numbers[$0] }
        }
    }

    static let goldens = [
        "adamw", "lion", "adafactor", "adafactor_scaled", "adafactor_torch", "muon", "muon_matched",
        "schedule_free_adamw", "adamw_8bit",
    ]

    private func numbers(_ matrices: JSONValue?) -> [[Float]] {
        (matrices?.array ?? []).map { ($0.array ?? []).compactMap { $0.double.map(Float.init) } }
    }

    private func values(_ optimiser: Optimiser) -> [[Float]] {
        optimiser.slab.slots.map { Array(optimiser.slab.values($0).floats) }
    }

    @Test func everyRuleHasItsGolden() throws {
        #expect(try Set(Self.goldens.map { try Golden($0).kind }) == Set(OptimiserKind.allCases))
    }

    @Test(arguments: goldens) func stepsAreThoseOfTheReference(name: String) throws {
        let golden = try Golden(name), optimiser = try golden.optimiser()
        #expect(golden.steps.count == 20)
        for (index, step) in golden.steps.enumerated() {
            golden.take(index, optimiser)
            let expected = numbers(step["values"])
            #expect(expected.count == 3)
            for (matrix, (found, expected)) in zip(values(optimiser), expected).enumerated() {
                #expect(
                    maximumDifference(golden.sample(found, matrix), expected) < 1e-6, "step \(index + 1), \(matrix)")
            }
        }
        for (matrix, expected) in (golden.json["states"]?.array ?? []).map({ numbers($0) }).enumerated() {
            let found = optimiser.states(ofSlot: matrix)
            #expect(found.count == expected.count)
            for (found, expected) in zip(found, expected) {
                // A code may be the next one where a number lies between two.
                let found = golden.sample(found, matrix), isCode = golden.kind == .adamW8bit && matrix == 2
                #expect(relativeError(found, expected) < (isCode ? 1e-2 : 2e-6), "matrix \(matrix)")
            }
        }
        #expect(optimiser.hasMean == (golden.json["mean"] != nil))
        guard optimiser.hasMean else { return }
        let mean = optimiser.mean(afterSteps: 20)
        for (slot, expected) in zip(optimiser.slab.slots, numbers(golden.json["mean"])) {
            #expect(maximumDifference(Array(mean[slot.range]), expected) < 1e-6)
        }
    }

    /// The numbers of codes are bitsandbytes' table.
    @Test func codesAreThoseOfTheReference() throws {
        let tables = numbers(try Golden("adamw_8bit").json["tables"])
        #expect(tables.map(\.count) == [256, 256])
        #expect(maximumDifference(DynamicCodes.signed.table, tables[0]) < 1e-7)
        #expect(maximumDifference(DynamicCodes.unsigned.table, tables[1]) < 1e-7)
    }

    /// What is kept from step to step is all that a later step needs of the earlier ones.
    @Test(arguments: goldens) func stepsGoOnBitForBit(name: String) throws {
        let golden = try Golden(name), straight = try golden.optimiser()
        for index in 0..<12 { golden.take(index, straight) }
        for stop in [1, 7, 11] {
            let first = try golden.optimiser(), second = try golden.optimiser()
            for index in 0..<stop { golden.take(index, first) }
            for (index, slot) in first.slab.slots.enumerated() {
                _ = second.slab.values(slot).floats.update(from: first.slab.values(slot).floats)
                second.setStates(first.states(ofSlot: index), ofSlot: index)
            }
            for index in stop..<12 { golden.take(index, second) }
            #expect(values(second) == values(straight))
            for slot in 0..<3 { #expect(second.states(ofSlot: slot) == straight.states(ofSlot: slot)) }
        }
    }

    @Test(arguments: OptimiserKind.allCases) func statesAreWhatTheRuleSays(kind: OptimiserKind) {
        var train = TrainSection()
        train.optimizer = kind
        let slab = ParameterSlab([("a", 3, 5), ("b", 2, 16), ("kept", 4, 4)], constants: ["kept"])
        let optimiser = Optimiser(train, slab: slab, groups: [ParameterGroup(slab.slots, weightDecay: 0)])
        #expect(slab.trainedSlots == Array(slab.slots[..<2]) && optimiser.states(ofSlot: 2).isEmpty)
        for (index, slot) in slab.trainedSlots.enumerated() {
            let states = kind.rule.states(rows: slot.rows, columns: slot.columns)
            #expect(optimiser.states(ofSlot: index) == states.map { [Float](repeating: 0, count: $0.count) })
            #expect(Set(states.map(\.name)).count == states.count)
        }
        // Each on a cache line of its own: 16 numbers and 32.
        #expect(OptimiserKind.adamw.stateBytes(for: slab.trainedSlots) == 2 * (16 + 32) * 4)
        // A code of 8 bits for each number of a large matrix, and a scale for each 256 of them.
        let large = ParameterSlab([("large", 64, 64)]).slots
        #expect(OptimiserKind.adamW8bit.stateBytes(for: large) == 2 * (4096 + 64))
        #expect(OptimiserKind.adamW8bit.keptStateBytes(for: large) == 2 * 4 * (4096 + 16))
        #expect(OptimiserKind.adafactor.stateBytes(for: large) == 2 * 64 * 4)
    }

    /// What a rule takes for a step is what it says, and what lay there before changes nothing.
    @Test(arguments: [(2, 5), (5, 2), (4, 4), (33, 130), (1, 7)])
    func scratchIsForeseen(rows: Int, columns: Int) throws {
        let rule = Muon(TrainSection())
        func values(_ scratch: Workspace) -> [Float] {
            let states = Muon.states(rows: rows, columns: columns)
            let slab = ParameterSlab(
                [("w", rows, columns), ("g", rows, columns)] + states.map { ($0.name, $0.rows, $0.columns) })
            for index in 0..<slab.count { slab.values[index] = Float((index * 7919) % 2048 - 1024) / 512 }
            let matrices = slab.slots.map(slab.values)
            for state in matrices[2...] { for place in state.floats.indices { state.floats[place] = 0.25 } }
            rule.update(
                matrices[0], gradients: matrices[1], states: Array(matrices[2...]),
                in: OptimiserStep(number: 1, gradientScale: 0.5, learningRate: 0.1, weightDecay: 0.1), scratch: scratch)
            return withExtendedLifetime(slab) { Array(matrices[0].floats) }
        }
        let scratch = Workspace(), first = values(scratch)
        #expect(scratch.peakBytes == Muon.scratchBytes(rows: rows, columns: columns) && scratch.bytesInUse == 0)
        let used = Workspace()
        used.scoped {
            let room = used.matrix(rows: 1, columns: max(1, scratch.peakBytes / 4))
            for place in room.floats.indices { room.floats[place] = .nan }
        }
        #expect(values(used) == first && first.allSatisfy(\.isFinite))
        let slot = ParameterSlab([("w", rows, columns)]).slots
        #expect(OptimiserKind.muon.scratchBytes(for: slot) == Processor.threads * scratch.peakBytes)
        #expect(OptimiserKind.adamw.scratchBytes(for: slot) == 0)
    }
}
