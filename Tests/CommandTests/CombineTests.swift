// Several adapters in one call of merge, and in a recipe.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct Combining {
        private static let base = ["--model", LatheCommand.huggingFace]

        /// A folder with two trained adapters, `one` and `two`.
        private func withAdapters(_ body: (LatheCommand) throws -> Void) throws {
            try LatheCommand.inFolder { lathe in
                for (name, seed) in [("one", 7), ("two", 8)] {
                    _ = try lathe.train("name=\(name)", "seed=\(seed)", "data.shuffle=true")
                    try lathe.copy("checkpoints/\(name)/adapter", to: name)
                }
                try body(lathe)
            }
        }

        @Test func severalAdaptersAreMergedAsOne() throws {
            try withAdapters { lathe in
                let report = try lathe.json(
                    "merge", "--model", LatheCommand.huggingFace, "--adapter", "one=0.7", "--adapter", "two=0.3",
                    "--out", "merged", "--set", "merge.dtype=fp32")
                #expect(report["passed"] == true)
                let combination = try #require(report["combination"])
                #expect(combination["method"] == "cat" && combination["rank"] == 8)
                let adapters = try #require(combination["adapters"]?.array)
                #expect(adapters.map { $0["path"] } == ["one", "two"])
                #expect(adapters.map { $0["weight"] } == [0.7, 0.3])
                #expect(adapters.allSatisfy { $0["sha256"]?.string?.count == 64 && $0["rank"] == 4 })
                let kept = try JSONValue(parsing: lathe.text("merged/merge_report.json"))
                #expect(kept["method"] == "cat" && kept["adapters"] == combination["adapters"])

                // The same by hand: the combined adapter, then its merge.
                let combined = try lathe.json(
                    "merge", "--model", LatheCommand.huggingFace, "--adapter", "one=0.7", "--adapter", "two=0.3",
                    "--as", "adapter", "--out", "both")
                #expect(combined["output"]?.string?.hasSuffix("both") == true && combined["rank"] == 8)
                #expect(lathe.has("both/adapter_model.safetensors") && lathe.has("both/merge_report.json"))
                let scores = try lathe.score(LatheCommand.huggingFace, adapter: "both").compactMap {
                    $0["loss"]?.double
                }
                let merged = try lathe.score("merged").compactMap { $0["loss"]?.double }
                #expect(scores.count == 8 && maximumDifference(scores, merged) < 1e-4)
            }
        }

        /// Half of an adapter changes half as much, twice of it twice as much.
        @Test func oneAdapterIsWeighed() throws {
            try withAdapters { lathe in
                func norm(_ adapter: String) throws -> Double {
                    let report = try lathe.json(
                        "merge", "--model", LatheCommand.huggingFace, "--adapter", adapter, "--out", "merged", "--set",
                        "merge.dtype=fp32")
                    return try #require(report["delta_norm"]?.double)
                }
                let whole = try norm("one")
                #expect(abs(try norm("one=0.5") / whole - 0.5) < 1e-4)
                #expect(abs(try norm("one=-2") / whole - 2) < 1e-4)
            }
        }

        /// The last `=` parts path and weight; what stands there under the whole name is the adapter.
        @Test func namesMayHoldEqualsSigns() throws {
            try withAdapters { lathe in
                try lathe.copy("one", to: "a=b")
                try lathe.copy("two", to: "a=0.5")
                func adapters(_ names: String...) throws -> [String] {
                    let call = ["merge"] + Self.base + names.flatMap { ["--adapter", $0] }
                    let outcome = try lathe.start(call + ["--as", "adapter", "--out", "c", "--json"]).wait()
                    try #require(outcome.code == 0, "\(outcome.errors)")
                    return try #require(outcome.json["adapters"]?.array).map {
                        "\($0["path"]?.string ?? "none") times \($0["weight"]?.double ?? .nan)"
                    }
                }
                #expect(try adapters("a=b=0.25", "a=0.5") == ["a=b times 0.25", "a=0.5 times 1.0"])
                #expect(try adapters("a=0.5=2") == ["a=0.5 times 2.0"])
            }
        }

        @Test func everyMethodIsOffered() throws {
            try withAdapters { lathe in
                for (method, more) in [
                    ("linear", []), ("cat", []), ("svd", ["--svd-rank", "3"]), ("ties", ["--density", "0.5"]),
                    ("ties_svd", ["--density", "0.5", "--majority-sign-method", "frequency"]),
                    ("dare_linear", ["--density", "0.5", "--seed", "3"]), ("dare_ties", ["--density", "0.5"]),
                    ("dare_linear_svd", ["--density", "0.5"]), ("dare_ties_svd", ["--density", "0.5"]),
                    ("magnitude_prune", ["--density", "0.5"]), ("magnitude_prune_svd", ["--density", "0.5"]),
                ] {
                    let call =
                        ["merge"] + Self.base
                        + ["--adapter", "one", "--adapter", "two", "--method", method, "--out", "merged", "--json"]
                    let outcome = try lathe.start(call + more).wait()
                    #expect(outcome.code == 0, "\(method): \(outcome.errors)")
                    #expect(try outcome.json["combination"]?["method"]?.string == method)
                    #expect(try outcome.json["passed"] == true)
                }
            }
        }

        @Test func whatCannotBeCombinedIsSaid() throws {
            try withAdapters { lathe in
                _ = try lathe.train("name=small", "adapter.r=2")
                try lathe.copy("one", to: "copy")
                let cases: [([String], Int32, [String])] = [
                    (["--adapter", "one", "--adapter", "two", "--method", "ties"], 65, ["density", "is missing"]),
                    (
                        ["--adapter", "one", "--adapter", "two", "--density", "0.5"], 65,
                        ["density", "cat prunes nothing"]
                    ),
                    (
                        ["--adapter", "one", "--adapter", "two", "--method", "tie"], 64,
                        ["--method tie", "did you mean ties"]
                    ),
                    (["--adapter", "one=nan"], 64, ["one=nan", "weight"]),
                    (["--adapter", "one=much"], 64, ["one=much", "no number"]),
                    (["--adapter", "three=0.5"], 66, ["three", "does not exist"]),
                    (["--adapter", "one", "--adapter", "copy=2"], 65, ["one", "copy", "are the same"]),
                    (
                        ["--adapter", "one", "--adapter", "checkpoints/small/adapter", "--method", "linear"], 65,
                        ["same rank", "svd", "rank 2"]
                    ),
                    ([], 64, ["--adapter"]),
                ]
                for (arguments, code, words) in cases {
                    let outcome = try lathe.start(["merge"] + Self.base + arguments + ["--out", "merged"]).wait()
                    #expect(outcome.code == code, "\(arguments): \(outcome.errors)")
                    for word in words { #expect(outcome.errors.contains(word), "\(arguments): \(outcome.errors)") }
                    #expect(!lathe.has("merged"))
                }
            }
        }

        /// A recipe's own adapter with one that was trained before, merged and exported as one; again: nothing is done.
        @Test func aRecipeCombinesWhatItTrains() throws {
            try withAdapters { lathe in
                let settings = [
                    "merge={enabled: true, dtype: fp32, weight: 0.5, adapters: [{path: one, weight: 0.25}]}",
                    "export=[{format: peft}]", "seed=9",
                ].flatMap { ["--set", $0] }
                func run() throws -> JSONValue {
                    let outcome = try lathe.start(["run", "recipe.yaml", "--json"] + settings).wait()
                    try #require(outcome.code == 0, "\(outcome.errors)")
                    return try outcome.json
                }
                let report = try run()
                let folder = "checkpoints/tiny"
                let kept = try JSONValue(parsing: lathe.text("\(folder)/merged/merge_report.json"))
                #expect(kept["adapters"]?.array?.map { $0["weight"] } == [0.5, 0.25])
                #expect(report["adapter_sha256"] == kept["adapters"]?.array?.first?["sha256"])
                let merged = try lathe.score("\(folder)/merged").compactMap { $0["loss"]?.double }
                let byHand = try lathe.json(
                    "merge", "--model", LatheCommand.huggingFace, "--adapter", "\(folder)/adapter=0.5", "--adapter",
                    "one=0.25", "--out", "again", "--set", "merge.dtype=fp32")
                #expect(byHand["passed"] == true)
                let again = try lathe.score("again").compactMap { $0["loss"]?.double }
                let exported = try lathe.score(LatheCommand.huggingFace, adapter: "\(folder)/export/peft").compactMap {
                    $0["loss"]?.double
                }
                #expect(merged.count == 8 && maximumDifference(merged, again) < 1e-5)
                #expect(maximumDifference(merged, exported) < 1e-4)
                let before = try Data(contentsOf: lathe.url("\(folder)/merged/model.safetensors"))
                _ = try run()
                #expect(try Data(contentsOf: lathe.url("\(folder)/merged/model.safetensors")) == before)
                // Said before anything is trained.
                let missing = ["--set", "name=fresh", "--set", "merge={enabled: true, adapters: [{path: no}]}"]
                let outcome = try lathe.start(["run", "recipe.yaml"] + missing).wait()
                outcome.expectFailure(66, "no", "does not exist")
                #expect(!lathe.has("checkpoints/fresh"))
            }
        }

        // MARK: Search

        @Test func weightsAreChosenOnRows() throws {
            try withAdapters { lathe in
                try lathe.write("other.jsonl", LatheCommand.rows(6, "found"))
                let report = try lathe.json(
                    "merge", "--model", LatheCommand.huggingFace, "--adapter", "one", "--adapter", "two", "--method",
                    "ties", "--search", "held=held.jsonl", "--search-limit", "14", "--data", "other.jsonl", "--out",
                    "merged", "--set", "merge.dtype=fp32", "--set", "model.precision=fp32")
                #expect(report["passed"] == true)
                let combination = try #require(report["combination"])
                let search = try #require(combination["search"])
                let candidates = try #require(search["candidates"]?.array)
                #expect(search["evaluations"] == .integer(candidates.count) && candidates.count <= 14)
                let losses = candidates.compactMap { $0["loss"]?.double }
                #expect(losses.count == candidates.count && losses.min() == search["chosen"]?["loss"]?.double)
                #expect(candidates.allSatisfy { $0["losses"]?["held"]?.double == $0["loss"]?.double })
                #expect(combination["adapters"]?.array?.map { $0["weight"] } == search["chosen"]?["weights"]?.array)
                #expect(combination["density"] == search["chosen"]?["density"])

                // What is reported of a domain is what scoring says.
                let domains = try #require(combination["domains"]?.array)
                #expect(domains.map { $0["name"] } == ["held", "other"])
                for (domain, file) in zip(domains, ["held.jsonl", "other.jsonl"]) {
                    for (side, model, adapter) in [
                        (domain["base"], LatheCommand.huggingFace, nil),
                        (domain["adapters"]?.array?.last, LatheCommand.huggingFace, "two"),
                        (domain["combined"], "merged", nil),
                    ] {
                        let rows = try lathe.score(model, adapter: adapter, data: file)
                        let counts = rows.compactMap { $0["target_tokens"]?.double }
                        let sum = zip(rows.compactMap { $0["loss"]?.double }, counts).reduce(0) { $0 + $1.0 * $1.1 }
                        let loss = try #require(side?["loss"]?.double)
                        #expect(abs(sum / counts.reduce(0, +) - loss) < 1e-4)
                    }
                }
                let agreement = try #require(combination["agreement"]?.array)
                #expect(agreement.count == 1)
                #expect(agreement[0]["modules"]?.array?.count == TinyModel.linearLayers)
                for name in ["sign_conflicts", "column_overlap", "row_overlap"] {
                    let value = try #require(agreement[0][name]?.double)
                    #expect((0...1).contains(value))
                }
                let table = try lathe(
                    "merge", "--model", LatheCommand.huggingFace, "--adapter", "one", "--adapter", "two", "--data",
                    "held=held.jsonl", "--as", "adapter", "--out", "both")
                for words in ["base", "adapter 1", "combined", "held", "block 2", "sign conflicts"] {
                    #expect(table.output.contains(words), "\(table.output)")
                }
            }
        }

        @Test func oneAdapterIsWeighedOnRows() throws {
            try withAdapters { lathe in
                let report = try lathe.json(
                    "merge", "--model", LatheCommand.huggingFace, "--adapter", "one", "--search", "held.jsonl",
                    "--search-limit", "5", "--as", "adapter", "--out", "scaled")
                #expect(report["search"]?["evaluations"]?.integer ?? 0 > 2)
                #expect(report["adapters"]?.array?.count == 1)
                let call = ["merge"] + Self.base + ["--adapter", "one", "--out", "x"]
                try lathe.start(call + ["--search", "no.jsonl"]).wait().expectFailure(66, "no.jsonl")
                try lathe.start(call + ["--search-limit", "5"]).wait().expectFailure(64, "--search")
                try lathe.start(call + ["--method", "svd"]).wait().expectFailure(64, "--method has no effect")
            }
        }

        // MARK: Extraction

        @Test func anAdapterIsExtractedFromWhatItWasMergedInto() throws {
            try LatheCommand.inFolder { lathe in
                let adapter = try lathe.train()
                _ = try lathe.json(
                    "merge", "--model", LatheCommand.huggingFace, "--adapter", adapter, "--out", "merged", "--set",
                    "merge.dtype=fp32")
                let report = try lathe.json(
                    "extract", "--model", LatheCommand.gguf, "--tuned", "merged", "--rank", "4", "--out", "again")
                #expect(try #require(report["energy_kept"]?.double) > 0.999)
                #expect(report["tensors"]?.array?.count == TinyModel.linearLayers && report["rank"] == 4)
                #expect(report["not_held"]?.array?.isEmpty == true && report["warnings"]?.array?.isEmpty == true)
                #expect(lathe.has("again/extraction_report.json"))
                #expect(try lathe.text("again/README.md").contains("\nbase_model_relation: adapter\n"))
                #expect(try lathe.json("verify", "again")["passed"] == true)
                // All of it is what was added, and not what rounding the sums left.
                let all = try lathe.json(
                    "extract", "--model", LatheCommand.gguf, "--tuned", "merged", "--energy", "1", "--out", "all")
                #expect(all["rank"] == 4)
                let expected = try lathe.score(LatheCommand.huggingFace, adapter: adapter).compactMap {
                    $0["loss"]?.double
                }
                let found = try lathe.score(LatheCommand.huggingFace, adapter: "again").compactMap {
                    $0["loss"]?.double
                }
                #expect(found.count == 8 && maximumDifference(found, expected) < 1e-4)
                // With less of it, less comes back, and it is said.
                let half = try lathe.json(
                    "extract", "--model", LatheCommand.huggingFace, "--tuned", "merged", "--energy", "0.6", "--out",
                    "half")
                let kept = try #require(half["energy_kept"]?.double)
                #expect(kept >= 0.6 && kept < 0.9999)
            }
        }

        @Test func whatCannotBeExtractedIsSaid() throws {
            try LatheCommand.inFolder { lathe in
                let call = ["extract"] + Self.base + ["--out", "x"]
                for (arguments, code, words) in [
                    (["--tuned", LatheCommand.gguf, "--rank", "2"], Int32(65), "the same"),
                    (["--tuned", LatheCommand.gguf], 64, "--rank 16"),
                    (["--tuned", LatheCommand.gguf, "--rank", "2", "--energy", "0.5"], 64, "just one"),
                    (["--tuned", "none", "--rank", "2"], 66, "none"),
                    (["--tuned", LatheCommand.gguf, "--energy", "2"], 64, "--energy"),
                ] {
                    try lathe.start(call + arguments).wait().expectFailure(code, words)
                }
                #expect(!lathe.has("x"))
            }
        }
    }
}
