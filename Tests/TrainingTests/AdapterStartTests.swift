import Adapters
import Datasets
import Foundation
import JSON
import Models
import Objectives
import Optimisers
import TestSupport
import Kernels
import Tensors
import Testing
import Training
import Vocabulary
import WeightFiles

/// How adapters begin, against PEFT. Goldens by `scripts/goldens/adapter_starts.py`.
@Suite struct AdapterStartTests {
    /// A run of PEFT from one start.
    struct Case: CustomTestStringConvertible {
        let name: String
        var testDescription: String { name }
        private let golden: JSONValue
        private let tensors: SafetensorsFile

        init(_ name: String) throws {
            self.name = name
            let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("Fixtures/starts/\(name)")
            golden = try JSONValue(
                parsing: [UInt8](Data(contentsOf: folder.appendingPathComponent("golden.json"))))
            tensors = try SafetensorsFile(folder.appendingPathComponent("tensors.safetensors"))
        }

        func model() throws -> LanguageModel {
            let weights = try openWeights(
                name.hasPrefix("gpt2")
                    ? TinyModel.folder.deletingLastPathComponent().deletingLastPathComponent()
                        .appendingPathComponent("ModelsTests/Fixtures/gpt2") : TinyModel.base)
            return try LanguageModel(
                configuration: ModelConfiguration(of: weights), weights: weights, precision: .f32)
        }

        var start: AdapterStart? { golden["start"]?.string.flatMap { AdapterStart($0) } }
        var isDoRA: Bool { golden["use_dora"] == true }
        var losses: [Double] { (golden["losses"]?.array ?? []).compactMap(\.double) }
        var delta: String { golden["delta"]?.string ?? "" }

        private func overrides<Value>(
            _ key: String, _ read: (JSONValue) -> Value?
        ) -> [AdapterConfiguration.Override<Value>] {
            (golden[key]?.object?.members ?? []).compactMap { name, value in
                read(value).map { .init(pattern: name, value: $0) }
            }
        }

        var ranks: [String: Int] {
            Dictionary((golden["ranks"]?.object?.members ?? []).map { ($0.0, $0.1.integer ?? 0) }) { first, _ in first }
        }

        var configuration: AdapterConfiguration {
            var configuration = AdapterConfiguration(
                method: isDoRA ? .dora : .lora, rank: golden["r"]?.integer ?? 0, alpha: golden["alpha"]?.double ?? 0,
                usesRankStabilisation: golden["use_rslora"] == true,
                targets: .patterns((golden["target_modules"]?.array ?? []).compactMap(\.string)),
                rankOverrides: overrides("rank_pattern", \.integer),
                alphaOverrides: overrides("alpha_pattern", \.double))
            configuration.start = start ?? .kaiming
            return configuration
        }

        func numbers(_ kind: String, _ name: String) throws -> [Float] {
            let stored = name.hasSuffix("magnitude_vector") ? name + ".weight" : name
            let tensor = try tensors.tensor(kind + "." + name) ?? tensors.tensor(kind + "." + stored)
            return Widening.floats(try #require(tensor, "\(kind).\(name)"))
        }

        var examples: [TokenizedExample] {
            let ids = golden["input_ids"]?.array ?? [], labels = golden["labels"]?.array ?? []
            return ids.indices.map { index in
                TokenizedExample(
                    ids: (ids[index].array ?? []).compactMap(\.integer).map(Int32.init),
                    isTarget: (labels[index].array ?? []).map { $0.integer != -100 },
                    place: RowPlace(file: name, line: index + 1), index: index)
            }
        }

        var batch: TokenBatch { TokenBatch(examples: examples.map { ($0.ids, $0.isTarget) }) }
    }

    static let names = [
        "pissa", "pissa-stabilised", "pissa-dora", "olora", "eva", "lora-ga", "gpt2-pissa", "gpt2-eva",
    ]

