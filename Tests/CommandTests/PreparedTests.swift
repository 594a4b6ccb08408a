import Foundation
import JSON
import TestSupport
import Testing

private let file = "checkpoints/tiny/prepared/examples.h5"

extension CommandTests {
    @Suite struct PreparedTests {
        /// What `lathe studio` writes, read by the run that comes after.
        @Test func markedRowsAreLeftOutAndMarksAreAPartOfTheRows() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write(
                    "sub.yaml",
                    try lathe.text("recipe.yaml").replacing(
                        "held_out: held.jsonl\n",
                        with: "held_out: held.jsonl\n  steps:\n    - review: {marks: marks.jsonl}\n"))
                func prepare() throws -> (facts: JSONValue, notes: String) {
                    let outcome = try lathe("prepare", "sub.yaml", "--json")
                    try #require(outcome.code == 0, "\(outcome.errors)")
                    return (try outcome.json, outcome.errors)
                }
                try lathe("prepare", "sub.yaml").expectFailure(66, "data.steps[0].review.marks", "marks.jsonl")
                func mark(_ place: String, _ more: String = "") throws {
                    let row = try lathe.json("inspect", "recipe.yaml", "--at", place, "--unmasked")["row"] ?? .null
                    let mark: JSONValue = ["place": .string(place), "wrong": true, "row": row]
                    try lathe.write("marks.jsonl", mark.text() + "\n" + more)
                }
                try mark("held.jsonl:2")
                let first = try prepare()
                #expect(first.facts["held_out"]?["rows"] == 7 && first.facts["train"]?["rows"] == 24)
                let more: JSONValue = ["wrong": true, "row": ["prompt": "never", "completion": "read"]]
                try mark("train.jsonl:1", more.text() + "\n")
                let second = try prepare()
                #expect(second.notes.contains("another content of the data files or of marks of rows"))
                #expect(second.facts["held_out"]?["rows"] == 8 && second.facts["train"]?["rows"] == 23)
                let warning = "1 marked row is not among the rows that were read, the first: marks.jsonl:2"
                #expect(second.facts["warnings"]?.array?.contains { $0.string?.hasPrefix(warning) == true } == true)
                #expect(try prepare().notes.contains("used again"))
                try lathe("inspect", "recipe.yaml", "--at", "train.jsonl:99").expectFailure(64, "train.jsonl:99")
            }
        }

        @Test func preparedRowsAreUsedAgainUntilSomethingChanges() throws {
            try LatheCommand.inFolder { lathe in
                try FileManager.default.copyItem(atPath: LatheCommand.huggingFace, toPath: lathe.url("model").path)
                func prepare(_ settings: String...) throws -> String { try Self.prepare(lathe, settings) }
                func expectReuse(_ settings: String...) throws {
                    let before = try Data(contentsOf: lathe.url(file))
                    #expect(try Self.prepare(lathe, settings).contains("used again"))
                    #expect(try Data(contentsOf: lathe.url(file)) == before)
                }
                let first = try lathe("prepare", "recipe.yaml", "--json", "--set", "model.path=model")
                #expect(!first.errors.contains("anew") && !first.errors.contains("again"))
                let again = try lathe("prepare", "recipe.yaml", "--json", "--set", "model.path=model")
                #expect(again.errors.contains("used again"))
                #expect(try again.json == (try first.json), "a file used again gives the same report")
                // What decides no row.
                let recipe = try lathe.text("recipe.yaml")
                try lathe.write(
                    "recipe.yaml",
                    recipe.replacing("rate: 1e-2", with: "rate: 1e-3").replacing("r: 4", with: "r: 2")
                        .replacing("data:\n", with: "data:\n  shuffle: false\n"))
                try expectReuse()
                try lathe.write("recipe.yaml", recipe)

                // A byte of the data.
                try lathe.write("train.jsonl", try lathe.text("train.jsonl").replacing("the park", with: "the bark"))
                #expect(try prepare().contains("another content of the data files"))
                try expectReuse()
                try lathe.write("held.jsonl", try lathe.text("held.jsonl").replacing("the park", with: "the bark"))
                #expect(try prepare().contains("another content of the data files"))
                // The recipe.
                for setting in [
                    "data.max_length=500", "seed=8", "data.steps=[normalise: {}]", "data.train_on_prompt=true",
                    "data.leakage=drop",
                ] {
                    #expect(try prepare(setting).contains("another data section or seed"), "\(setting)")
                    try expectReuse(setting)
                }
                // The template.
                let template = "{% for m in messages %}{{ m.content }}{% endfor %}"
                try lathe.write("a.jinja", template)
                #expect(try prepare("data.chat_template=a.jinja").contains("another"))
                try expectReuse("data.chat_template=a.jinja")
                try lathe.write("a.jinja", "{# another #}" + template)
                let other = try prepare("data.chat_template=a.jinja")
                #expect(other.contains("another chat template") && !other.contains("another data section"))
                // The tokenizer.
                _ = try prepare()
                let tokenizer = lathe.url("model/tokenizer.json")
                var json = try JSONValue(parsing: Array(try Data(contentsOf: tokenizer))).object ?? JSONObject()
                json["note"] = .string("another")
                try Data(JSONValue.object(json).text().utf8).write(to: tokenizer)
                #expect(try prepare().contains("another tokenizer"))
                try expectReuse()
            }
        }

        /// Prepares, and gives what standard error says of the file.
        private static func prepare(_ lathe: LatheCommand, _ settings: [String]) throws -> String {
            let outcome = try lathe.start(
                ["prepare", "recipe.yaml", "--json", "--set", "model.path=model"] + settings.flatMap { ["--set", $0] }
            ).wait()
            try #require(outcome.code == 0, "\(outcome.errors)")
            return outcome.errors
        }

        @Test func whatIsCutOrChangedIsMadeAnew() throws {
            try LatheCommand.inFolder { lathe in
                _ = try lathe.json("prepare", "recipe.yaml")
                let whole = try Data(contentsOf: lathe.url(file))
                func expectAnew(_ bytes: Data, _ what: String) throws {
                    try bytes.write(to: lathe.url(file))
                    let outcome = try lathe("prepare", "recipe.yaml", "--json")
                    #expect(outcome.code == 0)
                    #expect(outcome.errors.contains("prepared anew: it is"), "\(what): \(outcome.errors)")
                    #expect(try Data(contentsOf: lathe.url(file)) == whole, "\(what)")
                }
                func changed(at share: Double) -> Data {
                    var bytes = whole
                    bytes[Int(Double(whole.count) * share)] ^= 0x10
                    return bytes
                }
                try expectAnew(Data(), "empty")
                for share in [0.01, 0.3, 0.6, 0.999] {
                    try expectAnew(changed(at: share), "changed at \(share)")
                    try expectAnew(whole.prefix(Int(Double(whole.count) * share)), "cut at \(share)")
                }
                // What no longer begins as Lathe's files do may be anybody's.
                for other in [changed(at: 0), Data("mine".utf8)] {
                    try other.write(to: lathe.url(file))
                    try lathe("prepare", "recipe.yaml", "--json").expectFailure(74, file, "was changed")
                    #expect(try Data(contentsOf: lathe.url(file)) == other)
                }
                try whole.write(to: lathe.url(file))
                let inspection = try lathe.json("inspect", file)
                #expect(inspection["kind"] == "prepared")
                #expect(inspection["train"]?["rows"] == 24)
                #expect(inspection["held_out"]?["rows"] == 8)
                try whole.prefix(9000).write(to: lathe.url(file))
                try lathe("inspect", file).expectFailure(65, "examples.h5", "damaged")
            }
        }

        @Test func planAndDryRunLeaveNothing() throws {
            try LatheCommand.inFolder { lathe in
                let dry = try lathe.json("prepare", "recipe.yaml", "--dry-run")
                #expect(!lathe.has("checkpoints"))
                let plan = try lathe.json("plan", "recipe.yaml")
                #expect(plan["rows"] == 24)
                #expect(!lathe.has("checkpoints"))
                let prepared = try lathe.json("prepare", "recipe.yaml")
                #expect(prepared["train"] == dry["train"] && prepared["held_out"] == dry["held_out"])
                #expect(dry["files"] == nil && prepared["files"]?.array?.count == 3)
                #expect(lathe.has(file))
                let kept = try Data(contentsOf: lathe.url(file))
                _ = try lathe.json("plan", "recipe.yaml", "--set", "data.max_length=400")
                #expect(try Data(contentsOf: lathe.url(file)) == kept)
            }
        }

        /// Silent failure: rows that differ between the file and memory, or a run that depends on where they came from.
        @Test func trainingFromTheFileIsTheSame() throws {
            try LatheCommand.inFolder { lathe in
                let first = try lathe.json("train", "recipe.yaml")["adapter_sha256"]?.string
                let again = try lathe("train", "recipe.yaml", "--json", "--fresh")
                #expect(again.errors.contains("used again"))
                #expect(try again.json["adapter_sha256"]?.string == first)
            }
        }

        @Test func killedWhilePreparingNothingHalfIsTaken() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write("train.jsonl", LatheCommand.numberedRows(12_000))
                let settings = ["prepare", "recipe.yaml", "--json"]
                let start = ContinuousClock.now
                let straight = try lathe.start(settings).wait()
                try #require(straight.code == 0, "\(straight.errors)")
                let duration = (ContinuousClock.now - start) / .seconds(1)
                let whole = try Data(contentsOf: lathe.url(file))
                var kills = 0
                for moment in 0..<12 {
                    try FileManager.default.removeItem(at: lathe.url("checkpoints"))
                    let run = try lathe.start(settings)
                    Thread.sleep(forTimeInterval: duration * (0.1 + 0.08 * Double(moment)))
                    run.send(SIGKILL)
                    if try run.wait().code == -SIGKILL { kills += 1 }
                    let after = try lathe.start(settings).wait()
                    #expect(after.code == 0, "\(after.errors)")
                    #expect(!after.errors.contains("anew"), "\(after.errors)")
                    #expect(try after.json == (try straight.json))
                    #expect(try Data(contentsOf: lathe.url(file)) == whole)
                    #expect(try !lathe.names(in: "checkpoints/tiny/prepared").contains { $0.hasSuffix(".partial") })
                }
                #expect(kills > 3)
            }
        }

        /// Eight times the rows, and no more memory: rows and sequences are never held together.
        @Test func memoryDoesNotGrowWithTheFile() throws {
            try LatheCommand.inFolder { lathe in
                func peak(_ rows: Int) throws -> Int {
                    try lathe.write("train.jsonl", LatheCommand.numberedRows(rows))
                    let run = try lathe.start(["prepare", "recipe.yaml", "--json"])
                    var peak = 0
                    while run.process.isRunning {
                        peak = max(peak, run.peakKilobytes)
                        Thread.sleep(forTimeInterval: 0.002)
                    }
                    let outcome = try run.wait()
                    #expect(try outcome.json["train"]?["rows"]?.integer == rows, "\(outcome.errors)")
                    return peak
                }
                let small = try peak(15_000)
                let large = try peak(120_000)
                #expect(small > 10_000)
                #expect(large - small < 40_000, "\(small) kB for 15,000 rows, \(large) kB for 120,000")
            }
        }
    }
}

extension LatheCommand {
    /// `count` rows of some 300 bytes, all different.
    static func numberedRows(_ count: Int) -> String {
        var text = ""
        for row in 0..<count {
            let words = (0..<8).map { "word \((row &* 31 &+ $0 &* 7919) % 100_003) was seen" }.joined(separator: ", ")
            text += #"{"prompt": "Say number \#(row) and what came with it.", "#
            text += #""completion": "It is \#(row): \#(words)."}"# + "\n"
        }
        return text
    }
}

extension RunningCommand {
    /// The most memory that the process has held so far.
    fileprivate var peakKilobytes: Int {
        let status = (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line.flatMap { Int($0.filter(\.isNumber)) } ?? 0
    }
}
