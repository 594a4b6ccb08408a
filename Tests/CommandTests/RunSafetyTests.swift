// A run is never lost or mixed: stopped at any stage, asked for twice, refused, started over.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct RunSafety {
        /// Every file below `checkpoints` with its bytes.
        private func tree(_ lathe: LatheCommand) throws -> [String: Data] {
            let paths =
                FileManager.default.enumerator(atPath: lathe.url("checkpoints").path)?.compactMap { $0 as? String }
                ?? []
            var tree: [String: Data] = [:]
            for path in paths {
                let url = lathe.url("checkpoints/\(path)")
                tree[path] = (try? Data(contentsOf: url)) ?? Data("folder".utf8)
            }
            return tree
        }

        /// Runs what was printed behind "to go on: " as a shell does.
        private func goOn(_ lathe: LatheCommand, _ outcome: Outcome) throws -> Outcome {
            let line = try #require(outcome.errors.split(separator: "\n").last { $0.contains("to go on: ") })
            let command = String(line[(try #require(line.range(of: "to go on: ")).upperBound)...])
            let shell = RunningShell(command, in: lathe.folder)
            return try shell.wait()
        }

        /// Waits until `condition` holds, then sends `signal`.
        private func stop(_ run: RunningCommand, _ signal: Int32 = SIGINT, when condition: () -> Bool) throws -> Outcome
        {
            while run.process.isRunning, !condition() { Thread.sleep(forTimeInterval: 0.002) }
            run.send(signal)
            return try run.wait()
        }

        // MARK: Stopped

        @Test(arguments: [SIGINT, SIGTERM]) func stoppedWhileHeldOutRowsAreScored(_ signal: Int32) throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write("held.jsonl", LatheCommand.rows(6000, "had"))
                let arguments = ["train", "recipe.yaml", "--json", "--set", "name=a run"]
                let stopped = try stop(lathe.start(arguments), signal) { lathe.has("checkpoints/a run/adapter") }
                stopped.expectFailure(130, "saved: ", "to go on: ")
                #expect(!stopped.errors.contains("--fresh"))
                #expect(lathe.has("checkpoints/a run/step-000006.h5"))
                let trained = try Data(contentsOf: lathe.url("checkpoints/a run/adapter/adapter_model.safetensors"))
                let resumed = try goOn(lathe, stopped)
                #expect(resumed.code == 0, "\(resumed.errors)")
                #expect(try resumed.json["evaluation"]?["rows"] == 6000)
                #expect(
                    try Data(contentsOf: lathe.url("checkpoints/a run/adapter/adapter_model.safetensors")) == trained)
                #expect(!resumed.errors.contains("step 1/6"))
            }
        }

        @Test func stoppedInTheComparisonNothingIsTrainedAgain() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write("held.jsonl", LatheCommand.rows(6000, "had"))
                let events = lathe.url("checkpoints/tiny/events.jsonl")
                let stopped = try stop(lathe.start(["train", "recipe.yaml", "--json"])) {
                    (try? String(contentsOf: events, encoding: .utf8))?.contains("finished") == true
                }
                stopped.expectFailure(130, "saved: the adapter in", "to go on: ")
                let before = try Data(contentsOf: events)
                let resumed = try goOn(lathe, stopped)
                #expect(try resumed.json["evaluation"]?["rows"] == 6000)
                #expect(try Data(contentsOf: events) == before)
            }
        }

        @Test func stoppedWhileRowsAreMadeReady() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write("train.jsonl", LatheCommand.numberedRows(30_000))
                let stopped = try stop(lathe.start(["train", "recipe.yaml"])) {
                    (try? lathe.names(in: "checkpoints/tiny"))?.contains { $0.hasSuffix(".partial") } == true
                }
                stopped.expectFailure(130, "nothing was trained yet", "to go on: ")
                let left = lathe.has("checkpoints/tiny") ? try lathe.names(in: "checkpoints/tiny") : []
                #expect(left == [], "half-written rows stay behind")
            }
        }

        /// From the first moment that anything shows of a run, a signal ends it: it is never swallowed.
        @Test func stoppedAtOnceItStops() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write("train.jsonl", LatheCommand.numberedRows(30_000))
                for _ in 0..<5 {
                    let stopped = try stop(lathe.start(["train", "recipe.yaml"])) { lathe.has("checkpoints") }
                    stopped.expectFailure(130, "interrupted")
                    #expect(!lathe.has("checkpoints"), "the folder of a run that did nothing stays behind")
                }
            }
        }

        // MARK: Two at once

        @Test func theSecondRunOfOneNameIsRefused() throws {
            try LatheCommand.inFolder { lathe in
                let first = try lathe.start([
                    "train", "recipe.yaml", "--set", "train.max_steps=100000", "--set", "train.save_every=0",
                ])
                while first.process.isRunning, !lathe.has("checkpoints/tiny/events.jsonl") {
                    Thread.sleep(forTimeInterval: 0.005)
                }
                for verb in ["train", "run", "prepare"] {
                    try lathe(verb, "recipe.yaml", "--set", "seed=8")
                        .expectFailure(74, "process \(first.process.processIdentifier) is at work", "checkpoints/tiny")
                }
                #expect(try lathe("plan", "recipe.yaml", "--json").code == 0)
                #expect(try lathe("train", "recipe.yaml", "--set", "name=other").code == 0)
                first.send(SIGINT)
                try first.wait().expectFailure(130, "saved: ", "step-")
            }
        }

        // MARK: Refused, finished, started over

        @Test func aRefusedRunChangesNothing() throws {
            try LatheCommand.inFolder { lathe in
                _ = try lathe.json("run", "recipe.yaml", "--set", "merge.enabled=true")
                let before = try tree(lathe)
                let other = try lathe(
                    "run", "recipe.yaml", "--set", "train.learning_rate=1e-3", "--set", "data.max_length=100", "--set",
                    "merge.enabled=false")
                other.expectFailure(65, "train.learning_rate: 0.01 → 0.001", "data.max_length: 512 → 100", "--fresh")
                #expect(!other.errors.contains("merge"))
                #expect(try tree(lathe) == before)
                // What only reading the rows shows.
                try lathe.write("train.jsonl", LatheCommand.rows(25, "saw"))
                try lathe("run", "recipe.yaml").expectFailure(65, "training and held-out rows: other content")
                #expect(try tree(lathe) == before)
                try lathe.write("train.jsonl", LatheCommand.rows(24, "saw"))
                try lathe("run", "recipe.yaml", "--set", "train.threads=1").expectFailure(65, "threads: ", " → 1")
                #expect(try tree(lathe) == before)
            }
        }

        @Test func aFinishedRunDoesWhatIsMissingAndNoMore() throws {
            try LatheCommand.inFolder { lathe in
                let first = try lathe.json("train", "recipe.yaml")
                let before = try tree(lathe)
                let again = try lathe("train", "recipe.yaml", "--json")
                #expect(again.errors.contains("nothing is done"))
                #expect(try again.json == first)
                #expect(try tree(lathe) == before)

                let more = [
                    "run", "recipe.yaml", "--json", "--set", "merge.enabled=true", "--set", "export=[{format: peft}]",
                ]
                let merged = try lathe.start(more).wait()
                #expect(merged.code == 0, "\(merged.errors)")
                #expect(!merged.errors.contains("── train") && !merged.errors.contains("── evaluate"))
                #expect(try merged.json["merge"]?["passed"] == true && merged.json["exports"]?.array?.count == 1)
                #expect(try merged.json["evaluation"] == first["evaluation"])
                #expect(try merged.json["adapter_sha256"] == first["adapter_sha256"])
                // The probe's losses show that the merge was of the trained adapter.
                #expect(try merged.json["merge"]?["adapter"] != merged.json["merge"]?["base"])
                let all = try tree(lathe)
                let third = try lathe.start(more).wait()
                #expect(try third.json == (try merged.json) && third.errors.contains("nothing is done"))
                #expect(try tree(lathe) == all)

                // What was lost is made again, and nothing else.
                try FileManager.default.removeItem(at: lathe.url("checkpoints/tiny/merged/model.safetensors"))
                let mended = try lathe.start(more).wait()
                #expect(mended.code == 0 && mended.errors.contains("── merge") && !mended.errors.contains("── export"))
                #expect(lathe.has("checkpoints/tiny/merged/model.safetensors"))
            }
        }

        @Test func startingOverTakesAwayWhatTheEarlierRunMade() throws {
            try LatheCommand.inFolder { lathe in
                _ = try lathe.json(
                    "run", "recipe.yaml", "--set", "merge.enabled=true", "--set", "export=[{format: peft}]")
                try lathe.write("checkpoints/tiny/notes.txt", "mine")
                try lathe.write("checkpoints/tiny/export/notes.txt", "mine")
                let fresh = try lathe("train", "recipe.yaml", "--json", "--fresh", "--set", "train.max_steps=4")
                #expect(try fresh.json["steps"] == 4, "\(fresh.errors)")
                for gone in ["merged", "export/peft", "step-000006.h5"] {
                    #expect(!lathe.has("checkpoints/tiny/" + gone), "\(gone)")
                }
                #expect(try lathe.text("checkpoints/tiny/notes.txt") == "mine")
                #expect(try lathe.text("checkpoints/tiny/export/notes.txt") == "mine")
                #expect(!(try lathe.text("checkpoints/tiny/report.md")).contains("merged model"))
                let events = try lathe.text("checkpoints/tiny/events.jsonl").split(separator: "\n")
                #expect(events.filter { $0.contains("\"step\",") }.count == 4)
            }
        }

        @Test func aRecipeWithoutANameTakesItsFiles() throws {
            try LatheCommand.inFolder { lathe in
                let text = LatheCommand.recipe.replacing("name: tiny\n", with: "")
                try lathe.write("clinic notes (2).yaml", text)
                try lathe.write("desk.v1.yml", text)
                let first = try lathe.json("train", "clinic notes (2).yaml")
                #expect(first["name"] == "clinic notes -2-")
                #expect(first["run_directory"]?.string?.hasSuffix("checkpoints/clinic notes -2-") == true)
                #expect(try lathe.json("train", "desk.v1.yml")["name"] == "desk.v1")
            }
        }
    }
}

/// A command line in a shell.
private struct RunningShell {
    let process = Process()
    let output: URL
    let errors: URL

    init(_ command: String, in folder: URL) {
        output = folder.appendingPathComponent(".shell-output")
        errors = folder.appendingPathComponent(".shell-errors")
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "(\(command)) >.shell-output 2>.shell-errors"]
        process.currentDirectoryURL = folder
    }

    func wait() throws -> Outcome {
        try process.run()
        process.waitUntilExit()
        return Outcome(
            code: process.terminationStatus, output: try String(contentsOf: output, encoding: .utf8),
            errors: try String(contentsOf: errors, encoding: .utf8))
    }
}
