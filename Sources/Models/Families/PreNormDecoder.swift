// What Llama, Mistral and the Qwens share: norms before attention and feed-forward, a SiLU gate, rotary positions.

import JSON
import Kernels
import WeightFiles

/// A family of pre-norm decoders, by what sets it apart from its siblings.
struct PreNormDecoder: Sendable {
    let name: String
    let defaults: Defaults
    let biases: Biases
    /// Whether queries and keys have a norm.
    let hasHeadNorm: Bool
    let window: Window
    /// What that norm takes together.
    var headNormReach = HeadNormReach.eachHead
    /// In the place of the feed-forward network; nil where there are none.
    var experts: ExpertFields?
    /// Throws for what llama.cpp computes otherwise of this family alone.
    var requireGGUF: @Sendable (ModelConfiguration) throws -> Void = { _ in }

    /// What transformers takes where `config.json` is silent.
    struct Defaults: Sendable {
        let contextLength: Int
        /// nil: as many as query heads.
        let keyValueHeads: Int?
        /// nil: the width shared out among the heads.
        let headWidth: Int?
        var epsilon = 1e-6
        var rotaryBase = 10_000.0
        var isTied = false
    }

    /// Which projections have biases.
    enum Biases: Sendable, Equatable {
        case never
        /// On queries, keys and values, whatever the file says.
        case alwaysOnInputs
        /// On all four projections of the attention where `attention_bias` is true; on the feed-forward's where `mlp_bias` is.
        case asConfigured(mlp: Bool)
    }

    /// Which layers see only a window of what came before.
    enum Window: Sendable {
        case none
        /// Those that `layer_types` names, else all, where `sliding_window` is not null.
        case everywhere
        /// Those that `layer_types` names, else those from `max_window_layers` on, if `use_sliding_window` is true.
        case byLayer
        /// All, where `sliding_window` is there and not null.
        case whereStated
        /// All, where `use_sliding_window` is true and `sliding_window` not null.
        case whereUsed
    }

    /// What llama.cpp computes such a decoder with, named as its GGUF files are.
    enum Graph: String, Sendable {
        /// Frequencies may have divisors.
        case llama
        case granite, smollm3
        case qwen2, qwen3, qwen3moe, olmoe

        /// Pairs of a rotation lie side by side, and any projection may have a bias.
        var isLlamas: Bool { [.llama, .granite, .smollm3].contains(self) }
    }

    /// `sliding_window` where the file is silent.
    private static let defaultWindow = 4_096

    /// The family as a value.
    /// - Parameter ownFields: of `config.json`, beside `ConfigurationField.shared`.
    func family(
        className: String, gguf graph: Graph, taskClasses: Set<TaskClass> = [.texts, .words],
        scaledModules: ScaledModules? = nil, ownFields: [ConfigurationField<JSONValue>]
    ) -> ModelFamily {
        ModelFamily(
            name: name, className: className, ggufArchitecture: graph.rawValue,
            ggufMark: experts.map { _ in ExpertFields.ggufMark }, taskClasses: taskClasses,
            scaledModules: scaledModules,
            fields: FieldTable(fields: ConfigurationField.shared + (experts?.fields ?? []) + ownFields),
            ggufFields: experts.map { _ in ExpertFields.ggufFields } ?? .gguf,
            names: names(interleavesQueryAndKey: graph.isLlamas), read: read, readGGUF: readGGUF, write: write,
            writeGGUF: { try writeGGUF($0, graph, into: &$1) })
    }

    private func names(interleavesQueryAndKey: Bool) -> WeightNames {
        WeightNames(
            once: .decoder(),
            inLayer: .normsBefore + .attention(rotated: interleavesQueryAndKey ? .interleavedHalves : .same)
                + .gatedNetwork + (hasHeadNorm ? .headNorms() : []) + (experts?.bindings ?? []))
    }

    // MARK: config.json