    /// The adapter as it begins here.
    private func begun(_ known: Case, _ model: LanguageModel) throws -> AdapterSet {
        let set = try AdapterSet(known.configuration, for: model)
        try set.requireStart(on: model)
        switch known.start {
        case .eva:
            var search = ActivationStart(set, ActivationSettings())
            let isTarget = known.examples.flatMap(\.isTarget)
            let rows = isTarget.indices.filter { isTarget[$0] }.map(Int32.init)
            for _ in 0..<8 where !search.isDone {
                try search.take(known.batch, rows: rows, on: model, workspace: Workspace())
            }
            #expect(search.isDone)
            let (ranked, factors) = try search.result()
            let begun = try AdapterSet(ranked, for: model)
            try begun.begin(seed: 3, on: model, found: factors)
            return begun
        case .loraGA:
            let units = ExampleUnits(known.examples, of: .sequence)
            let gradient = MeanGradient(
                Learner(model, CrossEntropyObjective()), units, first: 2, rowLimit: 30, recomputedBlocks: 0,
                workspace: Workspace())
            let factors = try GradientStart(set, GradientSettings(), seed: 3).factors(on: model) { probe in
                try gradient.take(probe.slab)
            }
            try set.begin(seed: 3, on: model, found: factors)
        default: try set.begin(seed: 3, on: model)
        }
        return set
    }

    /// ‖a ∓ b‖ for each of `count` runs of numbers, whatever sign each has.
    private func differenceBesideSigns(_ left: [Float], _ right: [Float], runs: [[Int]]) -> Double {
        guard left.count == right.count else { return .infinity }
        return runs.map { run in
            let a = run.map { left[$0] }, b = run.map { right[$0] }
            return min(maximumDifference(a, b), maximumDifference(a, b.map { -$0 }))
        }.max() ?? .infinity
    }

    @Test(arguments: names) func factorsBeginAsInPEFT(_ name: String) throws {
        let known = try Case(name), model = try known.model(), set = try begun(known, model)
        var ranks: [String: Int] = [:]
        for member in set.members {
            let (a, b) = (member.adapter.states[0].values, member.adapter.states[1].values)
            ranks[member.path] = a.rows
            let expectedA = try known.numbers("init", member.path + ".lora_A.weight")
            let expectedB = try known.numbers("init", member.path + ".lora_B.weight")
            // Directions have no sign of their own; of a gradient they are found in a random subspace.
            let bound = known.start == .loraGA ? 2e-3 : 1e-4
            let rows = (0..<a.rows).map { row in (0..<a.columns).map { row * a.columns + $0 } }
            let columns = (0..<b.columns).map { column in (0..<b.rows).map { $0 * b.columns + column } }
            #expect(differenceBesideSigns(Array(a.floats), expectedA, runs: rows) < bound, "\(member.path) A")
            #expect(differenceBesideSigns(Array(b.floats), expectedB, runs: columns) < bound, "\(member.path) B")
            for state in member.adapter.own {
                let expected = try known.numbers("init", member.path + ".lora_magnitude_vector")
                #expect(maximumDifference(Array(state.values.floats), expected) < 1e-5)
            }
        }
        #expect(ranks == known.ranks)
        // Whatever it begins with, nothing is added to the base.
        let learner = Learner(model, CrossEntropyObjective())
        let bare = try learner.sums(known.batch, workspace: Workspace()).total.meanLoss ?? .nan
        set.attach(to: model)
        let adapted = try learner.sums(known.batch, workspace: Workspace()).total.meanLoss ?? .nan
        #expect(abs(adapted - bare) < 1e-6 && abs(bare - known.losses[0]) < 1e-5)
    }

