// `lathe predict` with the head of a task: it says of rows what `lathe evaluate` counts.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct PredictingByHeads {
        private static let labels = ["big", "red", "sad"]

        /// Trains a head on `rows`; the report of `evaluate` on them, and what `predict` says of them without their labels.
        private func predicted(
            _ lathe: LatheCommand, _ rows: [JSONObject], _ settings: String...
        ) throws -> (report: JSONValue, rows: [JSONValue]) {
            func lines(_ rows: [JSONObject]) -> String { rows.map { JSONValue.object($0).text() + "\n" }.joined() }
            try lathe.write("rows.jsonl", lines(rows))
            try lathe.write(
                "asked.jsonl", lines(rows.map { row in JSONObject(row.members.filter { !$0.key.hasPrefix("label") }) }))
            let set = (settings + ["data.train=rows.jsonl", "data.held_out=rows.jsonl", "data.format=classification"])
            let trained = try lathe.start(["train", "recipe.yaml", "--quiet"] + set.flatMap { ["--set", $0] }).wait()
            try #require(trained.code == 0, "\(trained.errors)")
            let model = [
                "--model", LatheCommand.huggingFace, "--adapter", "checkpoints/tiny/adapter", "--set",
                "model.precision=fp32",
            ]
            let report = try lathe.start(
                ["evaluate", "--data", "rows.jsonl", "--set", "data.format=classification", "--json"] + model
            ).wait()
            try #require(report.code == 0, "\(report.errors)")
            let outcome = try lathe.start(["predict", "--data", "asked.jsonl", "--out", "out.jsonl"] + model).wait()
            try #require(outcome.code == 0, "\(outcome.errors)")
            return (
                try report.json,
                try lathe.text("out.jsonl").split(separator: "\n").map { try JSONValue(parsing: String($0)) }
            )
        }

        private static func row(_ number: Int, _ label: (key: String, value: JSONValue)) -> JSONObject {
            JSONObject([("text", .string("\(["Tom", "Lily", "Ben", "Sue"][number % 4]) saw \(number) cats.")), label])
        }

        @Test func aHeadsLabelIsTheOneThatIsCounted() throws {
            try LatheCommand.inFolder { lathe in
                let rows = (0..<24).map { Self.row($0, ("label", .string(["big", "sad", "red"][$0 % 3]))) }
                let (report, found) = try predicted(lathe, rows, "task=classify")
                #expect(found.count == 24)
                var right = 0
                for (number, row) in found.enumerated() {
                    let probabilities = Self.labels.map { row["probabilities"]?[$0]?.double ?? .nan }
                    #expect(abs(probabilities.reduce(0, +) - 1) < 1e-9)
                    let best = probabilities.indices.reduce(0) { probabilities[$1] > probabilities[$0] ? $1 : $0 }
                    #expect(row["label"]?.string == Self.labels[best] && row["text"] == rows[number]["text"])
                    if row["label"] == rows[number]["label"] { right += 1 }
                }
                #expect(abs((report["adapter"]?["accuracy"]?.double ?? .nan) - Double(right) / 24) < 1e-12)
                // How generation goes does not concern a head.
                let outcome = try lathe(
                    "predict", "--model", LatheCommand.huggingFace, "--adapter", "checkpoints/tiny/adapter", "--data",
                    "asked.jsonl", "--out", "x.jsonl", "--temperature", "1")
                outcome.expectFailure(64, "--temperature has no effect")
            }
        }

        @Test func aNumberIsTheOneThatIsMeasured() throws {
            try LatheCommand.inFolder { lathe in
                let rows = (0..<16).map { Self.row($0, ("label", .double(Double($0 % 5) / 2))) }
                let (report, found) = try predicted(lathe, rows, "task=regress")
                let distances = found.enumerated().map { number, row in
                    abs((row["value"]?.double ?? .nan) - Double(number % 5) / 2)
                }
                let error = report["adapter"]?["mae"]?.double ?? .nan
                #expect(abs(error - distances.reduce(0, +) / 16) < 1e-5)
            }
        }

        @Test func severalLabelsAreThoseThatReachTheirThresholds() throws {
            try LatheCommand.inFolder { lathe in
                let rows = (0..<18).map { number in
                    Self.row(
                        number, ("labels", .array(number % 3 == 2 ? [] : number % 2 == 0 ? ["big"] : ["big", "red"])))
                }
                let (_, found) = try predicted(lathe, rows, "task=classify", "head.multi_label=true")
                #expect(found.count == 18)
                for row in found {
                    let said = Set(row["labels"]?.array?.compactMap(\.string) ?? ["none"])
                    let probabilities = row["probabilities"]?.object?.members ?? []
                    #expect(probabilities.map(\.key) == ["big", "red"] && said.isSubset(of: ["big", "red"]))
                    // Who is said is likelier than who would be said by no threshold at all.
                    for member in probabilities { #expect((0...1).contains(member.value.double ?? .nan)) }
                }
            }
        }
    }
}
