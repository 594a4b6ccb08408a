// Adapters that begin with more than random numbers, through a whole run.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct StartedAdapter {
        private func losses(_ rows: [JSONValue]) -> [Double] { rows.compactMap { $0["loss"]?.double } }

        /// Stopped and gone on with, read from folder and checkpoint, merged: one adapter for the untouched base.
        @Test(arguments: [("pissa", 8), ("eva", 4)])
        func isGoneOnWithReadAndMerged(start: String, rank: Int) throws {
            try LatheCommand.inFolder { lathe in
                let arguments = [
                    "train", "recipe.yaml", "--json", "--set", "adapter.init_lora_weights=\(start)",
                ]
                try lathe.expectTheSameAfterGoingOn(arguments)

                let folder = "checkpoints/tiny/adapter", model = LatheCommand.huggingFace
                #expect(try lathe.json("inspect", folder)["r"] == .integer(rank))
                let adapted = losses(try lathe.score(model, adapter: folder))
                #expect(maximumDifference(adapted, losses(try lathe.score(model))) > 1e-2)
                let newest = try #require(
                    try lathe.names(in: "checkpoints/tiny").filter { $0.hasSuffix(".h5") }.max())
                #expect(losses(try lathe.score(model, adapter: "checkpoints/tiny/\(newest)")) == adapted)
                let certificate = try lathe.json(
                    "merge", "--model", model, "--adapter", folder, "--out", "merged", "--set", "merge.dtype=fp32")
                #expect(certificate["passed"] == true)
                #expect(maximumDifference(losses(try lathe.score("merged")), adapted) < 1e-4)
            }
        }

        @Test func whatAStartCannotDoIsRefusedByItsKey() throws {
            try LatheCommand.inFolder { lathe in
                for (settings, words) in [
                    ("{init_lora_weights: pissa, dropout: 0.1}", "dropout"),
                    ("{init_lora_weights: olora, r: 40}", "directions"),
                    ("{init_lora_weights: orthogonal, r: 3}", "even"),
                    ("{init_lora_weights: loftq}", "adapter.loftq_model"),
                    ("{init_lora_weights: pisa}", "did you mean pissa?"),
                ] {
                    let outcome = try lathe.start(["train", "recipe.yaml", "--set", "adapter=\(settings)"]).wait()
                    #expect(outcome.code != 0 && outcome.errors.contains(words), "\(settings): \(outcome.errors)")
                }
            }
        }
    }
}
