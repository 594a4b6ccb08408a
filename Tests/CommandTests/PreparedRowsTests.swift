// `lathe prepare --export jsonl` when it is killed, runs out of space, or is run again elsewhere and with other threads.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct PreparedRows {
        /// Rows with duplicates, near-duplicates and personal data, enough for a run of some tenths of a second.
        private static func rows(_ count: Int, seed: Int) -> String {
            var state = UInt64(seed)
            func draw(_ limit: Int) -> Int {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return Int(state >> 33) % limit
            }
            var texts: [[String]] = []
            return (0..<count).map { row in
                var words = (0..<(12 + draw(20))).map { _ in "w\(draw(4000))" }
                if row > 10, draw(10) == 0 { words = texts[draw(row)] }
                if row > 10, draw(10) == 0 {
                    words = texts[draw(row)]
                    words[draw(words.count)] = "changed\(row)"
                }
                texts.append(words)
                let contact = draw(20) == 0 ? " mail a\(row)@example.org" : ""
                return
                    #"{"prompt": "ask \#(words.prefix(4).joined(separator: " "))", "completion": "\#(words.joined(separator: " "))\#(contact)"}"#
                    + "\n"
            }.joined()
        }

        private static let recipe = """
            name: rows
            seed: 5
            model: { path: none }
            data:
              train: [one.jsonl, two.jsonl]
              val_size: 0.1
              leakage: drop
              steps:
                - normalise
                - filter: { min_words: 3 }
                - deduplicate
                - deduplicate: { by: near }
                - mask

            """

        private static func inFolder(_ count: Int, _ body: (LatheCommand) throws -> Void) throws {
            try withTemporaryDirectory { folder in
                let lathe = LatheCommand(folder: folder)
                try lathe.write("one.jsonl", rows(count, seed: 1))
                try lathe.write("two.jsonl", rows(count, seed: 2))
                try lathe.write("recipe.yaml", recipe)
                try body(lathe)
            }
        }

        private static let names = ["held_out.jsonl", "report.html", "report.json", "train.jsonl"]

        /// The files of the result, `nil` where there is none.
        private static func result(_ lathe: LatheCommand, _ folder: String = "checkpoints/rows/rows") throws -> [String:
            String]?
        {
            guard lathe.has(folder) else { return nil }
            return try Dictionary(
                uniqueKeysWithValues: lathe.names(in: folder).map { ($0, try lathe.text("\(folder)/\($0)")) })
        }

        @Test func theSameBytesWhateverTheThreadsAndTheFolder() throws {
            try Self.inFolder(800) { lathe in
                let first = try lathe("prepare", "recipe.yaml", "--export", "jsonl")
                try #require(first.code == 0, "\(first.errors)")
                let wanted = try #require(try Self.result(lathe))
                for name in Self.names { #expect(wanted[name]?.isEmpty == false, "\(name)") }
                #expect(wanted["train.jsonl"]?.contains("[EMAIL]") == true)
                for threads in ["1", "2", "4"] {
                    let again = try lathe(
                        "prepare", "recipe.yaml", "--export", "jsonl", "--set", "train.threads=\(threads)")
                    #expect(again.code == 0, "\(again.errors)")
                    #expect(try Self.result(lathe) == wanted, "\(threads) threads")
                }
                // Another folder with the same files.
                try FileManager.default.createDirectory(at: lathe.url("elsewhere"), withIntermediateDirectories: true)
                for name in ["one.jsonl", "two.jsonl", "recipe.yaml"] {
                    try lathe.copy(lathe.url(name).path, to: "elsewhere/\(name)")
                }
                let elsewhere = LatheCommand(folder: lathe.url("elsewhere"), environment: ["LATHE_ISA": "scalar"])
                let other = try elsewhere("prepare", "recipe.yaml", "--export", "jsonl")
                #expect(other.code == 0, "\(other.errors)")
                #expect(try Self.result(elsewhere) == wanted, "another folder, the scalar loops")
            }
        }

        @Test func thePreparedFileIsTheSameWhateverTheThreadsAndTheFolder() throws {
            try LatheCommand.inFolder { lathe in
                func prepare(_ lathe: LatheCommand, _ threads: String) throws -> Data {
                    let folder = lathe.url("checkpoints/tiny/prepared")
                    try? FileManager.default.removeItem(at: folder)
                    let outcome = try lathe("prepare", "recipe.yaml", "--set", "train.threads=\(threads)")
                    try #require(outcome.code == 0, "\(outcome.errors)")
                    return try Data(contentsOf: folder.appendingPathComponent("examples.h5"))
                }
                let wanted = try prepare(lathe, "1")
                for threads in ["1", "2", "4"] { #expect(try prepare(lathe, threads) == wanted, "\(threads) threads") }
                try FileManager.default.createDirectory(at: lathe.url("elsewhere"), withIntermediateDirectories: true)
                for name in ["train.jsonl", "held.jsonl", "recipe.yaml"] {
                    try lathe.copy(lathe.url(name).path, to: "elsewhere/\(name)")
                }
                #expect(try prepare(LatheCommand(folder: lathe.url("elsewhere")), "2") == wanted)
            }
        }

        @Test func killedAtAnyMomentLeavesOneWholeResult() throws {
            try Self.inFolder(4000) { lathe in
                // Two results that differ in every file.
                func arguments(_ side: Int) -> [String] {
                    ["prepare", "recipe.yaml", "--export", "jsonl", "--set", "seed=\(side)"]
                }
                var whole: [[String: String]] = []
                var seconds = 0.0
                for side in 0..<2 {
                    let start = ContinuousClock.now
                    let outcome = try lathe.start(arguments(side)).wait()
                    try #require(outcome.code == 0, "\(outcome.errors)")
                    let took = (ContinuousClock.now - start).components
                    seconds = max(seconds, Double(took.seconds) + Double(took.attoseconds) * 1e-18)
                    whole.append(try #require(try Self.result(lathe)))
                }
                for name in Self.names where name.hasSuffix("jsonl") { #expect(whole[0][name] != whole[1][name]) }
                var kills = 0
                for attempt in 0..<40 {
                    let running = try lathe.start(arguments(attempt % 2))
                    // Spread over the run, and dense at its end, where files are put in place.
                    let share = attempt % 2 == 0 ? Double(attempt) / 40 : 0.85 + Double(attempt) / 40 * 0.25
                    usleep(UInt32(seconds * share * 1e6))
                    running.send(SIGKILL)
                    if try running.wait().code == -SIGKILL { kills += 1 }
                    let found = try #require(try Self.result(lathe), "the earlier result is gone")
                    #expect(found == whole[0] || found == whole[1], "attempt \(attempt): a mixture, or half a result")
                }
                #expect(kills >= 5, "only \(kills) runs were killed")
                let last = try lathe.start(arguments(1)).wait()
                #expect(last.code == 0, "\(last.errors)")
                #expect(try Self.result(lathe) == whole[1])
                #expect(try lathe.names(in: "checkpoints/rows") == ["rows"], "a kill left something behind")
            }
        }

        @Test func withoutSpaceTheEarlierResultStays() throws {
            try Self.inFolder(3000) { lathe in
                let first = try lathe("prepare", "recipe.yaml", "--export", "jsonl")
                try #require(first.code == 0, "\(first.errors)")
                let wanted = try Self.result(lathe)
                let lathePath = try #require(LatheCommand.executable).path
                for blocks in ["100", "600"] {
                    let process = Process()
                    let errors = lathe.url("errors-\(blocks)")
                    try Data().write(to: errors)
                    process.executableURL = URL(fileURLWithPath: "/bin/bash")
                    process.arguments = [
                        "-c", "ulimit -f \(blocks); exec \"$0\" prepare recipe.yaml --export jsonl --set seed=9",
                        lathePath,
                    ]
                    process.currentDirectoryURL = lathe.folder
                    process.standardOutput = FileHandle.nullDevice
                    process.standardError = try FileHandle(forWritingTo: errors)
                    try process.run()
                    process.waitUntilExit()
                    let text = try String(contentsOf: errors, encoding: .utf8)
                    #expect(process.terminationStatus == 74, "\(text)")
                    #expect(text.contains("File too large"), "\(text)")
                    #expect(try Self.result(lathe) == wanted)
                    #expect(try lathe.names(in: "checkpoints/rows") == ["rows"])
                }
                // A folder with anything else in it is not replaced.
                let notes = "checkpoints/rows/rows/notes.txt"
                try lathe.write(notes, "mine")
                try lathe("prepare", "recipe.yaml", "--export", "jsonl", "--set", "seed=9").expectFailure(74, notes)
                #expect(try lathe.text(notes) == "mine")
                try FileManager.default.removeItem(at: lathe.url(notes))
                #expect(try Self.result(lathe) == wanted)
                // Without held-out rows there is no file of an earlier run's.
                let none = try lathe("prepare", "recipe.yaml", "--export", "jsonl", "--set", "data.val_size=0")
                #expect(none.code == 0, "\(none.errors)")
                #expect(
                    try lathe.names(in: "checkpoints/rows/rows") == [
                        "manifest.json", "report.html", "report.json", "train.jsonl",
                    ])
            }
        }

        @Test func aDryRunWritesNothing() throws {
            try Self.inFolder(50) { lathe in
                let outcome = try lathe("prepare", "recipe.yaml", "--export", "jsonl", "--dry-run")
                #expect(outcome.code == 0, "\(outcome.errors)")
                #expect(!lathe.has("checkpoints"))
            }
        }
    }
}
