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
            ("evaluate.metrics=[bleu, bleu]", "evaluate.metrics[1]"),
        ])
        func whatNamesNothingIsRefusedAtReading(_ setting: String, _ key: String) throws {
            try LatheCommand.inFolder { lathe in
                try lathe("recipe", "check", "recipe.yaml", "--set", setting).expectFailure(65, key)
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
