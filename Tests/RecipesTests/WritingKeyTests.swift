// What a teacher cannot be asked to write, and what it can.

import Recipes
import Testing

@Suite struct WritingKeyTests {
    private func load(_ distill: String, data: String = "train: t", more: String = "") throws -> Recipe {
        try Recipe.load(
            yaml: "model: { path: m }\ndata: { \(data) }\n\(more)distill: { source: sequence, \(distill) }\n",
            file: "r.yaml")
    }

    @Test(arguments: [
        ("teacher: t", "train: t, format: text", "data.format", "chat"),
        ("teacher: t", "train: t, format: preference", "data.format", "chat"),
        ("teacher: t", "train: t, val_size: 5", "data.val_size", "held_out"),
        ("teacher: t", "train: t, template: { prompt: \"{q}\" }", "data.template", "prepare"),
        ("teacher: \"https://a.example\"", "train: t", "distill.teacher", "proxy"),
        ("teacher: t, filters: [normalise]", "train: t", "distill.filters[0].normalise", "data.steps"),
    ])
    func whatCannotBeWrittenIsRefused(_ distill: String, _ data: String, _ key: String, _ way: String) {
        let error = #expect(throws: RecipeError.self) { try load(distill, data: data) }
        #expect(error?.diagnostics.map(\.keyPath) == [key])
        #expect(error?.diagnostics.first?.kind == .conflict)
        #expect(error?.diagnostics.first?.hint?.contains(way) == true)
    }

    @Test func promptsTakeThePlaceOfTrainingRows() throws {
        let recipe = try load("teacher: t, prompts: p.jsonl", data: "held_out: h")
        #expect(recipe.distill.writing.prompts == ["p.jsonl"] && recipe.data.train.isEmpty && recipe.idleKeys.isEmpty)
        #expect(throws: RecipeError.self) { try load("teacher: t", data: "held_out: h") }
        #expect(try load("teacher: t, prompts: p.jsonl").idleKeys.map(\.keyPath) == ["data.train"])
    }

    @Test func filtersAreSteps() throws {
        let usual = try load("teacher: t").distill.writing.filters
        #expect(usual.map(\.name) == ["filter", "deduplicate"])
        #expect(try load("teacher: t, filters: []").distill.writing.filters.isEmpty)
        let own = try load("teacher: t, filters: [filter: { min_value: { logprob: -1 } }]").distill.writing.filters
        guard case .filter(let step) = own.first else { throw RecipeError([]) }
        #expect(step.minValue == ["logprob": -1])
    }

    /// How answers are drawn and chosen decides the adapter; what a server is called and may take does not.
    @Test func whatIsDrawnDecides() throws {
        let keys = try load("teacher: t").decidingKeys.map(\.path)
        #expect(keys.contains("distill.samples") && keys.contains("distill.filters"))
        #expect(!keys.contains("distill.prompts") && !keys.contains("distill.timeout"))
    }
}
