import Optimisers
import Recipes
import Tensors
import Testing

/// Rates and decays of single matrices.
@Suite struct ParameterGroups {
    private let slots = ParameterSlab([
        ("a.q_proj.lora_A.weight", 1, 6), ("a.q_proj.lora_B.weight", 5, 1), ("a.q_proj.lora_magnitude_vector", 1, 5),
        ("score.weight", 1, 6), ("score.bias", 1, 3), ("b.q_proj.lora_E", 4, 1),
    ]).slots

    private func train(_ keys: String) throws -> TrainSection {
        try Recipe.load(
            yaml: "name: x\nmodel: { path: m }\ndata: { train: t }\ntrain: { learning_rate: 1e-3, \(keys) }\n",
            file: "r.yaml"
        ).train
    }

    private func expect(
        _ train: TrainSection, meant: [[MatrixSlot]] = [], factors: [Double], decays: [Double],
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let groups = train.groups(of: slots, vectors: [slots[2], slots[4]], meant: meant)
        #expect(groups.flatMap(\.slots) == slots, sourceLocation: sourceLocation)
        #expect(groups.map(\.learningRateFactor) == factors, sourceLocation: sourceLocation)
        #expect(groups.map(\.weightDecay) == decays, sourceLocation: sourceLocation)
    }

    @Test func withoutKeysAllAreAlike() throws {
        expect(
            try train("weight_decay: 0.1"), factors: [1, 1, 1, 1, 1, 1],
            decays: [0.1, 0.1, 0.1, 0.1, 0.1, 0.1])
    }

    /// The groups of PEFT's `create_loraplus_optimizer`: B and all vectors are faster, which a matrix of one row or column is not;
    /// biases do not decay.
    @Test func loraPlusMakesThePEFTGroups() throws {
        expect(
            try train("loraplus_lr_ratio: 16, loraplus_weight_decay: 0.2, weight_decay: 0.1"),
            factors: [1, 16, 16, 1, 16, 1], decays: [0.2, 0.2, 0.2, 0.2, 0, 0.2])
        expect(
            try train("loraplus_lr_ratio: 2, weight_decay: 0.1"), factors: [1, 2, 2, 1, 2, 1],
            decays: [0.1, 0.1, 0.1, 0.1, 0, 0.1])
    }

    @Test func theFirstEntryThatMeansAMatrixCounts() throws {
        let train = try train(
            "loraplus_lr_ratio: 4, parameter_groups: [{ pattern: lora_B, learning_rate: 2e-3 }, "
                + "{ pattern: q_proj, learning_rate_factor: 0, weight_decay: 0.3 }]")
        expect(
            train, meant: [[slots[1]], Array(slots[0...2])], factors: [0, 2, 0, 1, 4, 1],
            decays: [0.3, 0, 0.3, 0, 0, 0])
    }

    @Test(arguments: [
        ("[{ learning_rate: 1 }]", "train.parameter_groups[0].pattern"),
        ("[{ pattern: a }]", "train.parameter_groups[0]"),
        (
            "[{ pattern: a, weight_decay: 0 }, { pattern: a, learning_rate: 1, learning_rate_factor: 2 }]",
            "train.parameter_groups[1].learning_rate_factor"
        ),
        ("[{ pattern: a, weight_decay: -1 }]", "train.parameter_groups[0].weight_decay"),
        ("{ pattern: a }", "train.parameter_groups"),
    ])
    func whatAGroupCannotBeIsNamed(_ groups: String, _ key: String) {
        let error = #expect(throws: RecipeError.self) { try train("parameter_groups: \(groups)") }
        #expect(error?.diagnostics.first?.keyPath == key)
    }
}