    @Test(arguments: names) func fiveStepsAreThoseOfPEFT(_ name: String) throws {
        let known = try Case(name), model = try known.model(), set = try begun(known, model)
        // PEFT's own signs.
        for slot in set.slab.slots {
            _ = set.slab.values(slot).floats.update(from: try known.numbers("init", slot.name))
        }
        for member in set.members { member.adapter.depart() }
        set.slab.valuesChanged()
        set.attach(to: model)
        let trainer = try Trainer(
            model: Learner(model, CrossEntropyObjective()), optimiser: makeOptimiser(set.slab),
            examples: known.examples,
            configuration: TrainingConfiguration(
                seed: 1, batchSize: 2, rowLimit: 100, recomputedBlocks: 0,
                schedule: LearningRateSchedule(.constant, peak: 1e-3, totalSteps: 5), maximumGradientNorm: nil),
            identity: identity, workspace: Workspace())
        for step in 0..<5 {
            _ = try trainer.trainStep()
            guard step == 0 else { continue }
            for slot in set.slab.slots {
                let expected = try known.numbers("gradient", slot.name)
                #expect(maximumDifference(Array(set.slab.gradients(slot).floats), expected) < 1e-5, "\(slot.name)")
            }
        }
        let learner = Learner(model, CrossEntropyObjective())
        let after = try learner.sums(known.batch, workspace: Workspace()).total.meanLoss ?? .nan
        #expect(maximumDifference(trainer.history.map(\.loss) + [after], known.losses) < 1e-5)
        // What is written adds the same to the untouched base.
        let plain = try set.withoutOrigin()
        plain.attach(to: model)
        let again = try learner.sums(known.batch, workspace: Workspace()).total.meanLoss ?? .nan
        #expect(again == after && plain.originMatrices.isEmpty)
        guard !known.isDoRA else { return }
        let member = try #require(plain.members.first { $0.path == known.delta })
        let (a, b, scale) = (member.adapter.a, member.adapter.b, member.adapter.scale)
        var delta = [Float](repeating: 0, count: b.rows * a.columns)
        for row in 0..<b.rows {
            for place in 0..<a.rows {
                let factor = scale * b.floats[row * a.rows + place]
                for column in 0..<a.columns {
                    delta[row * a.columns + column] += factor * a.floats[place * a.columns + column]
                }
            }
        }
        #expect(maximumDifference(delta, try known.numbers("delta", known.delta)) < 1e-5)
    }

    /// A batch with fewer tokens than directions is passed over, which is told.
    @Test func aBatchThatIsTooSmallIsTold() throws {
        let known = try Case("eva"), model = try known.model()
        var search = ActivationStart(try AdapterSet(known.configuration, for: model), ActivationSettings())
        func take(_ rows: [Int32]?) throws -> Bool {
            try search.take(known.batch, rows: rows, on: model, workspace: Workspace())
        }
        #expect(try !take([0, 1]) && !search.hasDirections)
        #expect(try take(nil) && search.hasDirections)
        #expect(try !take([0, 1]))
    }

    /// A checkpoint's text and matrices are the adapter with its origin, and others read it as one of twice the rank.
    @Test func anOriginIsKept() throws {
        let known = try Case("pissa-stabilised"), model = try known.model(), set = try begun(known, model)
        for member in set.members { Elements.scale(member.adapter.states[1].values, by: 1.5) }
        set.slab.valuesChanged()
        let values =
            set.slab.slots.map { ($0.name, $0.rows, $0.columns, Array(set.slab.values($0).floats)) }
            + set.originMatrices.map { ($0.name, $0.matrix.rows, $0.matrix.columns, Array($0.matrix.floats)) }
        let layers = AdaptedModel(model).layers
        let again = try AdapterSet(configurationText: set.configuration.text, values: values, for: layers)
        for (one, other) in zip(set.members, again.members) {
            #expect(one.adapter.scale == other.adapter.scale && one.adapter.rank == 2 * one.adapter.trainedRank)
            #expect(Array(one.adapter.a.floats) == Array(other.adapter.a.floats))
            #expect(Array(one.adapter.b.floats) == Array(other.adapter.b.floats))
        }
        let plain = try set.withoutOrigin()
        #expect(plain.configuration.start == .kaiming && plain.configuration.rank == 2 * known.configuration.rank)
        for (one, other) in zip(set.members, plain.members) { #expect(one.adapter.scale == other.adapter.scale) }
        #expect(throws: AdapterError.self) {
            try AdapterSet(
                configurationText: set.configuration.text, values: Array(values.dropLast()), for: layers)
        }
    }

