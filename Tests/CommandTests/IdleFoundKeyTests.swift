// Keys that do nothing for rows and files as they turn out to be: refused with their place as soon as that is known.

import Foundation
import TestSupport
import Testing

extension CommandTests {
    @Suite struct IdleFoundKeys {
        /// The recipe of the tests reads prompts and completions from JSON lines.
        @Test(arguments: [
            ("data.label_words={a: b}", "data.label_words"), ("data.labels=[a, b]", "data.labels"),
            ("data.roles={a: user}", "data.roles"), ("data.turn_roles=[user]", "data.turn_roles"),
            ("data.documents=file", "data.documents"), ("data.separator=\";\"", "data.separator"),
            ("data.quotes=none", "data.quotes"), ("data.records=x", "data.records"),
            ("data.column_names=[a, b]", "data.column_names"), ("data.too_long=chunk", "data.too_long"),
            ("data.template_date=2024-02-29", "data.template_date"),
        ])
        func whatAutoFindsDecides(_ setting: String, _ key: String) throws {
            try LatheCommand.inFolder { lathe in
                for verb in ["prepare", "plan", "train"] {
                    try lathe(verb, "recipe.yaml", "--set", setting).expectFailure(65, key, "has no effect")
                }
            }
        }

        @Test(arguments: [
            ("data.steps=[filter: {}]", "data.steps[0].filter"),
            ("data.steps=[mask: { kinds: [] }]", "data.steps[0].mask"),
            ("data.steps=[augment: {}]", "data.steps[0].augment"), ("data.steps=[sample]", "data.steps[0].sample"),
            ("evaluate.metrics=[bleu, bleu]", "evaluate.metrics[1]"), ("data.labels=[yes, no, yes]", "data.labels[2]"),
        ])
        func whatNamesNothingIsRefusedAtReading(_ setting: String, _ key: String) throws {
            try LatheCommand.inFolder { lathe in
                try lathe("recipe", "check", "recipe.yaml", "--set", setting).expectFailure(65, key)
            }
        }

        private static let template = #"data.chat_template="{% for m in messages %}<{{ m.content }}>{% endfor %}""#

        /// Which rows go through the template, and what it asks for, is known once both were looked at.
        @Test func theTemplateIsUsedOrRefused() throws {
            try LatheCommand.inFolder { lathe in
                func plan(_ settings: String...) throws -> Outcome {
                    try lathe.start(["plan", "recipe.yaml"] + settings.flatMap { ["--set", $0] }).wait()
                }
                #expect(try plan(Self.template).code == 0)
                try plan(Self.template, "data.prompt_style=plain").expectFailure(
                    65, "data.chat_template: has no effect: no row goes through")
                try plan(Self.template, "data.template_date=2024-02-29").expectFailure(
                    65, "data.template_date: has no effect: the chat template does not ask for the date")
                try lathe.write(
                    "talks.jsonl",
                    (0..<8).map {
                        #"{"prompt": [{"role": "user", "content": "hi \#($0)"}], "#
                            + #""completion": [{"role": "assistant", "content": "yes \#($0)"}]}"# + "\n"
                    }.joined())
                // Messages go through it whatever the style.
                let talks = ["data.train=talks.jsonl", "data.held_out=talks.jsonl"]
                #expect(try plan(Self.template, talks[0], talks[1]).code == 0)
                try plan(Self.template, "data.prompt_style=plain", talks[0], talks[1]).expectFailure(
                    65, "data.prompt_style: has no effect: all rows are messages")
            }
        }

        /// Rows alone tell whether any has more than one answer, or lacks a system message.
        @Test func whatRowsLeaveWithoutEffectIsSaid() throws {
            try LatheCommand.inFolder { lathe in
                func row(_ answers: Int, _ number: Int) -> String {
                    let turn = #"{"role": "user", "content": "hi \#(number)"}, {"role": "assistant", "content": "yes"}"#
                    let turns = Array(repeating: turn, count: answers).joined(separator: ", ")
                    return #"{"messages": [{"role": "system", "content": "Be kind."}, \#(turns)]}"# + "\n"
                }
                try lathe.write("one.jsonl", (0..<8).map { row(1, $0) }.joined())
                try lathe.write("two.jsonl", (0..<8).map { row($0 % 2 + 1, $0) }.joined())
                func errors(_ data: String, _ setting: String) throws -> String {
                    let outcome = try lathe(
                        "prepare", "recipe.yaml", "--dry-run", "--set", "model.path=\(TinyModel.chat.path)", "--set",
                        "data.train=\(data)", "--set", "data.held_out=\(data)", "--set", setting)
                    #expect(outcome.code == 0, "\(outcome.errors)")
                    return outcome.output
                }
                #expect(try errors("one.jsonl", "data.train_on=last").contains("data.train_on: last had no effect"))
                #expect(try !errors("two.jsonl", "data.train_on=last").contains("had no effect"))
                #expect(try errors("one.jsonl", "data.system=Be brief.").contains("data.system had no effect"))
                #expect(try !errors("train.jsonl", "data.system=Be brief.").contains("had no effect"))
            }
        }

