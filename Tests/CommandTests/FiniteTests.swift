// Numbers in files that are none: whatever the form of the file and the verb that reads it, bad input, with the tensor's name.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct FiniteNumbers {
        /// Every verb that reads a model, with `adapter` where it takes one.
        private func verbs(_ model: String, _ adapter: String) -> [[String]] {
            [
                ["score", "--model", model, "--data", "held.jsonl"],
                ["evaluate", "--model", model, "--adapter", adapter, "--data", "held.jsonl"],
                ["generate", "--model", model, "--raw", "--prompt", "x"],
                ["generate", "--model", model, "--adapter", adapter, "--raw", "--prompt", "x"],
                ["merge", "--model", model, "--adapter", adapter, "--out", "out"],
                ["export", "--model", model, "--adapter", adapter, "--format", "safetensors", "--out", "out"],
                ["export", "--model", model, "--adapter", adapter, "--format", "peft", "--out", "out"],
            ]
        }

        private func refuse(_ lathe: LatheCommand, _ commands: [[String]], _ name: String) throws {
            for command in commands {
                let outcome = try lathe.start(command).wait()
                outcome.expectFailure(65, name)
                #expect(outcome.errors.contains("finite") || outcome.errors.contains("NaN"), "\(command)")
                #expect(!lathe.has("out"), "\(command)")
            }
        }

        @Test(arguments: [("gguf", [0, 0, 0x80, 0x7F]), ("chat.gguf", [0, 0, 0xC0, 0xFF])] as [(String, [UInt8])])
        func inAGGUF(name: String, bytes: [UInt8]) throws {
            try LatheCommand.inFolder { lathe in
                let adapter = try lathe.train()
                let source = name == "gguf" ? TinyModel.gguf : TinyModel.chatGGUF
                var data = try Data(contentsOf: source)
                // The last number of the last tensor, the final norm.
                data.replaceSubrange(data.count - 4..<data.count, with: bytes)
                try data.write(to: lathe.url("bad.gguf"))
                let exports = [["export", "--model", "bad.gguf", "--format", "hdf5", "--out", "out.h5"]]
                try refuse(lathe, verbs("bad.gguf", adapter) + exports, "model.norm.weight")
                try refuse(
                    lathe,
                    ["train", "run"].map {
                        [$0, "recipe.yaml", "--set", "name=bad", "--set", "model.path=bad.gguf"]
                    }, "model.norm.weight")
                #expect(!lathe.has("checkpoints/bad") && !lathe.has("out.h5"))
            }
        }

        @Test func inAnAdapterOrItsScale() throws {
            try LatheCommand.inFolder { lathe in
                let adapter = try lathe.train()
                let model = LatheCommand.huggingFace
                let takers = verbs(model, "bad").filter { $0.contains("--adapter") }
                try lathe.copy(adapter, to: "bad")
                var tensors = try EditedTensors(lathe.url("bad/adapter_model.safetensors"))
                let name = try tensors.change("layers.1.mlp.up_proj.lora_B") { $0.bytes.poison() }
                try tensors.write(to: lathe.url("bad/adapter_model.safetensors"))
                let shortName = name.replacing("base_model.model.", with: "")
                try refuse(lathe, takers, shortName)
                try lathe("train", "recipe.yaml", "--set", "name=on", "--set", "adapter={continue_from: bad}")
                    .expectFailure(65, shortName)

                // A factor that no float holds.
                try FileManager.default.removeItem(at: lathe.url("bad"))
                try lathe.copy(adapter, to: "bad")
                let file = "bad/adapter_config.json"
                try lathe.write(file, lathe.text(file).replacing(#""lora_alpha": 8"#, with: #""lora_alpha": 1e40"#))
                for command in takers { try lathe.start(command).wait().expectFailure(65, "alpha", "1e+40") }
                #expect(!lathe.has("out"))
            }
        }

        /// Each number is one, their products are none: what was read is at fault, and not what was computed.
        @Test func numbersThatRunAwayAreTheFilesFault() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.copy(try lathe.train(), to: "big")
                var tensors = try EditedTensors(lathe.url("big/adapter_model.safetensors"))
                for index in tensors.entries.indices {
                    let count = tensors.entries[index].bytes.count / 4
                    tensors.entries[index].bytes = Data([[UInt8]](repeating: [0, 0, 0, 0x71], count: count).joined())
                }
                try tensors.write(to: lathe.url("big/adapter_model.safetensors"))
                let model = LatheCommand.huggingFace
                try refuse(
                    lathe, verbs(model, "big").filter { $0.contains("--adapter") && !$0.contains("peft") }, "finite")
                try lathe("train", "recipe.yaml", "--set", "name=on", "--set", "adapter={continue_from: big}")
                    .expectFailure(65, "too large")
            }
        }
    }
}
