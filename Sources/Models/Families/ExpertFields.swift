// Experts in the files of families that have them in the place of a feed-forward network: fields of `config.json`, keys of GGUF files,
// names of weights.

import JSON
import WeightFiles

/// What sets the experts of one family apart.
struct ExpertFields: Sendable {
    /// Whether what a row's experts count is divided by its sum.
    enum Normalisation: Sendable, Equatable {
        case always
        /// Where `norm_topk_prob` is true.
        case asConfigured
    }

    /// Modules in a block: of the router, and of each expert, with `#` for its number.
    struct Modules: Sendable {
        let router: String
        let gate: String
        let up: String
        let down: String
    }

    /// What transformers takes where `config.json` is silent.
    struct Defaults: Sendable {
        let count: Int
        let used: Int
        /// Of one expert; nil: nothing.
        var width: Int?
    }

    /// The field with the number of experts that is written; that of either name is read.
    let countKey: String
    /// The field with the width of one expert; nil: `intermediate_size`.
    let widthKey: String?
    let defaults: Defaults
    /// Whether `mlp_only_layers` and `decoder_sparse_step` leave some layers one network for all rows.
    let leavesDenseLayers: Bool
    let normalisation: Normalisation
    let modules: Modules
    /// Whether llama.cpp divides what a row's experts count by its sum.
    let dividesInGGUF: Bool

    private static let countKeys = ["num_experts", "num_local_experts"]

    /// Names of weights. In transformers 5 experts lie in two parameters, whatever its files call them.
    var bindings: [WeightBinding] {
        [
            WeightBinding(.router, modules.router, gguf: "ffn_gate_inp", parameter: ("mlp.gate", "weight")),
            WeightBinding(
                .expertGate, modules.gate, gguf: "ffn_gate_exps", parameter: ("mlp.experts", "gate_up_proj")),
            WeightBinding(.expertUp, modules.up, gguf: "ffn_up_exps", parameter: ("mlp.experts", "gate_up_proj")),
            WeightBinding(.expertDown, modules.down, gguf: "ffn_down_exps", parameter: ("mlp.experts", "down_proj")),
        ]
    }

    // MARK: config.json

    /// What becomes of the fields.
    var fields: [ConfigurationField<JSONValue>] {
        ConfigurationField.read(
            "num_experts", "num_local_experts", "num_experts_per_tok", mayBeNull: false)
            + (widthKey.map { ConfigurationField.read($0, mayBeNull: false) } ?? [])
            + (leavesDenseLayers ? ConfigurationField.read("mlp_only_layers", "decoder_sparse_step") : [])
            + (normalisation == .asConfigured
                ? ConfigurationField.read("norm_topk_prob", mayBeNull: false)
                : ConfigurationField.harmless(["norm_topk_prob"]))
            // The share of a loss that is there where the next field is true.
            + ConfigurationField.harmless(["router_aux_loss_coef"])
            + [
                ConfigurationField(key: "output_router_logits", use: .trainingOnly([false])),
                ConfigurationField(key: "router_jitter_noise", use: .trainingOnly([0])),
            ]
    }

    /// The network of each of `layers` layers.
    func networks(_ fields: HuggingFaceFields, norm: NormSpec, layers: Int) throws -> [FeedForwardSpec] {
        let dense = try denseLayers(fields, layers)
        let key = widthKey ?? "intermediate_size"
        guard let width = try fields.optional(key) ?? defaults.width else {
            throw ModelConfigurationError.missing(key: key)
        }
        let experts = ExpertsSpec(
            count: try count(fields), used: try fields.optional("num_experts_per_tok") ?? defaults.used,
            normalisesShares: try normalisation == .always || fields.flag("norm_topk_prob") ?? false)
        return try (0..<layers).map { layer in
            dense.contains(layer)
                ? FeedForwardSpec(norm: norm, width: try fields.required("intermediate_size"))
                : FeedForwardSpec(norm: norm, width: width, experts: experts)
        }
    }

    private func count(_ fields: HuggingFaceFields) throws -> Int {
        let found = try Self.countKeys.compactMap { key in try fields.optional(key).map { (key, $0) } }
        guard let first = found.first else { return defaults.count }
        if let other = found.last, other.1 != first.1 {
            throw ModelConfigurationError.invalid(
                key: other.0, value: "\(other.1)", expected: "\(first.1), which \(first.0) says")
        }
        return first.1
    }

