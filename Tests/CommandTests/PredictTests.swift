// `lathe predict`, as a person calls it: what it says, in which order, and what a killed call leaves.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct Predicting {
        private static let plain = ["--set", "model.precision=fp32", "--quiet"]

        /// Runs the verb; its file, line by line.
        private func predict(
            _ lathe: LatheCommand, _ data: String, _ out: String = "out.jsonl", _ more: String...
        ) throws -> [JSONValue] {
            let outcome = try run(lathe, data, out, more)
            try #require(outcome.code == 0, "\(outcome.errors)")
            return try lathe.text(out).split(separator: "\n").map { try JSONValue(parsing: String($0)) }
        }

        private func run(_ lathe: LatheCommand, _ data: String, _ out: String, _ more: [String]) throws -> Outcome {
            let call = ["predict", "--model", LatheCommand.huggingFace, "--data", data, "--out", out]
            return try lathe.start(call + Self.plain + more).wait()
        }

        private func texts(_ rows: [JSONValue]) -> [String] { rows.map { $0["text"]?.string ?? "none" } }

        /// Rows without answers, with columns of their own.
        private static func questions(_ count: Int) -> String {
            LatheCommand.rows(count, "saw").split(separator: "\n").enumerated().map { number, line in
                let prompt = (try? JSONValue(parsing: String(line)))?["prompt"]?.string ?? ""
                let row: JSONValue = ["id": .string("r\(number)"), "prompt": .string(prompt), "half": .double(0.5)]
                return row.text() + "\n"
            }.joined()
        }

        @Test func answersAreThoseOfGenerate() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write("q.jsonl", Self.questions(20))
                let rows = try predict(lathe, "q.jsonl", "out.jsonl", "--max-new-tokens", "12")
                #expect(rows.map { $0["index"]?.integer } == Array(0..<20))
                #expect(rows.map { $0["id"]?.string } == (0..<20).map { "r\($0)" })
                #expect(rows[0].object?.members.map(\.key) == ["index", "text", "id", "prompt", "half"])
                for row in [rows[0], rows[7], rows[19]] {
                    let answer = try lathe.json(
                        "generate", "--model", LatheCommand.huggingFace, "--prompt", row["prompt"]?.string ?? "",
                        "--max-new-tokens", "12", "--set", "model.precision=fp32")
                    #expect(answer["text"] == row["text"])
                }
                // An answer that stands in the row is not looked at.
                let answered = try predict(lathe, "train.jsonl", "b.jsonl", "--max-new-tokens", "12")
                #expect(texts(answered).prefix(20) == texts(rows)[...])
                #expect(try lathe("verify", "out.jsonl").code == 0)
            }
        }

        @Test func conversationsAreAnsweredWhetherOrNotTheyEndWithAnAnswer() throws {
            try LatheCommand.inFolder { lathe in
                let asked = #"{"role": "user", "content": "Tom saw a cat."}"#
                let said = #"{"role": "assistant", "content": "no matter"}"#
                try lathe.write(
                    "chat.jsonl", "{\"messages\": [\(asked)]}\n{\"messages\": [\(asked), \(said)]}\n")
                let outcome = try lathe(
                    "predict", "--model", TinyModel.chat.path, "--data", "chat.jsonl", "--out", "out.jsonl",
                    "--max-new-tokens", "10", "--set", "model.precision=fp32")
                #expect(outcome.code == 0, "\(outcome.errors)")
                let rows = try lathe.text("out.jsonl").split(separator: "\n").map { try JSONValue(parsing: String($0)) }
                #expect(rows.count == 2 && rows[0]["text"] == rows[1]["text"])
                let answer = try lathe.json(
                    "generate", "--model", TinyModel.chat.path, "--prompt", "Tom saw a cat.", "--max-new-tokens", "10",
                    "--set", "model.precision=fp32")
                #expect(answer["text"] == rows[0]["text"])
            }
        }

        @Test func drawsDoNotDependOnCompany() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write("q.jsonl", Self.questions(12))
                let drawn = ["--max-new-tokens", "10", "--temperature", "0.9", "--set", "seed=5"]
                let one = try run(lathe, "q.jsonl", "one.jsonl", drawn + ["--batch", "1"])
                let many = try run(lathe, "q.jsonl", "many.jsonl", drawn)
                #expect(one.code == 0 && many.code == 0, "\(one.errors)\(many.errors)")
                #expect(try lathe.text("one.jsonl") == lathe.text("many.jsonl"))
                let other = try run(lathe, "q.jsonl", "other.jsonl", Array(drawn.dropLast()) + ["seed=6"])
                #expect(try other.code == 0 && lathe.text("other.jsonl") != lathe.text("many.jsonl"))
                try lathe(
                    "predict", "--model", LatheCommand.huggingFace, "--data", "q.jsonl", "--out", "x.jsonl", "--set",
                    "seed=5"
                )
                .expectFailure(64, "seed has no effect")
            }
        }

        /// Killed again and again at whatever moment, the calls together write what one call writes.
        @Test(arguments: ["out.jsonl", "out.parquet"]) func aKilledCallIsGoneOnWith(out: String) throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write("q.jsonl", Self.questions(400))
                let whole = try run(lathe, "q.jsonl", "whole." + out, ["--max-new-tokens", "16"])
                try #require(whole.code == 0, "\(whole.errors)")
                let journal = lathe.url(out + ".journal").path
                func kept() -> Int {
                    ((try? FileManager.default.attributesOfItem(atPath: journal))?[.size] as? Int) ?? 0
                }
                var killed = 0, before = 0
                for _ in 0..<3 {
                    let running = try lathe.start(
                        ["predict", "--model", LatheCommand.huggingFace, "--data", "q.jsonl", "--out", out]
                            + Self.plain + ["--max-new-tokens", "16"])
                    let end = ContinuousClock.now + .seconds(60)
                    while running.process.isRunning, kept() < before + 1500, ContinuousClock.now < end { usleep(2000) }
                    running.send(SIGKILL)
                    if try running.wait().code == -SIGKILL { killed += 1 }
                    before = kept()
                }
                #expect(killed > 0 && (lathe.has(out) || before > 0))
                let last = try run(lathe, "q.jsonl", out, ["--max-new-tokens", "16"])
                #expect(last.code == 0, "\(last.errors)")
                #expect(try Data(contentsOf: lathe.url(out)) == Data(contentsOf: lathe.url("whole." + out)))
                #expect(!lathe.has(out + ".journal"))
            }
        }

        @Test func whatAnotherCallBeganIsNotGoneOnWith() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write("q.jsonl", Self.questions(200))
                let running = try lathe.start(
                    ["predict", "--model", LatheCommand.huggingFace, "--data", "q.jsonl", "--out", "out.jsonl"]
                        + Self.plain + ["--max-new-tokens", "40"])
                let end = ContinuousClock.now + .seconds(60)
                while running.process.isRunning, !lathe.has("out.jsonl.journal"), ContinuousClock.now < end {
                    usleep(500)
                }
                running.send(SIGKILL)
                _ = try running.wait()
                let few = try predict(lathe, "q.jsonl", "out.jsonl", "--max-new-tokens", "3")
                let alone = try predict(lathe, "q.jsonl", "alone.jsonl", "--max-new-tokens", "3")
                #expect(few == alone)
            }
        }

        /// What is computed with the numbers of a model, and where its answers end, decides answers as the numbers do.
        @Test(arguments: ["config.json", "generation_config.json", "model.gguf"])
        func whatAnotherStateOfTheModelBeganIsNotGoneOnWith(file: String) throws {
            try LatheCommand.inFolder { lathe in
                let isFile = file == "model.gguf", model = isFile ? file : "model"
                try lathe.copy(isFile ? LatheCommand.gguf : LatheCommand.huggingFace, to: model)
                try lathe.write("q.jsonl", Self.questions(400))
                func call(_ out: String) -> [String] {
                    ["predict", "--model", model, "--data", "q.jsonl", "--out", out, "--max-new-tokens", "16"]
                        + Self.plain + ["--json"]
                }
                let running = try lathe.start(call("out.jsonl"))
                let end = ContinuousClock.now + .seconds(60), journal = lathe.url("out.jsonl.journal").path
                func kept() -> Int {
                    ((try? FileManager.default.attributesOfItem(atPath: journal))?[.size] as? Int) ?? 0
                }
                while running.process.isRunning, kept() < 6000, ContinuousClock.now < end { usleep(1000) }
                running.send(SIGKILL)
                try #require(try running.wait().code == -SIGKILL)
                for name in ["same", "other"] { try lathe.copy("out.jsonl.journal", to: name + ".jsonl.journal") }
                let same = try lathe.start(call("same.jsonl")).wait()
                #expect(try (same.json["gone_on"]?.integer ?? 0) > 0, "\(same.errors)")
                try change(lathe, file)
                let other = try lathe.start(call("other.jsonl")).wait()
                #expect(try other.json["gone_on"] == 0, "\(other.errors)")
                let alone = try lathe.start(call("alone.jsonl")).wait()
                #expect(alone.code == 0, "\(alone.errors)")
                #expect(try lathe.text("other.jsonl") == lathe.text("alone.jsonl"))
            }
        }

        /// Another epsilon of norms, or another token that ends answers.
        private func change(_ lathe: LatheCommand, _ file: String) throws {
            if file == "model.gguf" {
                var bytes = try Data(contentsOf: lathe.url(file))
                let key = try #require(bytes.range(of: Data("llama.attention.layer_norm_rms_epsilon".utf8)))
                // The type of the value stands before it.
                let place = key.upperBound + 4..<key.upperBound + 8
                bytes.replaceSubrange(place, with: withUnsafeBytes(of: Float(0.1).bitPattern.littleEndian) { Data($0) })
                return try bytes.write(to: lathe.url(file))
            }
            var settings = try JSONValue(parsing: try lathe.text("model/" + file)).object ?? JSONObject([])
            if file == "config.json" { settings["rms_norm_eps"] = 0.1 } else { settings["eos_token_id"] = [2, 20] }
            try lathe.write("model/" + file, JSONValue.object(settings).text())
        }

        /// Probabilities are those of the losses that `score` tells of each label as the answer.
        @Test func labelsAreTheLikeliestWords() throws {
            try LatheCommand.inFolder { lathe in
                let labels = ["happy", "sad", "very big"]
                let asked = ["Tom saw a cat.", "Lily was sad, \"very\" sad.", "Ben had the red car."]
                let table =
                    "\u{FEFF}text,label\n" + asked.map { "\"\($0.replacing("\"", with: "\"\""))\",?\n" }.joined()
                try lathe.write("q.csv", table)
                let rows = try predict(lathe, "q.csv", "out.jsonl", "--set", "data.labels=[happy, sad, very big]")
                for label in labels {
                    try lathe.write(
                        label + ".jsonl",
                        asked.map {
                            JSONValue.object(JSONObject([("text", .string($0)), ("label", .string(label))])).text()
                                + "\n"
                        }.joined())
                }
                let losses = try labels.map { label in
                    try lathe.score(LatheCommand.huggingFace, data: label + ".jsonl").map {
                        ($0["loss"]?.double ?? .nan) * Double($0["target_tokens"]?.integer ?? 0)
                    }
                }
                for (number, row) in rows.enumerated() {
                    let weights = losses.map { exp(-$0[number]) }, sum = weights.reduce(0, +)
                    let found = labels.map { row["probabilities"]?[$0]?.double ?? .nan }
                    #expect(maximumDifference(found, weights.map { $0 / sum }) < 1e-4)
                    #expect(abs(found.reduce(0, +) - 1) < 1e-12)
                    let best = found.indices.max { found[$0] < found[$1] } ?? 0
                    #expect(row["label"]?.string == labels[best])
                    #expect(row["text"]?.string == asked[number] && row["input_label"]?.string == "?")
                }
                try lathe(
                    "predict", "--model", LatheCommand.huggingFace, "--data", "q.csv", "--out", "x.jsonl", "--set",
                    "data.labels=[happy, sad]", "--temperature", "0.5"
                ).expectFailure(64, "--temperature has no effect")
            }
        }

        @Test func tablesHoldWhatTheLinesHold() throws {
            try LatheCommand.inFolder { lathe in
                let odd =
                    #"{"prompt": "Tom, \"he\" saw\na cat. ", "text": null, "tags": ["a", {"b": 1}], "n": 3, "index": "x"}"#
                try lathe.write("q.jsonl", odd + "\n" + Self.questions(5))
                let rows = try predict(lathe, "q.jsonl", "out.jsonl", "--max-new-tokens", "6")
                #expect(rows[0]["index"] == 0 && rows[0]["input_index"] == "x" && rows[0]["input_text"] == .null)
                for name in ["out.csv", "out.tsv", "out.parquet"] {
                    let outcome = try run(lathe, "q.jsonl", name, ["--max-new-tokens", "6"])
                    #expect(outcome.code == 0, "\(outcome.errors)")
                    // Read again as data, and written as lines: texts stay what they are.
                    let again = try run(lathe, name, "again-\(name).jsonl", ["--max-new-tokens", "1"])
                    #expect(again.code == 0, "\(again.errors)")
                    let read = try lathe.text("again-\(name).jsonl").split(separator: "\n").map {
                        try JSONValue(parsing: String($0))
                    }
                    // The rows have an `input_text` already.
                    #expect(read.map { $0["input_input_text"]?.string } == rows.map { $0["text"]?.string })
                    #expect(read[0]["tags"]?.string == #"["a",{"b":1}]"#)
                    #expect(read.map { $0["prompt"]?.string } == rows.map { $0["prompt"]?.string })
                }
                try lathe("predict", "--model", LatheCommand.huggingFace, "--data", "q.jsonl", "--out", "out.xlsx")
                    .expectFailure(64, ".jsonl", ".parquet")
            }
        }

        @Test func badRowsAreCountedOrRefused() throws {
            try LatheCommand.inFolder { lathe in
                let rows = Self.questions(4).split(separator: "\n")
                try lathe.write(
                    "q.jsonl", rows[0] + "\n{\"id\": 1}\nnot JSON\n" + rows[1...].joined(separator: "\n") + "\n")
                let refused = try run(lathe, "q.jsonl", "out.jsonl", [])
                refused.expectFailure(65, "q.jsonl:3")
                #expect(!lathe.has("out.jsonl") && !lathe.has("out.jsonl.journal"))
                let kept = try predict(
                    lathe, "q.jsonl", "out.jsonl", "--set", "data.max_bad_rows=2", "--max-new-tokens", "2")
                #expect(kept.map { $0["id"]?.string } == ["r0", "r1", "r2", "r3"])

                try lathe.write(
                    "long.jsonl",
                    rows[0] + "\n" + rows[1].replacing("saw", with: String(repeating: "saw and ", count: 12) + "saw")
                        + "\n")
                let limit = ["--set", "data.max_length=12", "--max-new-tokens", "2"]
                try run(lathe, "long.jsonl", "l.jsonl", limit).expectFailure(65, "long.jsonl:2", "data.too_long")
                let few = try run(lathe, "long.jsonl", "l.jsonl", limit + ["--set", "data.too_long=drop", "--json"])
                #expect(try few.json["rows"] == 1 && few.json["left_out"] == 1)
                let cut = try run(
                    lathe, "long.jsonl", "l.jsonl", limit + ["--set", "data.too_long=truncate_prompt", "--json"])
                #expect(try cut.json["rows"] == 2)
                try run(lathe, "long.jsonl", "l.jsonl", limit + ["--set", "data.too_long=truncate"])
                    .expectFailure(65, "truncate_prompt")
            }
        }

        @Test func whatIsNotLathesStays() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write("q.jsonl", Self.questions(2))
                try lathe.write("out.jsonl", "mine\n")
                try run(lathe, "q.jsonl", "out.jsonl", []).expectFailure(74, "out.jsonl", "was not written by Lathe")
                #expect(try lathe.text("out.jsonl") == "mine\n")
                try run(lathe, "q.jsonl", "q.jsonl", []).expectFailure(65, "the data")
            }
        }
    }
}
