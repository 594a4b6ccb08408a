// Losses row by row, token by token, and whichever way they are asked for.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct Scoring {
        private func losses(_ rows: [JSONValue]) -> [Double] { rows.compactMap { $0["loss"]?.double } }

        @Test(arguments: [LatheCommand.huggingFace, LatheCommand.gguf])
        func lossIsTheMeanOfTheTargetsLogProbabilities(model: String) throws {
            try LatheCommand.inFolder { lathe in
                let plain = try lathe.score(model)
                let rows = try lathe.score(model, "--tokens")
                #expect(plain.count == 8 && rows.count == 8)
                #expect(maximumDifference(losses(plain), losses(rows)) < 1e-5)
                for (index, row) in rows.enumerated() {
                    #expect(row["index"]?.integer == index)
                    let ids = try #require(row["ids"]?.array).compactMap(\.integer)
                    let mask = try #require(row["mask"]?.array).compactMap(\.integer)
                    let values = try #require(row["logprobs"]?.array)
                    #expect(row["tokens"]?.integer == ids.count)
                    #expect(mask.count == ids.count && values.count == ids.count)
                    #expect(values.first?.isNull == true && mask.first == 0)
                    #expect(row["target_tokens"]?.integer == mask.reduce(0, +))
                    #expect(values.dropFirst().allSatisfy { ($0.double ?? 1) <= 0 })
                    let sum = zip(values, mask).reduce(0) { $0 - ($1.1 == 1 ? $1.0.double ?? .nan : 0) }
                    #expect(abs(sum / Double(mask.reduce(0, +)) - (row["loss"]?.double ?? .nan)) < 1e-5)
                }
            }
        }

        /// What the run read, whatever its steps made of the rows in the files.
        @Test func rowsOfAPreparedFileAreScoredAsTheyWereMade() throws {
            try LatheCommand.inFolder { lathe in
                let prepared = "checkpoints/tiny/prepared/examples.h5"
                _ = try lathe.json(
                    "prepare", "recipe.yaml", "--set", "data.steps=[{map: {fields: {prompt: 'Q: {prompt}'}}}]")
                let all = try lathe.score(LatheCommand.huggingFace, data: prepared, "--tokens")
                let asInTheFile = try lathe.score(LatheCommand.huggingFace, "--tokens")
                #expect(all.count == 8 && all != asInTheFile)
                let row = try lathe.json("inspect", prepared, "--example", "3", "--held-out")
                #expect(all[3]["ids"] == row["sequences"]?.array?[0]["ids"])
                let one = try lathe.score(LatheCommand.huggingFace, data: prepared, "--row", "3", "--tokens")
                #expect(one.count == 1 && one[0]["index"] == 3 && one[0]["ids"] == all[3]["ids"])
                #expect(maximumDifference(losses(one), [losses(all)[3]]) < 1e-5)
                let plain = try lathe.score(LatheCommand.huggingFace, "--row", "7")
                #expect(plain.count == 1 && plain[0]["index"] == 7 && plain[0]["ids"] == nil)
                func refused(_ data: String, _ more: String...) throws -> Outcome {
                    try lathe.start(["score", "--model", LatheCommand.huggingFace, "--data", data] + more).wait()
                }
                try refused(prepared, "--row", "8").expectFailure(64, "--row 8")
                try refused(prepared, "--set", "data.max_length=9").expectFailure(64, "data.max_length", "prepared")
            }
        }

        @Test func scoreAgreesWithEvaluate() throws {
            try LatheCommand.inFolder { lathe in
                let adapter = try lathe.train()
                let evaluation = try lathe.json(
                    "evaluate", "--model", LatheCommand.huggingFace, "--adapter", adapter, "--data", "held.jsonl",
                    "--set",
                    "model.precision=fp32")
                for (side, rows) in [
                    ("base", try lathe.score(LatheCommand.huggingFace)),
                    ("adapter", try lathe.score(LatheCommand.huggingFace, adapter: adapter)),
                ] {
                    let counts = rows.compactMap { $0["target_tokens"]?.integer }.map(Double.init)
                    let mean = zip(losses(rows), counts).reduce(0) { $0 + $1.0 * $1.1 } / counts.reduce(0, +)
                    #expect(abs(mean - (evaluation[side]?["loss"]?.double ?? .nan)) < 1e-6)
                }
            }
        }

        @Test func withoutAnAdapterOnlyTheBase() throws {
            try LatheCommand.inFolder { lathe in
                let evaluation = try lathe.json("evaluate", "--model", LatheCommand.gguf, "--data", "held.jsonl")
                #expect(evaluation["base"]?["loss"]?.double != nil)
                #expect(evaluation["adapter"] == nil && evaluation["difference"] == nil)
            }
        }

        @Test func orderOfRowsChangesNoRow() throws {
            try LatheCommand.inFolder { lathe in
                let lines = try lathe.text("held.jsonl").split(separator: "\n")
                try lathe.write("reversed.jsonl", lines.reversed().joined(separator: "\n") + "\n")
                let forward = losses(try lathe.score(LatheCommand.huggingFace))
                let backward = losses(try lathe.score(LatheCommand.huggingFace, data: "reversed.jsonl"))
                #expect(Set(forward).count > 4)
                // Other neighbours in a batch may round a product otherwise, in the last bits of an fp32 number.
                #expect(maximumDifference(forward, backward.reversed()) < 1e-5)
            }
        }

        @Test func bothFormatsHoldTheSameModel() throws {
            try LatheCommand.inFolder { lathe in
                let directory = losses(try lathe.score(LatheCommand.huggingFace))
                let gguf = losses(try lathe.score(LatheCommand.gguf))
                #expect(directory.count == 8 && maximumDifference(directory, gguf) < 1e-5)
            }
        }
    }
}
