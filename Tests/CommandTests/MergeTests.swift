// Merging: it is proven, or it is refused and leaves nothing.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct Merging {
        @Test(arguments: [LatheCommand.huggingFace, LatheCommand.gguf])
        func mergedScoresAsBaseAndAdapter(model: String) throws {
            try LatheCommand.inFolder { lathe in
                let adapter = try lathe.train("model.path=\(model)")
                let certificate = try lathe.json(
                    "merge", "--model", model, "--adapter", adapter, "--out", "merged", "--set", "merge.dtype=fp32")
                #expect(certificate["passed"] == true)
                #expect(certificate["tensors_expected"] == .integer(TinyModel.linearLayers))
                #expect(certificate["tensors_applied"] == .integer(TinyModel.linearLayers))
                #expect(try #require(certificate["delta_norm"]?.double) > 0)
                #expect(try #require(certificate["max_abs_logit_difference"]?.double) < 1e-3)
                #expect(
                    try #require(certificate["mean_abs_logit_difference"]?.double)
                        <= #require(certificate["max_abs_logit_difference"]?.double))
                #expect(try #require(certificate["top1_agreement"]?.double) > 0.99)
                for side in ["base", "adapter", "merged"] { #expect(certificate[side]?["loss"]?.double != nil) }

                let expected = try lathe.score(model, adapter: adapter).compactMap { $0["loss"]?.double }
                let merged = try lathe.score("merged").compactMap { $0["loss"]?.double }
                let base = try lathe.score(model).compactMap { $0["loss"]?.double }
                #expect(expected.count == 8)
                #expect(maximumDifference(merged, expected) < 1e-4)
                #expect(maximumDifference(merged, base) > 1e-2)

                // What Lathe wrote is replaced.
                let before = try lathe.names(in: "merged")
                _ = try lathe.json(
                    "merge", "--model", model, "--adapter", adapter, "--out", "merged", "--set", "merge.dtype=fp32")
                #expect(try lathe.names(in: "merged") == before)
            }
        }

        /// Spoils a trained adapter and expects that merging names the tensor and leaves nothing.
        private func refuses(_ spoil: (inout EditedTensors) throws -> String) throws {
            try LatheCommand.inFolder { lathe in
                let file = lathe.url(try lathe.train()).appendingPathComponent("adapter_model.safetensors")
                var tensors = try EditedTensors(file)
                let name = try spoil(&tensors)
                try tensors.write(to: file)
                let before = try lathe.names(in: ".").filter { !$0.hasPrefix(".logs") }
                try lathe(
                    "merge", "--model", LatheCommand.huggingFace, "--adapter", "checkpoints/tiny/adapter", "--out",
                    "merged"
                )
                .expectFailure(65, name)
                #expect(try lathe.names(in: ".").filter { !$0.hasPrefix(".logs") } == before)
            }
        }

        @Test func missingFactorIsRefused() throws {
            try refuses { tensors in
                let index = try #require(tensors.entries.firstIndex { $0.name.contains("layers.2.mlp.up_proj.lora_B") })
                tensors.entries.remove(at: index)
                return "layers.2.mlp.up_proj"
            }
        }

        @Test func transposedFactorIsRefused() throws {
            try refuses { tensors in
                try tensors.change("layers.1.self_attn.v_proj.lora_A") { $0.shape.reverse() }
                return "layers.1.self_attn.v_proj"
            }
        }

        @Test func notANumberInAFactorIsRefused() throws {
            try refuses { tensors in
                try tensors.change("layers.0.self_attn.q_proj.lora_B") { $0.bytes.poison() }
                return "layers.0.self_attn.q_proj"
            }
        }

        @Test func factorOfAnotherModelIsRefused() throws {
            try refuses { tensors in
                try tensors.change("layers.2.mlp.down_proj.lora_A") { entry in
                    entry.shape[1] += 4
                    entry.bytes.append(Data(count: entry.shape[0] * 4 * 4))
                }
                return "layers.2.mlp.down_proj"
            }
        }

        @Test func tensorThatTheModelLacksIsRefused() throws {
            try refuses { tensors in
                for index in tensors.entries.indices {
                    tensors.entries[index].name = tensors.entries[index].name.replacing("layers.2.", with: "layers.9.")
                }
                return "layers.9."
            }
        }

        @Test func adapterThatChangesNothingIsRefused() throws {
            try refuses { tensors in
                for index in tensors.entries.indices where tensors.entries[index].name.contains("lora_B") {
                    tensors.entries[index].bytes = Data(count: tensors.entries[index].bytes.count)
                }
                return "zero"
            }
        }

        @Test func mergeNeedsAnAdapter() throws {
            try LatheCommand.inFolder { lathe in
                try lathe("merge", "--model", LatheCommand.huggingFace, "--out", "merged").expectFailure(
                    64, "--adapter", "lathe merge")
            }
        }

        /// A base whose predictions no half precision holds: what tells its tokens apart is small beside what they share.
        @Test func aMergeThatIsNotProvenLeavesTheOldOne() throws {
            try LatheCommand.inFolder { lathe in
                let adapter = try lathe.train()
                try lathe.copy(LatheCommand.huggingFace, to: "fine")
                var tensors = try EditedTensors(lathe.url("fine/model.safetensors"))
                try tensors.change("embed_tokens") { entry in
                    let floats = entry.bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
                    entry.bytes = floats.map { $0 + 40 }.withUnsafeBytes { Data($0) }
                }
                try tensors.write(to: lathe.url("fine/model.safetensors"))
                _ = try lathe.json(
                    "merge", "--model", LatheCommand.huggingFace, "--adapter", adapter, "--out", "merged")
                func contents() throws -> [Data] {
                    try lathe.names(in: "merged").map { try Data(contentsOf: lathe.url("merged/\($0)")) }
                }
                let before = try contents()
                let outcome = try lathe(
                    "merge", "--model", "fine", "--adapter", adapter, "--out", "merged", "--set", "merge.dtype=bf16")
                outcome.expectFailure(65, "not put in place", "FAILED", "merge.dtype: fp32")
                #expect(!outcome.errors.contains("merged model:"))
                #expect(try contents() == before)
                #expect(try lathe.names(in: ".").allSatisfy { !$0.contains(".partial") })

                // So does a run's: its evaluation is told all the same.
                let sets = [
                    "model.path=fine", "name=fine", "merge={enabled: true, path: merged, dtype: bf16}",
                ].flatMap { ["--set", $0] }
                let run = try lathe.start(["run", "recipe.yaml"] + sets).wait()
                #expect(run.code == 65 && run.errors.contains("not put in place"), "\(run.errors)")
                #expect(run.errors.contains("verdict: ") && run.errors.contains("8 rows"), "\(run.errors)")
                #expect(try contents() == before)
                #expect(try lathe.text("checkpoints/fine/report.md").contains("verdict: "))
            }
        }
    }
}
