// DoRA from the recipe to the merged model: what holds for LoRA holds for it.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct WeightDecomposed {
        private func losses(_ rows: [JSONValue]) -> [Double] { rows.compactMap { $0["loss"]?.double } }

        @Test(arguments: [
            (LatheCommand.huggingFace, "fp32"), (LatheCommand.huggingFace, "bf16"), (LatheCommand.gguf, "fp32"),
            (TinyModel.chatGGUF.path, "bf16"), (TinyModel.mixed.path, "fp32"), (TinyModel.mixed.path, "bf16"),
        ])
        func isTrainedScoredAndMerged(model: String, precision: String) throws {
            try LatheCommand.inFolder { lathe in
                let adapter = try lathe.train(
                    "adapter.method=dora", "model.path=\(model)", "model.precision=\(precision)", "adapter.dropout=0.1")
                let base = losses(try lathe.score(model))
                let adapted = losses(try lathe.score(model, adapter: adapter))
                #expect(adapted.count == 8 && maximumDifference(adapted, base) > 1e-2)
                // A checkpoint is the same adapter.
                let newest = try #require(
                    try lathe.names(in: "checkpoints/tiny").filter { $0.hasSuffix(".h5") }.max())
                #expect(losses(try lathe.score(model, adapter: "checkpoints/tiny/\(newest)")) == adapted)

                let certificate = try lathe.json(
                    "merge", "--model", model, "--adapter", adapter, "--out", "merged", "--set", "merge.dtype=fp32")
                #expect(certificate["passed"] == true)
                #expect(certificate["tensors_applied"] == .integer(TinyModel.linearLayers))
                #expect(maximumDifference(losses(try lathe.score("merged")), adapted) < 1e-4)
            }
        }

        /// Text with the adapter is that of the merged model; many answers are those of each alone.
        @Test func generatesWhatTheMergedModelWrites() throws {
            try LatheCommand.inFolder { lathe in
                let adapter = try lathe.train("adapter.method=dora")
                _ = try lathe.json(
                    "merge", "--model", LatheCommand.huggingFace, "--adapter", adapter, "--out", "merged", "--set",
                    "merge.dtype=fp32")
                func ids(_ arguments: String...) throws -> JSONValue? {
                    let outcome = try lathe.start(
                        [
                            "generate", "--raw", "--prompt", "Tom saw", "--max-new-tokens", "24", "--json", "--set",
                            "model.precision=fp32",
                        ] + arguments
                    ).wait()
                    try #require(outcome.code == 0, "\(outcome.errors)")
                    return try outcome.json["ids"]
                }
                let answer = try ids("--model", LatheCommand.huggingFace, "--adapter", adapter)
                #expect(try #require(answer?.array).count > 2)
                #expect(try answer == ids("--model", "merged"))
                // In batches: what is measured of answers is the same for both.
                func exactMatch(_ arguments: String...) throws -> [JSONValue?] {
                    let outcome = try lathe.start(
                        [
                            "evaluate", "--data", "held.jsonl", "--json", "--set", "model.precision=fp32", "--set",
                            "evaluate.metrics=[rouge_l, bleu]",
                        ] + arguments
                    ).wait()
                    try #require(outcome.code == 0, "\(outcome.errors)")
                    let json = try outcome.json
                    let scores = json["adapter"] ?? json["base"]
                    return [scores?["rouge_l"], scores?["bleu"]]
                }
                let scores = try exactMatch("--model", LatheCommand.huggingFace, "--adapter", adapter)
                #expect(scores.allSatisfy { $0?.double != nil })
                #expect(try scores == exactMatch("--model", "merged"))
            }
        }

        @Test func aStoppedRunGoesOnToTheSameBits() throws {
            try LatheCommand.inFolder { lathe in
                let arguments = [
                    "train", "recipe.yaml", "--json", "--set", "adapter.method=dora", "--set", "adapter.dropout=0.2",
                ]
                try lathe.expectTheSameAfterGoingOn(arguments)
            }
        }

        @Test func isInspectedExportedAndTrainedFurther() throws {
            try LatheCommand.inFolder { lathe in
                let adapter = try lathe.train("adapter.method=dora")
                #expect(try lathe.json("inspect", adapter)["method"] == "dora")
                _ = try lathe.json(
                    "export", "--model", LatheCommand.huggingFace, "--adapter", adapter, "--format", "peft", "--out",
                    "copy")
                let name = "adapter_model.safetensors"
                #expect(
                    try Data(contentsOf: lathe.url("copy/\(name)")) == Data(contentsOf: lathe.url("\(adapter)/\(name)"))
                )
                // Left out, the method is the adapter's.
                let further = try lathe.start(
                    ["train", "recipe.yaml", "--quiet", "--set", "name=on", "--set", "adapter={continue_from: copy}"]
                ).wait()
                #expect(further.code == 0, "\(further.errors)")
                #expect(try lathe.json("inspect", "checkpoints/on/adapter")["method"] == "dora")
                try lathe(
                    "train", "recipe.yaml", "--set", "name=off", "--set", "adapter={continue_from: copy, method: lora}"
                ).expectFailure(65, "adapter.method", "the adapter has dora")
            }
        }

        @Test func theHeadIsRefusedByItsKey() throws {
            try LatheCommand.inFolder { lathe in
                try lathe("train", "recipe.yaml", "--set", "adapter={method: dora, target_modules: [lm_head]}")
                    .expectFailure(65, "adapter.target_modules", "lm_head")
            }
        }

        @Test func theKeyOfOtherToolsIsAnswered() throws {
            try LatheCommand.inFolder { lathe in
                try lathe("train", "recipe.yaml", "--set", "adapter.use_dora=true").expectFailure(65, "adapter.method")
            }
        }
    }
}
