// Classification by likelihood: the label that the model finds likeliest, checked against scores row by row.

import Foundation
import JSON
import TestSupport
import Testing

extension CommandTests {
    @Suite struct Labels {
        private static let labels = ["happy", "sad", "big"]
        private static let texts = [
            "Tom had a new toy and played all day.", "Lily lost her ball and began to cry.",
            "The dog was as tall as a tree.",
            "Sue got a cake from her mom.", "Ben fell and hurt his leg.",
        ]

        /// Labels for the texts, so that some are what the model would say and some are not.
        private func rows(_ answers: [String]) -> String {
            zip(Self.texts, answers).map { #"{"text": "\#($0)", "label": "\#($1)"}"# + "\n" }.joined()
        }

        /// For each text the label with the least summed loss, told by scoring every pair as a row.
        private func likeliest(_ lathe: LatheCommand, adapter: String? = nil) throws -> [String] {
            var sums: [[Double]] = []
            for label in Self.labels {
                // The label set is the same for every file, or the rows would be prepared otherwise.
                try lathe.write("candidates.jsonl", rows(Self.texts.map { _ in label }))
                let scored = try lathe.score(
                    LatheCommand.huggingFace, adapter: adapter, data: "candidates.jsonl", "--set",
                    "data.labels=[happy, sad, big]")
                sums.append(
                    scored.map { ($0["loss"]?.double ?? .nan) * Double($0["target_tokens"]?.integer ?? 0) })
            }
            return Self.texts.indices.map { row in
                Self.labels.indices.min { sums[$0][row] < sums[$1][row] }.map { Self.labels[$0] } ?? ""
            }
        }

        private func evaluation(_ lathe: LatheCommand, adapter: String? = nil) throws -> JSONValue {
            let outcome = try lathe.start(
                [
                    "evaluate", "--model", LatheCommand.huggingFace, "--data", "labelled.jsonl", "--json", "--set",
                    "model.precision=fp32", "--set", "data.labels=[happy, sad, big]",
                ] + (adapter.map { ["--adapter", $0] } ?? [])
            ).wait()
            try #require(outcome.code == 0, "\(outcome.errors)")
            return try outcome.json
        }

        @Test func accuracyIsTheShareOfLikeliestLabels() throws {
            try LatheCommand.inFolder { lathe in
                let choices = try likeliest(lathe)
                for wrong in [0, 2, 5] {
                    // The first `wrong` rows get a label that the model would not choose.
                    let answers = choices.enumerated().map { row, choice in
                        row < wrong ? Self.labels.first { $0 != choice } ?? "" : choice
                    }
                    try lathe.write("labelled.jsonl", rows(answers))
                    let accuracy = try evaluation(lathe)["base"]?["accuracy"]?.double
                    #expect(accuracy == Double(5 - wrong) / 5)
                }
            }
        }

        @Test func baseAndAdapterEachChooseTheirOwn() throws {
            try LatheCommand.inFolder { lathe in
                let base = try likeliest(lathe)
                // Two steps' worth of "sad" for everything.
                try lathe.write("sad.jsonl", rows(Self.texts.map { _ in "sad" }))
                let adapter = try lathe.train(
                    "data.train=sad.jsonl", "data.held_out=[]", "data.labels=[happy, sad, big]", "train.max_steps=20",
                    "train.learning_rate=3e-2")
                let adapted = try likeliest(lathe, adapter: adapter)
                #expect(adapted != base)
                try lathe.write("labelled.jsonl", rows(adapted))
                let report = try evaluation(lathe, adapter: adapter)
                #expect(report["adapter"]?["accuracy"]?.double == 1)
                let shared = zip(base, adapted).count { $0 == $1 }
                #expect(report["base"]?["accuracy"]?.double == Double(shared) / 5)
            }
        }

        @Test func labelsThatNoHeldOutRowHasRoomForAreSaidBeforeTraining() throws {
            try LatheCommand.inFolder { lathe in
                // With the long label a row fills the model's context of 512 tokens; with its own it does not.
                let long = String(repeating: "big ", count: 80) + "dog"
                let text = String(repeating: "cat ", count: 450)
                try lathe.write("held.jsonl", #"{"text": "\#(text)", "label": "sad"}"# + "\n")
                try lathe.write(
                    "train.jsonl", #"{"text": "Tom", "label": "sad"}"# + "\n" + #"{"text": "Sue", "label": "\#(long)"}"#
                )
                for rule in ["error", "drop"] {
                    let outcome = try lathe(
                        "train", "recipe.yaml", "--set", "data.max_length=512", "--set", "data.too_long=\(rule)",
                        "--set",
                        "evaluate.metrics=[accuracy]", "--set", "data.labels=[sad, \"\(long)\"]")
                    outcome.expectFailure(65, "evaluate.metrics", "longer than data.max_length")
                    #expect(!lathe.has("checkpoints/tiny/adapter"))
                }
            }
        }
    }
}
