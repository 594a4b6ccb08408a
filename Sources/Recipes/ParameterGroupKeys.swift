// Entries of `train.parameter_groups`: matrices with a rate or a decay of their own.

/// Matrices by a pattern, and what of the step is their own.
public struct ParameterGroupEntry: Sendable, Equatable {
    /// Means the names of matrices, as `lora_B`, and the modules that they are of, as `q_proj`.
    public var pattern = ""
    /// `nil`: `learning_rate_factor` says it, or it is that of all.
    public var learningRate: Double?
    public var learningRateFactor: Double?
    /// `nil`: that of all.
    public var weightDecay: Double?

    public init() {}
}

extension ParameterGroupEntry: RecipeKeyed {
    static var keys: [RecipeKey<ParameterGroupEntry>] {
        [
            .text("pattern", \.pattern, "the matrices: names or modules, as in adapter.target_modules"),
            .optionalNumber(
                "learning_rate", \.learningRate, expected: "null or a number from 0", "their learning rate",
                accepts: \.isFromZero),
            .optionalNumber(
                "learning_rate_factor", \.learningRateFactor, expected: "null or a number from 0",
                "theirs over train.learning_rate", accepts: \.isFromZero),
            .optionalNumber(
                "weight_decay", \.weightDecay, expected: "null or a number from 0", "their weight decay",
                accepts: \.isFromZero),
        ]
    }
}

extension RecipeKey<TrainSection> {
    static var parameterGroups: Self {
        .list(
            "parameter_groups", \.parameterGroups,
            expected: "a list of groups such as { pattern: lora_B, learning_rate_factor: 4 }",
            "matrices with a rate or decay of their own, by pattern; the first that matches counts",
            check: { $1.check($0) })
    }
}

extension RecipeDecoding {
    /// A group says whom it means and what is theirs.
    fileprivate mutating func check(_ group: ListedEntry<ParameterGroupEntry>) {
        let node = group.node, path = group.path
        require("pattern", of: group, "a group needs the pattern of its matrices")
        if group.value.learningRate != nil, group.value.learningRateFactor != nil {
            note(.conflict, node.place, path + ".learning_rate_factor", "learning_rate is given too", hint: "keep one")
        }
        if ["learning_rate", "learning_rate_factor", "weight_decay"].allSatisfy({ node.value(at: [$0])?.isNull ?? true }
        ) {
            note(
                .missingKey, node.place, path, "a group without anything of its own",
                hint: "learning_rate, learning_rate_factor or weight_decay")
        }
    }
}
