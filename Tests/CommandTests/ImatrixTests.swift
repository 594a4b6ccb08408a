// `lathe imatrix`, as a person calls it.

import Foundation
import JSON
import Models
import TestSupport
import Testing
import WeightFiles

extension CommandTests {
    @Suite struct Importance {
        private static let keys = ["--model", LatheCommand.huggingFace, "--data", "held.jsonl"]

        @Test func everyLinearLayerIsWeighed() throws {
            try LatheCommand.inFolder { lathe in
                let report = try lathe.imatrix("a.imatrix")
                #expect(report["tensors"]?.integer == 21 && report["rows"]?.integer == 8)
                let matrix = try ImportanceMatrix(lathe.url("a.imatrix"))
                #expect(matrix.entries.count == 21 && matrix.datasets.count == 1)
                #expect(matrix.entries.allSatisfy { [report["tokens"]?.double].contains(Double($0.counts[0])) })
                #expect(matrix.entries.first { $0.name == "blk.2.ffn_down.weight" }?.sums.count == 128)
                // The same call gives the same bytes, and the other form the same numbers.
                let bytes = try Data(contentsOf: lathe.url("a.imatrix"))
                _ = try lathe.imatrix("a.imatrix")
                #expect(try Data(contentsOf: lathe.url("a.imatrix")) == bytes)
                _ = try lathe.imatrix("a.dat")
                let older = try ImportanceMatrix(lathe.url("a.dat"))
                for entry in matrix.entries {
                    let means = try [matrix, older].map {
                        try #require(try $0.meanSquares(entry.name, columns: entry.sums.count, of: "a"))
                    }
                    #expect(relativeError(means[0], means[1]) < 1e-6)
                }
            }
        }

        /// As llama.cpp notes it; a file that is rounded anew without one does not claim its base's.
        @Test func aRoundedFileSaysByWhichMatrix() throws {
            try LatheCommand.inFolder { lathe in
                _ = try lathe.imatrix("a.imatrix")
                func notes(_ model: String, _ type: String, _ more: String...) throws -> [String: JSONValue] {
                    let out = "\(type)-\(more.count).gguf"
                    let outcome = try lathe.start(
                        ["export", "--model", model, "--format", "gguf", "--type", type, "--out", out, "--quiet"] + more
                    ).wait()
                    #expect(outcome.code == 0, "\(outcome.errors)")
                    let found = try lathe.json("inspect", out)["metadata"]?.object?.members ?? []
                    return Dictionary(
                        uniqueKeysWithValues: found.filter { $0.key.hasPrefix("quantize.imatrix.") }
                            .map { ($0.key, $0.value) })
                }
                let rounded = try notes(LatheCommand.huggingFace, "Q4_0", "--calibrate", "a.imatrix")
                #expect(rounded["quantize.imatrix.file"] == "a.imatrix")
                #expect(rounded["quantize.imatrix.dataset"] == "held.jsonl")
                #expect(rounded["quantize.imatrix.entries_count"] == 21)
                let gathered = try notes(LatheCommand.huggingFace, "Q5_0", "--calibrate", "held.jsonl")
                #expect(gathered["quantize.imatrix.file"] == nil)
                #expect(gathered["quantize.imatrix.dataset"] == "held.jsonl")
                #expect(try notes("Q4_0-2.gguf", "Q8_0").isEmpty)
            }
        }

        @Test func anAdapterChangesWhatLayersAreGiven() throws {
            try LatheCommand.inFolder { lathe in
                let adapter = try lathe.train("train.learning_rate=0.02")
                _ = try lathe.imatrix("a.imatrix")
                _ = try lathe.imatrix("b.imatrix", "--adapter", adapter)
                let (base, tuned) = (
                    try ImportanceMatrix(lathe.url("a.imatrix")), try ImportanceMatrix(lathe.url("b.imatrix"))
                )
                func sums(_ name: String) throws -> [[Float]] {
                    try [base, tuned].map { try #require($0.entries.first { $0.name == name }).sums }
                }
                // The first layers see the embedding alone.
                let first = try sums("blk.0.attn_q.weight"), last = try sums("blk.2.ffn_down.weight")
                #expect(first[0] == first[1])
                #expect(relativeError(last[0], last[1]) > 1e-3)
            }
        }

        @Test func fewerTokensAreSpreadOverTheRows() throws {
            try LatheCommand.inFolder { lathe in
                let all = try #require(try lathe.imatrix("a.imatrix")["tokens"]?.integer)
                let some = try lathe.imatrix("b.imatrix", "--tokens", "\(all / 2)")
                let (rows, tokens) = (try #require(some["rows"]?.integer), try #require(some["tokens"]?.integer))
                #expect(tokens <= all / 2 && tokens > all / 4 && (2..<8).contains(rows))
                #expect(try lathe.imatrix("c.imatrix", "--tokens", "1")["rows"]?.integer == 1)
            }
        }

        @Test func mistakesAreNamed() throws {
            try LatheCommand.inFolder { lathe in
                func failing(_ arguments: String...) throws -> Outcome {
                    try lathe.start(["imatrix"] + Self.keys + arguments).wait()
                }
                try failing("--out", "a.txt").expectFailure(64, "a.txt", ".imatrix")
                try failing("--out", "a.imatrix", "--tokens", "0").expectFailure(64, "--tokens 0")
                try failing("--out", "held.jsonl.dat", "--set", "merge.dtype=fp32").expectFailure(64, "merge.dtype")
                try lathe.write("own.imatrix", "mine")
                try failing("--out", "own.imatrix").expectFailure(74, "own.imatrix")
                #expect(try lathe.text("own.imatrix") == "mine")
                try lathe("imatrix", "--model", LatheCommand.gguf, "--data", "nowhere.jsonl", "--out", "a.imatrix")
                    .expectFailure(66, "nowhere.jsonl")
            }
        }
    }
}

extension LatheCommand {
    /// Weighs the tiny model over the held-out rows.
    fileprivate func imatrix(_ place: String, _ more: String...) throws -> JSONValue {
        let outcome = try start(
            [
                "imatrix", "--model", Self.huggingFace, "--data", "held.jsonl", "--out", place, "--json", "--set",
                "model.precision=fp32",
            ] + more
        ).wait()
        try #require(outcome.code == 0, "\(outcome.errors)")
        return try outcome.json
    }
}
