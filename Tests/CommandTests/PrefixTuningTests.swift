// Prefix tuning from a recipe to an adapter that is asked.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct PrefixTuning {
        private static let prefix = "adapter={num_virtual_tokens: 3, prefix_tuning: true}"
        /// Of three tokens in three layers: keys and values of four heads of 8 numbers.
        private static let numbers = JSONValue.integer(3 * 3 * 2 * 4 * 8)

        @Test func itIsTrainedScoredAndTrainedFurther() throws {
            try LatheCommand.inFolder { lathe in
                let adapter = try lathe.train(Self.prefix)
                let words = try JSONValue(parsing: lathe.text(adapter + "/adapter_config.json"))
                #expect(words["peft_type"] == "PREFIX_TUNING" && words["prefix_projection"] == false)
                #expect(words["num_layers"] == 3 && words["num_attention_heads"] == 4 && words["token_dim"] == 32)
                #expect(try lathe.json("inspect", adapter)["method"] == "prefix_tuning")
                let rows = try lathe.score(LatheCommand.huggingFace)
                #expect(try lathe.score(LatheCommand.huggingFace, adapter: adapter) != rows)
                let further = ["plan", "recipe.yaml", "--json", "--set", "name=further", "--set"]
                let plan = try lathe.start(further + ["adapter={continue_from: \(adapter)}"]).wait()
                #expect(try plan.json["trainable_parameters"] == Self.numbers)
                try lathe.start(further + ["adapter={continue_from: \(adapter), prefix_tuning: false}"]).wait()
                    .expectFailure(65, "adapter.prefix_tuning", "keeps its shape")
            }
        }

        @Test func whatHasNoEffectIsRefused() throws {
            try LatheCommand.inFolder { lathe in
                func refused(_ setting: String, _ key: String) throws {
                    try lathe("plan", "recipe.yaml", "--set", setting).expectFailure(65, key)
                }
                try refused("adapter={prefix_tuning: true}", "adapter.prefix_tuning")
                try refused(
                    "adapter={num_virtual_tokens: 3, prefix_tuning: true, prompt_tuning_init_text: a cat}",
                    "adapter.prompt_tuning_init_text")
                try refused("adapter={num_virtual_tokens: 3, prefix_tuning: true, r: 4}", "adapter.r")
                try lathe("plan", "recipe.yaml", "--set", Self.prefix, "--set", "merge.enabled=true")
                    .expectFailure(65, "merge.enabled", "virtual tokens")
            }
        }
    }
}