    private func read(_ fields: HuggingFaceFields) throws -> ModelConfiguration {
        let width = try fields.required("hidden_size"), layers = try fields.layers()
        let heads = try fields.required("num_attention_heads")
        let groups =
            fields.json["num_key_value_heads"] == nil
            ? defaults.keyValueHeads : try fields.optional("num_key_value_heads")
        let headWidth =
            try fields.optional("head_dim") ?? defaults.headWidth
            ?? DecoderFields.headWidth(width: width, heads: heads)
        let contextLength = try fields.optional("max_position_embeddings") ?? defaults.contextLength
        let rotary = try RotaryFields(
            fields.json, headWidth: headWidth, contextLength: contextLength, base: defaults.rotaryBase
        ).positions
        let biases = try biases(fields), windows = try windows(fields, layers)
        let norm = try fields.norm(epsilon: defaults.epsilon)
        let networks = try networks(fields, norm: norm, layers: layers, hasBias: biases.feedForward)
        return ModelConfiguration(
            family: name, width: width, vocabularySize: try fields.required("vocab_size"),
            blocks: zip(windows, networks).map { window, network in
                BlockSpec(
                    attention: AttentionSpec(
                        norm: norm, headNorm: hasHeadNorm ? norm : nil, headNormReach: headNormReach,
                        shape: AttentionShape(
                            heads: heads, groups: groups ?? heads, headWidth: headWidth, window: window, rotary: rotary),
                        hasInputBias: biases.inputs, hasOutputBias: biases.output),
                    feedForward: network)
            },
            finalNorm: norm, isTied: try fields.flag("tie_word_embeddings") ?? defaults.isTied,
            contextLength: contextLength,
            beginToken: fields.beginToken, endTokens: fields.endTokens)
    }

    private func networks(
        _ fields: HuggingFaceFields, norm: NormSpec, layers: Int, hasBias: Bool
    ) throws -> [FeedForwardSpec] {
        if let experts { return try experts.networks(fields, norm: norm, layers: layers) }
        let network = FeedForwardSpec(norm: norm, width: try fields.required("intermediate_size"), hasBias: hasBias)
        return Array(repeating: network, count: layers)
    }

    private func biases(_ fields: HuggingFaceFields) throws -> (inputs: Bool, output: Bool, feedForward: Bool) {
        switch biases {
        case .never: return (false, false, false)
        case .alwaysOnInputs: return (true, false, false)
        case .asConfigured(let mlp):
            let attention = try fields.flag("attention_bias") ?? false
            return (attention, attention, mlp ? try fields.flag("mlp_bias") ?? false : false)
        }
    }

    /// The window of each layer.
    private func windows(_ fields: HuggingFaceFields, _ layers: Int) throws -> [Int?] {
        // Where the field is not there, transformers has a window all the same; null is none.
        func width() throws -> Int? {
            fields.json["sliding_window"] == nil ? Self.defaultWindow : try fields.optional("sliding_window")
        }
        let all: Int?
        let first: Int
        switch window {
        case .none: return Array(repeating: nil, count: layers)
        case .everywhere: (all, first) = (try width(), 0)
        case .byLayer:
            all = try fields.flag("use_sliding_window") ?? false ? try width() : nil
            first = try fields.optional("max_window_layers") ?? 28
        case .whereStated: return Array(repeating: try fields.optional("sliding_window"), count: layers)
        case .whereUsed:
            let used = try fields.flag("use_sliding_window") ?? false
            return Array(repeating: used ? try width() : nil, count: layers)
        }
        let sliding = try fields.slidingLayers(layers)
        guard let all else {
            guard sliding?.contains(true) != true else {
                throw ModelConfigurationError.invalid(
                    key: "layer_types", value: "sliding_attention", expected: "full_attention where no window is in use"
                )
            }
            return Array(repeating: nil, count: layers)
        }
        return (0..<layers).map { sliding?[$0] ?? ($0 >= first) ? all : nil }
    }

