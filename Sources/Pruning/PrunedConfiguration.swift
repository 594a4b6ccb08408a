// config.json of a pruned model: the base's own, its sizes changed.

internal import JSON
internal import Models

/// What becomes of a base's `config.json`.
struct PrunedConfiguration {
    private let place: String
    private let plan: PruningPlan
    /// What the file is to say.
    private let pruned: ModelConfiguration

    /// - Parameter place: the base, for messages.
    init(of place: String, _ plan: PruningPlan, _ pruned: ModelConfiguration) {
        self.place = place
        self.plan = plan
        self.pruned = pruned
    }

    /// `base` with what is left.
    ///
    /// - Throws: where a file of the family, read again, says something else than what is left.
    func json(_ base: JSONValue) throws -> JSONValue {
        guard var json = base.object else { throw PruningError(place, "config.json is no object") }
        json["num_hidden_layers"] = .integer(pruned.layers)
        setSizes(&json)
        for key in Self.listed {
            guard let values = json[key]?.array, values.count > (plan.blocks.max() ?? 0) else { continue }
            json[key] = .array(plan.blocks.map { values[$0] })
        }
        if try read(json).blocks != pruned.blocks {
            // What said which blocks have a window, or turn heads, went by their numbers.
            for key in Self.listed {
                if let value = pruned.huggingFaceJSON[key] { json[key] = value }
            }
        }
        let said = try read(json)
        guard said.blocks == pruned.blocks, said.vocabularySize == pruned.vocabularySize else {
            throw PruningError(
                place, "config.json of the family \(pruned.family) cannot say what would be left",
                hint: "keep other parts")
        }
        return .object(json)
    }

    /// The sizes of what is left of a block, where there is less of it.
    private func setSizes(_ json: inout JSONObject) {
        if let tokens = plan.tokens {
            json["vocab_size"] = .integer(tokens.count)
            TokenNumbers(tokens).renumberMembers(of: &json)
        }
        let block = pruned.blocks[0], shape = block.attention.shape
        if plan.channels != nil { json["intermediate_size"] = .integer(block.feedForward.width) }
        guard plan.groups != nil else { return }
        json["num_attention_heads"] = .integer(shape.heads)
        json["num_key_value_heads"] = .integer(shape.groups)
        // No longer the stream's width, shared out among the heads.
        json["head_dim"] = .integer(shape.headWidth)
    }

    private func read(_ json: JSONObject) throws -> ModelConfiguration {
        try ModelConfiguration(huggingFace: .object(json))
    }

    /// The members that have an entry a block.
    private static let listed = ["layer_types", "no_rope_layers"]
}
