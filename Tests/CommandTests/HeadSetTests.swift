// Heads of tasks on held-out rows: the labels they know, the loss they are scored by, what becomes of them where text is asked.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct HeadsOnHeldOutRows {
        /// Of eight rows four are big, one is red, three are sad.
        private static let labels = ["big", "red", "sad", "big", "sad", "big", "sad", "big"]
        private static let shares = [0.5, 0.125, 0.375]
        private static let names = ["Tom", "Lily", "Ben", "Sue"]

        /// Adapters of transformers for the tiny model; nothing is noted of their rows.
        private static func foreign(_ name: String) -> String {
            URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .appendingPathComponent("ObjectivesTests/Fixtures/heads/\(name)").path
        }

        private static func rows(_ labels: [JSONValue]) -> String {
            labels.enumerated().map { number, label in
                JSONValue.object(
                    JSONObject([("text", .string("\(names[number % 4]) saw \(number) cats.")), ("label", label)])
                ).text() + "\n"
            }.joined()
        }

        private func start(_ lathe: LatheCommand, _ verb: String, _ settings: [String]) throws -> Outcome {
            let all = settings + ["data.train=rows.jsonl", "data.held_out=rows.jsonl", "data.format=classification"]
            return try lathe.start([verb, "recipe.yaml", "--json"] + all.flatMap { ["--set", $0] }).wait()
        }

        /// What a run on `rows` says of its held-out rows, which are the same.
        private func evaluation(
            _ lathe: LatheCommand, _ rows: [JSONValue], _ settings: String...
        ) throws -> JSONValue {
            try lathe.write("rows.jsonl", Self.rows(rows))
            let outcome = try start(lathe, "run", settings)
            try #require(outcome.code == 0, "\(outcome.errors)")
            return try #require(try outcome.json["evaluation"])
        }

        private static var labelled: [JSONValue] { (0..<24).map { .string(labels[$0 % 8]) } }

        @Test func aFurtherSetHasTheLabelsOfTheTrainingRows() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write("other.jsonl", Self.rows((0..<6).map { $0 < 4 ? "sad" : "red" }))
                let found = try evaluation(
                    lathe, Self.labelled, "task=classify", "evaluate.held_out={other: other.jsonl}")
                let loss = try #require(found["sets"]?["other"]?["base"]?["loss"]?.double)
                #expect(abs(loss + (4 * log(0.375) + 2 * log(0.125)) / 6) < 1e-5)
                #expect(found["sets"]?["other"]?["classification"]?["labels"] == ["big", "red", "sad"])
                // A label that the head does not know is an error where it stands.
                try lathe.write("other.jsonl", Self.rows(["sad", "green"]))
                try FileManager.default.removeItem(at: lathe.url("checkpoints/tiny"))
                try start(lathe, "run", ["task=classify", "evaluate.held_out={other: other.jsonl}"])
                    .expectFailure(65, "other.jsonl:2", "green")
            }
        }

        /// Base and adapter, in a run and by themselves, whatever the classes count in training.
        @Test(arguments: ["head.class_weights=balanced", "head.focal_gamma=2"])
        func bothSidesAreScoredByThePlainLoss(_ setting: String) throws {
            try LatheCommand.inFolder { lathe in
                let found = try evaluation(lathe, Self.labelled, "task=classify", setting)
                let entropy = -Self.shares.reduce(0) { $0 + $1 * log($1) }
                #expect(abs((found["base"]?["loss"]?.double ?? .nan) - entropy) < 1e-5)
                let alone = try lathe.json(
                    "evaluate", "--model", LatheCommand.huggingFace, "--adapter", "checkpoints/tiny/adapter", "--data",
                    "rows.jsonl", "--set", "data.format=classification", "--set", "model.precision=fp32")
                for side in ["base", "adapter"] {
                    let loss = try #require(alone[side]?["loss"]?.double)
                    #expect(abs((found[side]?["loss"]?.double ?? .nan) - loss) < 1e-6, "\(side)")
                }
            }
        }

        @Test func aContinuedHeadHasTheSharesOfItsNewRows() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write("rows.jsonl", Self.rows(Self.labelled))
                let first = try start(lathe, "train", ["task=classify"])
                try #require(first.code == 0, "\(first.errors)")
                try lathe.copy("checkpoints/tiny/adapter", to: "first")
                try FileManager.default.removeItem(at: lathe.url("checkpoints/tiny"))
                try lathe.write("rows.jsonl", Self.rows((0..<24).map { .string(["big", "red", "sad"][$0 % 3]) }))
                let second = try start(lathe, "train", ["task=classify", "adapter.continue_from=first"])
                try #require(second.code == 0, "\(second.errors)")
                func shares(_ place: String) throws -> [Double] {
                    let notes = try JSONValue(parsing: lathe.text("\(place)/lathe.json"))
                    return notes["head"]?["shares"]?.array?.compactMap(\.double) ?? []
                }
                #expect(try maximumDifference(shares("first"), Self.shares) < 1e-9)
                #expect(try maximumDifference(shares("checkpoints/tiny/adapter"), [1, 1, 1].map { $0 / 3 }) < 1e-9)
                // Of several labels it would be another head.
                try lathe.write("rows.jsonl", Self.rows((0..<24).map { [.string(["big", "red", "sad"][$0 % 3])] }))
                try FileManager.default.removeItem(at: lathe.url("checkpoints/tiny"))
                try start(lathe, "train", ["task=classify", "head.multi_label=true", "adapter.continue_from=first"])
                    .expectFailure(65, "adapter.continue_from", "head.multi_label")
            }
        }

        @Test func answersHaveNumbersAndSetsOfLabels() throws {
            try LatheCommand.inFolder { lathe in
                func rows() throws -> [JSONValue] {
                    try lathe.text("checkpoints/tiny/answers.jsonl").split(separator: "\n")
                        .map { try JSONValue(parsing: String($0)) }
                }
                let found = try evaluation(lathe, (0..<16).map { .double(Double($0 % 5) / 2) }, "task=regress")
                let numbers = try rows()
                #expect(numbers.count == 16)
                let distances = numbers.map { row -> Double in
                    let index = row["index"]?.integer ?? -1
                    #expect(row["value"]?.double == Double(index % 5) / 2)
                    return abs((row["adapter"]?["value"]?.double ?? .nan) - Double(index % 5) / 2)
                }
                let error = found["metrics"]?["mae"]?["adapter"]?.double ?? .nan
                #expect(abs(distances.reduce(0, +) / 16 - error) < 1e-5)
                try FileManager.default.removeItem(at: lathe.url("checkpoints/tiny"))
                _ = try evaluation(
                    lathe, (0..<18).map { [[], ["cat"], ["cat", "dog"]][$0 % 3] }, "task=classify",
                    "head.multi_label=true")
                let sets = try rows()
                #expect(sets.count == 18)
                for row in sets {
                    let index = row["index"]?.integer ?? -1
                    #expect(row["labels"] == [[], ["cat"], ["cat", "dog"]][index % 3])
                    for side in ["base", "adapter"] {
                        let isRight = row[side]?["labels"] == row["labels"]
                        #expect(row[side]?["exact_match"]?.double == (isRight ? 1 : 0))
                    }
                }
            }
        }

        @Test func headsOfOtherOriginAreSaidAndRefused() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write("rows.jsonl", Self.rows((0..<6).map { .string("LABEL_\($0 % 3)") }))
                func evaluate(_ name: String) throws -> Outcome {
                    try lathe(
                        "evaluate", "--model", LatheCommand.huggingFace, "--adapter", Self.foreign(name), "--data",
                        "rows.jsonl", "--set", "data.format=classification")
                }
                let outcome = try evaluate("classify")
                try #require(outcome.code == 0, "\(outcome.errors)")
                #expect(outcome.errors.contains("does not say what its head score answers"))
                #expect(outcome.errors.contains("the same likelihood of all labels"))
                #expect(!outcome.errors.contains("in the training rows"))
                // Where nobody named the answers, data.labels does.
                try lathe.write("named.jsonl", Self.rows((0..<6).map { .string(["a", "b", "c"][$0 % 3]) }))
                let named = try lathe(
                    "evaluate", "--model", LatheCommand.huggingFace, "--adapter", Self.foreign("classify"), "--data",
                    "named.jsonl", "--set", "data.format=classification", "--set", "data.labels=[a, b, c]")
                try #require(named.code == 0, "\(named.errors)")
                func losses(_ outcome: Outcome) -> String? {
                    outcome.output.split(separator: "\n").first { $0.hasPrefix("loss ") }.map(String.init)
                }
                #expect(losses(named) == losses(outcome) && losses(named) != nil)
                try evaluate("tag").expectFailure(65, "task: tag learns from spans")
                try lathe.start(
                    ["train", "recipe.yaml", "--set", "distill.teacher_adapter=\(Self.foreign("classify"))"]
                ).wait().expectFailure(65, "distill.teacher_adapter", "the head of task classify")
            }
        }
    }
}
