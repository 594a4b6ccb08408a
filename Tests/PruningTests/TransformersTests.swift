// What is left of each family against transformers' own modules with the same parts taken out by hand
// (`scripts/goldens/pruned_models.py`).

import Foundation
import JSON
import ModelExport
import Models
import Pruning
import Tensors
import TestSupport
import Testing
import WeightFiles

@Suite struct TransformersTests {
    private static let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()

    /// One model and what is left of it.
    struct Case: CustomTestStringConvertible {
        let family: String
        let plan: PruningPlan
        /// After the last token of each text.
        let logits: [[Float]]

        init?(_ json: JSONValue) {
            func numbers(_ value: JSONValue?) -> [Int] { (value?.array ?? []).compactMap(\.integer) }
            guard let family = json["family"]?.string else { return nil }
            self.family = family
            plan = PruningPlan(
                blocks: numbers(json["blocks"]), channels: json["channels"]?.array?.map { numbers($0) },
                groups: json["groups"]?.array?.map { numbers($0) })
            logits = (json["logits"]?.array ?? []).map { ($0.array ?? []).compactMap(\.double).map { Float($0) } }
        }

        var testDescription: String { "\(family) \(plan)" }
    }

    private static func golden() throws -> JSONValue {
        let file = tests.appendingPathComponent("PruningTests/Fixtures/pruned.json")
        return try JSONValue(parsing: String(contentsOf: file, encoding: .utf8))
    }

    private static let cases = ((try? golden()["cases"]?.array) ?? []).compactMap { Case($0) }

    @Test func everyFamilyIsThere() {
        #expect(Set(Self.cases.map(\.family)).count == 8)
        #expect(Self.cases.contains { $0.plan.channels != nil && $0.plan.groups != nil })
    }

    /// The folder that is written, read again.
    @Test(arguments: cases) func logitsAreThoseOfTransformers(_ expected: Case) throws {
        let ids = try (Self.golden()["ids"]?.array ?? []).map { ($0.array ?? []).compactMap(\.integer).map(Int32.init) }
        try withTemporaryDirectory { folder in
            let base = try openWeights(Self.tests.appendingPathComponent("ModelsTests/Fixtures/\(expected.family)"))
            let left = folder.appendingPathComponent("left")
            try ModelMerger(base: PrunedModel(base, expected.plan)).export(as: .huggingFaceFolder, into: left)
            try expectLogits(of: openWeights(left), ids, expected.logits)
        }
    }

    /// The same weights from GGUF, where norms are stored in another form.
    @Test(arguments: cases.filter { $0.family == "gemma3" })
    func theSameFromGGUF(_ expected: Case) throws {
        let ids = try (Self.golden()["ids"]?.array ?? []).map { ($0.array ?? []).compactMap(\.integer).map(Int32.init) }
        var configuration = try ModelConfiguration(
            of: openWeights(Self.tests.appendingPathComponent("ModelsTests/Fixtures/gemma3")))
        let base = try openWeights(Self.tests.appendingPathComponent("ModelsTests/Fixtures/gemma3/model.gguf"))
        let left = try PrunedModel(base, expected.plan)
        // llama.cpp's file says no scale of its own.
        configuration = expected.plan.applied(to: configuration)
        let model = try LanguageModel(configuration: configuration, weights: left, precision: .f32)
        #expect(try maximumDifference(last(model, ids).flatMap(\.self), expected.logits.flatMap(\.self)) < 1e-4)
    }

    private func expectLogits(of source: any ModelSource, _ ids: [[Int32]], _ expected: [[Float]]) throws {
        let model = try LanguageModel(
            configuration: ModelConfiguration(of: source), weights: source, precision: .f32)
        let found = try last(model, ids)
        #expect(found.count == 2 && found[0].count == 48)
        #expect(maximumDifference(found.flatMap(\.self), expected.flatMap(\.self)) < 1e-4)
    }

    /// The logits after the last token of each text.
    private func last(_ model: LanguageModel, _ ids: [[Int32]]) throws -> [[Float]] {
        let batch = TokenBatch(examples: ids.map { ($0, $0.map { _ in false }) })
        let logits = try model.logits(batch, workspace: Workspace())
        let width = model.configuration.vocabularySize
        return batch.bounds.dropFirst().map { Array(logits[($0 - 1) * width..<$0 * width]) }
    }
}
