import Recipes
import Testing

/// What forms a schedule, as a recipe says it.
@Suite struct ScheduleKeys {
    private func load(_ train: String, _ overrides: [String] = []) throws -> Recipe {
        try Recipe.load(
            yaml: "name: x\nmodel: { path: m }\ndata: { train: t, held_out: h }\ntrain: { \(train) }\n", file: "r.yaml",
            overrides: overrides)
    }

    @Test func settingsAreReadAndWrittenBack() throws {
        let recipe = try load(
            "lr_scheduler: warmup_stable_decay, lr_scheduler_kwargs: { num_decay_steps: 9, decay_type: 1-sqrt }",
            ["train.lr_scheduler_kwargs.min_lr_ratio=0.2"])
        #expect(recipe.train.schedule.numDecaySteps == 9 && recipe.train.schedule.decayType == .root)
        #expect(recipe.train.schedule.minLRRatio == 0.2 && recipe.idleKeys.isEmpty && recipe.notices.isEmpty)
        let again = try Recipe.load(yaml: recipe.resolvedYAML(), file: "again.yaml")
        #expect(again.train == recipe.train && again.idleKeys.isEmpty)
        #expect(recipe.decidingKeys.contains { $0.path == "train.lr_scheduler_kwargs" })
        #expect(try !load("").decidingKeys.contains { $0.path == "train.lr_scheduler_kwargs" })
        let foreign = try load("lr_scheduler_type: cosine_with_restarts")
        #expect(foreign.train.lrScheduler == .cosineWithRestarts && foreign.notices.count == 1)
    }

    @Test(arguments: [
        ("lr_scheduler: cosine_with_min_lr", "min_lr"),
        ("lr_scheduler: cosine_with_min_lr, lr_scheduler_kwargs: { min_lr: 1e-5, min_lr_rate: 0.1 }", "min_lr_rate"),
        ("lr_scheduler: cosine_warmup_with_min_lr, lr_scheduler_kwargs: { min_lr: 1e-3 }", "min_lr"),
        ("lr_scheduler: polynomial, learning_rate: 1e-7", "lr_end"),
        ("lr_scheduler: warmup_stable_decay", "num_decay_steps"),
        ("lr_scheduler: reduce_lr_on_plateau, lr_scheduler_kwargs: { factor: 1 }", "factor"),
    ])
    func whatAScheduleLacksIsNamed(_ train: String, _ key: String) {
        let error = #expect(throws: RecipeError.self) { try load(train) }
        #expect(error?.diagnostics.map(\.keyPath) == ["train.lr_scheduler_kwargs." + key])
        #expect(error?.diagnostics.first?.place.line == 4)
    }

    private static let threeParts = "lr_scheduler: warmup_stable_decay, lr_scheduler_kwargs: { num_decay_steps: 9, "

    @Test(arguments: [
        (
            "lr_scheduler: polynomial, lr_scheduler_kwargs: { power: 2, num_cycles: 3 }",
            "train.lr_scheduler polynomial does not read num_cycles"
        ),
        (
            threeParts + "decay_type: linear, num_cycles: 2 }",
            "warmup_stable_decay reads num_cycles with decay_type cosine alone"
        ),
        (
            threeParts + "warmup_type: cosine }, warmup_ratio: 0",
            "there is no warm-up that warmup_type could form"
        ),
        (
            "lr_scheduler: cosine_warmup_with_min_lr, warmup_steps: 0, "
                + "lr_scheduler_kwargs: { min_lr_rate: 0.1, warmup_lr_rate: 0.2 }",
            "there is no warm-up that warmup_lr_rate could form"
        ),
        (
            "optimizer: schedule_free_adamw, lr_scheduler_kwargs: { num_cycles: 2 }",
            "train.optimizer schedule_free_adamw needs no schedule"
        ),
    ])
    func whatTheScheduleDoesNotReadIsRefused(_ train: String, _ reason: String) throws {
        let recipe = try load(train)
        #expect(recipe.idleKeys.map(\.keyPath) == ["train.lr_scheduler_kwargs"])
        #expect(recipe.idleKeys.first?.message == "has no effect: " + reason)
    }

    @Test func whatTheScheduleReadsIsNotRefused() throws {
        #expect(
            try load(Self.threeParts + "num_cycles: 2, warmup_type: cosine }, warmup_steps: 3").idleKeys.isEmpty)
    }

    /// Beside an optimiser that needs no schedule stands what the run does.
    @Test func withoutAScheduleTheRateIsConstant() throws {
        let bare = try load("optimizer: schedule_free_adamw")
        #expect(bare.train.lrScheduler == .constant && bare.idleKeys.isEmpty)
        #expect(bare.explain().contains("lr_scheduler: constant "))
        #expect(try Recipe.load(yaml: bare.resolvedYAML(), file: "again.yaml").train == bare.train)
        for name in ["constant", "constant_with_warmup"] {
            #expect(try load("optimizer: schedule_free_adamw, lr_scheduler: \(name)").idleKeys.isEmpty)
        }
    }
}
