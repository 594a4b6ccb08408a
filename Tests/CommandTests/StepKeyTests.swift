// Every key of a data step and of a part of a mix changes the rows that come out, or is refused.

import Foundation
import JSON
import Recipes
import TestSupport
import Testing

/// One key of a step: what the step is without it and with it.
private struct StepChange: CustomTestStringConvertible {
    /// "filter.min_words".
    let key: String
    let before: String
    let after: String

    /// A step of one key, against the step with nothing else, or with `beside` in both.
    init(_ key: String, _ value: String, beside: String = "", plain: String? = nil) {
        self.key = key
        let parts = key.split(separator: ".").map(String.init)
        let keys = [beside].filter { !$0.isEmpty }
        before = plain ?? (keys.isEmpty ? "" : "{\(parts[0]): {\(keys.joined(separator: ", "))}}")
        after = "{\(parts[0]): {\((keys + ["\(parts[1]): \(value)"]).joined(separator: ", "))}}"
    }

    var testDescription: String { after }
}

/// An adapter on the model that is trained.
private let adapter = TinyModel.lora.appendingPathComponent("final").path

private let changes: [StepChange] = [
    StepChange("review.marks", "marks.jsonl"),

    StepChange("normalise.fields", "prompt", plain: "normalise"),
    StepChange("normalise.unicode", "keep", plain: "normalise"),
    StepChange("normalise.whitespace", "keep", plain: "normalise"),
    StepChange("normalise.html", "false", plain: "normalise"),
    StepChange("normalise.full_width", "all", plain: "normalise"),
    StepChange("normalise.case", "lower", plain: "normalise"),

    StepChange("filter.fields", "note", beside: "min_words: 3"),
    StepChange("filter.min_characters", "30"), StepChange("filter.max_characters", "30"),
    StepChange("filter.min_words", "6"), StepChange("filter.max_words", "6"),
    StepChange("filter.min_tokens", "20"), StepChange("filter.max_tokens", "20"),
    StepChange("filter.min_script", "{han: 0.3}"), StepChange("filter.max_script", "{han: 0.3}"),
    StepChange("filter.min_alphanumeric", "0.8"), StepChange("filter.max_alphanumeric", "0.8"),
    StepChange("filter.ngram_words", "1", beside: "max_word_repetition: 0.2"),
    StepChange("filter.max_word_repetition", "0.2"),
    StepChange("filter.ngram_characters", "2", beside: "max_character_repetition: 0.2"),
    StepChange("filter.max_character_repetition", "0.2"),
    StepChange("filter.max_line_repetition", "0.2"), StepChange("filter.max_top_ngram", "0.2"),
    StepChange("filter.matches", "dogs"), StepChange("filter.excludes", "dogs"),
    StepChange("filter.where", "{kind: [a, b]}"), StepChange("filter.where_not", "{kind: a}"),
    StepChange("filter.min_value", "{score: 3}"), StepChange("filter.max_value", "{score: 3}"),

    StepChange("deduplicate.by", "normalised", plain: "deduplicate"),
    StepChange("deduplicate.fields", "kind", plain: "deduplicate"),
    StepChange("deduplicate.threshold", "0.3", beside: "by: near"),
    StepChange("deduplicate.shingle_words", "4", beside: "by: near, threshold: 0.5"),
    StepChange("deduplicate.shingle_characters", "1", beside: "by: near, threshold: 0.55"),

    StepChange("mask.fields", "prompt", plain: "mask"),
    StepChange("mask.kinds", "[phone]", plain: "mask"),
    StepChange("mask.replace_with", "pseudonym", beside: "key_from: STEP_KEY_A", plain: "mask"),
    StepChange(
        "mask.key_from", "STEP_KEY_B", beside: "replace_with: pseudonym",
        plain: "{mask: {replace_with: pseudonym, key_from: STEP_KEY_A}}"),

    StepChange("balance.by", "kind", plain: "{balance: {by: half}}"),
    StepChange("balance.method", "oversample", beside: "by: kind"),
    StepChange("balance.per_class", "1", beside: "by: kind"),
    StepChange("sample.size", "4"),
    StepChange("augment.fields", "prompt", beside: "drop: 0.4", plain: "{augment: {fields: completion, drop: 0.4}}"),
    StepChange("augment.copies", "2", beside: "fields: prompt, drop: 0.4"),
    StepChange("augment.drop", "0.4", beside: "fields: prompt, swap: 0.3"),
    StepChange("augment.swap", "0.4", beside: "fields: prompt, drop: 0.3"),
    StepChange(
        "augment.replace", "0.9", beside: "fields: prompt, drop: 0.1, synonyms: {cats: [kittens]}",
        plain: "{augment: {fields: prompt, drop: 0.1}}"),
    StepChange(
        "augment.synonyms", "{cats: [kittens]}", beside: "fields: prompt, drop: 0.1, replace: 0.9",
        plain: "{augment: {fields: prompt, drop: 0.1}}"),
    StepChange("map.fields", #"{prompt: "Q: {prompt}"}"#),
    StepChange(
        "select.targets", "[long.jsonl, short.jsonl]", beside: "size: 3",
        plain: "{select: {targets: short.jsonl, size: 3}}"),
    StepChange("select.size", "5", beside: "targets: short.jsonl"),
    StepChange("select.across", "mean", beside: "targets: [long.jsonl, chinese.jsonl], size: 5"),
    StepChange("select.adapter", adapter, beside: "targets: long.jsonl, size: 6"),
    StepChange("select.warmup_steps", "1", beside: "targets: long.jsonl, size: 4"),
    StepChange("select.projection", "16", beside: "targets: long.jsonl, size: 4"),
    StepChange("rank.by", "loss", beside: "drop_share: 0.3"),
    StepChange("rank.adapter", adapter, beside: "drop_share: 0.3"),
    StepChange("rank.folds", "2", beside: "drop_share: 0.3"),
    StepChange("rank.epochs", "4", beside: "drop_share: 0.3"),
    StepChange("rank.drop_share", "0.3", plain: "rank"),
    StepChange("map.keep", "false", beside: #"fields: {prompt: "{prompt}", completion: "{completion}"}"#),
]

extension CommandTests {
    @Suite struct StepKeys {
        @Test func noKeyIsLeftOut() throws {
            #expect(Set(changes.map(\.key)) == Set(Self.stepKeys))
        }

        /// "filter.min_words" and its like, as the description of recipes has them.
        private static var stepKeys: [String] {
            func keys(_ shape: KeyShape) -> [KeyDescription] {
                switch shape {
                case .keys(let keys), .oneKey(let keys): keys
                case .list(let element): keys(element)
                case .any(let shapes): shapes.flatMap(keys)
                default: []
                }
            }
            let data = Recipe.shape.first { $0.name == "data" }.map { keys($0.shape) } ?? []
            let steps = data.first { $0.name == "steps" }.map { keys($0.shape) } ?? []
            return steps.flatMap { step in keys(step.shape).map { "\(step.name).\($0.name)" } }
        }

        @Test func everyKeyOfAStepChangesTheRows() throws {
            try LatheCommand.inFolder { folder in
                var lathe = folder
                lathe.environment = ["STEP_KEY_A": "one long secret of a clinic", "STEP_KEY_B": "another long secret"]
                try Self.writeRows(lathe)
                var known: [String: String] = [:]
                func rows(_ step: String) throws -> String {
                    if let rows = known[step] { return rows }
                    let outcome = try lathe(
                        "prepare", "recipe.yaml", "--export", "jsonl", "--quiet", "--set", "data.train=rows.jsonl",
                        "--set",
                        "data.held_out=[]", "--set", "data.steps=[\(step)]")
                    try #require(outcome.code == 0, "\(step): \(outcome.errors)")
                    known[step] = try lathe.text("checkpoints/tiny/rows/train.jsonl")
                    return known[step] ?? ""
                }
                for change in changes {
                    // Bytes: texts that differ in their composition alone are equal to Swift.
                    let (before, after) = (try rows(change.before).utf8, try rows(change.after).utf8)
                    #expect(!before.elementsEqual(after), "\(change.testDescription) changes nothing")
                }
            }
        }

        private static func writeRows(_ lathe: LatheCommand) throws {
            try lathe.write("recipe.yaml", LatheCommand.recipe)
            func row(_ prompt: String, _ completion: String, _ number: Int, note: String = "-") -> JSONValue {
                [
                    "prompt": .string(prompt), "completion": .string(completion), "note": .string(note),
                    "kind": .string(["a", "b", "c", "a", "a"][number % 5]),
                    "half": .string(number % 2 == 0 ? "x" : "y"),
                    "score": .integer(number % 7),
                ]
            }
            let rows = [
                row("Tom saw two cats in the old park today", "and three dogs", 0, note: "one two three four"),
                row("Tom saw two cats in the old park today", "and three dogs", 5, note: "one two three four"),
                row("Tom saw two  CATS in the old park today", "and three dogs", 1),
                row("Tom saw two small cats in the old park", "and three dogs", 2, note: "a b c d"),
                row("Cafe\u{301} &amp; bar, Ａ１ （ok）", "yes &amp; no", 3),
                row("short", "no", 4),
                row("猫在公园里看见两只狗", "狗在公园里看见两只猫", 5),
                row("狗看见猫", "好的", 6), row("猫看见狗", "好的", 8),
                row("Lily saw two cats in the new park today", "and three birds", 3),
                row("!!! ??? ... --- *** &&&", "$$$ ###", 7),
                row("so it goes so it goes so it goes so it goes so it goes", "so it goes so it goes", 8),
                row("a line\na line\na line\na line\na line", "a line\na line", 9),
                row("call 555-201-3344 or mail ann.lee@example.org", "mail bob.ray@example.org or cats", 10),
            ]
            let mark: JSONValue = ["wrong": true, "row": rows[5]]
            try lathe.write("marks.jsonl", mark.text() + "\n")
            try lathe.write("long.jsonl", rows[0].text() + "\n" + rows[9].text() + "\n")
            try lathe.write("short.jsonl", rows[5].text() + "\n")
            try lathe.write("chinese.jsonl", rows[7].text() + "\n")
            try lathe.write("rows.jsonl", rows.map { $0.text() + "\n" }.joined())
        }
    }
}
