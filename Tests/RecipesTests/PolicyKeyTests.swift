// Keys of objectives that learn from answers of the model's own.

import Recipes
import Testing

@Suite struct PolicyKeyTests {
    private let start = "name: x\nmodel: { path: m }\ndata: { train: t, held_out: h }\n"

    private func load(_ train: String) throws -> Recipe {
        try Recipe.load(yaml: start + "train: { objective: grpo, \(train) }\n", file: "r.yaml")
    }

    @Test func rewardsAreReadAndReadBack() throws {
        let recipe = try load(
            "rewards: [{ kind: exact, weight: 2 }, { kind: json_schema, field: form }, "
                + "{ kind: command, name: check, command: [python3, check.py], timeout: 5, memory: 256MiB }]")
        let rewards = recipe.train.policy.rewards
        #expect(rewards.map(\.kind) == [.exact, .jsonSchema, .command] && rewards[0].weight == 2)
        #expect(rewards.map(\.readField) == ["answer", "form", nil])
        #expect(rewards[2].command == ["python3", "check.py"] && rewards[2].memoryBytes == 256 << 20)
        #expect(
            recipe.train.toldOfAnswers == [
                "reward", "reward_exact", "reward_json_schema", "reward_check", "reward_failures",
                "groups_without_spread", "cut_off",
            ])
        #expect(try Recipe.load(yaml: recipe.resolvedYAML(), file: "again").train == recipe.train)
        #expect(recipe.train.policyBeta == 0 && recipe.train.weightedLossTypes.map(\.type) == [.dapo])
        #expect(recipe.metricsOfAnswers == [.reward])
    }

    @Test(arguments: [
        ("learning_rate: 1e-3", "train.rewards"), ("rewards: [{ weight: 1 }]", "train.rewards[0].kind"),
        ("rewards: [{ kind: command }]", "train.rewards[0].command"),
        ("rewards: [{ kind: exact, pattern: a }]", "train.rewards[0].pattern"),
        ("rewards: [{ kind: regex, pattern: a, field: b }]", "train.rewards[0].field"),
        ("rewards: [{ kind: exact, timeout: 3 }]", "train.rewards[0].timeout"),
        ("rewards: [{ kind: exact }, { kind: exact, field: b }]", "train.rewards[1].name"),
        ("rewards: [{ kind: exact }], num_iterations: 2, save_every: 3", "train.save_every"),
        ("rewards: [{ kind: exact }], loss_type: sigmoid", "train.loss_type"),
        ("rewards: [{ kind: exact }], num_generations: 1", "train.num_generations"),
    ]) func whatDoesNotGoTogetherIsRefusedWithItsKey(_ train: String, key: String) throws {
        let error = #expect(throws: RecipeError.self) { try load(train) }
        #expect(error?.diagnostics.map(\.keyPath) == [key], "\(train): \(error?.diagnostics ?? [])")
    }

    @Test func whatIsIdleIsSaid() throws {
        for (train, key) in [
            ("epsilon: 0.1", "train.epsilon"), ("epsilon_high: 0.3", "train.epsilon_high"),
            ("use_bias_correction_kl: false", "train.use_bias_correction_kl"),
            ("normalize_advantages: true", "train.normalize_advantages"),
            ("reference_adapter: first", "train.reference_adapter"),
        ] { #expect(try load("rewards: [{ kind: exact }], " + train).idleKeys.map(\.keyPath) == [key]) }
        let held = try load("rewards: [{ kind: exact }], beta: 0.1, reference_adapter: first")
        #expect(held.idleKeys.isEmpty && held.train.preferences.referenceAdapter == "first")
        // Where it lies decides no number, what it holds does, and the run notes that beside.
        #expect(!held.decidingKeys.contains { $0.path == "train.reference_adapter" })
    }

    /// Whoever gives a program more time goes on with the same run; another program is another run.
    @Test func whatAProgramMayTakeDecidesNoRun() throws {
        func rewards(_ entry: String) throws -> String? {
            try load("rewards: [{ \(entry) }]").decidingKeys.first { $0.path == "train.rewards" }?.text
        }
        let plain = try rewards("kind: command, command: [a]")
        #expect(plain != nil)
        #expect(try rewards("kind: command, command: [a], timeout: 9, memory: 2GiB") == plain)
        #expect(try rewards("kind: command, command: [b]") != plain)
        let schema = try rewards("kind: json_schema, schema: a.json")
        #expect(try rewards("kind: json_schema, schema: b.json") == schema)
        #expect(try rewards("kind: json_schema") != schema)
    }
}
