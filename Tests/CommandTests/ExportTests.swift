// What is written for other tools, and adapters read back from every form they are kept in.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct Exporting {
        private func losses(_ rows: [JSONValue]) -> [Double] { rows.compactMap { $0["loss"]?.double } }

        @Test func everyFormOfTheAdapterScoresAlike() throws {
            try LatheCommand.inFolder { lathe in
                let adapter = try lathe.train("train.eval_every=0")
                let exported = try lathe.json(
                    "export", "--model", LatheCommand.huggingFace, "--adapter", adapter, "--format", "peft", "--out",
                    "peft")
                #expect(exported["format"] == "peft")
                #expect(try lathe.names(in: "peft").contains("adapter_config.json"))
                let expected = losses(try lathe.score(LatheCommand.huggingFace, adapter: adapter))
                #expect(losses(try lathe.score(LatheCommand.huggingFace, adapter: "peft")) == expected)
                let checkpoint = "checkpoints/tiny/step-000006.h5"
                #expect(losses(try lathe.score(LatheCommand.huggingFace, adapter: checkpoint)) == expected)
                let evaluations = try [adapter, checkpoint].map {
                    try lathe.json(
                        "evaluate", "--model", LatheCommand.huggingFace, "--adapter", $0, "--data", "held.jsonl")[
                            "adapter"]?["loss"]
                }
                #expect(evaluations[0]?.double != nil && evaluations[0] == evaluations[1])
            }
        }

        @Test func safetensorsExportOfBothFormatsIsTheModel() throws {
            try LatheCommand.inFolder { lathe in
                for (name, model) in [("a", LatheCommand.huggingFace), ("b", LatheCommand.gguf)] {
                    _ = try lathe.json("export", "--model", model, "--format", "safetensors", "--out", name)
                    #expect(losses(try lathe.score(name)) == losses(try lathe.score(model)))
                }
                try lathe.write("a/notes.txt", "mine")
                try lathe("export", "--model", LatheCommand.huggingFace, "--format", "safetensors", "--out", "a")
                    .expectFailure(74, "is there already", "a/notes.txt")
            }
        }

        @Test func hdf5HoldsTheModel() throws {
            try LatheCommand.inFolder { lathe in
                let adapter = try lathe.train()
                _ = try lathe.json(
                    "export", "--model", LatheCommand.huggingFace, "--adapter", adapter, "--format", "hdf5", "--out",
                    "m.h5")
                let bytes = try Data(contentsOf: lathe.url("m.h5"))
                #expect(bytes.starts(with: [0x89, 0x48, 0x44, 0x46]))
                #expect(bytes.count > TinyModel.parameters * 4)
            }
        }

        @Test func whatCannotBeWrittenIsRefusedBeforeTheWork() throws {
            try LatheCommand.inFolder { lathe in
                try lathe("run", "recipe.yaml", "--set", "export=[{format: gguf}]").expectFailure(
                    65, "gguf", "safetensors")
                #expect(!lathe.has("checkpoints"))
                try lathe("export", "--model", LatheCommand.huggingFace, "--format", "gguf", "--out", "x.gguf")
                    .expectFailure(65, "--format gguf", "safetensors")
                try lathe("export", "--model", LatheCommand.huggingFace, "--format", "onnx", "--out", "x")
                    .expectFailure(64, "onnx", "peft, safetensors")
                try lathe("export", "--model", LatheCommand.huggingFace, "--format", "peft", "--out", "x")
                    .expectFailure(64, "--adapter")
                try lathe(
                    "export", "--model", LatheCommand.gguf, "--format", "gguf", "--out", "s-00002-of-00003.gguf"
                ).expectFailure(64, "--out", "one part of a split model")
                #expect(!lathe.has("x") && !lathe.has("x.gguf") && !lathe.has("s-00002-of-00003.gguf"))
            }
        }
    }
}
