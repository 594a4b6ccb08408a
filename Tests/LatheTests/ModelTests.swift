// The library: what it opens, measures, writes and refuses. Training, which works in checkpoints/ of the working directory, is what
// scripts/checks/example.sh runs.

import Foundation
import Lathe
import TestSupport
import Testing
import Vocabulary

/// Rows in the words of the small model.
private func rows(_ count: Int) -> String {
    let names = ["Tom", "Lily", "Ben", "Sue", "Max"]
    return (0..<count).map { row in
        #"{"prompt": "\#(names[row % 5]) had a ball. ", "completion": "\#(names[(row + 1) % 5]) was happy to play."}"#
            + "\n"
    }.joined()
}

private let base = TinyModel.base.path
private let adapter = TinyModel.folder.appendingPathComponent("lora/final").path

@Suite struct ModelTests {
    @Test func baseAndAdapterAreMeasuredOnTheSameRows() throws {
        try withTemporaryDirectory { folder in
            let file = folder.appendingPathComponent("rows.jsonl")
            try Data(rows(6).utf8).write(to: file)
            let alone = try Model(base).evaluate(on: file.path, settings: ["model.precision": "fp32"])
            #expect(alone.rows == 6 && alone.adapter == nil && alone.difference == nil && alone.verdict == nil)
            #expect(abs(alone.base.loss - log(try #require(alone.base.perplexity))) < 1e-9)

            var stages: [String] = []
            let both = try Model(base).attaching(adapter).evaluate(
                on: file.path, settings: ["model.precision": "fp32"]
            ) { event in if case .stage(let name) = event { stages.append(name) } }
            #expect(stages == ["evaluate"])
            #expect(both.base.loss == alone.base.loss)
            let tuned = try #require(both.adapter), difference = try #require(both.difference)
            #expect(tuned.loss != alone.base.loss)
            #expect(abs(difference - (tuned.loss - both.base.loss)) < 1e-9)
            #expect(try #require(both.interval).contains(difference) && both.verdict != nil)
        }
    }

    @Test func answersComeWholeAndInPieces() throws {
        let sampling = Sampling(maxNewTokens: 6)
        let model = try Model(base)
        var pieces = ""
        let answer = try model.generate("Tom saw a", isRaw: true, sampling: sampling) { pieces += $0 }
        #expect(!answer.text.isEmpty && pieces == answer.text && answer.ids.count <= 6)
        #expect(answer.end == .maxNewTokens)
        let tuned = try model.attaching(adapter).generate("Tom saw a", isRaw: true, sampling: sampling)
        #expect(tuned.ids != answer.ids)
        let chat = try model.chat(sampling: sampling)
        #expect(try chat.answer("Tom saw a ").ids.count <= 6)
    }

    /// What the model cannot take was never said, and whoever hears an answer cannot ask in the midst of it.
    @Test func aTurnThatFailsLeavesTheChatAsItWas() throws {
        let chat = try Model(base).chat(sampling: Sampling(maxNewTokens: 6))
        let long = #expect(throws: LatheError.self) {
            try chat.answer(String(repeating: "Tom saw a ball. ", count: 400))
        }
        #expect(long?.kind == .badInput && long?.message.contains("context") == true)
        var nested: LatheError?
        let answer = try chat.answer("Tom saw a ") { _ in
            do throws(LatheError) { _ = try chat.answer("Tom") } catch { nested = error }
        }
        #expect(nested?.kind == .usage)
        #expect(try answer.ids == Model(base).chat(sampling: Sampling(maxNewTokens: 6)).answer("Tom saw a ").ids)
    }

    @Test(arguments: ["name", "data.train", "data.held_out", "model.path", "adapter.continue_from"])
    func whatTheCallSaysIsNoSetting(_ key: String) throws {
        var settings = Settings()
        settings[key] = "other"
        let error = #expect(throws: LatheError.self) {
            try Model(base).train("x", on: ["rows.jsonl"], settings: settings)
        }
        #expect(error?.kind == .usage && error?.message.contains(key) == true)
    }

    @Test func aMergedModelIsBaseAndAdapter() throws {
        try withTemporaryDirectory { folder in
            let place = folder.appendingPathComponent("merged").path
            let merged = try Model(base).attaching(adapter).merge(into: place)
            #expect(merged.path == place && merged.appliedTensors > 0)
            #expect(merged.logitDifference.mean <= merged.logitDifference.greatest)
            #expect(merged.topChoiceAgreement > 0.9)
            let sampling = Sampling(maxNewTokens: 4)
            #expect(!(try Model(place).generate("Tom saw a", isRaw: true, sampling: sampling).ids.isEmpty))
            // Somebody's folder is left alone.
            let taken = folder.appendingPathComponent("taken")
            try FileManager.default.createDirectory(at: taken, withIntermediateDirectories: true)
            try Data("mine".utf8).write(to: taken.appendingPathComponent("notes.txt"))
            let error = #expect(throws: LatheError.self) {
                try Model(base).attaching(adapter).merge(into: taken.path)
            }
            #expect(error?.kind == .inputOutput)
        }
    }

    @Test func failuresHaveAKindAndSayWhat() throws {
        let missing = #expect(throws: LatheError.self) { try Model("no/such/model") }
        #expect(missing?.kind == .missingInput && missing?.message.contains("no/such/model") == true)
        let noModel = #expect(throws: LatheError.self) { try Model(TinyModel.folder.path) }
        #expect(noModel?.kind == .badInput || noModel?.kind == .missingInput)
        let noAdapter = #expect(throws: LatheError.self) { try Model(base).attaching("no/such/adapter") }
        #expect(noAdapter?.kind == .missingInput)
        let bare = #expect(throws: LatheError.self) { try Model(base).merge(into: "nowhere") }
        #expect(bare?.kind == .usage && bare?.hint != nil)
        let mistyped = #expect(throws: LatheError.self) {
            try Model(base).train("x", on: ["rows.jsonl"], settings: ["train.max_step": 3])
        }
        #expect(mistyped?.kind == .badInput && mistyped?.message.contains("max_steps") == true)
        let absent = #expect(throws: LatheError.self) {
            try Model(base).evaluate(on: "no/such/rows.jsonl")
        }
        #expect(absent?.kind == .missingInput)
        #expect(!FileManager.default.fileExists(atPath: "nowhere"))
    }

    @Test func ofAKeyTheLaterValueCounts() throws {
        var settings: Settings = ["train.max_steps": 3, "adapter.target_modules": ["q_proj", "v_proj"]]
        #expect(settings["train.max_steps"] != nil && settings["train.epochs"] == nil)
        settings["train.max_steps"] = nil
        #expect(settings["train.max_steps"] == nil)
    }
}