    private func write(_ configuration: ModelConfiguration) -> [JSONObject.Member] {
        guard let block = configuration.blocks.first else { return [] }
        let attention = block.attention, windows = configuration.blocks.map(\.attention.shape.window)
        var members =
            attention.shape.rotary?.huggingFaceMembers(contextLength: configuration.contextLength) ?? []
        members += [("hidden_act", "silu"), ("tie_word_embeddings", .bool(configuration.isTied))]
        if case .asConfigured(let mlp) = biases {
            members.append(("attention_bias", .bool(attention.hasInputBias)))
            if mlp { members.append(("mlp_bias", .bool(block.feedForward.hasBias))) }
        }
        let all = windows.compactMap { $0 }.first
        switch window {
        case .none: break
        case .everywhere:
            members.append(("sliding_window", all.map { .integer($0) } ?? .null))
            if all != nil, windows.contains(nil) { members.append(("layer_types", configuration.layerTypes)) }
        case .byLayer:
            members.append(("use_sliding_window", .bool(all != nil)))
            guard let all else { break }
            members += [("sliding_window", .integer(all)), ("layer_types", configuration.layerTypes)]
        case .whereStated: members.append(("sliding_window", all.map { .integer($0) } ?? .null))
        case .whereUsed:
            members.append(("use_sliding_window", .bool(all != nil)))
            members.append(("sliding_window", all.map { .integer($0) } ?? .null))
        }
        return members + (experts?.members(configuration) ?? [])
    }

    // MARK: GGUF

    private func readGGUF(_ fields: GGUFFields) throws -> ModelConfiguration {
        let width = try fields.required("embedding_length"), layers = try fields.layers(), heads = try fields.heads()
        let headWidth = try fields.headWidth(width: width, heads: heads)
        let base = try fields.number("rope.freq_base") ?? 10_000
        let contextLength = try fields.optional("context_length") ?? 2_048
        let scaling = try fields.rotaryScaling(base: base, width: headWidth, contextLength: contextLength)
        let norm = try fields.norm()
        let block = BlockSpec(
            attention: AttentionSpec(
                norm: norm, headNorm: hasHeadNorm ? norm : nil, headNormReach: headNormReach,
                shape: AttentionShape(
                    heads: heads, groups: try fields.optional("attention.head_count_kv") ?? heads,
                    headWidth: headWidth,
                    rotary: RotaryPositions(headWidth: headWidth, base: base, scaling: scaling)),
                hasInputBias: fields.has("blk.0.attn_q.bias"), hasOutputBias: fields.has("blk.0.attn_output.bias")),
            feedForward: try experts?.network(fields, norm: norm)
                ?? FeedForwardSpec(
                    norm: norm, width: try fields.required("feed_forward_length"),
                    hasBias: fields.has("blk.0.ffn_down.bias")))
        return ModelConfiguration(
            family: name, width: width, vocabularySize: try fields.vocabularySize(),
            blocks: Array(repeating: block, count: layers), finalNorm: norm, isTied: !fields.has("output.weight"),
            contextLength: contextLength, beginToken: fields.beginToken, endTokens: fields.endTokens)
    }

    private func writeGGUF(
        _ model: ModelConfiguration, _ graph: Graph, into description: inout GGUFDescription
    ) throws {
        let attention = model.blocks[0].attention, feedForward = model.blocks[0].feedForward
        for block in model.blocks {
            let shape = block.attention.shape
            if let window = shape.window, window < model.contextLength {
                throw GGUFDescription.refusal(
                    "sliding_window", "\(window)",
                    "has no window for \(graph.rawValue), which would see all \(model.contextLength)")
            }
            guard shape.rotary == attention.shape.rotary else {
                throw GGUFDescription.refusal("rope_parameters", "several", "turns all layers alike")
            }
        }
        // Those that are always there are computed.
        if !graph.isLlamas, attention.hasOutputBias || feedForward.hasBias {
            throw GGUFDescription.refusal("attention_bias", "true", "knows no such biases for \(graph.rawValue)")
        }
        try requireGGUF(model)
        try experts?.describe(model, into: &description)
        if let rotary = attention.shape.rotary { try description.set(rotary, takesDivisors: graph == .llama) }
    }
}
