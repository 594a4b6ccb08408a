// Heads of tasks on encoders against transformers and PEFT: adapters as PEFT writes them, answers, losses, gradients, some steps.

import Adapters
import Datasets
import Foundation
import JSON
import Kernels
import Models
import Objectives
import TestSupport
import Tensors
import Testing
import Vocabulary
import WeightFiles

private let models = ["bert", "roberta", "distilbert", "modernbert", "modernbert-mean"]
/// A model and what its head answers.
private let cases =
    models.map { ($0, "classify") }
    + ["bert", "modernbert-mean"].flatMap { [($0, "multi_label"), ($0, "regress")] }

/// What transformers and PEFT say, and the same model, adapter and rows here.
private struct Reference {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Fixtures/encoder-heads")

    let folder: URL
    let name: String
    let golden: JSONValue
    let task: JSONValue
    let model: LanguageModel
    let set: AdapterSet

    init(_ model: String, _ name: String, precision: ElementType = .f32) throws {
        self.name = name
        folder = Self.root.appendingPathComponent(model).appendingPathComponent(name)
        golden = try JSONValue(parsing: [UInt8](Data(contentsOf: Self.root.appendingPathComponent("golden.json"))))
        task = try #require(golden["models"]?[model]?[name])
        let weights = try HuggingFaceDirectory(folder.appendingPathComponent("model"))
        self.model = try LanguageModel(
            configuration: ModelConfiguration(of: weights), weights: weights, precision: precision)
        let directory = try PEFTDirectory(folder.appendingPathComponent("adapter"))
        var configuration = directory.configuration
        configuration.head?.isMultiLabel = name == "multi_label"
        set = try AdapterSet(configuration, for: self.model)
        try set.load(directory.values())
        set.attach(to: self.model)
    }

    var objective: any Objective {
        switch name {
        case "multi_label": MultiLabelClassification()
        case "regress": Regression()
        default: Classification()
        }
    }

    var learner: Learner { Learner(model, objective) }

    func numbers(_ value: JSONValue?) -> [Double] { (value?.array ?? []).compactMap(\.double) }
    func lists(_ value: JSONValue?) -> [[Double]] { (value?.array ?? []).map(numbers) }

    /// The rows as the head reads them.
    func examples() throws -> [TokenizedExample] {
        let pooling = try #require(model.configuration.taskHeads[.classify]?.pooling), wanted = lists(task["wanted"])
        return lists(golden["ids"]).enumerated().map { row, ids in
            TokenizedExample(
                read: ids.map { Int32($0) }, isRead: ids.indices.map { pooling == .mean || $0 == 0 },
                wanted: wanted[row].map { Float($0) }, place: RowPlace(file: "heads", line: row + 1), index: row)
        }
    }

    func step(recomputedBlocks: Int = 0, workspace: Workspace = Workspace()) throws -> LossSums {
        set.slab.zeroGradients()
        let examples = try examples()
        return try learner.accumulateGradients(
            TokenBatch(of: examples), gradientScale: 1 / Float(examples.count), recomputedBlocks: recomputedBlocks,
            workspace: workspace, dropout: DropoutKey(seed: 1, stream: 0, firstRow: 0))
    }
}

@Suite struct EncoderHeadTests {
    /// What is frozen, adapted and saved whole is what PEFT has: each of its gradients is one of ours.
    @Test(arguments: cases) func lossesAndGradientsAreThoseOfPEFT(_ model: String, _ name: String) throws {
        let reference = try Reference(model, name), slab = reference.set.slab
        let gradients = try SafetensorsFile(reference.folder.appendingPathComponent("gradients.safetensors"))
        for recomputedBlocks in [0, 1] {
            let sums = try reference.step(recomputedBlocks: recomputedBlocks)
            #expect(abs((sums.total.meanLoss ?? .nan) - (reference.task["loss"]?.double ?? 0)) < 1e-5)
            #expect(gradients.names.sorted() == slab.slots.map { "base_model.model." + $0.name }.sorted())
            for slot in slab.slots {
                let tensor = try #require(try gradients.tensor("base_model.model." + slot.name))
                let expected = Array(tensor.bytes.bindMemory(to: Float.self))
                #expect(relativeError(slab.gradients(slot).floats, expected) < 1e-4, "\(slot.name)")
            }
        }
    }

