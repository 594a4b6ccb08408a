// Heads of tasks against transformers and PEFT: adapters with heads as PEFT writes them, answers, losses, gradients, some steps.

import Adapters
import Datasets
import Foundation
import JSON
import Kernels
import Models
import Objectives
import Recipes
import TestSupport
import Tensors
import Testing
import Vocabulary
import WeightFiles

private let names = ["classify", "balanced", "focal", "multi_label", "regress", "tag"]

/// What transformers and PEFT say, and the same model, adapter and rows here.
private struct Reference {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Fixtures/heads")

    let name: String
    let golden: JSONValue
    let task: JSONValue
    let model: LanguageModel
    let set: AdapterSet
    let gradients: SafetensorsFile

    init(_ name: String, precision: ElementType = .f32) throws {
        self.name = name
        golden = try JSONValue(
            parsing: [UInt8](Data(contentsOf: Self.folder.appendingPathComponent("golden.json"))))
        task = try #require(golden["tasks"]?[name])
        let weights = try HuggingFaceDirectory(TinyModel.base)
        model = try LanguageModel(
            configuration: ModelConfiguration(huggingFace: weights.configuration), weights: weights,
            precision: precision)
        let directory = try PEFTDirectory(Self.folder.appendingPathComponent(name))
        var head = try #require(directory.configuration.head)
        head.shares = (task["shares"]?.array ?? []).compactMap(\.double)
        var configuration = directory.configuration
        configuration.head = head
        set = try AdapterSet(configuration, for: model)
        try set.load(directory.values())
        set.attach(to: model)
        gradients = try SafetensorsFile(
            Self.folder.appendingPathComponent(name).appendingPathComponent("gradients.safetensors"))
    }

    var objective: any Objective {
        switch name {
        case "multi_label": MultiLabelClassification()
        case "regress": Regression()
        case "tag": Tagging()
        default: Classification(ClassLoss(isBalanced: name == "balanced", gamma: task["gamma"]?.double ?? 0))
        }
    }

    var learner: Learner { Learner(model, objective) }

    func numbers(_ key: String) -> [Double] { (task[key]?.array ?? []).compactMap(\.double) }

    /// The rows as the head reads them: words at their first tokens, texts at their last.
    var examples: [TokenizedExample] {
        func lists(_ value: JSONValue?) -> [[Double]] {
            (value?.array ?? []).map { ($0.array ?? []).compactMap(\.double) }
        }
        let wanted = lists(task["wanted"]), read = lists(golden["read"])
        return lists(golden["ids"]).enumerated().map { row, ids in
            let places = name == "tag" ? read[row].map { Int($0) } : [ids.count - 1]
            return TokenizedExample(
                read: ids.map { Int32($0) }, isRead: ids.indices.map(places.contains),
                wanted: wanted[row].map { Float($0) },
                place: RowPlace(file: "heads", line: row + 1), index: row)
        }
    }

    /// What a step counts of all rows, its gradients being left in the slab.
    func step(recomputedBlocks: Int = 0, workspace: Workspace = Workspace()) throws -> LossSums {
        set.slab.zeroGradients()
        let weight = examples.reduce(0) { $0 + objective.weight(targets: $1.targetCount) }
        return try learner.accumulateGradients(
            TokenBatch(of: examples), gradientScale: 1 / Float(weight), recomputedBlocks: recomputedBlocks,
            workspace: workspace, dropout: DropoutKey(seed: 1, stream: 0, firstRow: 0))
    }
}

@Suite struct TaskHeadTests {
    @Test(arguments: names) func headsAreReadAsPEFTWritesThem(_ name: String) throws {
        let reference = try Reference(name), head = try #require(reference.set.configuration.head)
        #expect(head.path == "score" && head.hasBias == (name == "tag") && head.inputSize == 64)
        #expect(head.outputs == reference.task["outputs"]?.integer)
        let task: TaskKind = name == "tag" ? .tag : name == "regress" ? .regress : .classify
        #expect(head.task == task)
        #expect(head.labels == (task == .regress ? [] : (0..<head.outputs).map { "LABEL_\($0)" }))
    }

