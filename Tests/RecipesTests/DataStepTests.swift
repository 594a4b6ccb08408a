import Recipes
import Testing

private func load(_ data: String) throws -> Recipe {
    try Recipe.load(yaml: "model: { path: m }\ndata:\n  train: a.jsonl\n" + data, file: "r.yaml")
}

private func diagnostics(_ data: String) -> [RecipeDiagnostic] {
    do {
        _ = try load(data)
        return []
    } catch { return (error as? RecipeError)?.diagnostics ?? [] }
}

@Suite struct DataStepTests {
    @Test func stepsAreReadInOrderAndReadBack() throws {
        let recipe = try load(
            """
              steps:
                - review: { marks: reviews/desk.jsonl }
                - normalise
                - filter: { min_characters: 20, min_script: { latin: 0.5 }, where: { lang: [en, de], stars: 5 } }
                - deduplicate: { by: near, threshold: 0.85, fields: [question, answer] }
                - mask: { kinds: [email, phone], replace_with: pseudonym, key_from: SECRET }
                - balance: { by: intent, per_class: 50 }
                - sample: { size: 1e3 }
                - augment: { drop: 0.1, replace: 0.2, synonyms: { quick: [fast, "swift: so"] } }
                - map: { fields: { prompt: "Q: {question}" }, keep: false }
                - select: { targets: [a.jsonl, b.jsonl], size: 100, across: mean }
                - rank: { by: loss, drop_share: 0.01 }
              split: { group_by: patient_id, near_together: false }
              leakage: drop
            """)
        #expect(
            recipe.data.steps.map(\.name) == [
                "review", "normalise", "filter", "deduplicate", "mask", "balance", "sample", "augment", "map", "select",
                "rank",
            ])
        guard case .filter(let filter) = recipe.data.steps[2] else { throw RecipeError([]) }
        #expect(filter.minCharacters == 20)
        #expect(filter.maxCharacters == nil)
        #expect(filter.whereField == ["lang": ["en", "de"], "stars": ["5"]])
        guard case .deduplicate(let near) = recipe.data.steps[3] else { throw RecipeError([]) }
        #expect(near.threshold == 0.85)
        #expect(recipe.data.split.groupBy == "patient_id")
        #expect(recipe.data.leakage == .drop)
        let again = try Recipe.load(yaml: recipe.resolvedYAML(), file: "resolved")
        #expect(again.data == recipe.data)
        #expect(again.resolvedYAML() == recipe.resolvedYAML())
        #expect(recipe.explain().contains("steps: [{review:"))
    }

    @Test(arguments: [
        ("  steps: normalise\n", "data.steps", RecipeDiagnostic.Kind.wrongType, 4, 10),
        ("  steps:\n    - normalize\n", "data.steps[0].normalize", .unknownKey, 5, 7),
        ("  steps:\n    - { mask: {}, filter: {} }\n", "data.steps[0]", .wrongType, 5, 19),
        ("  steps:\n    - filter: { min_charcters: 3 }\n", "data.steps[0].filter.min_charcters", .unknownKey, 5, 17),
        ("  steps:\n    - filter: { min_characters: few }\n", "data.steps[0].filter.min_characters", .wrongType, 5, 33),
        ("  steps:\n    - deduplicate: { threshold: 2 }\n", "data.steps[0].deduplicate.threshold", .outOfRange, 5, 33),
        ("  steps:\n    - mask: { kinds: [emial] }\n", "data.steps[0].mask.kinds[0]", .outOfRange, 5, 23),
        ("  steps:\n    - mask: { replace_with: pseudonym }\n", "data.steps[0].mask.key_from", .missingKey, 5, 7),
        ("  steps:\n    - map\n", "data.steps[0].map.fields", .missingKey, 5, 7),
        ("  steps:\n    - review\n", "data.steps[0].review.marks", .missingKey, 5, 7),
        (
            "  steps:\n    - normalise\n    - review: { marks: a.jsonl }\n", "data.steps[1].review", .conflict, 6, 7
        ),
        ("  steps:\n    - select\n", "data.steps[0].select.targets", .missingKey, 5, 7),
        ("  steps:\n    - rank: { folds: 1 }\n", "data.steps[0].rank.folds", .outOfRange, 5, 22),
        (
            "  steps:\n    - filter: { min_script: { klingon: 0.5 } }\n", "data.steps[0].filter.min_script.klingon",
            .unknownKey, 5, 31
        ),
        ("  split: { groupby: x }\n", "data.split.groupby", .unknownKey, 4, 12),
        ("  leakage: ignore\n", "data.leakage", .outOfRange, 4, 12),
    ])
    func faultsAreLocated(_ yaml: String, _ path: String, _ kind: RecipeDiagnostic.Kind, _ line: Int, _ column: Int)
        throws
    {
        let all = diagnostics(yaml)
        #expect(all.count == 1, "\(all)")
        let found = try #require(all.first)
        #expect(found.keyPath == path)
        #expect(found.kind == kind)
        #expect(found.place == RecipePlace(file: "r.yaml", line: line, column: column))
    }

    /// A key that nothing reads beside the step's others is refused with its place.
    @Test(arguments: [
        ("deduplicate: { threshold: 0.9 }", "deduplicate.threshold", 22),
        ("deduplicate: { by: normalised, shingle_words: 3 }", "deduplicate.shingle_words", 38),
        ("mask: { key_from: SECRET }", "mask.key_from", 15),
        ("filter: { ngram_words: 3, min_words: 2 }", "filter.ngram_words", 17),
        ("filter: { min_words: 2, ngram_characters: 3 }", "filter.ngram_characters", 31),
        ("filter: { fields: [a], where: { b: c } }", "filter.fields", 17),
        ("augment: { drop: 0.1, replace: 0.2 }", "augment.replace", 29),
        ("select: { targets: a, across: mean }", "select.across", 29),
        ("select: { targets: a, adapter: b, warmup_steps: 3 }", "select.warmup_steps", 41),
        ("rank: { adapter: b, folds: 3 }", "rank.folds", 27),
        ("rank: { adapter: b, epochs: 3 }", "rank.epochs", 27),
        ("augment: { drop: 0.1, synonyms: { quick: [fast] } }", "augment.synonyms", 29),
    ])
    func keysThatAStepDoesNotReadAreRefused(_ step: String, _ key: String, _ column: Int) throws {
        let all = diagnostics("  steps:\n    - \(step)\n")
        #expect(all.map(\.kind) == [.noEffect] && all.first?.keyPath == "data.steps[0].\(key)", "\(all)")
        #expect(all.first?.place == RecipePlace(file: "r.yaml", line: 5, column: column))
    }

    @Test(arguments: [
        "deduplicate: { by: near, threshold: 0.9 }", "deduplicate: { threshold: 0.8 }",
        "filter: { fields: [a], min_words: 2, where: { b: c } }",
        "filter: { ngram_words: 3, max_top_ngram: 0.2 }",
        "select: { targets: [a, b], across: mean, warmup_steps: 3 }", "rank",
        "review: { marks: a }\n    - review: { marks: [b, c] }\n    - normalise",
    ])
    func keysThatActOrSayTheDefaultAreTaken(_ step: String) { #expect(diagnostics("  steps:\n    - \(step)\n") == []) }

    @Test func aStepOfThreeKeysCanBeSetFromOutside() throws {
        let recipe = try Recipe.load(
            yaml: "model: { path: m }\ndata: { train: a }\n", file: "r.yaml",
            overrides: [
                "data.split.group_by=patient", "data.leakage=error", "data.steps=[normalise, { sample: { size: 5 } }]",
            ])
        #expect(recipe.data.split.groupBy == "patient")
        #expect(recipe.data.leakage == .error)
        #expect(recipe.data.steps.count == 2)
    }
}
