// Losses of vectors against sentence-transformers under PEFT's adapters, and steps that are cut: scripts/goldens/vectors.py.

import Adapters
import Datasets
import Foundation
import JSON
import Models
import Objectives
import Optimisers
import Recipes
import TestSupport
import Tensors
import Testing
import Training
import WeightFiles

private let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

/// One case of the golden, and the same model, adapter and rows here.
private struct Case {
    static let count = 9
    static let golden = Result {
        try JSONValue(parsing: [UInt8](Data(contentsOf: here.appendingPathComponent("Fixtures/vectors.json"))))
    }

    let json: JSONValue
    let model: LanguageModel
    let set: AdapterSet

    init(_ number: Int, dropout: Double = 0, precision: ElementType = .f32) throws {
        json = try #require(Self.golden.get()["cases"]?.array?[number])
        let isBERT = json["model"]?.string == "bert"
        let folder = isBERT ? here.appendingPathComponent("../ModelsTests/Fixtures/bert") : TinyModel.base
        let source = try openWeights(folder)
        model = try LanguageModel(
            configuration: ModelConfiguration(of: source), weights: source, precision: precision)
        let targets = isBERT ? ["query", "value"] : ["q_proj", "v_proj"]
        set = try AdapterSet(
            AdapterConfiguration(rank: 2, alpha: 3, dropout: dropout, targets: .patterns(targets)), for: model)
        set.attach(to: model)
        // The script's numbers, by the place of the factor's name.
        let names = set.slab.slots.map(\.name).sorted()
        for slot in set.slab.slots {
            let number = try #require(names.firstIndex(of: slot.name))
            for (index, place) in slot.range.enumerated() {
                set.slab.values[place] = Float(0.1 * sin(12.9898 * Double(index) + 78.233 * Double(number)))
            }
        }
        set.slab.valuesChanged()
    }

    var recipe: Recipe {
        get throws {
            var keys = ["task=embed"]
            for (key, name) in [
                ("objective", "objective"), ("pooling", "pooling"), ("distance", "distance"),
            ] { if let value = json[name]?.string { keys.append("embed.\(key)=\(value)") } }
            if let margin = json["margin"]?.double { keys.append("embed.margin=\(margin)") }
            keys.append("embed.normalize=\(json["normalize"]?.bool == true)")
            let sizes = (json["dimensions"]?.array ?? []).compactMap(\.integer)
            if !sizes.isEmpty { keys.append("embed.dimensions=[\(sizes.map(String.init).joined(separator: ","))]") }
            return try Recipe.load(overrides: keys)
        }
    }

    var learner: Learner { get throws { Learner(model, try recipe.learnt) } }

    var examples: [TokenizedExample] {
        let scores = (json["scores"]?.array ?? []).compactMap(\.double)
        return (json["rows"]?.array ?? []).enumerated().map { row, texts in
            let texts = (texts.array ?? []).map { ($0.array ?? []).compactMap(\.integer).map { Int32($0) } }
            return TokenizedExample(
                read: texts.flatMap { $0 }, isRead: texts.flatMap { text in text.indices.map { $0 == text.count - 1 } },
                wanted: scores.isEmpty ? [] : [Float(scores[row])], place: RowPlace(file: "vectors", line: row + 1),
                index: row)
        }
    }

    /// A trainer of one step after the other, with micro-batches of so many tokens.
    func trainer(rowLimit: Int, steps: Int = 2) throws -> Trainer {
        try Trainer(
            model: learner,
            optimiser: Optimiser(
                TrainSection(), slab: set.slab, groups: [ParameterGroup(set.slab.slots, weightDecay: 0)]),
            examples: examples,
            configuration: TrainingConfiguration(
                seed: 3, batchSize: examples.count, rowLimit: rowLimit, recomputedBlocks: 0,
                schedule: LearningRateSchedule(.constant, peak: 1e-2, totalSteps: steps),
                maximumGradientNorm: nil, shuffles: false),
            identity: TrainingSnapshot.Identity(fingerprint: "f", recipe: "", adapterConfiguration: ""),
            workspace: Workspace())
    }
}