    @Test(arguments: names) func answersAreThoseOfTransformers(_ name: String) throws {
        let reference = try Reference(name)
        let expected = (reference.task["logits"]?.array ?? []).map { ($0.array ?? []).compactMap(\.double) }
        var answers: [[Double]] = []
        let batch = TokenBatch(of: reference.examples)
        try reference.model.pass(batch, workspace: Workspace()).run { rows in
            try rows.forEachAnswer(goesBack: false) { answers.append($0.values.map { Double($0) }) }
        }
        #expect(answers.count == expected.count && !answers.isEmpty)
        for (mine, theirs) in zip(answers, expected) { #expect(maximumDifference(mine, theirs) < 1e-4) }
    }

    @Test(arguments: names, [0, TinyModel.blocks]) func lossesAndGradientsAreThoseOfPEFT(
        _ name: String, recomputedBlocks: Int
    ) throws {
        let reference = try Reference(name)
        let sums = try reference.step(recomputedBlocks: recomputedBlocks)
        #expect(abs((sums.total.meanLoss ?? .nan) - (reference.task["loss"]?.double ?? 0)) < 1e-5)
        #expect(sums.units.count == reference.examples.count)
        let slab = reference.set.slab
        #expect(reference.gradients.names.count == slab.slots.count)
        for slot in slab.slots {
            let tensor = try #require(try reference.gradients.tensor("base_model.model." + slot.name))
            let expected = Array(tensor.bytes.bindMemory(to: Float.self))
            #expect(relativeError(slab.gradients(slot).floats, expected) < 1e-4, "\(slot.name)")
        }
    }

    /// Whole, and cut row by row.
    @Test(arguments: names, [1_000, 1]) func stepsAreThoseOfPEFT(_ name: String, rowLimit: Int) throws {
        let reference = try Reference(name), losses = reference.numbers("losses"), slab = reference.set.slab
        let found = try lossesOfSteps(
            losses.count, of: reference.learner, slab, on: reference.examples,
            rate: reference.golden["rate"]?.double ?? 0, rowLimit: rowLimit)
        #expect(losses.count == 4 && maximumDifference(found, losses) < 2e-5)
    }

    /// A base without a head answers with what is known without a text; an adapter without one cannot be asked.
    @Test func withoutAHeadTheSharesOfTheLabelsAnswer() throws {
        let reference = try Reference("balanced")
        let batch = TokenBatch(of: reference.examples), plain = Learner(reference.model, Classification())
        let sums = try reference.set.whileDetached(from: reference.model) {
            try plain.sums(batch, workspace: Workspace())
        }
        // The shares are 0.5, 0.2 and 0.3, and the rows want classes 2, 0, 1 and 2.
        let expected = [0.3, 0.5, 0.2, 0.3].map { -log($0) }
        #expect(maximumDifference(sums.units.map(\.lossSum), expected) < 1e-6)
        #expect(sums.total["accuracy"] == 1)
        reference.model.adapters = .none
        #expect(throws: ModelError.noTaskHead) { try plain.sums(batch, workspace: Workspace()) }
    }

    /// Held-out rows are scored without weights of classes and focus, by an adapter's head and in its place.
    @Test func heldOutRowsAreScoredByThePlainLoss() throws {
        let reference = try Reference("balanced"), batch = TokenBatch(of: reference.examples)
        var recipe = Recipe()
        recipe.task = .classify
        (recipe.head.classWeights, recipe.head.focalGamma) = (.balanced, 2)
        func losses(_ objective: any Objective) throws -> [Double] {
            try Learner(reference.model, objective).sums(batch, workspace: Workspace()).units.map(\.lossSum)
        }
        let plain = try losses(Classification())
        #expect(try losses(recipe.scored) == plain)
        #expect(try maximumDifference(losses(recipe.learnt), plain) > 1e-3)
        try reference.set.whileDetached(from: reference.model) {
            let (found, expected) = (try losses(recipe.scored), try losses(Classification()))
            #expect(found == expected)
        }
    }

    /// Answers are kept where nothing is trained, of each row and of no sum.
    @Test(arguments: ["classify", "multi_label", "regress"]) func answersAreKeptOfEachRow(_ name: String) throws {
        let reference = try Reference(name), outputs = reference.task["outputs"]?.integer ?? 0
        let sums = try reference.learner.sums(TokenBatch(of: reference.examples), workspace: Workspace())
        #expect(sums.units.allSatisfy { $0.answers.count == outputs } && sums.total.answers.isEmpty)
        #expect(try reference.step().units.allSatisfy { $0.answers.isEmpty })
    }

    /// A head whose outputs nobody explains is taken for something, and that is said; notes that are damaged are not guessed anew.
    @Test func guessedHeadsAreSaidAndDamagedOnesRefused() throws {
        let reference = try Reference("classify")
        let foreign = try PEFTDirectory(Reference.folder.appendingPathComponent("classify"))
        #expect(foreign.warnings.count == 1 && foreign.warnings[0].contains("task: classify"))
        try withTemporaryDirectory { folder in
            let place = folder.appendingPathComponent("adapter"), notes = place.appendingPathComponent("lathe.json")
            let head = reference.set.configuration.head
            try reference.set.writePEFT(to: place, baseName: nil, provenance: AdapterProvenance(head: head))
            #expect(try PEFTDirectory(place).warnings.isEmpty)
            var json = try #require(try JSONValue(parsing: [UInt8](Data(contentsOf: notes))).object)
            let whole = try #require(json["head"]?.object)
            let damages: [(String, JSONValue)] = [
                ("labels", ["LABEL_0"]), ("labels", []), ("thresholds", [0.5]), ("shares", [0.5]), ("outputs", "three"),
                ("bias", "no"), ("thresholds", 0.5),
            ]
            for (key, value) in damages {
                var head = whole
                head[key] = value
                json["head"] = .object(head)
                try Data(JSONValue.object(json).text().utf8).write(to: notes)
                let error = #expect(throws: AdapterError.self, "\(key)") { try PEFTDirectory(place) }
                #expect(error?.problems.first?.subject == "head")
            }
        }
    }

    /// A head goes through PEFT's folder and back without a changed bit, and forms without room for it refuse.
    @Test(arguments: ["classify", "tag"]) func headsGoThroughPEFTFolders(_ name: String) throws {
        let reference = try Reference(name)
        try withTemporaryDirectory { folder in
            let place = folder.appendingPathComponent("adapter")
            try reference.set.writePEFT(to: place, baseName: nil, provenance: AdapterProvenance())
            let again = try AdapterSet(PEFTDirectory(place), for: reference.model)
            #expect(again.configuration.head == reference.set.configuration.head)
            #expect(Array(again.slab.values) == Array(reference.set.slab.values))
            let words = try JSONValue(
                parsing: [UInt8](Data(contentsOf: place.appendingPathComponent("adapter_config.json"))))
            #expect(words["task_type"] == (name == "tag" ? "TOKEN_CLS" : "SEQ_CLS"))
            #expect(words["modules_to_save"] == ["score"])
            let tensors = try SafetensorsFile(place.appendingPathComponent("adapter_model.safetensors"))
            let expected = try SafetensorsFile(
                Reference.folder.appendingPathComponent(name).appendingPathComponent("adapter_model.safetensors"))
            #expect(tensors.tensors.map(\.name).sorted() == expected.tensors.map(\.name).sorted())
            for entry in expected.tensors {
                #expect(tensors.tensors.first { $0.name == entry.name }?.shape == entry.shape, "\(entry.name)")
            }
        }
        let model = AdaptedModel(reference.model)
        #expect(throws: AdapterError.self) { try MLXDirectory.fit(reference.set, on: model) }
        #expect(throws: AdapterError.self) { try GGUFAdapter.fit(reference.set, on: model) }
    }

    @Test(arguments: [ElementType.f32, .bf16]) func thePredictedMemoryIsEnough(_ type: ElementType) throws {
        let reference = try Reference("classify", precision: type)
        let workspace = Workspace()
        _ = try reference.step(workspace: workspace)
        let rows = TokenBatch(of: reference.examples).rowCount
        #expect(reference.learner.predictedBytes(rows: rows, recomputedBlocks: 0) >= workspace.peakBytes)
    }

    /// The slopes of the losses are their differences.
    @Test(arguments: [0.0, 0.5, 2.0]) func slopesAreThoseOfTheLosses(_ gamma: Double) {
        let loss = ClassLoss(gamma: gamma), step = 1e-5
        for answer in [-3.0, -0.2, 0.0, 1.5] {
            for isWanted in [true, false] {
                let slope = loss.loss(answer, isWanted: isWanted).slope
                let above = loss.loss(answer + step, isWanted: isWanted).loss
                let below = loss.loss(answer - step, isWanted: isWanted).loss
                #expect(abs(slope - (above - below) / (2 * step)) < 1e-6)
            }
        }
    }
}
