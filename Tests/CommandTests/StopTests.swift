// Told to stop, at any moment of any verb: a word, exit 130, and no place half made.

import Foundation
import TestSupport
import Testing

extension CommandTests {
    @Suite struct Stopping {
        /// All names under the folder, but those of this test.
        private func names(_ lathe: LatheCommand) -> [String] {
            (FileManager.default.enumerator(atPath: lathe.folder.path)?.compactMap { $0 as? String } ?? [])
                .filter { !$0.hasPrefix(".logs") }.sorted()
        }

        /// Waits until something that is being filled shows in the folder.
        private func waitForStaging(_ lathe: LatheCommand, _ command: RunningCommand) {
            let deadline = Date() + 30
            while command.process.isRunning, Date() < deadline {
                if names(lathe).contains(where: { $0.hasSuffix(".partial") }) { return }
            }
        }

        @Test(arguments: [SIGINT, SIGTERM, SIGHUP]) func inTheMidstOfWriting(signal: Int32) throws {
            try LatheCommand.inFolder { lathe in
                let adapter = try lathe.train()
                let before = names(lathe)
                let model = LatheCommand.huggingFace
                for command in [
                    ["merge", "--model", model, "--adapter", adapter, "--out", "out"],
                    ["export", "--model", model, "--format", "safetensors", "--out", "out"],
                    ["export", "--model", model, "--format", "hdf5", "--out", "out.h5"],
                    ["prepare", "recipe.yaml", "--set", "name=other"],
                    ["train", "recipe.yaml", "--set", "name=other"],
                ] {
                    var stopped = 0
                    for _ in 0..<12 where stopped < 3 {
                        let running = try lathe.start(command)
                        waitForStaging(lathe, running)
                        running.send(signal)
                        let outcome = try running.wait()
                        // It may be told when all is in its place.
                        if lathe.has("out") { #expect(lathe.has("out/manifest.json")) }
                        for path in ["out", "out.h5", "out.h5.manifest.json", "checkpoints/other"] {
                            try? FileManager.default.removeItem(at: lathe.url(path))
                        }
                        let left = names(lathe).filter { !before.contains($0) }
                        #expect(left.isEmpty, "\(command[0]): \(left)")
                        // A process may be done before it is told.
                        guard outcome.code != 0 else { continue }
                        stopped += 1
                        #expect(outcome.code == 130, "\(command[0]): \(outcome.errors)")
                        #expect(outcome.errors.contains("interrupted") && outcome.output.isEmpty)
                    }
                    #expect(stopped > 0, "\(command[0]) was always done before it was told to stop")
                }
            }
        }

        /// As `nohup` has it: the terminal goes, the work goes on.
        @Test func whoIsToOutliveTheTerminalDoes() throws {
            try LatheCommand.inFolder { lathe in
                let executable = try #require(LatheCommand.executable, "the command is not built")
                let running = try RunningCommand(
                    URL(fileURLWithPath: "/bin/sh"),
                    [
                        "-c", "trap '' HUP; exec \"$0\" export --model \"$1\" --format hdf5 --out out.h5",
                        executable.path, LatheCommand.huggingFace,
                    ], in: lathe.folder, output: nil)
                waitForStaging(lathe, running)
                running.send(SIGHUP)
                #expect(try running.wait().code == 0)
                #expect(lathe.has("out.h5.manifest.json"))
            }
        }

        /// A run that computed nothing leaves no folder of its own.
        @Test func beforeAnythingIsDone() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write("train.jsonl", LatheCommand.rows(20_000, "saw"))
                let running = try lathe.start(["train", "recipe.yaml", "--set", "name=other"])
                let deadline = Date() + 30
                while running.process.isRunning, Date() < deadline, !lathe.has("checkpoints/other") {}
                running.send(SIGTERM)
                let outcome = try running.wait()
                #expect(outcome.code == 130 && outcome.errors.contains("interrupted"), "\(outcome.errors)")
                #expect(!lathe.has("checkpoints"))
            }
        }
    }
}
