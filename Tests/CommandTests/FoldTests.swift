// Fold from the recipe to the file: what holds for LoRA holds for it, and the file is what was trained.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct Folded {
        private static let base = TinyModel.mixed.path
        private static let fold = ["adapter.method=fold", "model.path=\(base)"]

        private func losses(_ rows: [JSONValue]) -> [Double] { rows.compactMap { $0["loss"]?.double } }

        @Test(arguments: ["fp32", "bf16"]) func isTrainedScoredAndExported(precision: String) throws {
            try LatheCommand.inFolder { lathe in
                let adapter = try lathe.train(
                    "adapter.method=fold", "model.path=\(Self.base)", "model.precision=\(precision)",
                    "adapter.dropout=0.1")
                let base = losses(try lathe.score(Self.base))
                let adapted = losses(try lathe.score(Self.base, adapter: adapter))
                #expect(adapted.count == 8 && maximumDifference(adapted, base) > 1e-2)
                let newest = try #require(
                    try lathe.names(in: "checkpoints/tiny").filter { $0.hasSuffix(".h5") }.max())
                #expect(losses(try lathe.score(Self.base, adapter: "checkpoints/tiny/\(newest)")) == adapted)

                _ = try lathe.json(
                    "export", "--model", Self.base, "--adapter", adapter, "--format", "gguf", "--out", "folded.gguf")
                #expect(losses(try lathe.score("folded.gguf")) == adapted)
                let sizes = try [TinyModel.mixed, lathe.url("folded.gguf")].map { try Data(contentsOf: $0).count }
                #expect(sizes[0] == sizes[1])
                let certificate = try lathe.json(
                    "merge", "--model", Self.base, "--adapter", adapter, "--out", "merged", "--set",
                    "merge.dtype=fp32")
                #expect(certificate["passed"] == true)
                #expect(certificate["tensors_applied"] == .integer(TinyModel.mixedLayersWithMinima))
                #expect(maximumDifference(losses(try lathe.score("merged")), adapted) < 1e-5)
            }
        }

        @Test func generatesWhatTheFoldedFileWrites() throws {
            try LatheCommand.inFolder { lathe in
                let adapter = try lathe.train("adapter.method=fold", "model.path=\(Self.base)")
                _ = try lathe.json(
                    "export", "--model", Self.base, "--adapter", adapter, "--format", "gguf", "--out", "folded.gguf")
                func ids(_ arguments: String...) throws -> JSONValue? {
                    let outcome = try lathe.start(
                        ["generate", "--raw", "--prompt", "Tom saw", "--max-new-tokens", "24", "--json"] + arguments
                    ).wait()
                    try #require(outcome.code == 0, "\(outcome.errors)")
                    return try outcome.json["ids"]
                }
                let answer = try ids("--model", Self.base, "--adapter", adapter)
                #expect(try #require(answer?.array).count > 2)
                #expect(try answer == ids("--model", "folded.gguf"))
                #expect(try answer != ids("--model", Self.base))
            }
        }

        @Test func aStoppedRunGoesOnToTheSameBits() throws {
            try LatheCommand.inFolder { lathe in
                let arguments =
                    ["train", "recipe.yaml", "--json", "--set", "adapter.dropout=0.2"]
                    + Self.fold.flatMap { ["--set", $0] }
                try lathe.expectTheSameAfterGoingOn(arguments)
            }
        }

        @Test func isInspectedAndTrainedFurther() throws {
            try LatheCommand.inFolder { lathe in
                let adapter = try lathe.train("adapter.method=fold", "model.path=\(Self.base)")
                #expect(try lathe.json("inspect", adapter)["method"] == "fold")
                let further = try lathe.start(
                    [
                        "train", "recipe.yaml", "--quiet", "--set", "name=on", "--set", "model.path=\(Self.base)",
                        "--set", "adapter={continue_from: \(adapter), target_modules: all-linear}",
                    ]
                ).wait()
                #expect(further.code == 0, "\(further.errors)")
                #expect(try lathe.json("inspect", "checkpoints/on/adapter")["method"] == "fold")
                // Another base, whose weights have no blocks.
                try lathe("score", "--model", TinyModel.chatGGUF.path, "--adapter", adapter, "--data", "held.jsonl")
                    .expectFailure(65, "Q4_1 or Q5_1", "F16")
            }
        }

        /// Before training it is said what is left out, and what cannot be trained at all.
        @Test func whatCannotBeFoldedIsSaidByThePlan() throws {
            try LatheCommand.inFolder { lathe in
                let arguments = ["plan", "recipe.yaml", "--json"] + Self.fold.flatMap { ["--set", $0] }
                let plan = try lathe.start(arguments).wait()
                #expect(plan.errors.contains("leaves out v_proj (Q8_0) in 3 layers"), "\(plan.errors)")
                #expect(try plan.json["target_modules_matched"] == .integer(TinyModel.mixedLayersWithMinima))
                #expect(try plan.json["target_modules"]?["v_proj"] == [0, 3])
                try lathe.start(arguments + ["--set", "adapter.target_modules=[v_proj]"]).wait()
                    .expectFailure(
                        65, "adapter.target_modules", "v_proj", "fold", "expected Q4_1 or Q5_1", "found Q8_0")
                try lathe("plan", "recipe.yaml", "--set", "adapter.method=fold")
                    .expectFailure(65, "adapter.", "fold", "expected Q4_1 or Q5_1", "found F32")
                let some = try lathe.start(arguments + ["--set", "adapter.layers=[1]"]).wait()
                #expect(try some.json["target_modules_matched"] == 6, "\(some.errors)")
            }
        }
    }
}