    @Test(arguments: cases) func answersAreThoseOfTransformers(_ model: String, _ name: String) throws {
        let reference = try Reference(model, name), expected = reference.lists(reference.task["logits"])
        let sums = try reference.learner.sums(TokenBatch(of: reference.examples()), workspace: Workspace())
        #expect(sums.units.count == expected.count && expected.count == 4)
        for (unit, theirs) in zip(sums.units, expected) {
            #expect(maximumDifference(unit.answers, theirs) < 1e-4)
        }
    }

    /// Whole, and cut row by row.
    @Test(arguments: cases) func stepsAreThoseOfPEFT(_ model: String, _ name: String) throws {
        for rowLimit in [1_000, 1] {
            let reference = try Reference(model, name), losses = reference.numbers(reference.task["losses"])
            let slab = reference.set.slab, examples = try reference.examples()
            let found = try lossesOfSteps(
                losses.count, of: reference.learner, slab, on: examples,
                rate: reference.golden["rate"]?.double ?? 0, rowLimit: rowLimit)
            #expect(losses.count == 5 && maximumDifference(found, losses) < 2e-5)
        }
    }

    /// What is written has the tensors that PEFT writes, and comes back without a changed bit.
    @Test(arguments: models) func headsGoThroughPEFTFolders(_ model: String) throws {
        let reference = try Reference(model, "classify")
        try withTemporaryDirectory { folder in
            let place = folder.appendingPathComponent("adapter")
            try reference.set.writePEFT(to: place, baseName: nil, provenance: AdapterProvenance())
            let again = try AdapterSet(PEFTDirectory(place), for: reference.model)
            #expect(again.configuration.head == reference.set.configuration.head)
            #expect(Array(again.slab.values) == Array(reference.set.slab.values))
            let name = "adapter_model.safetensors"
            let own = try SafetensorsFile(place.appendingPathComponent(name))
            let theirs = try SafetensorsFile(reference.folder.appendingPathComponent("adapter/" + name))
            #expect(own.names.sorted() == theirs.names.sorted())
            let words = try JSONValue(
                parsing: [UInt8](Data(contentsOf: place.appendingPathComponent("adapter_config.json"))))
            let modules = [
                "bert": ["classifier"], "roberta": ["classifier"], "distilbert": ["pre_classifier", "classifier"],
            ]
            #expect(
                words["modules_to_save"]
                    == .array((modules[model] ?? ["classifier"]).map { .string($0) }))
            #expect(words["task_type"] == "SEQ_CLS")
        }
    }

    @Test(arguments: models, [ElementType.f32, .bf16]) func thePredictedMemoryIsEnough(
        _ model: String, _ type: ElementType
    ) throws {
        let reference = try Reference(model, "classify", precision: type)
        let workspace = Workspace()
        _ = try reference.step(workspace: workspace)
        let rows = TokenBatch(of: try reference.examples()).rowCount
        #expect(reference.learner.predictedBytes(rows: rows, recomputedBlocks: 0) >= workspace.peakBytes)
    }

    /// An adapter that lacks what neither it nor the base has is refused by the layer's name.
    @Test func headsOfOtherFamiliesAreRefused() throws {
        let (bert, roberta) = (try Reference("bert", "classify"), try Reference("roberta", "classify"))
        let error = #expect(throws: AdapterError.self) {
            try bert.set.requireHead(fitting: roberta.model)
        }
        #expect(error?.problems.first?.subject == "classifier")
    }
}
