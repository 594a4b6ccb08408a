// task: tag from a file of words to spans in a file: trained, judged, predicted.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct Tagging {
        private static let people = ["Tom", "Lily", "Ben", "Sue"]

        /// "Tom saw 3 cats ." with a person, and things of two words.
        private static func sentence(_ number: Int) -> [(word: String, tag: String)] {
            [
                (people[number % 4], "B-PER"), ("saw", "O"), ("\(number)", "B-THING"), ("cats", "I-THING"), (".", "O"),
            ]
        }

        private static func conll(_ numbers: Range<Int>) -> String {
            numbers.map { sentence($0).map { "\($0.word) \($0.tag)\n" }.joined() + "\n" }.joined()
        }

        /// The same sentences as texts.
        private static func texts(_ numbers: Range<Int>, withSpans: Bool) -> String {
            numbers.map { number in
                var text = "", spans: [JSONValue] = []
                for (word, tag) in sentence(number) {
                    text += (text.isEmpty ? "" : " ")
                    let start = text.count
                    text += word
                    if tag.hasPrefix("B") {
                        let end = tag == "B-PER" ? text.count : text.count + 5
                        spans.append([
                            "start": .integer(start), "end": .integer(end), "label": .string(String(tag.dropFirst(2))),
                        ])
                    }
                }
                var row = JSONObject([("text", .string(text))])
                if withSpans { row["spans"] = .array(spans) }
                return JSONValue.object(row).text() + "\n"
            }.joined()
        }

        private func train(_ lathe: LatheCommand, _ rows: String, _ more: [String] = []) throws -> JSONValue {
            let settings =
                [
                    "task=tag", "data.train=\(rows)", "data.held_out=\(rows)", "train.max_steps=30",
                    "train.learning_rate=0.02", "adapter.r=2",
                ] + more
            let outcome = try lathe.start(["run", "recipe.yaml", "--json"] + settings.flatMap { ["--set", $0] }).wait()
            try #require(outcome.code == 0, "\(outcome.errors)")
            return try outcome.json
        }

        private static let model = [
            "--model", LatheCommand.huggingFace, "--adapter", "checkpoints/tiny/adapter", "--set",
            "model.precision=fp32",
        ]

        /// A span of a prediction, or of an answer.
        private static func span(_ value: JSONValue) -> String {
            "\(value["start"]?.integer ?? -1) \(value["end"]?.integer ?? -1) \(value["label"]?.string ?? "")"
        }

        @Test func spansAreLearntJudgedAndPredicted() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write("rows.conll", Self.conll(0..<16))
                try lathe.write("rows.jsonl", Self.texts(0..<16, withSpans: true))
                try lathe.write("asked.jsonl", Self.texts(0..<16, withSpans: false))
                let found = try #require(try train(lathe, "rows.conll")["evaluation"])
                // What is known without reading finds nothing; the adapter has learnt the rows.
                let compared = found["metrics"]?["span_f1"]
                #expect(compared?["base"]?.double == 0 && compared?["verdict"] == "better")
                #expect(found["spans"]?["labels"] == ["PER", "THING"])
                let person = found["spans"]?["adapter"]?["per_class"]?["PER"]
                #expect(person?["support"] == 16 && (person?["recall"]?.double ?? 0) > 0.9)
                let notes = try JSONValue(parsing: lathe.text("checkpoints/tiny/adapter/lathe.json"))
                #expect(notes["head"]?["labels"] == ["B-PER", "B-THING", "I-PER", "I-THING", "O"])

                // Texts with spans are the same rows, and judged the same.
                let again = try lathe.start(["evaluate", "--data", "rows.jsonl", "--json"] + Self.model).wait()
                try #require(again.code == 0, "\(again.errors)")
                let f1 = try #require(try again.json["adapter"]?["span_f1"]?.double)
                #expect(abs(f1 - (found["metrics"]?["span_f1"]?["adapter"]?.double ?? .nan)) < 1e-12)

                // What is predicted is what is counted.
                let outcome = try lathe.start(["predict", "--data", "asked.jsonl", "--out", "out.jsonl"] + Self.model)
                    .wait()
                try #require(outcome.code == 0, "\(outcome.errors)")
                let truth = try lathe.text("rows.jsonl").split(separator: "\n").map {
                    try JSONValue(parsing: String($0))
                }
                let rows = try lathe.text("out.jsonl").split(separator: "\n").map { try JSONValue(parsing: String($0)) }
                var (right, predicted, actual) = (0, 0, 0)
                for (row, wanted) in zip(rows, truth) {
                    let said = row["spans"]?.array ?? [], own = Set((wanted["spans"]?.array ?? []).map(Self.span))
                    right += said.count { own.contains(Self.span($0)) }
                    (predicted, actual) = (predicted + said.count, actual + own.count)
                    for span in said {
                        let text = Array(row["text"]?.string ?? ""), start = span["start"]?.integer ?? 0
                        #expect(span["text"]?.string == String(text[start..<(span["end"]?.integer ?? 0)]))
                        #expect((0...1).contains(span["probability"]?.double ?? -1))
                    }
                }
                #expect(rows.count == 16 && actual == 32)
                #expect(abs(2 * Double(right) / Double(predicted + actual) - f1) < 1e-12)

                // Words of a file without tags.
                try lathe.write(
                    "words.conll",
                    Self.conll(0..<2).replacingOccurrences(of: " [BIO].*", with: "", options: .regularExpression))
                let words = try lathe.start(["predict", "--data", "words.conll", "--out", "words.jsonl"] + Self.model)
                    .wait()
                try #require(words.code == 0, "\(words.errors)")
                let first = try JSONValue(parsing: String(lathe.text("words.jsonl").split(separator: "\n")[0]))
                #expect(first["spans"] == rows[0]["spans"] && first["tokens"]?.array?.count == 5)
            }
        }

        @Test func wordsBehindTheCutAreNotFound() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write("rows.conll", Self.conll(0..<12))
                let found = try #require(
                    try train(
                        lathe, "rows.conll",
                        [
                            "data.max_length=2", "data.too_long=truncate",
                            "data.labels=[O, B-PER, I-PER, B-THING, I-THING]",
                        ])["evaluation"])
                let table = found["spans"]?["adapter"]?["per_class"]
                #expect(table?["THING"]?["support"] == 12 && table?["THING"]?["recall"]?.double == 0)
            }
        }

        @Test func labelsOfTaggingAreTags() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write("rows.conll", Self.conll(0..<4))
                try lathe(
                    "train", "recipe.yaml", "--set", "task=tag", "--set", "data.train=rows.conll", "--set",
                    "data.held_out=rows.conll", "--set", "data.labels=[PER, THING]"
                ).expectFailure(65, "data.labels", "[O, B-PER, I-PER, B-THING, I-THING]")
                try lathe.write(
                    "bad.jsonl", "{\"text\": \"Tom\", \"spans\": [{\"start\": 0, \"end\": 9, \"label\": \"PER\"}]}\n")
                try lathe(
                    "train", "recipe.yaml", "--set", "task=tag", "--set", "data.train=bad.jsonl", "--set",
                    "data.held_out=rows.conll"
                ).expectFailure(65, "bad.jsonl:1", "from character 0 to 9")
            }
        }
    }
}
