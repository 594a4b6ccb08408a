// llama.cpp's choice of a type for each tensor of a quantised file: by what it does, in which layer, and how wide its rows are.

internal import Models
internal import Tensors
internal import Vocabulary

/// The types that one model's tensors get in one mix.
///
/// Tensors that matter more than most get more bits: the head, values and the way out of the feed-forward in the first and last
/// layers. The rules are those of llama.cpp's `quantize` for models without experts; the networks of experts get what one network would.
struct TensorMix {
    /// What most matrices are made of.
    private let usual: DType
    private let mix: WeightType
    private let model: ModelShape
    /// Whether the types are chosen with an importance matrix at hand.
    private let hasImportance: Bool

    /// What the rules ask of a model.
    struct ModelShape: Equatable {
        var layers: Int
        /// Query heads, and key heads.
        var heads: Int
        var keyHeads: Int
        /// The head is the embedding.
        var isTied: Bool

        init(layers: Int, heads: Int, keyHeads: Int, isTied: Bool) {
            self.layers = layers
            self.heads = heads
            self.keyHeads = keyHeads
            self.isTied = isTied
        }

        /// - Parameter hasHead: a head of its own is written.
        init(_ model: ModelConfiguration, hasHead: Bool) {
            let attention = model.blocks.first?.attention.shape
            self.init(
                layers: model.layers, heads: attention?.heads ?? 1, keyHeads: attention?.groups ?? 1, isTied: !hasHead)
        }
    }

    /// nil for a type that is no mix of blocks.
    init?(_ mix: WeightType, for model: ModelShape, hasImportance: Bool = false) {
        guard mix.isQuantised, let usual = mix.dtype else { return nil }
        self.usual = usual
        self.mix = mix
        self.model = model
        self.hasImportance = hasImportance
    }

    /// The type of the tensor called `name` in GGUF, whose rows are `columns` wide; nil where it is kept as it is: norms, biases
    /// and all that is small.
    func dtype(of name: String, columns: Int) -> DType? {
        guard let role = Role(name) else { return nil }
        return Self.fitting(chosen(role, columns: columns), columns: columns)
    }

    private func chosen(_ role: Role, columns: Int) -> DType {
        switch role {
        case .head: head(columns: columns)
        case .embedding: model.isTied ? head(columns: columns) : usual
        case .value(let layer): value(layer)
        case .down(let layer): down(layer)
        case .attentionOutput: attentionOutput
        case .other: usual
        }
    }

    // MARK: Roles

    private func head(columns: Int) -> DType {
        if columns % usual.blockElements != 0 || usual == .q8_0 { return .q8_0 }
        return .q6_K
    }

    private func value(_ layer: Int) -> DType {
        let type = valueOfAnySize(layer)
        // So few rows in the largest models that more bits cost next to nothing.
        let isLargest = model.layers == 80 && model.keyHeads < model.heads
        return isLargest && (type == .q3_K || type == .q4_K) ? .q5_K : type
    }

    private func valueOfAnySize(_ layer: Int) -> DType {
        let sharesKeys = model.keyHeads > 0 && model.heads / model.keyHeads >= 4
        switch mix {
        case .q2_K: return sharesKeys ? .q4_K : .q3_K
        case .q3_K_M: return layer < 2 ? .q5_K : .q4_K
        case .q3_K_L: return .q5_K
        case .q4_K_S: return layer < 4 ? .q5_K : usual
        case .q4_K_M, .q5_K_M: return getsMoreBits(layer) ? .q6_K : usual
        case .iq4_NL, .iq4_XS: return sharesKeys ? .q5_K : usual
        default: return usual
        }
    }

    private func down(_ layer: Int) -> DType {
        let isEarly = layer < model.layers / 8
        switch mix {
        case .q2_K: return .q3_K
        case .q3_K_M: return layer < model.layers / 16 ? .q5_K : .q4_K
        case .q3_K_L: return .q5_K
        case .q4_K_S: return isEarly ? .q5_K : usual
        case .q4_K_M, .q5_K_M: return getsMoreBits(layer) ? .q6_K : usual
        case .iq4_NL, .iq4_XS: return isEarly && !hasImportance ? .q5_K : usual
        case .q4_0: return isEarly && hasImportance ? .q4_1 : usual
        case .q5_0: return isEarly && hasImportance ? .q5_1 : usual
        default: return usual
        }
    }

    private var attentionOutput: DType {
        switch mix {
        case .q2_K: .q3_K
        case .q3_K_M: .q4_K
        case .q3_K_L: .q5_K
        default: usual
        }
    }

    /// The first and last eighth of the layers, and every third between.
    private func getsMoreBits(_ layer: Int) -> Bool {
        let eighth = model.layers / 8
        return layer < eighth || layer >= 7 * model.layers / 8 || (layer - eighth) % 3 == 2
    }

    // MARK: Rows that fill no blocks

    /// `type`, or what stands in for it where rows do not fill its blocks.
    static func fitting(_ type: DType, columns: Int) -> DType {
        guard columns % type.blockElements != 0 else { return type }
        let smaller: DType =
            switch type {
            case .q2_K, .q3_K: .q4_0
            case .q4_K: .q5_0
            case .q5_K: .q5_1
            case .q6_K: .q8_0
            case .iq4_XS: .iq4_NL
            default: .f16
            }
        return columns % smaller.blockElements == 0 ? smaller : .f16
    }
}

/// What a tensor does, as far as the rules tell tensors apart.
private enum Role {
    case head, embedding
    case value(layer: Int), down(layer: Int)
    case attentionOutput, other

    /// nil for what stays as it is.
    init?(_ name: String) {
        guard name.hasSuffix("weight"), !Self.kept.contains(where: name.contains) else { return nil }
        let parts = name.split(separator: ".")
        let layer = parts.first == "blk" && parts.count > 2 ? Int(parts[1]) ?? 0 : 0
        switch name {
        case "output.weight": self = .head
        case "token_embd.weight": self = .embedding
        case _ where name.contains("attn_v.weight") || name.contains("attn_qkv.weight"): self = .value(layer: layer)
        case _ where name.contains("ffn_down"): self = .down(layer: layer)
        case _ where name.contains("attn_output.weight"): self = .attentionOutput
        default: self = .other
        }
    }

    /// Parts of the names of small matrices that are never quantised.
    private static let kept = [
        "_norm.weight", "position_embd", "token_types", "ffn_gate_inp.weight", "attn_rel_b.weight",
    ]
}
