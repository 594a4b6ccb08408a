// Files that are of another kind than they should be, and places that cannot be written: plain words with the path.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct Places {
        @Test func aPlaceThatCannotBeMadeIsNamedInPlainWords() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write("file", "x")
                for format in ["safetensors", "hdf5"] {
                    let outcome = try lathe(
                        "export", "--model", LatheCommand.huggingFace, "--format", format, "--out", "file/below/x")
                    outcome.expectFailure(74, "/file", "Not a directory")
                    #expect(!outcome.errors.contains("NSCocoa"))
                }
                let adapter = try lathe.train("train.max_steps=1")
                let merge = try lathe(
                    "merge", "--model", LatheCommand.huggingFace, "--adapter", adapter, "--out", "file/below/x")
                merge.expectFailure(74, "/file", "Not a directory")
            }
        }

        @Test func whatIsThereAlreadyIsNotReplaced() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write("there", "x")
                let adapter = try lathe.train("train.max_steps=1")
                let model = ["--model", LatheCommand.huggingFace, "--adapter", adapter, "--out", "there"]
                for verb in [["merge"], ["export", "--format", "hdf5"], ["export", "--format", "safetensors"]] {
                    try lathe.start(verb + model).wait().expectFailure(74, "there", "is there already")
                }
                #expect(try lathe.text("there") == "x")
            }
        }

        @Test func aFolderIsNoDataFile() throws {
            try LatheCommand.inFolder { lathe in
                try FileManager.default.createDirectory(at: lathe.url("rows"), withIntermediateDirectories: true)
                try lathe("score", "--model", LatheCommand.gguf, "--data", "rows").expectFailure(
                    65, "rows", "is a folder")
                try lathe("train", "recipe.yaml", "--set", "data.train=rows").expectFailure(65, "rows", "is a folder")
                try lathe("train", "rows").expectFailure(65, "rows", "is a folder")
                try lathe(
                    "score", "--model", LatheCommand.gguf, "--data", "held.jsonl", "--set", "data.chat_template=rows"
                ).expectFailure(65, "rows", "holds no chat template")
                try lathe("score", "--model", LatheCommand.gguf, "--data", "held.jsonl", "--adapter", "held.jsonl")
                    .expectFailure(65, "held.jsonl", "PEFT", "a checkpoint")
            }
        }

        @Test func aTemplateThatIsNoTextIsNamed() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.copy(LatheCommand.huggingFace, to: "model")
                try Data([0x7B, 0x25, 0xFF, 0xFE]).write(to: lathe.url("model/chat_template.jinja"))
                try lathe("score", "--model", "model", "--data", "held.jsonl").expectFailure(
                    65, "model/chat_template.jinja", "UTF-8")
                try lathe(
                    "score", "--model", LatheCommand.gguf, "--data", "held.jsonl", "--set",
                    "data.chat_template=model/chat_template.jinja"
                ).expectFailure(65, "model/chat_template.jinja", "UTF-8")
            }
        }

        @Test func namesThatStandTwiceAreReported() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.copy(LatheCommand.huggingFace, to: "model")
                let file = lathe.url("model/model.safetensors")
                let bytes = [UInt8](try Data(contentsOf: file))
                let count = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
                let header = try #require(JSONValue(parsing: bytes[8..<(8 + count)].map { $0 }).object)
                let (name, entry) = try #require(header.members.first { $0.key != "__metadata__" })
                let text =
                    String(decoding: bytes[8..<(8 + count)], as: UTF8.self).trimmingCharacters(in: .whitespaces)
                    .dropLast() + ",\(JSONValue.string(name).text()):\(entry.text())}"
                let length = withUnsafeBytes(of: UInt64(text.utf8.count).littleEndian) { Array($0) }
                try Data(length + Array(text.utf8) + bytes[(8 + count)...]).write(to: file)

                let outcome = try lathe("score", "--model", "model", "--data", "held.jsonl")
                #expect(outcome.code == 0)
                #expect(outcome.errors.contains("model.safetensors: \(name) stands twice"))
                #expect(try lathe.json("inspect", "model/model.safetensors")["repeated_names"] == [.string(name)])
                #expect(try lathe.json("inspect", "model")["warnings"]?.array?.count == 1)
            }
        }

        @Test func inspectKnowsExportedModels() throws {
            try LatheCommand.inFolder { lathe in
                _ = try lathe.json("export", "--model", LatheCommand.gguf, "--format", "hdf5", "--out", "model.h5")
                let exported = try lathe.json("inspect", "model.h5")
                let model = try lathe.json("inspect", LatheCommand.gguf)
                #expect(exported["kind"] == "hdf5_model")
                #expect(exported["parameters"] == model["parameters"])
                let tensors = try #require(exported["tensors"]?.array)
                #expect(.integer(tensors.count) == model["tensors"])
                let norm = tensors.first { $0["name"] == "model.norm.weight" }
                #expect(norm?["type"] == "F32" && norm?["shape"] == "[64]")
                try Data(contentsOf: lathe.url("model.h5")).prefix(3000).write(to: lathe.url("cut.h5"))
                try lathe("inspect", "cut.h5").expectFailure(65, "cut.h5")
            }
        }
    }
}
