// `lathe verify`: whatever is not as Lathe wrote it is named.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct Verifying {
        private static let runRecipe = ["merge.enabled=true", "export=[{format: peft},{format: hdf5}]"]

        private func run(_ lathe: LatheCommand) throws {
            let outcome = try lathe.start(
                ["run", "recipe.yaml", "--quiet"] + Self.runRecipe.flatMap { ["--set", $0] }
            ).wait()
            try #require(outcome.code == 0, "\(outcome.errors)")
        }

        private func files(_ lathe: LatheCommand, _ folder: String) throws -> [String] {
            try FileManager.default.subpathsOfDirectory(atPath: lathe.url(folder).path).sorted().filter {
                var isFolder = ObjCBool(false)
                let path = lathe.url(folder + "/" + $0).path
                return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
            }
        }

        /// Flips a byte in the middle of each file in turn: each is named, and the code is 65.
        private func expectEveryFileGuarded(_ lathe: LatheCommand, _ folder: String) throws {
            let names = try files(lathe, folder)
            #expect(!names.isEmpty)
            for name in names {
                let url = lathe.url(folder + "/" + name)
                let whole = try Data(contentsOf: url)
                var broken = whole
                broken[whole.count / 2] ^= 1
                try broken.write(to: url)
                let outcome = try lathe("verify", folder, "--json")
                #expect(outcome.code == 65, "\(folder)/\(name)")
                let named = try outcome.json["differences"]?.array?.compactMap { $0["path"]?.string } ?? []
                #expect(named.contains(name), "\(folder)/\(name): \(named)")
                try whole.write(to: url)
            }
            #expect(try lathe.json("verify", folder)["passed"] == true)
        }

        @Test func everyFileOfARunIsGuarded() throws {
            try LatheCommand.inFolder { lathe in
                try run(lathe)
                try expectEveryFileGuarded(lathe, "checkpoints/tiny/merged")
                try expectEveryFileGuarded(lathe, "checkpoints/tiny/export")
                try expectEveryFileGuarded(lathe, "checkpoints/tiny")
                try lathe.write("checkpoints/tiny/notes.txt", "mine")
                #expect(try lathe("verify", "checkpoints/tiny").code == 0)
                // A copy of the run elsewhere is the same run.
                try lathe.copy("checkpoints/tiny", to: "copy")
                #expect(try lathe("verify", "copy").code == 0)
                try FileManager.default.removeItem(at: lathe.url("copy/merged"))
                let outcome = try lathe("verify", "copy")
                #expect(outcome.code == 65 && outcome.output.contains("missing  merged/manifest.json"))
            }
        }

        /// A log may grow when the run goes on; what it held is guarded.
        @Test func logsGrowAndAreGuarded() throws {
            try LatheCommand.inFolder { lathe in
                _ = try lathe.train()
                let log = lathe.url("checkpoints/tiny/events.jsonl")
                let whole = try Data(contentsOf: log)
                try (whole + Data("{}\n".utf8)).write(to: log)
                #expect(try lathe("verify", "checkpoints/tiny").code == 0)
                try whole.dropLast(3).write(to: log)
                #expect(try lathe("verify", "checkpoints/tiny").output.contains("changed  events.jsonl"))
            }
        }

        /// A folder of runs and exports, whatever folders of a person's own they lie in.
        @Test func whatLiesDeepInAFolderIsVerified() throws {
            try LatheCommand.inFolder { lathe in
                _ = try lathe.json(
                    "export", "--model", LatheCommand.gguf, "--format", "gguf", "--out", "all/ship/of/m.gguf")
                _ = try lathe.train()
                try lathe.copy("checkpoints", to: "all/runs")
                try FileManager.default.createSymbolicLink(
                    at: lathe.url("all/ship/again"), withDestinationURL: lathe.url("all"))
                #expect(try lathe.json("verify", "all")["passed"] == true)
                try expectEveryFileGuarded(lathe, "all/ship")
                for path in ["all/runs/tiny/step-000003.h5", "all/runs/tiny/adapter/adapter_config.json"] {
                    var bytes = try Data(contentsOf: lathe.url(path))
                    bytes[bytes.count / 2] ^= 1
                    try bytes.write(to: lathe.url(path))
                    let outcome = try lathe("verify", "all")
                    #expect(outcome.code == 65 && outcome.output.contains(path.dropFirst(4)), "\(outcome.output)")
                }
            }
        }

        @Test func singleFilesAndCheckpointsAreVerified() throws {
            try LatheCommand.inFolder { lathe in
                _ = try lathe.json(
                    "export", "--model", LatheCommand.gguf, "--format", "gguf", "--out", "ship/m.gguf")
                for path in ["ship/m.gguf", "ship/m.gguf.manifest.json", "ship"] {
                    let report = try lathe.json("verify", path)
                    #expect(report["passed"] == true && (report["files"]?.integer ?? 0) > 1, "\(path)")
                }
                try expectEveryFileGuarded(lathe, "ship")
                _ = try lathe.train()
                let checkpoint = "checkpoints/tiny/step-000003.h5"
                #expect(try lathe.json("verify", checkpoint)["passed"] == true)
                var bytes = try Data(contentsOf: lathe.url(checkpoint))
                bytes[bytes.count - 1] ^= 1
                try bytes.write(to: lathe.url(checkpoint))
                let outcome = try lathe("verify", checkpoint)
                #expect(outcome.code == 65 && outcome.errors.contains("step-000003.h5"))
                #expect(outcome.output.contains("changed"))
            }
        }

        @Test func whatIsMissingAddedOrUnknownIsSaid() throws {
            try LatheCommand.inFolder { lathe in
                _ = try lathe.json(
                    "export", "--model", LatheCommand.huggingFace, "--format", "safetensors", "--out", "m")
                try lathe.write("m/pytorch_model.bin", "not ours")
                try FileManager.default.removeItem(at: lathe.url("m/config.json"))
                let outcome = try lathe("verify", "m")
                #expect(outcome.code == 65)
                #expect(outcome.output.contains("extra    pytorch_model.bin (8 bytes)"))
                #expect(outcome.output.contains("missing  config.json (it had "))
                try FileManager.default.removeItem(at: lathe.url("m/manifest.json"))
                try lathe("verify", "m").expectFailure(66, "m has no manifest")
                try lathe("verify", "train.jsonl").expectFailure(66, "train.jsonl has no manifest")
                try lathe("verify", "nowhere").expectFailure(66, "nowhere does not exist")
                try lathe("verify", "m", "--set", "seed=1").expectFailure(64, "reads no key")
            }
        }
    }
}
