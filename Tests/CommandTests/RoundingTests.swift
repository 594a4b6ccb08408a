// How exports round weights to blocks, as a person asks for it.

import Foundation
import JSON
import TestSupport
import Testing
import WeightFiles

extension CommandTests {
    @Suite struct Rounding {
        @Test func rowsAndTheirImportanceMatrixAreOne() throws {
            try LatheCommand.inFolder { lathe in
                let plain = try lathe.exported("plain")
                let weighed = try lathe.exported("weighed", "--calibrate", "train.jsonl")
                #expect(plain != weighed && plain.count == weighed.count)
                #expect(try lathe.exported("weighed", "--calibrate", "train.jsonl") == weighed)
                #expect(try lathe.exported("none", "--calibrate", "none") == plain)
                let matrix = try lathe(
                    "imatrix", "--model", LatheCommand.gguf, "--data", "train.jsonl", "--out", "a.imatrix", "--set",
                    "model.precision=fp32")
                #expect(matrix.code == 0, "\(matrix.errors)")
                #expect(try lathe.exported("matrix", "--calibrate", "a.imatrix") == weighed)
                let few = try lathe.exported("few", "--calibrate", "train.jsonl", "--calibrate-tokens", "20")
                #expect(few != weighed && few != plain)
            }
        }

        @Test func feedbackLosesLess() throws {
            try LatheCommand.inFolder { lathe in
                let weighed = try lathe.exported("weighed", "--calibrate", "train.jsonl")
                let fed = try lathe.exported("fed", "--calibrate", "train.jsonl", "--rounding", "feedback")
                #expect(fed != weighed && fed.count == weighed.count)
                #expect(try lathe.exported("fed", "--calibrate", "train.jsonl", "--rounding", "feedback") == fed)
                func logProbabilities(_ model: String) throws -> [Double] {
                    try lathe.score(model, "--tokens").flatMap { ($0["logprobs"]?.array ?? []).compactMap(\.double) }
                }
                let exact = try logProbabilities(LatheCommand.gguf)
                let losses = try ["weighed.gguf", "fed.gguf"].map { file in
                    zip(exact, try logProbabilities(file)).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
                }
                #expect(losses[1] < 0.8 * losses[0], "\(losses)")
            }
        }

        @Test func aRunLooksAtItsTrainingRows() throws {
            try LatheCommand.inFolder { lathe in
                func run(_ entry: String) throws -> Data {
                    let outcome = try lathe(
                        "run", "recipe.yaml", "--quiet", "--set", "model.path=\(LatheCommand.gguf)", "--set",
                        "train.learning_rate=0.02", "--set",
                        "export=[{format: gguf, type: Q5_1, path: out.gguf, allow_near_no_op: true, \(entry)}]")
                    #expect(outcome.code == 0, "\(outcome.errors)")
                    return try lathe.weights("out.gguf")
                }
                let usual = try run("rounding: nearest")
                #expect(try run("calibrate: train") == usual)
                // Of the rows that were looked at, not of those that are held out.
                let metadata = try lathe.json("inspect", "out.gguf")["metadata"]
                #expect(metadata?["quantize.imatrix.dataset"] == "train.jsonl")
                #expect(try run("calibrate: none") != usual)
                #expect(try run("calibrate: train.jsonl") == usual)
                #expect(try run("rounding: feedback") != usual)
            }
        }

        @Test func mistakesAreNamed() throws {
            try LatheCommand.inFolder { lathe in
                func failing(_ arguments: String...) throws -> Outcome {
                    try lathe.start(LatheCommand.export("out") + arguments).wait()
                }
                try failing("--rounding", "feedback").expectFailure(64, "--rounding feedback", "rows")
                try failing("--rounding", "up").expectFailure(64, "'up'", "nearest, feedback")
                try failing("--calibrate", "train").expectFailure(64, "--calibrate train", "only a run")
                try failing("--calibrate", "nowhere.jsonl").expectFailure(66, "nowhere.jsonl")
                try failing("--calibrate", "nowhere.imatrix").expectFailure(66, "nowhere.imatrix")
                try failing("--calibrate", "train.jsonl", "--calibrate-tokens", "0").expectFailure(
                    64, "--calibrate-tokens 0")
                let floats = LatheCommand.export("out").map { $0 == "Q4_0" ? "fp16" : $0 }
                try lathe.start(floats + ["--calibrate", "train.jsonl"]).wait().expectFailure(64, "--calibrate", "fp16")
                let matrix = ImportanceMatrix(
                    [.init(name: "blk.0.other.weight", sums: [1], counts: [1])], datasets: [], chunkCount: 1,
                    chunkSize: 1)
                try matrix.write(to: lathe.url("other.imatrix"))
                try failing("--calibrate", "other.imatrix").expectFailure(65, "other.imatrix", "another model")
                try failing("--calibrate", "other.imatrix", "--rounding", "feedback").expectFailure(64, "needs rows")
                #expect(!lathe.has("out.gguf"))
                for (entry, word) in [
                    ("type: fp16, rounding: feedback", "export[0].rounding"),
                    ("type: fp16, calibrate: none", "export[0].calibrate"),
                    ("type: fp16, calibrate_tokens: 9", "export[0].calibrate_tokens"),
                    ("type: Q4_0, calibrate: none, calibrate_tokens: 9", "export[0].calibrate_tokens"),
                    ("type: Q4_0, calibrate: nowhere.jsonl", "nowhere.jsonl"),
                    ("type: Q4_0, calibrate: none, rounding: feedback", "export[0].rounding"),
                ] {
                    let outcome = try lathe(
                        "plan", "recipe.yaml", "--set", "export=[{format: gguf, \(entry)}]", "--set",
                        "model.path=\(LatheCommand.gguf)")
                    #expect(outcome.code != 0 && outcome.errors.contains(word), "\(entry): \(outcome.errors)")
                }
            }
        }
    }
}

extension LatheCommand {
    fileprivate static func export(_ name: String) -> [String] {
        ["export", "--model", gguf, "--format", "gguf", "--type", "Q4_0", "--out", name + ".gguf", "--quiet"]
    }

    /// The numbers in a GGUF file as it has them; what it says of how they were rounded is left out.
    fileprivate func weights(_ file: String) throws -> Data {
        let gguf = try GGUFFile(url(file))
        return try gguf.tensors.reduce(into: Data()) { data, entry in
            if let tensor = try gguf.tensor(entry.name) { data.append(contentsOf: tensor.bytes) }
        }
    }

    /// The weights of the tiny model in Q4_0.
    fileprivate func exported(_ name: String, _ more: String...) throws -> Data {
        let outcome = try start(Self.export(name) + more).wait()
        try #require(outcome.code == 0, "\(outcome.errors)")
        return try weights(name + ".gguf")
    }
}
