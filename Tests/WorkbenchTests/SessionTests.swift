// One session under several stages: all is opened once, and each stage does the same by itself.

import Foundation
import JSON
import Recipes
import TestSupport
import Testing
import Workbench

/// Stages compute on the pool that all of the process shares.
@Suite(.serialized) struct SessionTests {
    /// Hears everything.
    private final class Listener: RunObserver {
        private(set) var stages: [String] = []
        private(set) var warnings: [String] = []

        func receive(_ event: RunEvent) {
            switch event {
            case .stage(let name, _): stages.append(name)
            case .warning(let text): warnings.append(text)
            default: break
            }
        }
    }

    private static func write(_ count: Int, _ verb: String, to url: URL) throws {
        let names = ["Tom", "Lily", "Ben"], things = ["a ball", "a cat", "the park", "a tree"]
        let rows = (0..<count).map { row in
            #"{"prompt": "\#(names[row % 3]) \#(verb) \#(things[row % 4]). ", "#
                + #""completion": "\#(names[(row + 1) % 3]) liked \#(things[(row * 3 + 1) % 4])."}"# + "\n"
        }
        try Data(rows.joined().utf8).write(to: url)
    }

    /// A recipe of three steps on the tiny model.
    private static func recipe(_ folder: URL, model: URL = TinyModel.base) throws -> Recipe {
        try write(12, "saw", to: folder.appendingPathComponent("train.jsonl"))
        try write(6, "had", to: folder.appendingPathComponent("held.jsonl"))
        var recipe = Recipe()
        recipe.model.path = model.path
        recipe.model.precision = .fp32
        recipe.data.train = [folder.appendingPathComponent("train.jsonl").path]
        recipe.data.heldOut = [folder.appendingPathComponent("held.jsonl").path]
        recipe.adapter.r = 4
        recipe.train.maxSteps = 3
        recipe.train.batchSize = 4
        recipe.train.learningRate = 1e-2
        recipe.merge.dtype = .fp32
        return recipe
    }

    private static func session(_ recipe: Recipe, adapter: URL? = nil) -> Session {
        Session(ResolvedRecipe(recipe), adapter: adapter?.path)
    }

    private static func scores(_ session: Session) throws -> [JSONValue] {
        var rows: [JSONValue] = []
        _ = try ScoreStage { rows.append(.object($0)) }.run(session, SilentObserver())
        return rows
    }

    @Test func stagesAfterTrainingGiveWhatTheyGiveAlone() throws {
        try withTemporaryDirectory { folder in
            let recipe = try Self.recipe(folder), session = Self.session(recipe)
            let directory = try RunDirectory(folder.appendingPathComponent("run"))
            let training = try TrainStage(in: directory).run(session, SilentObserver())
            #expect(training.json["steps"] == 3)
            let alone = { Self.session(recipe, adapter: directory.adapter) }

            let evaluation = try EvaluateStage().run(session, SilentObserver()).json
            #expect(evaluation["adapter"]?["loss"]?.double != evaluation["base"]?["loss"]?.double)
            #expect(try EvaluateStage().run(alone(), SilentObserver()).json == evaluation)

            let rows = try Self.scores(session)
            #expect(rows.count == 6)
            #expect(try Self.scores(alone()) == rows)

            let settings = GenerationSettings(maxNewTokens: 6)
            let answer = try GenerateStage("Tom saw", settings: settings).run(session, SilentObserver())
            #expect(answer.ids.count == 6)
            #expect(try GenerateStage("Tom saw", settings: settings).run(alone(), SilentObserver()).ids == answer.ids)

            // In a run the probe are held-out rows, which a session alone has where it opened them.
            let merged = ["together", "alone"].map { folder.appendingPathComponent($0) }
            #expect(try MergeStage(into: merged[0]).run(session, SilentObserver()).json["passed"] == true)
            _ = try MergeStage(into: merged[1]).run(alone(), SilentObserver())
            let weights = try merged.map { try Data(contentsOf: $0.appendingPathComponent("model.safetensors")) }
            #expect(weights[0] == weights[1])

            let exported = folder.appendingPathComponent("peft")
            _ = try AdapterExportStage(ExportTarget(format: "peft"), to: exported).run(session, SilentObserver())
            let factors = try [exported, directory.adapter].map {
                try Data(contentsOf: $0.appendingPathComponent("adapter_model.safetensors"))
            }
            #expect(factors[0] == factors[1])
        }
    }

