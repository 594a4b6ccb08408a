// `lathe capture`, as a person calls it.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct Capturing {
        /// A folder with an adapter that teaches, and a recipe of a student.
        private static func inFolder(_ body: (LatheCommand) throws -> Void) throws {
            try LatheCommand.inFolder { lathe in
                let adapter = try lathe.train()
                try lathe.write(
                    "student.yaml",
                    LatheCommand.recipe.replacing("name: tiny", with: "name: student")
                        + "distill:\n  teacher_adapter: \(adapter)\n")
                try body(lathe)
            }
        }

        private static let place = "checkpoints/student/capture.h5"

        @Test func whatATeacherPredictsIsKept() throws {
            try Self.inFolder { lathe in
                let report = try lathe.json("capture", "student.yaml")
                let keys = try #require(report.object).members.map(\.key)
                #expect(keys == ["rows", "target_tokens", "bytes_per_token", "path", "sha256"])
                let bytes = try Data(contentsOf: lathe.url(Self.place))
                let targets = try #require(report["target_tokens"]?.integer)
                #expect(report["rows"] == 24 && targets > 200)
                #expect(report["bytes_per_token"]?.double == Double(bytes.count) / Double(targets))
                #expect(report["path"]?.string?.hasSuffix(Self.place) == true)
                #expect(try lathe("verify", Self.place).code == 0)
                let found = try lathe.json("inspect", Self.place)
                #expect(found["kind"] == "capture" && found["method"] == "sampled" && found["tokens"] == 12)
                #expect(found["rows"] == 24 && found["target_tokens"]?.integer == targets && found["seed"] == 7)
                #expect(found["context_sha256"] == .null && found["teacher_adapter_sha256"]?.string?.count == 64)
                // Once more: nothing is computed, the same file.
                #expect(try lathe.json("capture", "student.yaml")["sha256"] == report["sha256"])
                // At another place the same bytes.
                let other = try lathe.json("capture", "student.yaml", "--set", "distill.path=other.h5")
                #expect(other["sha256"] == report["sha256"])
                #expect(try Data(contentsOf: lathe.url("other.h5")) == bytes)
                // The adapter teaches, not the bare base, and by its own seed.
                let seeded = try lathe.json(
                    "capture", "student.yaml", "--set", "distill.path=seeded.h5", "--set", "seed=8")
                #expect(seeded["sha256"] != report["sha256"])
            }
        }

        @Test(arguments: ["sampled", "top_k"]) func aKilledCaptureGoesOn(keep: String) throws {
            try Self.inFolder { lathe in
                try lathe.write("train.jsonl", LatheCommand.rows(24, "saw") + Self.manyRows())
                let call = ["capture", "student.yaml", "--json", "--set", "distill.keep=\(keep)"]
                let expected = try lathe.start(call).wait()
                #expect(expected.code == 0, "\(expected.errors)")
                for moment in 0..<10 {
                    let place = "killed-\(moment).h5"
                    let own = call + ["--set", "distill.path=\(place)"]
                    let running = try lathe.start(own)
                    usleep(UInt32(20_000 + 45_000 * moment))
                    running.send(SIGKILL)
                    _ = try running.wait()
                    let outcome = try lathe.start(own).wait()
                    #expect(outcome.code == 0, "\(outcome.errors)")
                    #expect(try outcome.json["sha256"] == expected.json["sha256"])
                    #expect(!lathe.has(place + ".journal"))
                }
            }
        }

        /// Told to stop, it says where what it did is kept.
        @Test func aStoppedCaptureSaysWhatItKeeps() throws {
            try Self.inFolder { lathe in
                try lathe.write("train.jsonl", Self.manyRows())
                var stopped = 0
                for attempt in 0..<12 where stopped == 0 {
                    let place = "stopped-\(attempt).h5"
                    let call = ["capture", "student.yaml", "--set", "distill.path=\(place)"]
                    let running = try lathe.start(call)
                    let deadline = Date() + 30
                    while running.process.isRunning, Date() < deadline, !lathe.has(place + ".journal") {}
                    running.send(SIGINT)
                    let outcome = try running.wait()
                    // It may have been done.
                    guard outcome.code != 0 else { continue }
                    stopped += 1
                    outcome.expectFailure(130, "is kept in", place + ".journal", "the same command goes on")
                    #expect(lathe.has(place + ".journal") && !lathe.has(place))
                    #expect(try lathe.start(call).wait().code == 0)
                    #expect(!lathe.has(place + ".journal"))
                }
                #expect(stopped > 0, "it was always done before it was told to stop")
            }
        }

        /// Enough for a capture to take its time.
        private static func manyRows() -> String {
            (0..<400).map { row in
                #"{"prompt": "\#(row). Tom saw ", "completion": "a big dog and \#(row * 7) small cats in the park."}"#
                    + "\n"
            }.joined()
        }

        @Test func moreRowsAreAdded() throws {
            try Self.inFolder { lathe in
                _ = try lathe.json("capture", "student.yaml")
                let before = try #require(JSONValue(parsing: lathe.text(Self.place + ".manifest.json")).object)
                try lathe.write("train.jsonl", LatheCommand.rows(30, "saw"))
                let outcome = try lathe("capture", "student.yaml")
                #expect(outcome.code == 0, "\(outcome.errors)")
                #expect(outcome.output.contains("24 sequences of it before"))
                let straight = try lathe.json("capture", "student.yaml", "--set", "distill.path=straight.h5")
                #expect(try Data(contentsOf: lathe.url(Self.place)) == Data(contentsOf: lathe.url("straight.h5")))
                #expect(straight["rows"] == 30)
                #expect(try JSONValue(parsing: lathe.text(Self.place + ".manifest.json")).object != before)
            }
        }

        @Test func mistakesAreNamed() throws {
            try Self.inFolder { lathe in
                func failing(_ changes: String...) throws -> Outcome {
                    try lathe.start(["capture", "student.yaml"] + changes.flatMap { ["--set", $0] }).wait()
                }
                _ = try lathe.json("capture", "student.yaml")
                let bytes = try Data(contentsOf: lathe.url(Self.place))
                try failing("distill.tokens=5").expectFailure(65, "distill.tokens", "12 there, 5 here", Self.place)
                try failing("seed=9").expectFailure(65, "another seed")
                try failing("distill.keep=top_k").expectFailure(65, "distill.keep", "sampled there")
                try failing("distill.temperature=2").expectFailure(65, "distill.temperature")
                try failing("distill.teacher_adapter=null", "distill.context=Answer in one word, please.")
                    .expectFailure(65, "distill.teacher_adapter")
                try failing("distill.context=Answer in one word, please.").expectFailure(65, "another distill.context")
                try failing("distill.teacher_adapter=nowhere").expectFailure(66, "nowhere")
                try failing("distill.source=online").expectFailure(65, "nothing is captured")
                try lathe("capture", "recipe.yaml").expectFailure(65, "distill.teacher")
                #expect(try Data(contentsOf: lathe.url(Self.place)) == bytes)
                try lathe.write("mine.h5", "my own")
                try failing("distill.path=mine.h5").expectFailure(74, "mine.h5")
                #expect(try lathe.text("mine.h5") == "my own")
                try failing("distill.path=train.jsonl").expectFailure(65, "train.jsonl")
                // A changed byte is found before anything is learnt from it or added to it.
                var damaged = bytes
                damaged[bytes.count / 2] ^= 1
                try damaged.write(to: lathe.url(Self.place))
                try failing().expectFailure(65, Self.place)
            }
        }
    }
}
