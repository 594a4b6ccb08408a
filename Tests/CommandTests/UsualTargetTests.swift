// What carries an adapter where a recipe does not say it.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct UsualTargets {
        /// IA3 has those of the model's family: a factor for each key and value, and for each input that a network gathers.
        @Test func ia3TakesThoseOfTheFamily() throws {
            try LatheCommand.inFolder { lathe in
                for usual in ["adapter={method: ia3}", "adapter={method: ia3, target_modules: null}"] {
                    let plan = try lathe.json("plan", "recipe.yaml", "--set", usual)
                    #expect(plan["trainable_parameters"] == .integer(3 * (32 + 32 + 128)))
                }
                let all = try lathe.json(
                    "plan", "recipe.yaml", "--set", "adapter={method: ia3, target_modules: all-linear}")
                #expect((all["trainable_parameters"]?.integer ?? 0) > 3 * (32 + 32 + 128))
            }
        }

        /// PEFT names none of Granite, and neither is it guessed.
        @Test func whatIsNotKnownOfTheFamilyIsAsked() throws {
            try LatheCommand.inFolder { lathe in
                try lathe.copy(LatheCommand.huggingFace, to: "granite")
                let config = try lathe.text("granite/config.json").replacingOccurrences(of: "llama", with: "granite")
                    .replacingOccurrences(of: "Llama", with: "Granite")
                try lathe.write("granite/config.json", config)
                let model = "model.path=granite"
                try lathe("plan", "recipe.yaml", "--set", model, "--set", "adapter={method: ia3}")
                    .expectFailure(65, "adapter.target_modules", "granite", "all-linear")
                _ = try lathe.json(
                    "plan", "recipe.yaml", "--set", model, "--set", "adapter={method: ia3, target_modules: all-linear}")
                _ = try lathe.json("plan", "recipe.yaml", "--set", model)
            }
        }
    }
}