    /// Nothing is opened twice: what is open stays of use when the files are gone.
    @Test func whatIsOpenIsNotOpenedAgain() throws {
        try withTemporaryDirectory { folder in
            let model = folder.appendingPathComponent("model"), adapter = folder.appendingPathComponent("adapter")
            try FileManager.default.copyItem(at: TinyModel.base, to: model)
            try FileManager.default.copyItem(at: TinyModel.lora.appendingPathComponent("final"), to: adapter)
            let recipe = try Self.recipe(folder, model: model), session = Self.session(recipe, adapter: adapter)
            let evaluation = try EvaluateStage().run(session, SilentObserver()).json
            for gone in [model, adapter] + recipe.data.heldOut.map(URL.init(fileURLWithPath:)) {
                try FileManager.default.removeItem(at: gone)
            }
            #expect(try EvaluateStage().run(session, SilentObserver()).json == evaluation)
            #expect(try Self.scores(session).count == 6)
            let settings = GenerationSettings(maxNewTokens: 4)
            _ = try GenerateStage("Tom saw", settings: settings).run(session, SilentObserver())
            #expect(throws: (any Error).self) {
                try EvaluateStage().run(Self.session(recipe, adapter: adapter), SilentObserver())
            }
        }
    }

    @Test func aStageSaysBeforeItsWorkWhatIsWrong() throws {
        try withTemporaryDirectory { folder in
            let recipe = try Self.recipe(folder), session = Self.session(recipe)
            func failure(_ body: () throws -> Void) -> Failure? {
                do { try body() } catch { return Failure(describing: error) }
                return nil
            }
            #expect(failure { _ = try MergeStage(into: URL(fileURLWithPath: "x.gguf")) }?.kind == .usage)
            #expect(failure { _ = try ExportTarget(format: "zip") }?.kind == .usage)
            let listener = Listener(), merged = folder.appendingPathComponent("merged")
            let withoutAdapter = failure { _ = try MergeStage(into: merged).run(session, listener) }
            #expect(withoutAdapter?.kind == .usage && withoutAdapter?.message.contains("adapter") == true)
            #expect(!FileManager.default.fileExists(atPath: merged.path))
            let inside = TinyModel.base.appendingPathComponent("merged")
            #expect(failure { _ = try MergeStage(into: inside).run(session, listener) }?.kind == .badInput)

            var small = recipe
            small.train.memoryLimitBytes = 1_000_000
            let tooLittle = failure { _ = try EvaluateStage().run(Self.session(small), listener) }
            #expect(tooLittle?.message.contains("train.memory_limit") == true)
            // No row was scored, no model proven.
            #expect(listener.stages == ["evaluate"])
        }
    }

    /// A report of a stage by itself repeats what was told when its model was opened.
    @Test func warningsAreToldOnceAndStandInTheReport() throws {
        try withTemporaryDirectory { folder in
            let adapter = folder.appendingPathComponent("adapter")
            try FileManager.default.copyItem(at: TinyModel.lora.appendingPathComponent("final"), to: adapter)
            try Data(#"{"base_name": "other", "base_sha256": "00"}"#.utf8)
                .write(to: adapter.appendingPathComponent("lathe.json"))
            let listener = Listener()
            let session = Self.session(try Self.recipe(folder), adapter: adapter)
            let report = try EvaluateStage().run(session, listener).json
            let told = listener.warnings.filter { $0.contains("was trained on other") }
            #expect(told.count == 1)
            #expect(report["warnings"]?.array?.compactMap(\.string).filter { $0.contains("trained on other") } == told)
        }
    }
}