        @Test func aWordForALabelThatNoRowHasIsSaid() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.write(
                    "labels.jsonl",
                    (0..<8).map { #"{"text": "Tom saw \#($0) cats", "label": "\#($0 % 2)a"}"# + "\n" }.joined())
                func output(_ words: String) throws -> String {
                    try lathe(
                        "prepare", "recipe.yaml", "--dry-run", "--set", "data.train=labels.jsonl", "--set",
                        "data.held_out=labels.jsonl", "--set", "data.label_words=\(words)"
                    ).output
                }
                #expect(try output("{0a: cat, 1b: dog}").contains("data.label_words: no row has the label \"1b\""))
                #expect(try !output("{0a: cat, 1a: dog}").contains("data.label_words"))
            }
        }

        /// What counts steps and is longer than the run is said, as a warm-up is.
        @Test func intervalsLongerThanTheRunAreSaid() throws {
            try LatheCommand.inFolder { lathe in
                let settings = [
                    "train.save_every=7", "train.eval_every=7", "train.log_every=7", "train.early_stopping_patience=1",
                ].flatMap { ["--set", $0] }
                for verb in [["recipe", "check"], ["plan"], ["train"]] {
                    let outcome = try lathe.start(verb + ["recipe.yaml"] + settings).wait()
                    #expect(outcome.code == 0, "\(outcome.errors)")
                    for key in ["save_every: 7", "eval_every: 7", "log_every: 7", "early_stopping_patience: 1"] {
                        #expect((outcome.output + outcome.errors).contains("train.\(key), and "), "\(verb) \(key)")
                    }
                }
                let fitting = try lathe(
                    "recipe", "check", "recipe.yaml", "--set", "train.save_every=6", "--set", "train.eval_every=2",
                    "--set", "train.early_stopping_patience=1")
                #expect(fitting.code == 0 && !fitting.output.contains("warning"), "\(fitting.output)")
            }
        }

        @Test func aSystemMessageNeedsATemplate() throws {
            try LatheCommand.inFolder { lathe in
                try lathe(
                    "generate", "--model", TinyModel.base.path, "--raw", "--system", "Be brief.", "--prompt", "Tom"
                ).expectFailure(64, "--system")
            }
        }

        /// What a run refuses at once, plan and check refuse with the same words.
        @Test(arguments: [
            ("merge={enabled: true, path: /}", 65), ("merge={enabled: true, path: .}", 65),
            ("export=[{format: peft}, {format: peft}]", 65), ("merge={enabled: true, path: /proc/model}", 74),
        ])
        func planRefusesThePlacesThatRunRefuses(_ setting: String, _ code: Int32) throws {
            try LatheCommand.inFolder { lathe in
                let run = try lathe("run", "recipe.yaml", "--set", setting)
                #expect(run.code == code && !run.errors.contains("step "), "\(run.errors)")
                for verb in [["plan"], ["recipe", "check"]] {
                    let outcome = try lathe.start(verb + ["recipe.yaml", "--set", setting]).wait()
                    #expect(outcome.code == code && outcome.errors == run.errors, "\(verb): \(outcome.errors)")
                }
            }
        }

        @Test func planTellsTimeByStage() throws {
            try LatheCommand.inFolder { lathe in
                let plan = try lathe.json("plan", "recipe.yaml", "--set", "merge.enabled=true")
                let stages = try #require(plan["stages"]?.array)
                let seconds = stages.compactMap { $0["predicted_seconds"]?.double }
                #expect(seconds.count == stages.count && seconds.allSatisfy { $0 > 0 })
                let total = try #require(plan["predicted_seconds"]?.double)
                #expect(abs(seconds.reduce(0, +) - total) < 1e-9 * max(total, 1))
            }
        }
    }
}
