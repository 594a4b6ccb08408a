// Sweeps: the best of several trials, however often they are stopped; and runs listed and held against each other.

import Digests
import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct Sweeping {
        private static let recipe =
            LatheCommand.recipe.replacing("max_steps: 6", with: "max_steps: 8")
                + """
                sweep: { train.learning_rate: [1e-4, 1e-2], adapter.r: [2, 4] }
                search: { factor: 2, min_steps: 1, val_size: 6 }
                evaluate: { bootstrap_samples: 200 }

                """
        private static let call = ["sweep", "sweep.yaml", "--json"]
        private static let folder = "checkpoints/tiny-sweep"

        /// What a sweep says and leaves that no time may change.
        private func outcome(_ lathe: LatheCommand) throws -> [String] {
            let files = ["sweep.md", "sweep.html", "best.yaml"]
            return try files.map { try lathe.text("\(Self.folder)/\($0)") }
        }

        @Test func killedAndGoneOnHasTheSameWinnerAndTheSameTable() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write("sweep.yaml", Self.recipe)
                let straight = try lathe.start(Self.call).wait()
                try #require(straight.code == 0, "\(straight.errors)")
                let json = try straight.json, expected = try outcome(lathe)
                #expect(json["rounds"] == [4, 2, 1])
                #expect(json["rows"] == ["train": 18, "validation": 6, "held_out": 8])
                #expect(json["winner"]?["settings"]?["train.learning_rate"] == 0.01)
                let trials = try #require(json["trials"]?.array)
                #expect(trials.map { $0["rounds"]?.array?.count } == [3, 2, 1, 1])
                #expect(
                    trials.map { $0["state"] } == [
                        "winner", "out after round 2", "out after round 1", "out after round 1",
                    ])
                // Each round goes on where the one before it stopped, and the winner has the least loss of its round.
                #expect(trials[0]["rounds"]?.array?.map { $0["step"]?.integer } == [2, 4, 8])
                let second = trials.prefix(2).compactMap { $0["rounds"]?.array?[1]["loss"]?.double }
                #expect(second.count == 2 && second[0] < second[1])
                // A trial goes on with its sweep.
                let goesOn = try lathe.json("inspect", "\(Self.folder)/trials/001")["goes_on_with"]?.string
                #expect(goesOn?.hasSuffix(" && lathe sweep \(Self.folder)/recipe.yaml") == true, "\(goesOn ?? "")")
                #expect(
                    json["evaluation"]?["rows"] == 8 && json["evaluation"]?["difference"]?["verdict"]?.string != nil)
                #expect(try lathe.names(in: "\(Self.folder)/trials/001").allSatisfy { !$0.hasSuffix(".h5") })

                // A finished sweep trains nothing, and says the same.
                let again = try lathe.start(Self.call).wait()
                #expect(try again.json == json && !again.errors.contains("── trial"), "\(again.errors)")
                // A winner whose adapter was taken away is made whole, and trained no more.
                let winner = try #require(json["winner"]?["adapter"]?.string)
                try FileManager.default.removeItem(atPath: winner)
                #expect(try lathe.start(Self.call).wait().json == json)
                try expectTheSameAlone(lathe, json)

                try FileManager.default.removeItem(at: lathe.url("checkpoints"))
                // In the first trial, between rounds, and while the winner is judged.
                let winners = ["trials/003/step-000008.h5", "trials/004/step-000008.h5"]
                for marks in [["trials/001/step-000002.h5"], ["trials/004/recipe.yaml"], winners] {
                    let run = try lathe.start(Self.call)
                    for _ in 0..<4000
                    where !marks.contains(where: { lathe.has("\(Self.folder)/\($0)") }) && run.isRunning {
                        Thread.sleep(forTimeInterval: 0.001)
                    }
                    run.send(SIGKILL)
                    _ = try run.wait()
                }
                let last = try lathe.start(Self.call).wait()
                #expect(last.code == 0, "\(last.errors)")
                #expect(try last.json == json)
                #expect(try outcome(lathe) == expected)
            }
        }

        /// The winner of rounds is what its values come to by themselves, straight to their end. Nothing is judged there, and that is
        /// finished too.
        private func expectTheSameAlone(_ lathe: LatheCommand, _ sweep: JSONValue) throws {
            let rank = try #require(sweep["winner"]?["settings"]?["adapter.r"]?.integer)
            let recipe = LatheCommand.recipe.replacing("max_steps: 6", with: "max_steps: 8")
            try lathe.write(
                "alone.yaml",
                recipe.replacing("name: tiny", with: "name: alone") + """
                    sweep: { train.learning_rate: [1e-2], adapter.r: [\(rank)] }
                    search: { method: grid, val_size: 6 }
                    evaluate: { enabled: false }

                    """)
            let alone = try lathe.start(["sweep", "alone.yaml", "--json"]).wait()
            try #require(alone.code == 0, "\(alone.errors)")
            let winner = try alone.json["winner"]
            #expect(winner?["adapter_sha256"]?.string != nil)
            for key in ["adapter_sha256", "validation_loss"] { #expect(winner?[key] == sweep["winner"]?[key]) }
            #expect(!alone.errors.contains("── evaluate") && !alone.errors.contains("judges"), "\(alone.errors)")
            #expect(try lathe.json("runs")["runs"]?.array?.map { $0["state"] } == ["finished", "finished"])
        }

        @Test func aSweepOfOneTrialIsJudgedByRowsThatChoseNothing() throws {
            try LatheCommand.inFolder { lathe in
                let single =
                    LatheCommand.recipe
                    + "sweep: { adapter.r: [4] }\nsearch: { method: grid, val_size: 4 }\n"
                try lathe.write("sweep.yaml", single)
                let json = try lathe.json("sweep", "sweep.yaml")
                #expect(json["rounds"] == [1] && json["rows"]?["train"] == 20)
                let events = try lathe.text("checkpoints/tiny-sweep/trials/001/events.jsonl").split(separator: "\n")
                    .map { try JSONValue(parsing: String($0)) }
                let evaluated = events.last { $0["event"] == "evaluated" }
                #expect(evaluated?["loss"] == json["winner"]?["validation_loss"])
                #expect(evaluated?["loss"] != json["evaluation"]?["adapter"]?["loss"], "held-out rows chose nothing")
                let plan = try lathe.json("plan", "sweep.yaml")["sweep"]
                #expect(plan?["trials"] == 1 && plan?["steps"] == 6)
                #expect((plan?["predicted_seconds"]?.double ?? 0) > 0)
                let best = try lathe.text("checkpoints/tiny-sweep/best.yaml")
                #expect(best.contains("sweep: {}") && best.contains("name: tiny\n"))
                // Another sweep in its place is refused with what differs.
                try lathe("sweep", "sweep.yaml", "--set", "search.val_size=5").expectFailure(
                    65, "another sweep", "search.val_size: 4.0 → 5.0", "--fresh")
                // What another version of Lathe wrote is not taken away.
                let record = "checkpoints/tiny-sweep/sweep.json", list = "checkpoints/tiny-sweep/manifest.json"
                let known = try lathe.text(record), other = "{}" + String(repeating: " ", count: known.utf8.count - 2)
                let files = try lathe.text(list)
                #expect(files.contains(SHA256.hex(of: known)))
                try lathe.write(record, other)
                try lathe.write(list, files.replacing(SHA256.hex(of: known), with: SHA256.hex(of: other)))
                try lathe("sweep", "sweep.yaml").expectFailure(65, "sweep.json says nothing of a sweep", "--fresh")
                #expect(try lathe.text(record) == other)
                try lathe("sweep", "recipe.yaml").expectFailure(65, "sweep: names no key")
                try lathe("sweep", "sweep.yaml", "--set", "search.val_size=24").expectFailure(
                    65, "search.val_size: 24 of 24")
            }
        }

        @Test func runsAreListedAndHeldAgainstEachOther() throws {
            try LatheCommand.inFolder { lathe in
                for (name, rate) in [("first", "1e-4"), ("second", "1e-2")] {
                    let settings = ["name=\(name)", "train.learning_rate=\(rate)", "evaluate.bootstrap_samples=200"]
                    let run = try lathe.start(["train", "recipe.yaml"] + settings.flatMap { ["--set", $0] }).wait()
                    try #require(run.code == 0, "\(run.errors)")
                }
                let compared = try lathe.json("compare", "checkpoints/first", "checkpoints/second")
                #expect(compared["rows"] == 8)
                #expect(compared["differences"]?.array?.map { $0["key"] } == ["train.learning_rate"])
                let loss = try #require(compared["comparisons"]?.array?.first?["metrics"]?["loss"])
                let losses = try ["first", "second"].map { name in
                    try #require(
                        JSONValue(parsing: lathe.text("checkpoints/\(name)/report.json"))["evaluation"]?["adapter"]?[
                            "loss"]?
                            .double)
                }
                #expect(loss["against"]?.double == losses[0] && loss["run"]?.double == losses[1])
                #expect(loss["verdict"] == "better" && loss["rows"] == 8)
                let itself = try lathe.json("compare", "checkpoints/first", "checkpoints/first")
                let same = itself["comparisons"]?.array?.first?["metrics"]?["loss"]
                #expect(same?["difference"]?.double == 0 && same?["verdict"] == "no difference")

                // Odd and half-written folders are told.
                try lathe.write("checkpoints/base.txt", "")
                for name in ["half", "broken", "model", "odd/run.json"] {
                    try FileManager.default.createDirectory(
                        at: lathe.url("checkpoints/\(name)"), withIntermediateDirectories: true)
                }
                try FileManager.default.createSymbolicLink(
                    atPath: lathe.url("checkpoints/loop").path, withDestinationPath: "loop")
                try lathe.write("checkpoints/half/events.jsonl", "{\"event\":")
                try lathe.write("checkpoints/broken/run.json", "{\"name\":")
                let listed = try lathe.json("runs")
                let states = try #require(listed["runs"]?.array).map {
                    "\($0["name"]?.string ?? "") \($0["state"]?.string ?? "")"
                }
                #expect(
                    states.sorted() == [
                        "broken damaged: run.json is no JSON", "first finished", "half half-written: no run.json",
                        "loop loop cannot be looked at: its links lead in a circle (Too many levels of symbolic links)",
                        "odd run.json cannot be read: it is a folder (Is a directory)", "second finished",
                    ])
                #expect(listed["others"] == ["model"])
                #expect(listed["runs"]?.array?.first { $0["name"] == "second" }?["verdict"] == "better")
                #expect(try lathe("runs").output.contains("second"))

                // Other rows, runs without scores, and folders that are no runs are refused with the word that helps.
                try lathe.write("held.jsonl", LatheCommand.rows(8, "found"))
                let run = try lathe.start(["train", "recipe.yaml", "--set", "name=third"]).wait()
                try #require(run.code == 0, "\(run.errors)")
                try lathe("compare", "checkpoints/first", "checkpoints/third").expectFailure(
                    65, "other rows", "0 rows of 8")
                try FileManager.default.removeItem(at: lathe.url("checkpoints/third/scores.jsonl"))
                try lathe("compare", "checkpoints/first", "checkpoints/third").expectFailure(
                    65, "no scores of held-out rows")
                try lathe("compare", "checkpoints/first", "checkpoints/model").expectFailure(
                    65, "no run that can be compared")
                try lathe("compare", "checkpoints/first").expectFailure(64, "two at least")
            }
        }
    }
}
