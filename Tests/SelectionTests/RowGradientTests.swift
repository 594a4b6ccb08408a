import Adapters
import Datasets
import Foundation
import Models
import Objectives
import Recipes
import Selection
import TestSupport
import Tensors
import Testing
import WeightFiles

/// Gradients of single rows at an adapter on the small model.
@Suite struct RowGradientTests {
    private let model: LanguageModel
    private let adapter: AdapterSet
    private let gradients: RowGradients
    private let units: ExampleUnits

    init() throws {
        let folder = try HuggingFaceDirectory(TinyModel.base)
        model = try LanguageModel(
            configuration: ModelConfiguration(huggingFace: folder.configuration), weights: folder, precision: .f32)
        adapter = try AdapterSet(PEFTDirectory(TinyModel.lora.appendingPathComponent("init")), for: model)
        adapter.attach(to: model)
        let random = RandomStream(seed: 4, purpose: .probe)
        let examples = (0..<4).map { index in
            // The last row has the words of the first one.
            let words = UInt32(index % 3), length = 14 + 3 * Int(words)
            return TokenizedExample(
                ids: (0..<length).map { Int32(3 + random.integer(below: 500, stream: words, index: UInt64($0))) },
                isTarget: (0..<length).map { $0 > 5 }, place: RowPlace(file: "x", line: index), index: index)
        }
        units = ExampleUnits(examples, of: .sequence)
        gradients = RowGradients(
            Learner(model, CrossEntropyObjective()), adapter.slab, sketch: GradientSketch(size: 1024, seed: 1),
            recomputedBlocks: 0, workspace: Workspace())
    }

    private func sketch(_ units: Range<Int>) throws -> [Float] {
        try #require(try gradients.sketch(of: units, in: self.units, as: nil))
    }

    private func cosine(_ left: [Float], _ right: [Float]) -> Double {
        zip(left, right).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }

    @Test func likeRowsHaveLikeGradients() throws {
        let first = try sketch(0..<1)
        #expect(abs(cosine(first, first) - 1) < 1e-6)
        #expect(first == (try sketch(3..<4)))
        #expect(abs(cosine(first, try sketch(1..<2))) < 0.6)
    }

    /// A row of several sequences has the gradient of the mean over all its targets.
    @Test func sequencesOfARowCountByTheirTargets() throws {
        let (first, second) = (units.targetCount(0), units.targetCount(1))
        var sums: [Float] = []
        for (index, targets) in [(0, first), (1, second)] {
            _ = try sketch(index..<(index + 1))
            let share = Float(targets) / Float(first + second)
            sums = zip(sums.isEmpty ? adapter.slab.gradients.map { _ in 0 } : sums, adapter.slab.gradients)
                .map { $0 + share * $1 }
        }
        _ = try sketch(0..<2)
        #expect(maximumDifference(Array(adapter.slab.gradients), sums) < 1e-5)
    }

    @Test func aGroupIsTheMeanOfItsRows() throws {
        let rows = try (0..<3).map { try sketch($0..<($0 + 1)) }
        var likeness = TargetLikeness()
        likeness.addGroup([rows[0]])
        likeness.addGroup([rows[1], rows[2]])
        let cosines = likeness.cosines(of: rows[1])
        #expect(abs(cosines[0] - cosine(rows[0], rows[1])) < 1e-6)
        #expect(abs(cosines[1] - (1 + cosine(rows[1], rows[2])) / 2) < 1e-6)
    }
}
