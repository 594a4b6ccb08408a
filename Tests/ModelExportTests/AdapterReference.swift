// References of adapters: models beside those of ModelsTests, with golden files.

import Adapters
import Foundation
import JSON
import Models
import Objectives
import Tensors
import TestSupport
import Testing
import WeightFiles

/// A model with an adapter that PEFT wrote, and what PEFT says of both.
struct AdapterReference {
    let folder: URL
    let golden: JSONValue
    let weights: any ModelSource
    let model: LanguageModel
    let set: AdapterSet

    /// - Parameter name: of the folder in `Fixtures`.
    init(_ name: String, precision: ElementType = .f32) throws {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        folder = tests.appendingPathComponent("Fixtures/\(name)")
        golden = try JSONValue(parsing: [UInt8](Data(contentsOf: folder.appendingPathComponent("golden.json"))))
        let base = try #require(golden["base"]?.string)
        weights = try openWeights(tests.appendingPathComponent("../ModelsTests/Fixtures/\(base)").standardizedFileURL)
        model = try LanguageModel(
            configuration: ModelConfiguration(of: weights), weights: weights, precision: precision)
        set = try AdapterSet(PEFTDirectory(folder), for: model)
        set.attach(to: model)
    }

    var batch: TokenBatch {
        let ids = (golden["ids"]?.array ?? []).compactMap(\.integer).map { Int32($0) }
        return TokenBatch(examples: [(ids, (golden["labels"]?.array ?? []).map { $0.integer != -100 })])
    }

    var logits: [Float] { (golden["logits"]?.array ?? []).compactMap(\.double).map { Float($0) } }

    func logits(of model: LanguageModel) throws -> [Float] { try model.logits(batch, workspace: Workspace()) }

    /// The mean loss in training, its gradients being left in the slab.
    func trainingLoss(recomputedBlocks: Int = 0, workspace: Workspace = Workspace()) throws -> Double {
        let batch = batch
        set.slab.zeroGradients()
        let sums = try Learner(model, CrossEntropyObjective()).accumulateGradients(
            batch, gradientScale: 1 / Float(batch.targetCount), recomputedBlocks: recomputedBlocks,
            workspace: workspace, dropout: DropoutKey(seed: 3, stream: 0, firstRow: 0))
        return sums.total.meanLoss ?? .nan
    }

    /// PEFT's gradients, read as an adapter: they stand where ours do.
    func goldenGradients() throws -> AdapterSet {
        try withTemporaryDirectory { place in
            for (from, to) in [
                ("adapter_config.json", "adapter_config.json"), ("gradients.safetensors", "adapter_model.safetensors"),
            ] {
                try FileManager.default.copyItem(
                    at: folder.appendingPathComponent(from), to: place.appendingPathComponent(to))
            }
            let golden = try AdapterSet(PEFTDirectory(place), for: model)
            #expect(golden.slab.slots == set.slab.slots)
            return golden
        }
    }

    func number(_ key: String) throws -> Double { try #require(golden[key]?.double) }
}
