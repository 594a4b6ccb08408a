// `select` and `rank` by the command: what was planted among the rows is found, the same list each time, and only where asked for.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct SelectionByModel {
        private static let names = ["Tom", "Lily", "Ben", "Sue", "Max"]
        private static let things = ["ball", "cat", "red car", "park", "big dog", "tree", "sun"]

        private static func row(_ prompt: String, _ completion: String) -> String {
            JSONValue.object(JSONObject([("prompt", .string(prompt)), ("completion", .string(completion))])).text()
                + "\n"
        }

        /// A row of the kind that is wanted: what somebody said.
        private static func wanted(_ number: Int) -> String {
            row(
                "What did \(names[number % 5]) say about the \(things[number % 7])? ",
                #""I like the \#(things[number % 7]) very much," said \#(names[number % 5]) to \#(names[number % 4])."#)
        }

        /// A row of another kind: what somebody did.
        private static func other(_ number: Int) -> String {
            row(
                "\(names[number % 5]) saw a \(things[number % 7]). ",
                "\(names[number % 5]) ran and played with the \(things[(number * 3) % 7]) all day until it was dark.")
        }

        /// 60 rows of which every fifth is wanted, and 4 more wanted ones as targets.
        private static func plant(_ lathe: LatheCommand) throws {
            try lathe.write(
                "train.jsonl", (0..<60).map { $0 % 5 == 2 ? wanted($0) : other($0) }.joined())
            try lathe.write("targets.jsonl", [101, 203, 307, 411].map(wanted).joined())
        }

        private static let select = "data.steps=[{select: {targets: targets.jsonl, size: 0.2, warmup_steps: 4}}]"

        private static func list(_ lathe: LatheCommand, _ name: String) throws -> [JSONValue] {
            try lathe.text("checkpoints/tiny/prepared/\(name).jsonl").split(separator: "\n")
                .map { try JSONValue(parsing: String($0)) }
        }

        private static func line(_ entry: JSONValue) -> Int {
            entry["place"]?.string?.split(separator: ":").last.flatMap { Int($0) } ?? 0
        }

        @Test func wantedRowsAreFound() throws {
            try LatheCommand.inFolder { lathe in
                try Self.plant(lathe)
                let report = try lathe.json("prepare", "recipe.yaml", "--set", Self.select)
                let list = try Self.list(lathe, "select-1")
                #expect(list.count == 60)
                let found = list.prefix(12).count { (Self.line($0) - 1) % 5 == 2 }
                #expect(found >= 10, "\(found) of 12")
                #expect(list.enumerated().allSatisfy { ($0.element["kept"]?.bool == true) == ($0.offset < 12) })
                // What is left out is counted, and what is left is what is trained on.
                #expect(report["preparation"]?["train_rows"]?.integer == 12)
                let step = report["preparation"]?["steps"]?.array?.first
                #expect(step?["removed"]?.array?.first?["count"]?.integer == 48)
                #expect(try lathe.text("checkpoints/tiny/prepared/select-1.md").contains("| rank | score | kept |"))
                #expect(try lathe("verify", "checkpoints/tiny/prepared").code == 0)
            }
        }

        /// The same list, byte for byte, in another folder; and none is made again where nothing has changed.
        @Test func theListIsTheSameEachTime() throws {
            var lists: [String] = []
            for _ in 0..<2 {
                try LatheCommand.inFolder { lathe in
                    try Self.plant(lathe)
                    _ = try lathe.json("prepare", "recipe.yaml", "--set", Self.select)
                    lists.append(try lathe.text("checkpoints/tiny/prepared/select-1.jsonl"))
                    let again = try lathe("train", "recipe.yaml", "--set", Self.select, "--set", "train.max_steps=1")
                    #expect(again.code == 0 && again.errors.contains("used again"), "\(again.errors)")
                    try lathe.write("targets.jsonl", [0, 1].map(Self.other).joined())
                    let other = try lathe("prepare", "recipe.yaml", "--set", Self.select)
                    #expect(other.errors.contains("target rows"), "\(other.errors)")
                    #expect(try lathe.text("checkpoints/tiny/prepared/select-1.jsonl") != lists.last)
                }
            }
            #expect(lists[0] == lists[1] && !lists[0].isEmpty)
        }

        /// Keys of the adapter and its training decide what is chosen, so preparing rows reads them then.
        @Test func keysOfTheJudgeAreRead() throws {
            try LatheCommand.inFolder { lathe in
                try Self.plant(lathe)
                var lists: Set<String> = []
                for key in ["adapter.r=4", "adapter.r=2", "train.learning_rate=1e-3", "train.batch_size=8"] {
                    let outcome = try lathe("prepare", "recipe.yaml", "--quiet", "--set", Self.select, "--set", key)
                    #expect(outcome.code == 0, "\(outcome.errors)")
                    lists.insert(try lathe.text("checkpoints/tiny/prepared/select-1.jsonl"))
                }
                #expect(lists.count == 4)
                try lathe("prepare", "recipe.yaml", "--set", Self.select, "--set", "train.max_steps=2")
                    .expectFailure(64, "train.max_steps")
            }
        }

        /// A checkpoint brings the moments of its optimiser; an adapter alone has none, which is said.
        @Test func gradientsAreTakenAtAnAdapter() throws {
            try LatheCommand.inFolder { lathe in
                try Self.plant(lathe)
                let adapter = try lathe.train()
                let checkpoint = try #require(try lathe.names(in: "checkpoints/tiny").first { $0.hasSuffix("6.h5") })
                var lists: [String] = []
                for path in [adapter, "checkpoints/tiny/" + checkpoint] {
                    let outcome = try lathe(
                        "prepare", "recipe.yaml", "--set", "name=chosen", "--set",
                        "data.steps=[{select: {targets: targets.jsonl, adapter: \(path)}}]")
                    #expect(outcome.code == 0, "\(outcome.errors)")
                    #expect(outcome.errors.contains("no moments") == (path == adapter), "\(outcome.errors)")
                    lists.append(try lathe.text("checkpoints/chosen/prepared/select-1.jsonl"))
                }
                #expect(lists[0] != lists[1])
                // The step that Adam would take is that of the recipe's Adam.
                _ = try lathe.json(
                    "prepare", "recipe.yaml", "--set", "name=chosen", "--set", "train.adam_beta1=0.5", "--set",
                    "data.steps=[{select: {targets: targets.jsonl, adapter: checkpoints/tiny/\(checkpoint)}}]")
                #expect(try lathe.text("checkpoints/chosen/prepared/select-1.jsonl") != lists[1])
            }
        }

        /// A plan knows how many rows are left, and what the choice will take; it makes none.
        @Test func aPlanForesees() throws {
            try LatheCommand.inFolder { lathe in
                try Self.plant(lathe)
                let plan = try lathe.json("plan", "recipe.yaml", "--set", Self.select)
                #expect(plan["rows"]?.integer == 12)
                let stage = plan["stages"]?.array?.first
                #expect(stage?["name"]?.string == "select")
                #expect((stage?["predicted_seconds"]?.double ?? 0) > 0)
                #expect((stage?["predicted_peak_bytes"]?.integer ?? 0) > 0)
                #expect(!lathe.has("checkpoints/tiny"))
            }
        }

        // MARK: Wrong labels

        /// 100 rows that say whether something is liked, of which these have the wrong label.
        private static let flipped = [17, 58]

        private static func plantLabels(_ lathe: LatheCommand) throws {
            let rows = (0..<100).map { number in
                let isGood = (number * 7) % 10 < 5
                let words = isGood ? ["happy", "fun", "love"] : ["sad", "bad", "cry"]
                let text =
                    "\(names[number % 5]) was very \(words[number % 3]) and \(words[(number + 1) % 3]) with the "
                    + "\(things[number % 7])."
                let label = isGood != flipped.contains(number) ? "yes" : "no"
                return JSONValue.object(JSONObject([("text", .string(text)), ("label", .string(label))])).text() + "\n"
            }
            try lathe.write("train.jsonl", rows.joined())
        }

        private static let rank = "data.steps=[{rank: {folds: 2, epochs: 2}}]"

        @Test func wrongLabelsAreFound() throws {
            try LatheCommand.inFolder { lathe in
                try Self.plantLabels(lathe)
                let report = try lathe.json(
                    "prepare", "recipe.yaml", "--set", "data.held_out=[]", "--set", Self.rank)
                #expect(report["preparation"]?["train_rows"]?.integer == 100)
                let list = try Self.list(lathe, "rank-1")
                let worst = list.prefix(10)
                let found = worst.filter { Self.flipped.contains(Self.line($0) - 1) }
                #expect(found.count == Self.flipped.count, "\(worst.map { $0.text() })")
                for entry in found {
                    #expect(entry["suggested"]?.string == (entry["label"]?.string == "yes" ? "no" : "yes"))
                    #expect((entry["loss_after"]?.double ?? 0) > 0)
                }
            }
        }

        /// Without an adapter, labels are told by what the base makes of prompts.
        @Test func wrongLabelsAreFoundWithoutTraining() throws {
            try LatheCommand.inFolder { lathe in
                try Self.plantLabels(lathe)
                let outcome = try lathe(
                    "prepare", "recipe.yaml", "--set", "data.held_out=[]", "--set", "data.steps=[rank]")
                #expect(outcome.code == 0 && !outcome.errors.contains("steps (fold"), "\(outcome.errors)")
                let list = try Self.list(lathe, "rank-1")
                #expect(list.count == 100)
                #expect(Set(list.prefix(2).map { Self.line($0) - 1 }) == Set(Self.flipped))
                for entry in list.prefix(2) {
                    #expect(entry["suggested"]?.string != entry["label"]?.string)
                    #expect((entry["probability"]?.double ?? 1) < 0.5 && entry["loss_after"] == nil)
                }
            }
        }

        /// Answers that belong to other prompts lose less by what is learnt from the others.
        @Test func wrongAnswersAreFound() throws {
            try LatheCommand.inFolder { lathe in
                let wrong = [7, 31]
                let answers = ["rolled down the hill", "said meow and ran away", "had big green leaves"]
                let rows = (0..<60).map { number in
                    let answer = wrong.contains(number) ? (number + 1) % 3 : number % 3
                    return Self.row(
                        "\(Self.names[number % 5]) saw the \(["ball", "cat", "tree"][number % 3]). ",
                        "It \(answers[answer]).")
                }
                try lathe.write("train.jsonl", rows.joined())
                _ = try lathe.json(
                    "prepare", "recipe.yaml", "--set", "data.steps=[{rank: {folds: 2, epochs: 5, drop_share: 0.1}}]")
                let list = try Self.list(lathe, "rank-1")
                let found = list.prefix(6).count { wrong.contains(Self.line($0) - 1) }
                #expect(found == 2, "\(list.prefix(6).map { $0.text() })")
                #expect(list.count { $0["kept"]?.bool == false } == 6)
            }
        }

        @Test func labelsAreAskedOfClassifiedRowsAlone() throws {
            try LatheCommand.inFolder { lathe in
                try lathe("prepare", "recipe.yaml", "--set", "data.steps=[{rank: {by: label}}]")
                    .expectFailure(65, "data.steps[0].rank.by", "change")
                try lathe("prepare", "recipe.yaml", "--set", "data.steps=[{select: {targets: none.jsonl}}]")
                    .expectFailure(66, "none.jsonl")
                let warned = try lathe(
                    "prepare", "recipe.yaml", "--set", "data.steps=[{select: {targets: held.jsonl}}]")
                #expect(warned.code == 0 && warned.errors.contains("held out too"), "\(warned.errors)")
            }
        }
    }
}