@Suite struct VectorTests {
    @Test(arguments: 0..<Case.count) func lossesAndGradientsAreThoseOfSentenceTransformers(_ number: Int) throws {
        let reference = try Case(number), examples = reference.examples, learner = try reference.learner
        reference.set.slab.zeroGradients()
        let sums = try learner.accumulateGradients(
            learner.objective.batch(examples, sequences: nil), gradientScale: 1 / Float(examples.count),
            recomputedBlocks: 0, workspace: Workspace(), dropout: DropoutKey(seed: 1, stream: 0, firstRow: 0))
        let expected = try #require(reference.json["loss"]?.double)
        #expect(abs(try #require(sums.total.meanLoss) - expected) < 1e-4 * max(1, expected))
        #expect(sums.units.count == examples.count)
        let gradients = try #require(reference.json["gradients"]?.object)
        #expect(gradients.members.count == reference.set.slab.slots.count)
        for slot in reference.set.slab.slots {
            // The bare model has no name before its modules.
            let bare = try slot.name.dropFirst(#require(slot.name.firstIndex(of: ".")).utf16Offset(in: slot.name) + 1)
            let named = gradients[slot.name] ?? gradients[String(bare)]
            let wanted = (named?.array ?? []).compactMap(\.double).map { Float($0) }
            #expect(wanted.contains { $0 != 0 })
            #expect(relativeError(reference.set.slab.gradients[slot.range], wanted[...]) < 1e-3, "\(slot.name)")
        }
    }

    /// All of a step is read before its first batch goes back, with the same masks both times.
    @Test(arguments: [0, 3, 6, 7], [0.0, 0.3])
    func stepsThatAreCutLearnTheSame(_ number: Int, _ dropout: Double) throws {
        var found: [(losses: [Double], values: [Float])] = []
        for rowLimit in [1, 20, 10_000] {
            let reference = try Case(number, dropout: dropout), trainer = try reference.trainer(rowLimit: rowLimit)
            let losses = try (0..<2).map { _ in try trainer.trainStep().loss }
            found.append((losses, Array(reference.set.slab.values)))
        }
        for other in found.dropFirst() {
            for (loss, whole) in zip(found[0].losses, other.losses) { #expect(abs(loss - whole) < 1e-5) }
            #expect(relativeError(found[0].values[...], other.values[...]) < 1e-4)
        }
        #expect(found[0].losses[0] != found[0].losses[1])
    }

    @Test func whatIsTheSameTextIsNoNegative() throws {
        let a: [Int32] = [1, 2], b: [Int32] = [3], c: [Int32] = [4], d: [Int32] = [5]
        func vectors(_ texts: [[Int32]]) -> TextVectors {
            let places: [[Int32]: [Float]] = [a: [1, 0], b: [0.6, 0.8], c: [0, 1], d: [0.8, 0.6]]
            return TextVectors(
                width: 2, values: texts.flatMap { places[$0] ?? [] },
                textCounts: Array(repeating: 2, count: texts.count / 2),
                wanted: Array(repeating: [], count: texts.count / 2), texts: texts)
        }
        func losses(_ texts: [[Int32]], skips: Bool) -> [Double] {
            var none: [Float]?
            return InBatchNegatives(skipsDuplicates: skips).losses(vectors(texts), scale: 1, gradients: &none).map(
                \.lossSum)
        }
        // Both rows have the text b: neither has a negative.
        #expect(losses([a, b, c, b], skips: true) == [0, 0])
        #expect(losses([a, b, c, b], skips: false).allSatisfy { abs($0 - log(2)) < 1e-6 })
        // Both ask a: what belongs to one belongs to the other.
        #expect(losses([a, b, a, d], skips: true) == [0, 0])
        #expect(losses([a, b, a, d], skips: false)[0] > 1)
        // What belongs to a is no negative of it in another's row either: nothing is left to tell the first two from.
        let three = losses([a, b, a, d, c, d], skips: true)
        #expect(three[0] == 0 && three[1] == 0 && three[2] > 0)
    }

    /// Memory is foretold by the same passes.
    @Test(arguments: [0, 7]) func noStepTakesMoreThanWasForetold(_ number: Int) throws {
        let reference = try Case(number), learner = try reference.learner, workspace = Workspace()
        let batch = learner.objective.batch(reference.examples, sequences: nil)
        _ = try learner.accumulateGradients(
            batch, gradientScale: 1, recomputedBlocks: 0, workspace: workspace,
            dropout: DropoutKey(seed: 1, stream: 0, firstRow: 0))
        #expect(workspace.peakBytes <= learner.predictedBytes(rows: batch.rowCount, recomputedBlocks: 0))
    }
}
