// Several values for a key: how they are said, and which keys have one for all trials.

import Recipes
import Testing

private let minimal = "model: { path: base.gguf }\ndata: { train: rows.jsonl }\nname: x\n"

private func sweep(_ text: String) throws -> [SweptKey] {
    try Recipe.load(yaml: minimal + "sweep: " + text + "\n", file: "r.yaml").sweep
}

private func diagnostics(_ text: String) -> [RecipeDiagnostic] {
    do {
        _ = try Recipe.load(yaml: minimal + "sweep: " + text + "\n", file: "r.yaml")
        return []
    } catch { return error.diagnostics }
}

@Suite struct SweepKeyTests {
    @Test func listsRangesAndSectionsSayTheSame() throws {
        let listed = try sweep("{ train.learning_rate: [1e-4, 0.001], adapter.r: [4, 16, 64] }")
        #expect(
            listed == [
                SweptKey(path: "train.learning_rate", values: ["0.0001", "0.001"]),
                SweptKey(path: "adapter.r", values: ["4", "16", "64"]),
            ])
        let nested = try sweep(
            "{ train: { learning_rate: { min: 1e-4, max: 1e-3, count: 2 } }, adapter: { r: { min: 4, max: 64, scale: log } } }"
        )
        #expect(nested == listed)
        #expect(try sweep("{ adapter.alpha: 8 }") == [SweptKey(path: "adapter.alpha", values: ["8.0"])])
    }

    @Test func rangesAreLaidOutFromEndToEnd() throws {
        let rates = try sweep("{ train.learning_rate: { min: 1e-5, max: 1e-3, scale: log, count: 5 } }")
        #expect(rates[0].values.map { Double($0) } == [1e-5, 3.162e-5, 1e-4, 3.162e-4, 1e-3])
        let shares = try sweep("{ adapter.dropout: { min: 0, max: 0.3, count: 4 } }")
        #expect(shares[0].values.map { Double($0) } == [0, 0.1, 0.2, 0.3])
        // Whole numbers that fall together stand there once.
        let ranks = try sweep("{ adapter.r: { min: 1, max: 4, count: 9 } }")
        #expect(ranks[0].values == ["1", "2", "3", "4"])
    }

    @Test func everyCombinationIsATrial() throws {
        let recipe = try Recipe.load(
            yaml: minimal + "sweep: { adapter.r: [4, 8], train.lr_scheduler: [constant, linear] }\n", file: "r.yaml")
        #expect(
            recipe.combinations.map { $0.map(\.value) } == [
                ["4", "constant"], ["4", "linear"], ["8", "constant"], ["8", "linear"],
            ])
        // The text reads back to the same recipe, and a plain run is the same whatever is swept.
        let again = try Recipe.load(yaml: recipe.resolvedYAML(), file: "r.yaml")
        #expect(again.sweep == recipe.sweep)
        let plain = try Recipe.load(yaml: minimal, file: "r.yaml")
        #expect(plain.decidingKeys.map(\.text) == recipe.decidingKeys.map(\.text))
        #expect(plain.sweepKeys.map(\.text) != recipe.sweepKeys.map(\.text))
    }

    @Test(arguments: [
        ("model.precision: [bf16, fp32]", "all trials share one base"),
        ("data.max_length: [64, 128]", "all trials share their rows"), ("seed: [1, 2]", "all trials share their rows"),
        ("task: [generate, classify]", "all trials share their rows"),
        ("data: { steps: [[normalise], []] }", "all trials share their rows"),
        ("train.objective: [dpo]", "all trials share their rows"),
        ("train.threads: [1, 2]", "nothing of what is learnt"),
        ("evaluate.enabled: [true]", "nothing of what is learnt"), ("name: [a, b]", "nothing of what is learnt"),
        ("adapter.continue_from: [a, b]", "it names a place"),
        ("train.beta: [0.1, 0.2]", "it changes what the loss is"), ("embed.scale: [10]", "it changes what the loss is"),
    ])
    func whatAllTrialsShareIsRefusedByName(_ entry: String, _ words: String) throws {
        let found = diagnostics("\n  " + entry)
        #expect(found.count == 1 && found[0].kind == .conflict, "\(found)")
        #expect(found.first?.message.contains(words) == true && found.first?.place.line == 5, "\(found)")
    }

    @Test(arguments: [
        ("{ train.learning_rat: [1] }", RecipeDiagnostic.Kind.unknownKey, "train.learning_rate"),
        ("{ learning_rate: [1] }", .unknownKey, "train.learning_rate"),
        ("{ adapter.r: [4, many] }", .wrongType, "whole number"),
        ("{ adapter.r: [4, 0] }", .outOfRange, "out of range"),
        ("{ train.learning_rate: [1e-4, 0.0001] }", .duplicateKey, "in the list already"),
        ("{ adapter.r: [4], adapter: { r: [8] } }", .duplicateKey, "stands there already"),
        ("{ adapter.r: { min: 8, max: 4 } }", .outOfRange, "min below max"),
        ("{ adapter.dropout: { min: 0, max: 0.5, scale: log } }", .outOfRange, "above 0"),
        ("{ adapter.r: [] }", .missingKey, "no value"), ("[1, 2]", .wrongType, "a mapping of keys"),
    ])
    func faultsHaveTheirPlace(_ text: String, _ kind: RecipeDiagnostic.Kind, _ words: String) {
        let found = diagnostics(text)
        #expect(found.contains { $0.kind == kind && "\($0)".contains(words) && $0.place.line == 4 }, "\(found)")
    }
}
