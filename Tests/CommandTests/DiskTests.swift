import Foundation
import TestSupport
import Testing

extension CommandTests {
    /// Disks that are full, readers that go away, and system calls that fail.
    @Suite struct DiskTests {
        private func shell(_ script: String, in lathe: LatheCommand) throws -> (code: Int32, errors: String) {
            let errors = lathe.url("errors.txt")
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/bin/bash")
            process.arguments = ["-c", script, "lathe"]
            process.currentDirectoryURL = lathe.folder
            process.environment = ProcessInfo.processInfo.environment.merging(
                ["LATHE": try #require(LatheCommand.executable).path]) { $1 }
            process.standardInput = FileHandle.nullDevice
            process.standardOutput = FileHandle.nullDevice
            try Data().write(to: errors)
            process.standardError = try FileHandle(forWritingTo: errors)
            try process.run()
            process.waitUntilExit()
            let isSignal = process.terminationReason == .uncaughtSignal
            return (
                isSignal ? -process.terminationStatus : process.terminationStatus,
                try String(contentsOf: errors, encoding: .utf8)
            )
        }

        /// Silent failure and a hang: a result that did not arrive ends with 0, or the process never ends.
        @Test(arguments: [
            "\"$LATHE\" score --model model --data held.jsonl --json >/dev/full",
            "\"$LATHE\" prepare recipe.yaml --dry-run --json --quiet >/dev/full",
            "\"$LATHE\" generate --model model --prompt Tom --raw --max-new-tokens 3 >/dev/full",
            "\"$LATHE\" --help >/dev/full",
            "set -o pipefail; \"$LATHE\" recipe explain recipe.yaml | exec 1>&- true; exit ${PIPESTATUS[0]}",
        ]) func aResultThatDoesNotArriveIsAnError(script: String) throws {
            try LatheCommand.inFolder { lathe in
                try FileManager.default.createSymbolicLink(
                    at: lathe.url("model"), withDestinationURL: URL(fileURLWithPath: LatheCommand.huggingFace))
                let outcome = try shell(script, in: lathe)
                // The pipe's reader may have taken all before it went away.
                if script.contains("PIPESTATUS"), outcome.code == 0 { return }
                #expect(outcome.code == 74, "\(outcome.errors)")
                #expect(outcome.errors.contains("standard output"))
            }
        }

        @Test func messagesThatDoNotArriveStopNothing() throws {
            try LatheCommand.inFolder { lathe in
                let outcome = try shell("\"$LATHE\" train recipe.yaml 2>/dev/full", in: lathe)
                #expect(outcome.code == 0)
                #expect(lathe.has("checkpoints/tiny/report.json"))
            }
        }

        /// Results depend on the number of threads. Silent failure: the run goes on with those that there are, and notes another number.
        @Test func threadsThatTheSystemRefusesAreAnError() throws {
            try LatheCommand.inFolder { lathe in
                let script =
                    "ulimit -v 1500000; exec \"$LATHE\" train recipe.yaml --quiet --set train.threads=256"
                let outcome = try shell(script, in: lathe)
                #expect(outcome.code == 74, "\(outcome.errors)")
                #expect(outcome.errors.contains("of 256 threads could be started"))
                #expect(!lathe.has("checkpoints/tiny/run.json"))
            }
        }

        /// A disk that fills up at each size of file. Silent failure: zeros are sealed, trained on, and used again.
        @Test(arguments: [0, 1, 2, 4, 8, 12, 16, 24, 32, 48]) func aFullDiskCostsNothing(kibibytes: Int) throws {
            try LatheCommand.inFolder { lathe in
                let whole = try lathe.json("prepare", "recipe.yaml", "--quiet")
                let name = try #require(lathe.names(in: "checkpoints/tiny/prepared").first { $0.hasSuffix(".h5") })
                let place = lathe.url("checkpoints/tiny/prepared").appendingPathComponent(name)
                let bytes = try Data(contentsOf: place)
                try FileManager.default.removeItem(at: lathe.url("checkpoints"))
                let script = "ulimit -f \(kibibytes); \"$LATHE\" prepare recipe.yaml --quiet"
                let outcome = try shell(script, in: lathe)
                #expect(outcome.code == 0 || outcome.code == 74, "\(outcome.errors)")
                if let found = try? Data(contentsOf: place) { #expect(found == bytes) }
                #expect(try lathe.json("prepare", "recipe.yaml", "--quiet")["train"] == whole["train"])
                #expect(try Data(contentsOf: place) == bytes)
            }
        }

        static let hasStrace = FileManager.default.isExecutableFile(atPath: "/usr/bin/strace")

        /// Silent failure: a curve with holes, and nobody knows.
        @Test(.enabled(if: hasStrace, "strace is not installed (apt-get install strace)"))
        func pointsThatACurveMissesAreSaidOnce() throws {
            try LatheCommand.inFolder { lathe in
                let log = "$(pwd -P)/checkpoints/tiny/tensorboard/events.out.tfevents.0.lathe"
                let outcome = try shell(
                    "strace -f -qq -o /dev/null -P \"\(log)\" -e trace=write -e inject=write:error=ENOSPC "
                        + "\"$LATHE\" train recipe.yaml", in: lathe)
                #expect(outcome.code == 0, "\(outcome.errors)")
                let said = outcome.errors.split(separator: "\n").filter { $0.contains("TensorBoard miss points") }
                #expect(said.count == 1 && said[0].contains("the disk is full"), "\(outcome.errors)")
            }
        }

        /// A few moments of the check that takes hundreds: `scripts/checks/injected_faults.py`.
        @Test(.enabled(if: hasStrace, "strace is not installed (apt-get install strace)"))
        func refusedSystemCallsAreErrors() throws {
            try LatheCommand.inFolder { lathe in
                let check = packageRoot.appendingPathComponent("scripts/checks/injected_faults.py").path
                let outcome = try shell(
                    "python3 '\(check)' --lathe \"$LATHE\" --moments 16 --verbs train prepare merge export-gguf "
                        + "--syscalls pwrite64 write rename 1>&2", in: lathe)
                #expect(outcome.code == 0, "\(outcome.errors)")
            }
        }
    }
}
