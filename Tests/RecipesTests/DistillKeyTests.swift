// What a recipe cannot ask of a teacher, and what decides the adapter of a student.

import Recipes
import Testing

@Suite struct DistillKeyTests {
    private func load(_ distill: String, more: String = "") throws -> Recipe {
        try Recipe.load(
            yaml: "model: { path: m }\ndata: { train: t }\n\(more)distill: { \(distill) }\n", file: "r.yaml")
    }

    @Test(arguments: [
        ("teacher: t, loss: reverse_kl", "distill.loss", "top_k"),
        ("teacher: t, loss: jsd, keep: sampled", "distill.loss", "online"),
        ("context: Be brief., source: context, loss: skew_kl", "distill.loss", "top_k"),
        ("teacher: http://localhost:8080/v1", "distill.teacher", "source: sequence"),
        ("teacher: HTTPS://near.example, source: online", "distill.teacher", "source: sequence"),
        (
            "teacher: http://localhost/v1, source: sequence, teacher_adapter: a", "distill.teacher_adapter",
            "name a model"
        ),
        ("teacher: t, source: context", "distill.source", "distill.context"),
        ("teacher: t, source: sequence, prompts: p.jsonl, compare: true", "distill.compare", "data.train"),
        ("teacher: t, hidden: 0.5", "distill.hidden", "source: online"),
        ("teacher: t, source: online, hidden: 1, hidden_layers: { last: 3 }", "distill.hidden_layers", "{11: 23}"),
    ])
    func whatCannotBeDistilledIsRefused(_ distill: String, _ key: String, _ way: String) {
        let error = #expect(throws: RecipeError.self) { try load(distill) }
        #expect(error?.diagnostics.map(\.keyPath) == [key])
        #expect(error?.diagnostics.first?.kind == .conflict)
        #expect(error?.diagnostics.first?.hint?.contains(way) == true)
    }

    @Test(arguments: [
        "teacher: t, loss: reverse_kl, source: online", "teacher: t, loss: jsd, keep: top_k",
        "teacher: http://localhost:8080/v1, source: sequence", "context: [Be brief.], source: context",
        "teacher_adapter: a", "teacher: t, source: on_policy, loss: jsd, beta: 0.9",
        "teacher: t, source: online, hidden: 1, hidden_layers: { 0: 1, 3: 11 }",
    ])
    func whatCanBeDistilledIsRead(_ distill: String) throws {
        let recipe = try load(distill)
        #expect(recipe.distill.isAsked && recipe.idleKeys.isEmpty)
        #expect(try Recipe.load(yaml: recipe.resolvedYAML(), file: "again.yaml").distill == recipe.distill)
    }

    @Test(arguments: ["train_on_prompt: true", "train_on: all", "format: text"])
    func aContextNeedsAnswers(_ member: String) {
        let yaml =
            "model: { path: m }\ndata: { train: t, \(member) }\ndistill: { context: Be brief., source: context }\n"
        let error = #expect(throws: RecipeError.self) { try Recipe.load(yaml: yaml, file: "r.yaml") }
        #expect(error?.diagnostics.map(\.keyPath) == ["distill.context"])
    }

    @Test func pairsHaveNoTeacher() {
        let error = #expect(throws: RecipeError.self) {
            try load("teacher: t", more: "train: { objective: dpo }\n")
        }
        #expect(error?.diagnostics.map(\.keyPath) == ["train.objective"])
    }

    /// A run that was begun before there was distillation goes on.
    @Test func onlyAskedDistillationDecides() throws {
        #expect(!Recipe().decidingKeys.contains { $0.path.hasPrefix("distill.") })
        let keys = try load("teacher: t, path: kept.h5").decidingKeys.map(\.path)
        #expect(keys.contains("distill.temperature") && keys.contains("distill.source"))
        #expect(!keys.contains("distill.teacher") && !keys.contains("distill.path"))
    }
}
