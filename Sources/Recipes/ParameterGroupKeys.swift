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
        let notNegative: @Sendable (Double) -> Bool = { $0 >= 0 && $0.isFinite }
        return [
            .text("pattern", \.pattern, "the matrices: names or modules, as in adapter.target_modules"),
            .optionalNumber(
                "learning_rate", \.learningRate, expected: "null or a number from 0", "their learning rate",
                accepts: notNegative),
            .optionalNumber(
                "learning_rate_factor", \.learningRateFactor, expected: "null or a number from 0",
                "theirs over train.learning_rate", accepts: notNegative),
            .optionalNumber(
                "weight_decay", \.weightDecay, expected: "null or a number from 0", "their weight decay",
                accepts: notNegative),
        ]
    }

    /// The entry as YAML on one line.
    fileprivate var text: String { YAMLText.keys(of: self) }
}

extension RecipeKey<TrainSection> {
    static var parameterGroups: Self {
        let expected = "a list of groups such as { pattern: lora_B, learning_rate_factor: 4 }"
        return RecipeKey(
            name: "parameter_groups",
            meaning: "matrices with a rate or decay of their own, by pattern; the first that matches counts",
            expected: expected, shape: .any([.list(.keys(ParameterGroupEntry.shapes)), .null]),
            decode: { node, section, decoding, path in
                if node.isNull { return section.parameterGroups = [] }
                guard case .list(let elements) = node.content else {
                    return decoding.wrongType(node, path, expected: expected)
                }
                section.parameterGroups = elements.enumerated().map { index, element in
                    decoding.group(element, "\(path)[\(index)]")
                }
            },
            text: { YAMLText.list($0.parameterGroups.map(\.text)) })
    }
}

extension RecipeDecoding {
    /// An entry, which says whom it means and what is theirs.
    fileprivate mutating func group(_ node: RecipeNode, _ path: String) -> ParameterGroupEntry {
        var entry = ParameterGroupEntry()
        decode(node, into: &entry, path: path)
        guard case .mapping = node.content else { return entry }
        if node.value(at: ["pattern"]) == nil {
            note(.missingKey, node.place, path + ".pattern", "a group needs the pattern of its matrices")
        }
        if entry.learningRate != nil, entry.learningRateFactor != nil {
            note(.conflict, node.place, path + ".learning_rate_factor", "learning_rate is given too", hint: "keep one")
        }
        if ["learning_rate", "learning_rate_factor", "weight_decay"].allSatisfy({ node.value(at: [$0])?.isNull ?? true }
        ) {
            note(
                .missingKey, node.place, path, "a group without anything of its own",
                hint: "learning_rate, learning_rate_factor or weight_decay")
        }
        return entry
    }
}