    @Test func randomStartsHaveTheStatisticsOfPEFT() throws {
        let known = try Case("pissa"), model = try known.model()
        func begun(_ start: AdapterStart, rank: Int = 8) throws -> AdapterSet {
            var configuration = AdapterConfiguration(rank: rank, alpha: 8)
            configuration.start = start
            let set = try AdapterSet(configuration, for: model)
            try set.begin(seed: 5, on: model)
            return set
        }
        func deviation(_ numbers: [Float]) -> Double {
            (numbers.reduce(0) { $0 + Double($1) * Double($1) } / Double(numbers.count)).squareRoot()
        }
        let gaussian = try begun(.gaussian)
        let drawn = gaussian.members.flatMap { Array($0.adapter.a.floats) }
        #expect(abs(deviation(drawn) * 8 - 1) < 0.03 && gaussian.isZero)
        #expect(abs(Double(drawn.reduce(0, +)) / Double(drawn.count)) < 0.005)
        // A quarter of a normal's numbers are beyond 1.15 deviations.
        #expect(abs(Double(drawn.count { abs($0) * 8 > 1.1503 }) / Double(drawn.count) - 0.25) < 0.02)
        let orthogonal = try begun(.orthogonal)
        // Each number is a sum over half of the rotation's rows.
        #expect(abs(deviation(orthogonal.members.flatMap { Array($0.adapter.a.floats) }) / 0.0707 - 1) < 0.1)
        for member in orthogonal.members {
            let workspace = Workspace()
            defer { withExtendedLifetime(workspace) {} }
            let product = workspace.matrix(rows: member.adapter.b.rows, columns: member.adapter.a.columns)
            Products.times(member.adapter.b, member.adapter.a, into: product)
            #expect(product.floats.allSatisfy { abs($0) < 1e-6 })
        }
        #expect(throws: AdapterError.self) { try begun(.orthogonal, rank: 5) }
        #expect(throws: AdapterError.self) { try begun(.olora, rank: 33) }
        // In a random subspace as much of W is found as among all directions.
        let (all, some) = (try begun(.pissa(powers: nil)), try begun(.pissa(powers: 4)))
        for (one, other) in zip(all.members, some.members) {
            let (a, b) = (
                deviation(Array(one.adapter.states[0].values.floats)),
                deviation(Array(other.adapter.states[0].values.floats))
            )
            #expect(abs(a / b - 1) < 1e-3, "\(one.path)")
        }
    }

    /// The base in blocks of 4 bits, its full weights beside it: base and adapter are closer to them.
    @Test func whatQuantisingLostComesBack() throws {
        let blocks = try openWeights(TinyModel.mixed), full = try HuggingFaceDirectory(TinyModel.base)
        let model = try LanguageModel(
            configuration: ModelConfiguration(of: blocks), weights: blocks, precision: .f32)
        var configuration = AdapterConfiguration(rank: 8, alpha: 24)
        configuration.start = .loftq
        let set = try AdapterSet(configuration, for: model)
        let lost = try set.begin(seed: 1, on: model, full: full)
        #expect(lost.map(\.path) == set.members.map(\.path))
        for (member, lost) in zip(set.members, lost) {
            let layer = try #require(model.linearLayer(member.path))
            let workspace = Workspace()
            defer { withExtendedLifetime(workspace) {} }
            let (stored, whole) = (
                workspace.matrix(rows: layer.outputSize, columns: layer.inputSize),
                workspace.matrix(rows: layer.outputSize, columns: layer.inputSize)
            )
            Widening.widen(layer.weight, into: stored)
            Widening.widen(try full.tensor(at: member.path + ".weight"), into: whole)
            let before = relativeError(Array(stored.floats), Array(whole.floats))
            #expect(lost.share > 0 && lost.share < 0.3 && abs(lost.share / before - 1) < 0.05, "\(lost)")
            Products.times(
                member.adapter.b, member.adapter.a, into: stored, alpha: member.adapter.scale, accumulate: true)
            #expect(relativeError(Array(stored.floats), Array(whole.floats)) < 0.9 * before, "\(member.path)")
        }
        #expect(throws: AdapterError.self) { try set.begin(seed: 1, on: model) }
        // Of a base that is its own full model nothing was lost, and each layer says so.
        let whole = try LanguageModel(configuration: ModelConfiguration(of: full), weights: full, precision: .f32)
        let same = try AdapterSet(configuration, for: whole)
        #expect(try same.begin(seed: 1, on: whole, full: full).map(\.share) == same.members.map { _ in 0 })
    }
}
