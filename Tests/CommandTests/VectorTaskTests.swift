// `task: embed` as a person meets it: learnt, killed and gone on with, judged, used, written.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct VectorTasks {
        private static let recipe = """
            name: search
            task: embed
            model: { path: \(LatheCommand.huggingFace), precision: fp32 }
            data: { train: pairs.jsonl, held_out: other.jsonl, max_length: 48, columns: { anchor: question, positive: answer } }
            adapter: { r: 4, target_modules: all-linear }
            train: { max_steps: 6, batch_size: 8, learning_rate: 5e-3 }
            export: [{ format: peft }]

            """

        private func inFolder(_ body: (LatheCommand) throws -> Void) throws {
            try LatheCommand.inFolder { lathe in
                func rows(_ names: [String]) -> String {
                    names.enumerated().map {
                        #"{"question": "What did \#($1) see?", "answer": "\#($1) saw \#($0 + 2) cats in the park.", "n": \#($0)}"#
                            + "\n"
                    }.joined()
                }
                try lathe.write("search.yaml", Self.recipe)
                try lathe.write(
                    "pairs.jsonl",
                    rows(
                        "Tom Lily Ben Sue Max Tim Mia Sam Anna Jack Lucy Bob Amy Joe Kim Dan".split(separator: " ").map(
                            String.init)))
                try lathe.write(
                    "other.jsonl", rows("Mary John Rose Fred Kate Paul".split(separator: " ").map(String.init)))
                try body(lathe)
            }
        }

        @Test func vectorsAreLearntJudgedAndUsed() throws {
            try inFolder { lathe in
                let report = try lathe.json("run", "search.yaml")
                let told = report.text()
                for name in ["ndcg_at_10", "mrr_at_10", "recall_at_1"] { #expect(told.contains(name), "\(told)") }
                // The folder of the adapter says itself that its model makes vectors.
                let adapter = ["--model", LatheCommand.huggingFace, "--adapter", "checkpoints/search/adapter"]
                func predicted(_ words: [String], _ out: String) throws -> [JSONValue] {
                    let outcome = try lathe.start(
                        ["predict", "--data", "texts.jsonl", "--out", out] + words + ["--set", "model.precision=fp32"]
                    ).wait()
                    try #require(outcome.code == 0, "\(outcome.errors)")
                    return try lathe.text(out).split(separator: "\n").map { try JSONValue(parsing: String($0)) }
                }
                try lathe.write(
                    "texts.jsonl", #"{"text": "Tom saw a cat."}"# + "\n" + #"{"text": "Lily had a dog."}"# + "\n")
                let learnt = try predicted(adapter, "learnt.jsonl")
                let bare = try predicted(["--model", LatheCommand.huggingFace, "--set", "task=embed"], "bare.jsonl")
                #expect(learnt.count == 2 && learnt[0]["vector"] != bare[0]["vector"])
                let vector = try #require(learnt[0]["vector"]?.array).compactMap(\.double)
                #expect(abs(vector.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5, "of length 1")
            }
        }

        @Test func aStoppedRunGoesOnToTheSameAdapter() throws {
            try inFolder { lathe in
                let whole = try lathe.json("train", "search.yaml", "--set", "name=whole")
                _ = try lathe.json("train", "search.yaml", "--set", "train.save_every=3")
                let folder = lathe.url("checkpoints/search")
                // As it stood after the third step.
                try FileManager.default.removeItem(at: folder.appendingPathComponent("step-000006.h5"))
                try FileManager.default.removeItem(at: folder.appendingPathComponent("adapter"))
                let again = try lathe("train", "search.yaml", "--json", "--set", "train.save_every=3")
                try #require(again.code == 0, "\(again.errors)")
                #expect(again.errors.contains("going on after step 3"))
                #expect(try again.json["adapter_sha256"] == whole["adapter_sha256"])
                // A step of one row has nothing to tell it from.
                try lathe("train", "search.yaml", "--set", "name=one", "--set", "train.batch_size=1")
                    .expectFailure(65, "train.batch_size", "pairs.jsonl:1")
            }
        }

        /// A cosine goes from -1 to 1: scores beside that are named with their row.
        @Test func scoresThatAreNoCosinesAreRefused() throws {
            try inFolder { lathe in
                try lathe.write(
                    "scored.jsonl",
                    [1, 0.5, 4].map { #"{"sentence1": "a cat \#($0)", "sentence2": "a dog", "score": \#($0)}"# + "\n" }
                        .joined())
                func train(_ objective: String) throws -> Outcome {
                    try lathe.start(
                        [
                            "train", "search.yaml", "--set", "data.train=scored.jsonl", "--set", "data.held_out=[]",
                            "--set",
                            "data.columns={}", "--set", "embed.objective=\(objective)",
                        ]
                    ).wait()
                }
                try train("cosine").expectFailure(65, "scored.jsonl:3", "4", "cosent")
                let ordered = try train("cosent")
                #expect(ordered.code == 0, "\(ordered.errors)")
            }
        }

        private static let program = """
            import h5py, json, sys
            file = h5py.File(sys.argv[1], "r")
            vectors = file["vectors"]
            print(json.dumps([list(vectors.shape), str(vectors.dtype), sorted(file.keys()), vectors[0].tolist()]))
            """

        @Test(.needsPython("h5py")) func h5pyReadsVectors() throws {
            try inFolder { lathe in
                func predict(_ out: String) throws {
                    let outcome = try lathe(
                        "predict", "--model", LatheCommand.huggingFace, "--data", "texts.jsonl", "--out", out, "--set",
                        "task=embed")
                    try #require(outcome.code == 0, "\(outcome.errors)")
                }
                try lathe.write(
                    "texts.jsonl", (0..<5).map { #"{"text": "Tom saw \#($0) cats.", "n": \#($0)}"# + "\n" }.joined())
                try predict("out.h5")
                try predict("out.jsonl")
                let (status, output) = try ReferencePython.run(
                    with: ["h5py"], ["-c", Self.program, lathe.url("out.h5").path])
                #expect(status == 0, "\(output)")
                let found = try JSONValue(parsing: output)
                let first = try JSONValue(parsing: String(lathe.text("out.jsonl").split(separator: "\n")[0]))
                let vector = try #require(first["vector"]?.array).compactMap(\.double)
                let shape = found.array?[0].array?.compactMap(\.integer)
                #expect(shape == [5, vector.count] && found.array?[1] == "float32")
                #expect(found.array?[2].array?.contains("n") == true, "the rows' own columns")
                let same = zip(found.array?[3].array?.compactMap(\.double) ?? [], vector).allSatisfy {
                    abs($0 - $1) < 1e-6
                }
                #expect(same)
            }
        }
    }
}
