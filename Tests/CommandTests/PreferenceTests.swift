// Learning from pairs of answers, from the recipe to the report.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct Preferences {
        /// Pairs in which a good answer names a place and a bad one does not; written as texts, as messages, and without a prompt.
        private static func pairs(_ count: Int, from first: Int = 0) -> String {
            let names = ["Tom", "Lily", "Ben", "Sue", "Max", "Anna"],
                places = ["at home", "in the park", "by the river"]
            func turn(_ role: String, _ text: String) -> String { #"{"role": "\#(role)", "content": "\#(text)"}"# }
            return (first..<first + count).map { row in
                let question = "Where is \(names[row % 6])? \(row)"
                let good = "\(names[row % 6]) is \(places[row % 3])."
                let bad = "The red car \(["ran very fast", "was happy", "had a ball and a cat"][row % 3])."
                switch row % 3 {
                case 0: return #"{"prompt": "\#(question)", "chosen": "\#(good)", "rejected": "\#(bad)"}"#
                case 1:
                    return #"{"prompt": [\#(turn("user", question))], "chosen": [\#(turn("assistant", good))], "#
                        + #""rejected": [\#(turn("assistant", bad))]}"#
                default:
                    let asked = turn("user", question)
                    return #"{"chosen": [\#(asked), \#(turn("assistant", good))], "#
                        + #""rejected": [\#(asked), \#(turn("assistant", bad))]}"#
                }
            }.joined(separator: "\n") + "\n"
        }

        private static let settings = [
            "model.path=\(TinyModel.chat.path)", "train.objective=dpo", "train.dpo_beta=0.5", "train.eval_every=3",
        ]

        private func inFolder(_ body: (LatheCommand) throws -> Void) throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write("train.jsonl", Self.pairs(24))
                try lathe.write("held.jsonl", Self.pairs(9, from: 24))
                try body(lathe)
            }
        }

        private func start(_ lathe: LatheCommand, _ verb: String, _ more: String...) throws -> Outcome {
            try lathe.start(
                [verb, "recipe.yaml", "--json"] + (Self.settings + more).flatMap { ["--set", $0] }
            ).wait()
        }

        /// What a run notes of how its steps are computed, where that was otherwise in an earlier version.
        private func arithmetic(_ lathe: LatheCommand) throws -> JSONValue? {
            try JSONValue(parsing: lathe.text("checkpoints/tiny/run.json"))["fingerprint"]?["parts"]?[
                "arithmetic of steps"]
        }

        private let measures = ["rewards_chosen", "rewards_rejected", "rewards_accuracy", "rewards_margin"]

        @Test(arguments: ["lora", "dora"], ["fp32", "bf16"])
        func aRunLearnsWhichAnswerIsBetter(method: String, precision: String) throws {
            try inFolder { lathe in
                let outcome = try start(
                    lathe, "run", "adapter.method=\(method)", "model.precision=\(precision)", "merge.enabled=true")
                try #require(outcome.code == 0, "\(outcome.errors)")
                let report = try outcome.json
                let evaluation = try #require(report["evaluation"])
                #expect(evaluation["rows"] == 9)
                let base = evaluation["base"], adapter = evaluation["adapter"]
                // The base is its own reference.
                #expect(abs((base?["loss"]?.double ?? 0) - 0.6931471805599453) < 1e-12)
                #expect(base?["rewards_margin"] == .double(0) && base?["rewards_accuracy"] == .double(0.5))
                #expect((adapter?["loss"]?.double ?? 9) < 0.6)
                #expect((adapter?["rewards_margin"]?.double ?? 0) > 0.2)
                #expect(measures.allSatisfy { adapter?[$0]?.double != nil } && adapter?["perplexity"] == nil)
                #expect(evaluation["difference"]?["verdict"] == "better")
                #expect(evaluation["metrics"]?["rewards_accuracy"]?["verdict"] == "better")
                #expect(evaluation["metrics"]?["rewards_margin"]?["ci95"]?.array?.count == 2)
                #expect(report["merge"]?["passed"] == true)
                #expect(try arithmetic(lathe) != nil)

                let events = try lathe.text("checkpoints/tiny/events.jsonl").split(separator: "\n").map {
                    try JSONValue(parsing: [UInt8]($0.utf8))
                }
                let steps = events.filter { $0["event"] == "step" }
                #expect(steps.count == 6 && events.contains { $0["event"] == "evaluated" })
                for event in events where ["step", "evaluated"].contains(event["event"]?.string) {
                    #expect(measures.allSatisfy { event[$0]?.double != nil })
                    let margin = (event["rewards_chosen"]?.double ?? 0) - (event["rewards_rejected"]?.double ?? 0)
                    #expect(abs(margin - (event["rewards_margin"]?.double ?? 9)) < 1e-9)
                }
                // The last evaluation of the run is that of the report.
                let last = events.last { $0["event"] == "evaluated" }
                #expect(abs((last?["loss"]?.double ?? 9) - (adapter?["loss"]?.double ?? 0)) < 1e-3)

                let again = try lathe.start([
                    "evaluate", "--model", TinyModel.chat.path, "--adapter", "checkpoints/tiny/adapter", "--data",
                    "held.jsonl", "--json", "--set", "model.precision=\(precision)", "--set", "train.objective=dpo",
                    "--set", "train.dpo_beta=0.5",
                ]).wait()
                #expect(again.code == 0, "\(again.errors)")
                #expect(try again.json["adapter"]?["loss"] == adapter?["loss"])
            }
        }

        @Test func aStoppedRunGoesOnToTheSameBits() throws {
            try inFolder { lathe in
                let straight = try start(lathe, "train", "adapter.dropout=0.2")
                try #require(straight.code == 0, "\(straight.errors)")
                // Where something is drawn for each answer, each is computed by itself, as ever.
                #expect(try arithmetic(lathe) == nil)
                let whole = try Data(contentsOf: lathe.url("checkpoints/tiny/step-000006.h5"))
                try FileManager.default.removeItem(at: lathe.url("checkpoints/tiny/adapter"))
                try FileManager.default.removeItem(at: lathe.url("checkpoints/tiny/step-000006.h5"))
                let resumed = try start(lathe, "train", "adapter.dropout=0.2")
                #expect(resumed.errors.contains("going on after step 3"))
                // What the reference says was computed once, before the first step.
                #expect(straight.errors.contains("log-probabilities of 48 answers, once"))
                #expect(resumed.errors.contains("what the reference says of these rows, used again"))
                #expect(!resumed.errors.contains("log-probabilities of 48 answers, once"))
                #expect(try resumed.json["adapter_sha256"] == straight.json["adapter_sha256"])
                #expect(try Data(contentsOf: lathe.url("checkpoints/tiny/step-000006.h5")) == whole)
                // What was said of other rows is not taken for it; a file that somebody changed is not written over.
                let stale: JSONValue = [
                    "key": .string(String(repeating: "0", count: 64)),
                    "log_probabilities": .array(Array(repeating: .double(-1), count: 48)),
                ]
                try lathe.write("checkpoints/tiny/reference.json", stale.text())
                try FileManager.default.removeItem(at: lathe.url("checkpoints/tiny/adapter"))
                try FileManager.default.removeItem(at: lathe.url("checkpoints/tiny/step-000006.h5"))
                let again = try start(lathe, "train", "adapter.dropout=0.2")
                #expect(!again.errors.contains("used again"))
                #expect(again.errors.contains("reference.json is there already and was changed since Lathe wrote it"))
            }
        }

        /// Answers one by one, good where they name a place.
        private static func rated(_ count: Int, from first: Int = 0) -> String {
            var rows = ""
            let lines = pairs(count, from: first).split(separator: "\n").map { String($0) }
            for number in stride(from: 0, to: lines.count, by: 3) {
                for (side, other, label) in [("chosen", "rejected", "true"), ("rejected", "chosen", "false")] {
                    let row = String(lines[number].dropLast())
                        .replacingOccurrences(of: "\"" + side + "\"", with: "\"completion\"")
                        .replacingOccurrences(of: "\"" + other + "\"", with: "\"note\"")
                    rows += row + ", \"label\": " + label + "}\n"
                }
            }
            return rows
        }

        /// Good answers win, bad ones lose, and base and adapter are compared by it.
        @Test(arguments: ["kto", "apo_zero_unpaired"]) func ratedAnswersAreLearntFrom(loss: String) throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write("train.jsonl", Self.rated(36))
                try lathe.write("held.jsonl", Self.rated(18, from: 36))
                let settings = [
                    "model.path=\(TinyModel.chat.path)", "train.objective=kto", "train.beta=0.5",
                    "train.loss_type=\(loss)", "train.eval_every=3",
                ]
                let run = try lathe.start(
                    ["run", "recipe.yaml", "--json"] + settings.flatMap { ["--set", $0] }
                ).wait()
                try #require(run.code == 0, "\(run.errors)")
                let evaluation = try #require(try run.json["evaluation"])
                let base = evaluation["base"], adapter = evaluation["adapter"]
                #expect(evaluation["rows"] == 12)
                #expect(abs((base?["loss"]?.double ?? 0) - 0.5) < 1e-9 && base?["rewards_accuracy"] == .double(0.5))
                #expect((adapter?["loss"]?.double ?? 9) < 0.5 && (adapter?["rewards_margin"]?.double ?? 0) > 0.05)
                if loss == "kto" {
                    let alone = settings + ["train.batch_size=1", "name=alone"]
                    try lathe.start(["train", "recipe.yaml"] + alone.flatMap { ["--set", $0] }).wait()
                        .expectFailure(65, "train.batch_size: 1", "other rows of the step")
                }
                // A pair is no rated answer.
                try lathe.write("train.jsonl", Self.pairs(9))
                try lathe.start(["train", "recipe.yaml"] + settings.flatMap { ["--set", $0] }).wait()
                    .expectFailure(65, "data.format: preference", "train.objective: kto")
            }
        }

        /// A head that gives answers numbers.
        @Test func aRewardModelIsTrainedAndSaved() throws {
            try inFolder { lathe in
                let settings = [
                    "model.path=\(TinyModel.chat.path)", "task=regress", "train.objective=reward", "train.eval_every=3",
                    "train.learning_rate=0.01",
                ]
                let run = try lathe.start(
                    ["run", "recipe.yaml", "--json"] + settings.flatMap { ["--set", $0] }
                ).wait()
                try #require(run.code == 0, "\(run.errors)")
                let evaluation = try #require(try run.json["evaluation"])
                #expect(evaluation["rows"] == 9)
                #expect(abs((evaluation["base"]?["loss"]?.double ?? 0) - 0.6931471805599453) < 1e-9)
                #expect(evaluation["base"]?["rewards_accuracy"] == .double(0.5))
                #expect((evaluation["adapter"]?["loss"]?.double ?? 9) < 0.693)
                #expect((evaluation["adapter"]?["rewards_margin"]?.double ?? 0) > 0)
                let configuration = try JSONValue(
                    parsing: [UInt8](lathe.text("checkpoints/tiny/adapter/adapter_config.json").utf8))
                #expect(configuration["task_type"] == "SEQ_CLS")
                try lathe.start(
                    ["train", "recipe.yaml"]
                        + ["model.path=\(TinyModel.chat.path)", "train.objective=reward"]
                        .flatMap { ["--set", $0] }
                ).wait().expectFailure(65, "task: regress")
                try judge(lathe)
            }
        }

        /// The word of a reward model on what base and adapter answer.
        private func judge(_ lathe: LatheCommand) throws {
            let rows = (0..<6).map { #"{"prompt": "Where is Tom? \#($0)", "completion": "Tom is at home."}"# }
            try lathe.write("rows.jsonl", rows.joined(separator: "\n") + "\n")
            let settings = [
                "model.path=\(TinyModel.chat.path)", "name=words", "data.train=rows.jsonl", "data.held_out=[]",
            ]
            let trained = try lathe.start(["train", "recipe.yaml"] + settings.flatMap { ["--set", $0] }).wait()
            try #require(trained.code == 0, "\(trained.errors)")
            let asked = [
                "evaluate", "--model", TinyModel.chat.path, "--adapter", "checkpoints/words/adapter", "--data",
                "rows.jsonl", "--set", "evaluate.max_new_tokens=6", "--out", "answers.jsonl", "--json",
                "--reward-model",
            ]
            let judged = try lathe.start(asked + ["checkpoints/tiny/adapter"]).wait()
            try #require(judged.code == 0, "\(judged.errors)")
            let report = try judged.json
            let rewards = try ["base", "adapter"].map { try #require(report[$0]?["reward_model"]?.double) }
            let difference = try #require(report["metrics"]?["reward_model"]?["difference"]?.double)
            #expect(rewards[0] != 0 && abs(difference - (rewards[1] - rewards[0])) < 1e-9)
            #expect(report["base"]?["reward_model_wins"] == .double(0.5))
            let changes = try lathe.text("answers.jsonl").split(separator: "\n").map { line in
                let row = try JSONValue(parsing: String(line))
                let rewards = try ["base", "adapter"].map { try #require(row[$0]?["reward_model"]?.double) }
                return rewards[1] - rewards[0]
            }
            #expect(changes.count == 6 && changes.contains { $0 != 0 })
            let wins = changes.reduce(0) { $0 + ($1 == 0 ? 0.5 : $1 > 0 ? 1 : 0) } / 6
            #expect(report["adapter"]?["reward_model_wins"] == .double(wins))
            try lathe.start(asked + ["checkpoints/words/adapter"]).wait()
                .expectFailure(65, "evaluate.reward_model", "no head that gives answers numbers")
        }

        @Test func pairsArePlannedAndPrepared() throws {
            try inFolder { lathe in
                let plan = try start(lathe, "plan")
                try #require(plan.code == 0, "\(plan.errors)")
                #expect(try plan.json["rows"] == 24 && plan.json["held_out_rows"] == 9)
                let prepared = try start(lathe, "prepare", "train.dpo_beta=0.1", "train.eval_every=0")
                #expect(prepared.code == 64 && prepared.errors.contains("train.dpo_beta"))
                let data = try lathe.start([
                    "prepare", "recipe.yaml", "--json", "--set", "model.path=\(TinyModel.chat.path)", "--set",
                    "train.objective=dpo",
                ]).wait()
                try #require(data.code == 0, "\(data.errors)")
                let train = try data.json["train"]
                #expect(train?["rows"] == 24 && train?["examples"] == 48 && train?["split_rows"] == 0)
                #expect(train?["format"] == "preference")
                // What was prepared for one objective is not taken for another's.
                let other = try lathe("train", "recipe.yaml", "--set", "model.path=\(TinyModel.chat.path)")
                other.expectFailure(65, "train.objective: cross_entropy", "data.format: preference")
            }
        }

        @Test func plainTextsNeedNoTemplate() throws {
            try LatheCommand.inFolder { lathe in
                let rows = Self.pairs(24).split(separator: "\n").enumerated().filter { $0.offset % 3 == 0 }.map(
                    \.element)
                try lathe.write("train.jsonl", rows.joined(separator: "\n") + "\n")
                let outcome = try lathe.start([
                    "train", "recipe.yaml", "--json", "--set", "train.objective=dpo", "--set", "data.held_out=[]",
                ]).wait()
                #expect(outcome.code == 0, "\(outcome.errors)")
                let row = try lathe.json(
                    "inspect", "train.jsonl", "--model", LatheCommand.huggingFace, "--example", "0")
                #expect(row["sequences"]?.array?.count == 2)
            }
        }

        @Test func whatDoesNotFitIsRefusedByItsKey() throws {
            try inFolder { lathe in
                let chat = "model.path=\(TinyModel.chat.path)"
                try lathe("train", "recipe.yaml", "--set", chat).expectFailure(
                    65, "data.format: preference", "train.objective: cross_entropy")
                try lathe("score", "--model", TinyModel.chat.path, "--data", "held.jsonl").expectFailure(
                    65, "data.format: preference", "train.objective")
                try lathe("train", "recipe.yaml", "--set", "train.dpo_beta=0.2").expectFailure(65, "train.dpo_beta")
                for metric in ["rouge_l", "accuracy"] {
                    let outcome = try start(lathe, "train", "evaluate.metrics=[\(metric)]")
                    outcome.expectFailure(65, "evaluate.metrics: \(metric)", "train.objective dpo")
                }
                try start(lathe, "train", "data.too_long=truncate_prompt").expectFailure(65, "data.too_long")
                try start(lathe, "train", "data.train_on_prompt=true").expectFailure(65, "data.train_on_prompt")
                try lathe.write("train.jsonl", LatheCommand.rows(8, "saw"))
                try start(lathe, "train").expectFailure(
                    65, "data.format: prompt_completion", "train.objective: dpo", "chosen and rejected")
            }
        }
    }
}