    /// Layers with one network for all rows.
    private func denseLayers(_ fields: HuggingFaceFields, _ layers: Int) throws -> Set<Int> {
        guard leavesDenseLayers else { return [] }
        let step = try fields.optional("decoder_sparse_step") ?? 1
        guard step > 0 else {
            throw ModelConfigurationError.invalid(
                key: "decoder_sparse_step", value: "\(step)", expected: "a positive number")
        }
        var dense = Set((0..<layers).filter { ($0 + 1) % step != 0 })
        guard let list = fields.json["mlp_only_layers"], !list.isNull else { return dense }
        guard let numbers = list.array?.map(\.integer), !numbers.contains(nil) else {
            throw ModelConfigurationError.invalid(
                key: "mlp_only_layers", value: list.text(.compact), expected: "a list of layers' numbers")
        }
        dense.formUnion(numbers.compactMap { $0 })
        return dense
    }

    /// The members that say it again.
    func members(_ configuration: ModelConfiguration) -> [JSONObject.Member] {
        let networks = configuration.blocks.map(\.feedForward)
        guard let sparse = networks.first(where: { $0.experts != nil }), let experts = sparse.experts else { return [] }
        var members: [JSONObject.Member] = [
            (countKey, .integer(experts.count)), ("num_experts_per_tok", .integer(experts.used)),
        ]
        if normalisation == .asConfigured { members.append(("norm_topk_prob", .bool(experts.normalisesShares))) }
        if let widthKey { members.append((widthKey, .integer(sparse.width))) }
        guard leavesDenseLayers else { return members }
        let dense = networks.indices.filter { networks[$0].experts == nil }
        if let first = dense.first { members.append(("intermediate_size", .integer(networks[first].width))) }
        return members + [
            ("decoder_sparse_step", 1), ("mlp_only_layers", .array(dense.map { .integer($0) })),
        ]
    }

    // MARK: GGUF

    /// The key that tells files with experts from those without.
    static let ggufMark = "expert_count"

    /// What becomes of the keys.
    static let ggufFields = FieldTable(
        fields: FieldTable<GGUFValue>.gguf.fields
            + ["expert_count", "expert_used_count", "expert_feed_forward_length"].map {
                ConfigurationField(key: $0, use: .read)
            } + [
                // llama.cpp's graphs of these architectures do not ask.
                ConfigurationField(key: "expert_weights_norm", use: .harmless),
                ConfigurationField(key: "expert_weights_scale", use: .only([.uint32(0), .uint32(1)])),
                ConfigurationField(key: "expert_gating_func", use: .only([.uint32(0), .uint32(1)])),
                ConfigurationField(key: "expert_group_count", use: .only([.uint32(0), .uint32(1)])),
                ConfigurationField(key: "expert_group_used_count", use: .only([.uint32(0), .uint32(1)])),
            ])

    /// The network of every layer.
    func network(_ fields: GGUFFields, norm: NormSpec) throws -> FeedForwardSpec {
        let used = try fields.required("expert_used_count"), whole = try fields.optional("feed_forward_length")
        var width = whole
        if widthKey != nil {
            // What llama.cpp takes where the file is silent.
            let share = whole.map { used > 0 ? $0 / used : 0 }
            width = try fields.optional("expert_feed_forward_length") ?? share
        }
        guard let width else {
            throw ModelConfigurationError.missing(key: "\(fields.architecture).feed_forward_length")
        }
        return FeedForwardSpec(
            norm: norm, width: width,
            experts: ExpertsSpec(
                count: try fields.required("expert_count"), used: used, normalisesShares: dividesInGGUF))
    }

    /// The keys of `model`.
    ///
    /// - Throws: where llama.cpp would compute something else.
    func describe(_ model: ModelConfiguration, into description: inout GGUFDescription) throws {
        let network = model.blocks[0].feedForward
        guard let experts = network.experts else {
            throw GGUFDescription.refusal(
                "mlp_only_layers", "all", "has experts in every layer of \(description.architecture)")
        }
        guard experts.normalisesShares == dividesInGGUF else {
            throw GGUFDescription.refusal(
                "norm_topk_prob", "\(experts.normalisesShares)",
                "computes \(description.architecture) as if it were \(dividesInGGUF)")
        }
        description.set("expert_count", experts.count)
        description.set("expert_used_count", experts.used)
        if widthKey != nil { description.set("expert_feed_forward_length", network.width) }
    }
}
